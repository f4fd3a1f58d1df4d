"""Direct SIP for the contract of all lines (tests/lines): a caller, and a house of them."""

import asyncio
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import numpy as np

from bot.asterisk.pbx import Refused
from bot.config_sip import SipSettings
from bot.sip.direct import rtp
from bot.sip.direct.agent import UserAgent
from bot.sip.direct.desk import Declined
from bot.sip.direct.messages import Request
from tests.asterisk.peer import Desk, eventually
from tests.lines.conftest import House
from tests.lines.far_end import LIMIT, MessageEnd, framed
from tests.sip.caller import Caller, PlacedCall, sdp

CODECS = {8000: "L16", 16000: "L16/16000"}
L16 = 98


def swapped(pcm):
    """Little-endian samples as big-endian ones, and back."""
    return np.frombuffer(pcm, "<i2").byteswap().tobytes()


class SipEnd(MessageEnd):
    """A SIP caller with L16, which carries sound as it is."""

    def __init__(self, caller):
        super().__init__()
        self._caller, self._call = caller, PlacedCall(caller)
        self._call._heard = self._take
        self._heard, self._tasks = asyncio.Queue(), []
        self._said, self.arrived = 0, lambda: 0
        """Packets sent, and how many of them the bot has taken."""

    async def introduce(self, uuid, rate):
        """INVITE, its answer, ACK. The caller's number is the contract's uuid."""
        codec = f"a=rtpmap:{L16} L16/{rate}\r\n"
        address = f"<sip:{uuid}@127.0.0.1>;tag={uuid}"
        await self._call.invite(lambda port: sdp(port, f"{L16} 101", codec), **{"From": address})
        if self._call.answer.status == 200:
            self._begin(self._listen())
        else:
            self._heard.put_nowait(None)

    async def _listen(self):
        """Agree to the bot's BYE, which is its goodbye."""
        while True:
            message = await self._caller.said.get()
            if isinstance(message, Request) and message.method == "BYE":
                self._call.agrees(message)
                self._heard.put_nowait(b"")
                self._heard.put_nowait(None)

    def _take(self, data, source):
        self._heard.put_nowait(swapped(rtp.parsed(data).payload))

    def sound(self, pcm):
        """One packet of L16."""
        return framed(self._call.packet(swapped(pcm), step=len(pcm) // 2))

    def key(self, digit):
        """The packets of one key."""
        return b"".join(framed(packet) for packet in self._call.key(digit))

    def wrong(self, what):
        """Nonsense ends no call here: a datagram can be forged (test_direct_calls.py)."""
        raise NotImplementedError(what)

    def understand(self, data):
        """A packet is a packet: see `_take`."""
        raise NotImplementedError

    def say_message(self, data):
        """Send a packet."""
        self._said += 1
        self._call.speak(data)

    async def hears(self):
        """The next piece of sound; b"" for the bot's BYE, None after it or where it refused us."""
        async with asyncio.timeout(LIMIT):
            return await self._heard.get()

    def hang_up(self):
        """BYE, once the sound has arrived: it goes another way."""
        self._begin(self._bye())

    async def _bye(self):
        await eventually(lambda: self.arrived() >= self._said)
        self._call.say("BYE")

    def vanish(self):
        """Not a word any more, nor an answer."""
        self._call.sound.close()
        self._caller.transport.close()

    async def gone(self):
        """Close our side."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._caller.__aexit__()

    def _begin(self, work):
        self._tasks.append(asyncio.create_task(work))


class SipDesk(Desk):
    """The desk of the contract behind direct SIP's; the caller's number is the call's uuid."""

    def admit(self, caller, called, rate):
        """A ticket, or the refusal that the reception would give."""
        try:
            return super().admit(UUID(caller))
        except Refused as refusal:
            raise Declined(403, refusal.reason, str(refusal)) from None

    def abandon(self, ticket):
        """Nothing was kept."""

    def destination(self, ticket):
        """Who is not gone is hung up on."""
        return ""


class SipHouse(House):
    """A user agent, which takes a silent far end for gone soon."""

    def __init__(self):
        super().__init__("sip", SipEnd)

    @asynccontextmanager
    async def open(self, talk=None, rate=8000):
        """Listen on a free port of loopback; `talk(line)` holds each call."""
        self.rate, self.desk, self._ends = rate, SipDesk(talk, rate), []
        settings = SipSettings(
            host="127.0.0.1", port=0, peers=["127.0.0.1"], codecs=[CODECS[rate]], rtp_timeout=3
        )
        self.server = UserAgent(settings, self.desk)
        await self.server.start()
        try:
            yield self
        finally:
            await self._leave()
            await self.server.stop()

    async def connect(self):
        """A caller's socket."""
        end = self._end(await Caller(("127.0.0.1", self.server.port)).__aenter__())
        self._ends.append(end)
        return end

    async def call(self, uuid=None, rate=None):
        """A call that said who it is, and knows what of its sound has arrived."""
        uuid = uuid or uuid4()
        end = await super().call(uuid, rate)
        end.arrived = lambda: sum(
            line.sound.figures.received for line in self.desk.lines if line.ticket.uuid == uuid
        )
        return end

    async def empty(self):
        """Wait until no call is left."""
        await eventually(lambda: not self.server.legs)
