"""
The callers of bench/pacing.py: what Asterisk would send, and when each of the bot's frames came.

Plain sockets and one epoll loop, so that it costs little. Each frame's time is the kernel's own
receive stamp (SO_TIMESTAMPNS): how late this process reads does not count. Prints one line of JSON.
"""

import argparse
import heapq
import json
import math
import os
import random
import select
import socket
import struct
import time
import wave
from array import array
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import numpy as np

from bench.process import busy_seconds, cpu_seconds, resident_kib
from bot.asterisk.audiosocket import Kind, Message, audio_header, encode
from bot.core.audio import FRAME_SECONDS, NARROWBAND, WIDEBAND, frame_bytes
from bot.signal.resampler import Resampler

FRAME = round(FRAME_SECONDS * 1e9)
"""Nanoseconds."""
MESSAGE = 3 + frame_bytes(NARROWBAND)
RAMP = 2.0
"""Seconds over which the callers come, at random."""
SETTLE = 2.0
TALK, PAUSE = 2.0, 3.0
"""Seconds that a talking caller speaks, and is silent after it."""
SO_TIMESTAMPNS = 35
SPEECH = Path(__file__).parent.parent / "tests" / "speech" / "kokoro-hf_alpha_s01.wav"


class Caller:
    """One connection of Asterisk's."""

    def __init__(self, port: int, frames: list[bytes], first: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.setblocking(False)
        self.socket.send(encode(Message(Kind.UUID, uuid4().bytes)))
        self.stamps = array("q")
        self._frames, self._number, self._have = frames, first, 0

    def speak(self) -> None:
        """Send the next 20 ms."""
        self.socket.send(self._frames[self._number % len(self._frames)])
        self._number += 1

    def hear(self) -> None:
        """Read at most one message and keep its time."""
        data, control, _, _ = self.socket.recvmsg(MESSAGE - self._have, 64)
        if not data:
            raise ConnectionError("the bot hung up")
        self._have += len(data)
        if self._have == MESSAGE:
            self._have = 0
            self.stamps.append(stamp(control))


def stamp(control: list[tuple[int, int, bytes]]) -> int:
    """The kernel's receive time in ns; now, for the first packets, before it begins to stamp."""
    if not control:
        return time.time_ns()
    seconds, nanoseconds = struct.unpack("qq", control[0][2])
    return int(seconds * 1_000_000_000 + nanoseconds)


def spoken() -> list[bytes]:
    """The messages of a caller who talks and listens by turns."""
    with wave.open(str(SPEECH)) as file:
        pcm = Resampler(WIDEBAND, NARROWBAND).feed(file.readframes(file.getnframes()))
    talk = pcm[: int(TALK * NARROWBAND) * 2]
    return cut(talk + hush(PAUSE))


def hush(seconds: float) -> bytes:
    """A quiet line: the last bits of G.711's noise."""
    noise = random.Random(7).choices((-8, 0, 8), k=int(seconds * NARROWBAND))
    return struct.pack(f"<{len(noise)}h", *noise)


def cut(pcm: bytes) -> list[bytes]:
    """PCM as messages of 20 ms."""
    size = frame_bytes(NARROWBAND)
    header = audio_header(NARROWBAND, size)
    return [header + pcm[at : at + size] for at in range(0, len(pcm) - size + 1, size)]


class Load:
    """All callers, each with a phase of its own; `due` holds when each speaks next."""

    def __init__(self, port: int, frames: list[bytes]) -> None:
        self._port, self._frames = port, frames
        self._epoll = select.epoll()
        self._callers: dict[int, Caller] = {}
        self._due: list[tuple[float, int]] = []

    def come(self, calls: int, seconds: float) -> list[Caller]:
        """Let callers connect at random times of these seconds; return them."""
        dice, began, came = random.Random(7), time.monotonic(), []
        for when in sorted(dice.uniform(0, seconds) for _ in range(calls)):
            self.run(began + when)
            caller = Caller(self._port, self._frames, dice.randrange(len(self._frames)))
            came.append(caller)
            self._callers[caller.socket.fileno()] = caller
            self._epoll.register(caller.socket, select.EPOLLIN)
            heapq.heappush(self._due, (time.monotonic(), caller.socket.fileno()))
        self.run(began + seconds)
        return came

    def run(self, until: float) -> None:
        """Speak and hear until this time."""
        while (now := time.monotonic()) < until:
            while self._due and self._due[0][0] <= now:
                due, number = self._due[0]
                self._callers[number].speak()
                heapq.heapreplace(self._due, (due + FRAME_SECONDS, number))
            wait = min(until, self._due[0][0] if self._due else until) - now
            for number, _ in self._epoll.poll(max(0.0, wait)):
                self._callers[number].hear()

    def leave(self, caller: Caller) -> None:
        """Hang up."""
        self._epoll.unregister(caller.socket)
        del self._callers[caller.socket.fileno()]
        self._due = [row for row in self._due if row[1] != caller.socket.fileno()]
        heapq.heapify(self._due)
        caller.socket.close()


def ahead(gaps: np.ndarray) -> float:
    """The most sound (ns) that waits at a receiver who plays it in real time as it comes."""
    level = np.cumsum(FRAME - gaps)
    lowest = np.minimum(np.minimum.accumulate(level), 0)
    return float(max(0, np.max(level - lowest)) + FRAME)


def figures(callers: list[Caller], began: int, ended: int) -> dict[str, float]:
    """Gaps, drift and read-ahead of the frames that came between two kernel times."""
    stamps = [np.array(caller.stamps) for caller in callers]
    inside = [each[(each >= began) & (each < ended)] for each in stamps]
    gaps = np.concatenate([np.diff(each) for each in inside])
    drifts = [(each[-1] - each[0]) - (len(each) - 1) * FRAME for each in inside]
    worst = max(drifts, key=abs)
    return {
        "gap_p50_ms": float(np.percentile(gaps, 50)) / 1e6,
        "gap_p99_ms": float(np.percentile(gaps, 99)) / 1e6,
        "gap_max_ms": float(gaps.max()) / 1e6,
        "drift_ms": worst / 1e6,
        "drift_ppm": worst / (ended - began) * 1e6,
        "ahead_ms": max(ahead(np.diff(each)) for each in stamps) / 1e6,
        "missing": len(inside) * (ended - began) / FRAME - sum(map(len, inside)),
    }


def usage(bot: int, core: int) -> Iterator[float]:
    """Processor seconds of the bot, of everybody on its core, of us."""
    return iter((cpu_seconds(bot), busy_seconds(core), time.process_time()))


def measured(options: argparse.Namespace) -> dict[str, float]:
    """One run."""
    load = Load(options.port, spoken() if options.talking else cut(hush(1.0)))
    for caller in load.come(1, 1.0):  # what the first call of the process loads, is not a call's
        load.leave(caller)
    load.run(time.monotonic() + 1.5)
    empty = resident_kib(options.bot)
    callers = load.come(options.calls, RAMP)
    load.run(time.monotonic() + SETTLE)
    before, began = list(usage(options.bot, options.core)), time.time_ns()
    load.run(time.monotonic() + options.seconds)
    after, ended = list(usage(options.bot, options.core)), time.time_ns()
    spent = [b - a for a, b in zip(before, after, strict=True)]
    return figures(callers, began, ended) | {
        "cpu_pct": spent[0] / options.seconds * 100,
        "others_pct": max(0.0, spent[1] - spent[0]) / options.seconds * 100,
        "load_pct": spent[2] / options.seconds * 100,
        "call_kib": (resident_kib(options.bot) - empty) / options.calls,
    }


def main() -> None:
    """Pin this process to its core, run, print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("--bot", type=int, required=True, help="process id")
    parser.add_argument("--core", type=int, required=True, help="the bot's")
    parser.add_argument("--own-core", type=int, required=True)
    parser.add_argument("--calls", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--talking", action="store_true")
    options = parser.parse_args()
    os.sched_setaffinity(0, {options.own_core})
    found = measured(options)
    assert all(math.isfinite(value) for value in found.values())
    print(json.dumps(found))


if __name__ == "__main__":
    main()
