"""
What a call over the gateway costs and adds, in each coding; AudioSocket beside it.

Run: python -m bench.gateway_cost [--calls 10] [--seconds 10]

First each coding's own work for 20 ms. Then so many calls at once, whose clients are another
process: what a client says comes back at once, so that the way there and back is timed frame by
frame. Processor time is that of this process alone, the bot's side: the line, no conversation.
"""

import argparse
import asyncio
import json
import sys
import time
from contextlib import suppress
from uuid import UUID, uuid4

import grpc
import numpy as np

from bench.process import machine
from bot.asterisk.audiosocket import Decoder, Kind, Message, encode
from bot.asterisk.pbx import Ticket
from bot.asterisk.server import LineServer
from bot.call.ticks import Ticks
from bot.config import AudioSocketSettings, GatewaySettings
from bot.core.audio import NARROWBAND, frame_bytes
from bot.core.events import Audio, Ending
from bot.core.ports import Caller, CallTransport
from bot.gateway.board import Board
from bot.gateway.client import GatewayClient
from bot.gateway.formats import agreed, codec
from bot.gateway.server import Gateway
from bot.gateway.wire import voice_workflow_pb2 as pb

CODINGS = {
    "linear16-8k": pb.AudioFormat(encoding=pb.ENCODING_LINEAR16, sample_rate_hz=8000),
    "mulaw": pb.AudioFormat(encoding=pb.ENCODING_MULAW),
    "alaw": pb.AudioFormat(encoding=pb.ENCODING_ALAW),
    "opus-8k": pb.AudioFormat(encoding=pb.ENCODING_OPUS, sample_rate_hz=8000),
    "linear16-16k": pb.AudioFormat(encoding=pb.ENCODING_LINEAR16, sample_rate_hz=16_000),
    "opus-16k": pb.AudioFormat(encoding=pb.ENCODING_OPUS, sample_rate_hz=16_000),
}
FRAMES = 1000


def voice(rate: int) -> list[bytes]:
    """A second of a sound with a melody and syllables, in frames."""
    at = np.arange(rate) / rate
    pitch = 2 * np.pi * (140 * at + 8 * np.sin(2 * np.pi * at))
    sound = sum(np.sin(k * pitch) / k for k in range(1, 15))
    pcm = (5000 * sound * (0.5 + 0.5 * np.sin(2 * np.pi * 4 * at))).astype("<i2").tobytes()
    size = frame_bytes(rate)
    return [pcm[start : start + size] for start in range(0, len(pcm), size)]


def coding_cost(name: str) -> str:
    """Microseconds to encode and to decode 20 ms, and the bytes of a message."""
    form = agreed(CODINGS[name])
    coding, frames = codec(form), voice(form.sample_rate_hz) * (FRAMES // 50)
    began = time.process_time()
    coded = [coding.encode(frame) for frame in frames]
    middle = time.process_time()
    for data in coded:
        coding.decode(data)
    ended = time.process_time()
    into, out = (middle - began) / FRAMES * 1e6, (ended - middle) / FRAMES * 1e6
    size = sum(map(len, coded)) / FRAMES
    return f"{name}: {into:.0f} us to encode, {out:.0f} us to decode, {size:.0f} bytes a message"


class Desk:
    """Lets everybody in, and sends back what they say. It is the desk of both kinds of line."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def admit(self, *words: object) -> Ticket:
        """A ticket, at the rate that a client of the gateway asked for."""
        rate = words[-1] if isinstance(words[-1], int) else NARROWBAND
        uuid = words[0] if isinstance(words[0], UUID) else uuid4()
        return Ticket(uuid, Caller(str(uuid)), rate)

    def answer(self, line: CallTransport) -> None:
        """Begin."""
        task = asyncio.get_running_loop().create_task(self._echo(line))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _echo(self, line: CallTransport) -> None:
        async for event in line.events():
            if isinstance(event, Audio):
                line.send(event.pcm)
        await line.close()

    def end(self, call_id: str, ending: Ending) -> bool:
        """Nobody asks."""
        return False

    def refuse(self, reason: str, detail: str, peer: str) -> None:
        """There is no reason."""
        raise AssertionError(detail)


async def trial(name: str, port: int, calls: int, seconds: float) -> None:
    """Calls from another process; what this one spent on them."""
    words = ["--client", name, "--port", str(port), "--calls", str(calls)]
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.gateway_cost", *words, "--seconds", str(seconds),
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert child.stdout is not None
    await child.stdout.readline()
    spent = time.process_time()
    await asyncio.sleep(seconds)
    spent = time.process_time() - spent
    ways = np.array(json.loads((await child.communicate())[0])) * 1000
    p50, p99 = np.percentile(ways, [50, 99])
    print(
        f"{name}: {spent / seconds / calls:.2%} of a core a call;"
        f" there and back p50 {p50:.1f} ms, p99 {p99:.1f} ms ({ways.size} frames)"
    )


class Client:
    """One call from the other process: when each frame left, and how long it was away."""

    def __init__(self) -> None:
        self.left: list[float] = []
        self.ways: list[float] = []

    async def gateway(self, client: GatewayClient, name: str) -> None:
        """Over the gateway."""
        form = agreed(CODINGS[name])
        frames = voice(form.sample_rate_hz)
        due: asyncio.Queue[None] = asyncio.Queue()
        async with client.converse(form) as conversation:
            ticks = Ticks(lambda late: due.put_nowait(None))
            listening = asyncio.create_task(self._listen(conversation.events()))
            try:
                while True:
                    await due.get()
                    self.left.append(now())
                    await conversation.say(frames[len(self.left) % 50])
            finally:
                ticks.stop()
                listening.cancel()

    async def _listen(self, events: object) -> None:
        async for event in events:  # type: ignore[attr-defined]
            if event.WhichOneof("response") == "audio":
                self.ways.append(now() - self.left[event.audio.sequence - 1])

    async def audiosocket(self, port: int) -> None:
        """Over AudioSocket."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(encode(Message(Kind.UUID, uuid4().bytes)))
        frames, decoder = voice(NARROWBAND), Decoder(8192)

        def say(late: float) -> None:
            self.left.append(now())
            writer.write(encode(Message(Kind.AUDIO_8K, frames[len(self.left) % 50])))

        ticks = Ticks(say)
        try:
            while data := await reader.read(4096):
                for _ in decoder.feed(data):
                    self.ways.append(now() - self.left[len(self.ways)])
        finally:
            ticks.stop()
            writer.close()


def now() -> float:
    """The loop's time."""
    return asyncio.get_running_loop().time()


async def clients(name: str, port: int, calls: int, seconds: float) -> None:
    """The other process."""
    people = [Client() for _ in range(calls)]
    with suppress(TimeoutError):
        async with (
            GatewayClient(f"127.0.0.1:{port}") as client,
            asyncio.timeout(seconds + 2),
            asyncio.TaskGroup() as group,
        ):
            for person in people:
                asterisk = name == "audiosocket"
                call = person.audiosocket(port) if asterisk else person.gateway(client, name)
                group.create_task(call)
            await asyncio.sleep(1.0)
            print("up", flush=True)
    print(json.dumps([way for person in people for way in person.ways[50:]]))


async def main() -> None:
    """All of it, or the clients."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--client")
    parser.add_argument("--port", type=int)
    chosen = parser.parse_args()
    if chosen.client:
        await clients(chosen.client, chosen.port, chosen.calls, chosen.seconds)
        return
    print(machine(), f"; grpcio {grpc.__version__}")
    for name in CODINGS:
        print(coding_cost(name))
    server = LineServer(AudioSocketSettings(port=0, max_calls=500), Desk(), "audiosocket")
    await server.start()
    await trial("audiosocket", server.port, chosen.calls, chosen.seconds)
    await server.stop()
    settings = GatewaySettings(port=0)
    gateway = Gateway(settings, Desk(), Board(settings, str))
    await gateway.start()
    for name in CODINGS:
        await trial(name, gateway.port, chosen.calls, chosen.seconds)
    await gateway.stop()


if __name__ == "__main__":
    asyncio.run(main())
