"""
What the two lines to Asterisk cost and add: AudioSocket and chan_websocket.

Run: python -m bench.line_cost [--calls 10] [--seconds 10]

First, our own work for a frame in and a frame out, in this process. Then a real Asterisk with our
dialplan: each caller is an echo inside Asterisk, every frame that we send carries its number, so
the way there and back is timed frame by frame and every loss is seen. Last, what becomes of the
way after the bot was late, after a hold-up of the network that ends in a burst, and when we stop.
"""

import argparse
import asyncio
import json
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, cast
from uuid import UUID, uuid4

import numpy as np
from websockets.client import ClientProtocol
from websockets.uri import parse_uri

from bench.process import cpu_seconds, machine
from bot.asterisk.audiosocket import Kind, Message, encode
from bot.asterisk.audiosocket_line import AudioSocketConnection
from bot.asterisk.line import Line
from bot.asterisk.pbx import Ticket
from bot.asterisk.server import LineServer
from bot.asterisk.websocket_line import WebSocketConnection, WebSocketLine
from bot.call.ticks import Ticks
from bot.config import AudioSocketSettings
from bot.core.audio import NARROWBAND, frame_bytes
from bot.core.events import Audio
from bot.core.ports import Caller
from scripts.asterisk_run import running
from tests.e2e.fake_bot import FakeBot
from tests.e2e.pbx import Pbx

LINES: tuple[Literal["audiosocket"], Literal["websocket"]] = ("audiosocket", "websocket")
FLUSH = b'\x81\x19{"command":"FLUSH_MEDIA"}'
SIZE = frame_bytes(NARROWBAND)
FRAMES = 20_000
LATE = 0.3
BURST = 50
SHAKEN = 0.015


class Nowhere(asyncio.Transport):
    """A transport that takes everything at once."""

    def get_extra_info(self, name: str, default: object = None) -> object:
        """A socket that may be set up."""
        return self

    def setsockopt(self, *_: object) -> None:
        """Nothing to set."""

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """No buffer."""

    def get_write_buffer_size(self) -> int:
        """Nothing waits."""
        return 0

    def is_closing(self) -> bool:
        """Never."""
        return False

    def write(self, data: object) -> None:
        """Take it."""


class Listener:
    """The desk of `frame_costs`: lets everybody in."""

    line: Line

    def admit(self, uuid: UUID) -> Ticket:
        """A ticket at 8 kHz."""
        return Ticket(uuid, Caller(str(uuid)), NARROWBAND)

    def answer(self, line: Line) -> None:
        """Note it."""
        self.line = line

    def refuse(self, reason: str, detail: str, peer: str) -> None:
        """There is no reason."""
        raise AssertionError(detail)


def said(name: str) -> Iterator[bytes]:
    """What Asterisk says: a greeting, then one frame for ever."""
    pcm = bytes(range(1, 161)) * 2
    if name == "audiosocket":
        yield encode(Message(Kind.UUID, uuid4().bytes))
        while True:
            yield encode(Message(Kind.AUDIO_8K, pcm))
    client = ClientProtocol(parse_uri(f"ws://bot/calls/{uuid4()}"))
    client.send_request(client.connect())
    yield b"".join(client.data_to_send())
    client.state = type(client.state).OPEN
    client.send_text(json.dumps({"event": "MEDIA_START", "format": "slin"}).encode())
    yield b"".join(client.data_to_send())
    client.send_binary(pcm)
    frame = b"".join(client.data_to_send())
    while True:
        yield frame


async def frame_cost(name: str) -> tuple[float, float]:
    """Microseconds of ours for a frame in, and for one out: parser, queue, header, bookkeeping."""
    desk, settings = Listener(), AudioSocketSettings()
    kind = WebSocketConnection if name == "websocket" else AudioSocketConnection
    connection = kind(desk, settings, set())
    connection.connection_made(Nowhere())
    words = said(name)
    while connection.pending:
        feed(connection, next(words))
    frame = next(words)
    began = time.process_time()
    for _ in range(FRAMES):
        feed(connection, frame)
    into = time.process_time() - began
    pcm, line = frame[-SIZE:], desk.line
    began = time.process_time()
    for _ in range(FRAMES):
        line.send(pcm)
    out = time.process_time() - began
    connection.connection_lost(None)
    return into / FRAMES * 1e6, out / FRAMES * 1e6


def feed(connection: asyncio.BufferedProtocol, data: bytes) -> None:
    """As the loop does it."""
    cast(memoryview, connection.get_buffer(-1))[: len(data)] = data
    connection.buffer_updated(len(data))


@dataclass
class Talk:
    """One call: frames go out every 20 ms with their number, and come back."""

    line: Line
    sent: dict[int, float] = field(default_factory=dict)
    ways: list[tuple[float, float]] = field(default_factory=list)
    """When a frame left (loop time), and how long it was away."""
    speaks: bool = True
    held: bool = False
    shaken: float = 0.0
    """Each frame is late by chance, up to so many seconds."""
    _number: int = 0

    def tick(self, late: float) -> None:
        """A frame is due."""
        if self.shaken:
            asyncio.get_running_loop().call_later(random.uniform(0, self.shaken), self.speak)
        elif not self.held:
            self.speak()

    def speak(self) -> None:
        """Send the next frame; silent ones carry no number."""
        if not self.speaks:
            self.line.send(bytes(SIZE))
            return
        self._number = self._number % 30_000 + 1
        self.sent[self._number] = asyncio.get_running_loop().time()
        self.line.send(self._number.to_bytes(2, "little") * (SIZE // 2))

    async def run(self) -> None:
        """Until the caller leaves."""
        ticks = Ticks(self.tick)
        try:
            async for event in self.line.events():
                if isinstance(event, Audio):
                    self._back(int.from_bytes(event.pcm[:2], "little"))
        finally:
            ticks.stop()

    def _back(self, number: int) -> None:
        left = self.sent.pop(number, None)
        if left is not None:
            self.ways.append((left, asyncio.get_running_loop().time() - left))


class Desk(Listener):
    """Lets everybody in, and talks."""

    def __init__(self, calls: int) -> None:
        self.talks: list[Talk] = []
        self.complete = asyncio.Event()
        self._calls = calls
        self._tasks: list[asyncio.Task[None]] = []

    def answer(self, line: Line) -> None:
        """Begin."""
        talk = Talk(line)
        self.talks.append(talk)
        self._tasks.append(asyncio.get_running_loop().create_task(talk.run()))
        if len(self.talks) == self._calls:
            self.complete.set()

    async def leave(self) -> None:
        """Hang up all."""
        await asyncio.gather(*(talk.line.close() for talk in self.talks))
        await asyncio.gather(*self._tasks)


async def house(name: Literal["audiosocket", "websocket"], calls: int, seconds: float) -> None:
    """One Asterisk, the measurements one after the other."""
    desk = Desk(calls)
    server = LineServer(AudioSocketSettings(port=0), desk, name)
    await server.start()
    scheme = "ws://" if name == "websocket" else ""
    with FakeBot() as bot, Pbx(bot.url, trace=False) as pbx:
        bot.script([f"dial {scheme}127.0.0.1:{server.port}"])
        for _ in range(calls):
            await asyncio.to_thread(pbx.call)
        await asyncio.wait_for(desk.complete.wait(), 10.0)
        await asyncio.sleep(2.0)
        found = running(pbx.run)
        assert found is not None
        await steady(desk.talks, found.pid, seconds)
        await shaken(desk.talks[0])
        await late(desk.talks[0])
        await burst(desk.talks[0])
        await hushed(desk.talks[0])
        await desk.leave()
    await server.stop()


async def steady(talks: list[Talk], asterisk: int, seconds: float) -> None:
    """The way there and back, losses, processor time."""
    for talk in talks:
        talk.ways.clear()
        talk.sent.clear()
    before, ours = cpu_seconds(asterisk), time.process_time()
    await asyncio.sleep(seconds)
    spent, ours = cpu_seconds(asterisk) - before, time.process_time() - ours
    now, calls = asyncio.get_running_loop().time(), len(talks)
    ways = np.array([way for talk in talks for _, way in talk.ways]) * 1000
    p50, p99 = np.percentile(ways, [50, 99])
    lost = sum(now - left > 1.0 for talk in talks for left in talk.sent.values())
    print(f"  {calls} calls for {seconds:g} s, {ways.size} frames, {lost} lost")
    print(f"  there and back: p50 {p50:.1f} ms, p99 {p99:.1f} ms, most {ways.max():.1f} ms")
    print(f"  a call of Asterisk's: {spent / seconds / calls:.2%} of a core", end="")
    print(f"; of this process: {ours / seconds / calls:.2%}")


def recent(talk: Talk, since: float) -> str:
    """The way of the frames that left after this time."""
    ways = [way * 1000 for left, way in talk.ways if left >= since]
    return f"{np.median(ways):.1f} ms" if ways else "nothing came back"


async def shaken(talk: Talk) -> None:
    """Frames leave unevenly: how evenly do they come back?"""
    talk.shaken, before = SHAKEN, len(talk.ways)
    await asyncio.sleep(5.0)
    talk.shaken = 0.0
    came = np.sort([left + way for left, way in talk.ways[before:]])
    gaps = np.diff(came) * 1000
    p1, p99 = np.percentile(gaps, [1, 99])
    print(
        f"  frames up to {SHAKEN * 1000:g} ms late: they come back {p1:.1f} to {p99:.1f} ms apart"
    )


async def late(talk: Talk) -> None:
    """The bot says nothing for a while, then goes on: frames slip, none is sent in a burst."""
    loop = asyncio.get_running_loop()
    talk.held = True
    await asyncio.sleep(LATE)
    talk.held = False
    went_on = loop.time()
    await asyncio.sleep(2.0)
    print(f"  there and back after {LATE:g} s without a frame: {recent(talk, went_on + 1.0)}")


async def burst(talk: Talk) -> None:
    """A second of sound at once, as after a hold-up of the network; then sound, then a pause."""
    loop = asyncio.get_running_loop()
    talk.sent.clear()
    for _ in range(BURST):
        talk.speak()
    began = loop.time()
    await asyncio.sleep(3.0)
    print(f"  after a burst of {BURST} frames: {recent(talk, began + 1.5)}", end="")
    talk.speaks = False
    await asyncio.sleep(4.0)
    talk.speaks = True
    spoke = loop.time()
    print(f", {len(talk.sent)} frames lost", end="")
    await asyncio.sleep(1.0)
    print(f"; when we had been silent for 4 s: {recent(talk, spoke)}")


async def hushed(talk: Talk) -> None:
    """How long after we stop is the last sound back; and the same with 3 s queued in Asterisk."""
    print(f"  we stop: the last sound is back after {await _last(talk):.1f} ms")
    if not isinstance(talk.line, WebSocketLine):
        return
    for _ in range(150):
        talk.speak()
    await asyncio.sleep(1.0)
    talk.line._transport.write(FLUSH)
    print(f"  we flush 3 s that wait in Asterisk: after {await _last(talk):.1f} ms")


async def _last(talk: Talk) -> float:
    """Stop; milliseconds until the last frame is back."""
    loop = asyncio.get_running_loop()
    talk.held, stopped = True, loop.time()
    await asyncio.sleep(1.0)
    talk.held = False
    backs = [left + way for left, way in talk.ways]
    return max(0.0, max(backs) - stopped) * 1000


async def main() -> None:
    """Both lines."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--calls", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--own", action="store_true", help="our own work only")
    chosen = parser.parse_args()
    print(machine())
    for name in LINES:
        into, out = await frame_cost(name)
        print(f"{name}: {into:.1f} us for a frame in, {out:.1f} us for a frame out")
    for name in () if chosen.own else LINES:
        print(name)
        await house(name, chosen.calls, chosen.seconds)


if __name__ == "__main__":
    asyncio.run(main())
