"""
What pyVoIP, aiosipua with aiortp, and our own SIP stack do with a caller: one trial after another.

Run: uv run --group compare python -m bench.sip_stacks [--only ours]   (Python 3.11 or 3.12)

Each stack is a process that registers at us and echoes calls (bench/sip_servers.py). The caller and
registrar is one UDP socket by hand (tests/sip), so that what is judged is what is on the wire.
pyVoIP is GPL-3.0 and not a part of this project.
"""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from bench.process import cpu_seconds, machine
from bot.sip.direct import messages
from bot.sip.direct.messages import Request
from scripts.house import free_port
from tests.sip.caller import Caller, PlacedCall, sdp
from tests.sip.registrar import Registrar

GRANTED = 10
"""Seconds for which the registrar lets a stack in."""
AT_ONCE = 20
STACKS = ("ours", "aiosipua", "pyvoip")


class Office(Caller):
    """A registrar and a caller behind one address."""

    def __init__(self, place):
        super().__init__(place)
        self.registrar = Registrar(0, expires=GRANTED)

    def _take(self, data, source):
        if not data.strip() or data[0] >> 6 == 2:
            return  # a keep-alive, or RTP
        message = messages.parsed(data, source)
        if isinstance(message, Request) and message.method == "REGISTER":
            self.registrar.transport = self.transport
            self.registrar._take(data, source)
        else:
            self.said.put_nowait(message)

    async def up(self, offer=None):
        """A call that is up, or None."""
        call = PlacedCall(self)
        try:
            await call.invite(offer)
        except TimeoutError:
            return None
        return call if call.answer.status == 200 else None

    async def answers(self, method):
        """The status of the answer; "none" for none in two seconds."""
        try:
            async with asyncio.timeout(2):
                return (await self.status(method)).status
        except TimeoutError:
            return "none"


@asynccontextmanager
async def stack(name):
    """A stack that runs, and the office that it knows; its keys are collected."""
    port = free_port()
    async with Office(("127.0.0.1", port)) as office:
        words = (sys.executable, "-m", "bench.sip_servers", name, str(port), str(office.port))
        process = await asyncio.create_subprocess_exec(
            *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
        )
        office.pid, office.keys = process.pid, []
        reading = asyncio.create_task(collect(process.stdout, office.keys))
        try:
            await eventually(lambda: office.registrar.bindings, 30)
            yield office
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            await reading


async def collect(pipe, keys):
    """Note the keys that a stack heard."""
    async for line in pipe:
        if len(key := line.decode().strip()) == 1:
            keys.append(key)


async def eventually(true, within=3.0):
    """Whether the condition came to hold in time."""
    for _ in range(int(within / 0.02)):
        if true():
            return True
        await asyncio.sleep(0.02)
    return False


async def speak(call, seconds, loud=b"\x10"):
    """Speak for so long; how many packets came back meanwhile."""
    before, loop = len(call.packets), asyncio.get_running_loop()
    begin = loop.time()
    for number in range(int(seconds * 50)):
        await asyncio.sleep(begin + number * 0.02 - loop.time())
        call.speak(call.packet(loud * 160))
    return len(call.packets) - before


async def registration(office):
    """A registration of 10 s is renewed before it ends."""
    await asyncio.sleep(GRANTED + 2)
    times = [at for at, _ in office.registrar.bindings]
    return f"renewed after {times[1] - times[0]} s" if len(times) > 1 else "no"


async def answering(office):
    """How long an INVITE waits for its 200."""
    begin = asyncio.get_running_loop().time()
    call = await office.up()
    if call is None:
        return "not answered"
    took = asyncio.get_running_loop().time() - begin
    count = await speak(call, 2.0)
    call.say("BYE")
    return f"{took * 1000:.0f} ms; {count} packets in 2 s"


async def keys(office):
    """Keys 1 and # by RFC 4733, the second without its first packet."""
    call = await office.up()
    if call is None:
        return "not answered"
    await speak(call, 0.3)
    call.press("1")
    await asyncio.sleep(0.3)
    for packet in call.key("#")[1:]:
        call.speak(packet)
    await eventually(lambda: len(office.keys) > 1, 1.0)
    call.say("BYE")
    return "".join(office.keys) or "none"


async def hold(office):
    """A re-INVITE with sendonly: its status, and how much is still sent to a caller on hold."""
    call = await office.up()
    if call is None:
        return "not answered"
    await speak(call, 0.5)
    call.say("INVITE", body=sdp(call.port, more="a=sendonly\r\n"))
    status = await office.answers("INVITE")
    if status == 200:
        call.acknowledge()
    await asyncio.sleep(0.2)
    count = await speak(call, 1.0)
    call.say("BYE")
    return f"status {status}, then {count} packets in 1 s"


async def moving(office):
    """A re-INVITE with another port: whether sound goes there."""
    call, other = await office.up(), await office.up()
    if call is None or other is None:
        return "not answered"
    await speak(call, 0.3)
    call.say("INVITE", body=sdp(other.port))
    status = await office.answers("INVITE")
    call.acknowledge()
    before = len(other.packets)
    for _ in range(50):
        call.speak(call.packet(b"\x10" * 160), other.sound)
        await asyncio.sleep(0.02)
    moved = len(other.packets) - before
    for each in (call, other):
        each.say("BYE")
    return f"status {status}, {moved} packets at the new port in 1 s"


async def timer(office):
    """A call with a session timer, and OPTIONS, and a BYE of an unknown call."""
    expires = [("Supported", "timer"), ("Session-Expires", "90;refresher=uac")]
    call = PlacedCall(office)
    try:
        await call.invite(None, expires)
        agreed = call.answer.one("session-expires") or "no timer"
        call.say("BYE")
    except TimeoutError:
        agreed = "not answered"
    await asyncio.sleep(0.3)
    office.send(office.request("OPTIONS"))
    options = await office.answers("OPTIONS")
    office.send(office.request("BYE", known={"To": "<sip:100@127.0.0.1>;tag=gone"}))
    unknown = await office.answers("BYE")
    return f"{agreed}; OPTIONS {options}; unknown BYE {unknown}"


async def repeated(office):
    """A 200 that is never acknowledged: how often it came in 4 s."""
    call = PlacedCall(office)
    try:
        await call.invite(acknowledge=False)
    except TimeoutError:
        return "not answered"
    await asyncio.sleep(4)
    count = 1
    while not office.said.empty():
        message = office.said.get_nowait()
        count += getattr(message, "status", 0) == 200
    call.acknowledge()
    call.say("BYE")
    return f"{count} times"


async def twice(office):
    """An INVITE that the network repeats at once: how many dialogs come of it."""
    invite = office.request("INVITE", body=sdp(office.port))
    office.send(invite)
    office.send(invite)
    await asyncio.sleep(3)
    tags = set()
    while not office.said.empty():
        message = office.said.get_nowait()
        if getattr(message, "status", 0) == 200:
            tags.add(message.receiver.tag)
    return f"{len(tags)} calls"


async def many(office):
    """Twenty calls at once that speak for 3 s."""
    calls = []
    for _ in range(AT_ONCE):
        if (call := await office.up()) is not None:
            calls.append(call)
    before, begin = cpu_seconds(office.pid), asyncio.get_running_loop().time()
    counts = await asyncio.gather(*(speak(call, 3.0) for call in calls))
    took = asyncio.get_running_loop().time() - begin
    share = (cpu_seconds(office.pid) - before) / took / max(len(calls), 1)
    for call in calls:
        call.say("BYE")
    rate = sum(counts) / took / max(len(calls), 1)
    return f"{len(calls)} up, {rate:.1f} packets/s back, {share:.2%} of a core each"


TRIALS: dict[str, Callable[[Office], Awaitable[str]]] = {
    "renews its registration": registration,
    "answers a call": answering,
    "hears 1 and # (# without its first packet)": keys,
    "is put on hold": hold,
    "follows a re-INVITE to another port": moving,
    "session timer, OPTIONS, unknown call": timer,
    "repeats a 200 without ACK, 4 s": repeated,
    "hears an INVITE twice": twice,
    f"{AT_ONCE} calls at once": many,
}


async def main() -> None:
    """Print what each stack did in each trial."""
    parser = argparse.ArgumentParser(description="Trials of SIP stacks.")
    parser.add_argument("--only", choices=STACKS)
    only = parser.parse_args().only
    print(machine())
    for name in [only] if only else STACKS:
        print(f"\n{name}")
        for label, trial in TRIALS.items():
            async with stack(name) as office:
                try:
                    outcome = await trial(office)
                except Exception as error:  # what a stack does must not end the bench
                    outcome = f"{type(error).__name__}: {error}"
            print(f"  {label:44s} {outcome}", flush=True)


if __name__ == "__main__":
    assert Path("bench").is_dir(), "run it in the project's folder"
    asyncio.run(main())
