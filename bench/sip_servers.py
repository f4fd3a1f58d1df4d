"""
Three SIP stacks that answer calls with an echo, for bench/sip_stacks.py: each a process of its own.

Run by it: python -m bench.sip_servers STACK PORT SERVER_PORT. Each registers as `bot`, password
`secret`, at 127.0.0.1:SERVER_PORT; keys are printed, one a line.
"""

import asyncio
import sys
from typing import Any

from bot.config_sip import SipSettings
from bot.core.events import Audio, Digit
from bot.sip.direct.agent import UserAgent
from tests.sip.desk import Desk

HOST = "127.0.0.1"


def tell(key: str) -> None:
    """Print a key that was heard."""
    print(key, flush=True)


async def ours(port: int, server: int) -> None:
    """Direct SIP."""

    async def talk(line: Any) -> None:
        async for event in line.events():
            if isinstance(event, Audio):
                line.send(event.pcm)
            elif isinstance(event, Digit):
                tell(event.key)

    settings = SipSettings(
        host=HOST, port=port, server=f"{HOST}:{server}", user="bot", password="secret"
    )
    await UserAgent(settings, Desk(talk)).start()
    await asyncio.Event().wait()


async def aiosipua(port: int, server: int) -> None:
    """aiosipua and aiortp, as their documentation has it."""
    from aiosipua import CallSession, Registration, SipDigestAuth, SipUAC, SipUAS, UdpSipTransport

    transport = UdpSipTransport(local_addr=(HOST, port))
    client = SipUAC(transport)
    stack = SipUAS(transport, uac=client, session_expires=1800)
    sessions: dict[str, Any] = {}

    async def answer(call: Any) -> None:
        session = CallSession(HOST, 40000 + 2 * len(sessions), call.sdp_offer, symmetric_rtp=True)
        sessions[call.call_id] = session
        await session.start()
        session.on_audio = session.send_audio_pcm
        session.on_dtmf = lambda key, duration: tell(key)
        call.accept(session.sdp_answer)

    tasks = set()
    stack.on_invite = lambda call: tasks.add(asyncio.create_task(answer(call)))

    def renegotiate(call: Any) -> None:
        session = sessions[call.call_id]
        session.update_remote(call.sdp_offer.rtp_address)
        call.accept(session.sdp_answer)

    stack.on_reinvite = renegotiate
    stack.on_bye = lambda call, request: tasks.add(
        asyncio.create_task(sessions[call.call_id].close())
    )
    await stack.start()
    auth = SipDigestAuth("bot", "secret")
    Registration(client, f"sip:bot@{HOST}", (HOST, server), auth=auth).register()
    await asyncio.Event().wait()


def pyvoip(port: int, server: int) -> None:
    """pyVoIP, as its documentation has it."""
    import time

    from pyVoIP.VoIP import CallState, VoIPPhone

    def answer(call: Any) -> None:
        call.answer()
        while call.state == CallState.ANSWERED:
            call.write_audio(call.read_audio(160, blocking=False))
            if key := call.get_dtmf():
                tell(key)
            time.sleep(0.02)

    VoIPPhone(HOST, server, "bot", "secret", myIP=HOST, sipPort=port, callCallback=answer).start()


def main() -> None:
    """Run one until it is ended."""
    name, port, server = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    if name == "pyvoip":
        pyvoip(port, server)
    else:
        asyncio.run({"ours": ours, "aiosipua": aiosipua}[name](port, server))


if __name__ == "__main__":
    main()
