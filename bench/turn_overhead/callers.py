"""
The process of the callers: what Asterisk would send for each, and when the answers came.

A caller speaks, is silent until the answer has been heard to its end, pauses, and speaks again. The
time of an answer's first frame is the kernel's receive stamp: how late this process reads does not
count. Prints one line of JSON, a row for each call.
"""

import argparse
import heapq
import json
import random
import select
import socket
import time
import wave
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np

from bench.pacing_load import MESSAGE, SO_TIMESTAMPNS, cut, hush, stamp
from bench.turn_overhead.script import UTTERANCES, Tag, tag_of_frame
from bot.asterisk.audiosocket import Kind, Message, encode
from bot.core.audio import FRAME_SECONDS, NARROWBAND, WIDEBAND, frame_bytes
from bot.signal.resampler import Resampler

VOICES = ("hf_alpha", "hf_beta", "hm_omega", "hm_psi")
SPEECH = Path(__file__).parents[2] / "tests" / "speech"
LOUD = 200.0
"""RMS of the frames that count as the caller's sound: what is quieter at its ends is cut off."""
RAMP = 8.0
"""Seconds over which the callers come, at random: about a turn, so that they do not all speak at
once."""
HEARD = 15
"""Silent frames in a row after which the bot has finished."""
PAUSES = (0.3, 1.5)
"""Seconds between the bot's last sound and the caller's next one, at random."""
PATIENCE = 10.0
"""Seconds that a caller waits for an answer, before saying the next thing."""
GRID = 25
"""Frames from which the beat of the bot is seen."""
QUIET = hush(2.0)


class Caller:
    """
    One call.

    `sent` is when each frame was sent; `turns` has a row for each turn. `_speech` holds the frames
    still to be said, `_silent` counts the bot's silent frames in a row, `_came` is when its last
    frames came. `_next` is when to speak next (None: not decided), `_asked` when the last
    utterance ended (None: answered).
    """

    def __init__(self, port: int, number: int, turns: int) -> None:
        self.uuid = uuid4()
        self.sent: list[float] = []
        self.turns: list[dict[str, Any]] = []
        self._dice = random.Random(number)
        self._wanted = turns
        self._quiet = cut(QUIET)
        self._scripts = [spoken(VOICES[number % 4], each.recording) for each in UTTERANCES]
        self._speech: list[bytes] = []
        self._bytes = b""
        self._silent = 0
        self._came: deque[float] = deque(maxlen=GRID)
        self._spoke = False
        self._next: float | None = None
        self._asked: float | None = None
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.setblocking(False)
        self.socket.send(encode(Message(Kind.UUID, self.uuid.bytes)))

    @property
    def done(self) -> bool:
        """All turns are over, the last answer heard to its end."""
        return len(self.turns) == self._wanted and self._asked is None and self._next is not None

    def speak(self) -> None:
        """Send the next 20 ms."""
        now = time.monotonic()
        self._decide(now)
        if self._speech:
            frame = self._speech.pop(0)
            if not self._speech:
                self._asked = now
                self.turns.append({"ended": now, "tag": None, "first_frame": None, "late": None})
        else:
            frame = self._quiet[len(self.sent) % len(self._quiet)]
        self.sent.append(now)
        self.socket.send(frame)

    def _decide(self, now: float) -> None:
        """Whether it is time to begin the next utterance."""
        if self._asked is not None and now - self._asked > PATIENCE:
            self._asked, self._next = None, now
        begin = self._next is not None and now >= self._next
        if begin and not self._speech and self._asked is None and len(self.turns) < self._wanted:
            self._speech = list(self._scripts[len(self.turns) % len(self._scripts)])
            self._next, self._spoke = None, False

    def hear(self) -> None:
        """Read at most one message."""
        data, control, _, _ = self.socket.recvmsg(MESSAGE - len(self._bytes), 64)
        if not data:
            raise ConnectionError(f"the bot hung up on call {self.uuid}")
        self._bytes += data
        if len(self._bytes) == MESSAGE:
            pcm, self._bytes = self._bytes[3:], b""
            self._take(pcm, control)

    def _take(self, pcm: bytes, control: Any) -> None:
        self._came.append(monotonic(stamp(control)))
        if any(pcm):
            self._silent, self._spoke = 0, True
            tag = tag_of_frame(pcm)
            if tag is not None and self._asked is not None:
                self._answered(tag)
            return
        self._silent += 1
        waiting = self._asked is not None or self._speech
        if self._spoke and self._silent >= HEARD and self._next is None and not waiting:
            self._next = time.monotonic() + self._dice.uniform(*PAUSES)

    def _answered(self, tag: Tag) -> None:
        when, beat = self._came[-1], due(self._came)
        self.turns[-1].update(tag=tag, first_frame=when, late=when - beat)
        self._asked = None


def due(came: Sequence[float]) -> float:
    """When the last of these frames was due, had it been as prompt as the promptest of them."""
    last = len(came) - 1
    return min(at + (last - number) * FRAME_SECONDS for number, at in enumerate(came))


def monotonic(kernel: int) -> float:
    """The kernel's receive stamp (ns of CLOCK_REALTIME) on CLOCK_MONOTONIC, in seconds."""
    return (kernel - time.time_ns() + time.monotonic_ns()) / 1e9


def spoken(voice: str, name: str) -> list[bytes]:
    """The messages of one recording, from its first loud frame to its last."""
    with wave.open(str(SPEECH / f"kokoro-{voice}_{name}.wav")) as file:
        pcm = Resampler(WIDEBAND, NARROWBAND).feed(file.readframes(file.getnframes()))
    size = frame_bytes(NARROWBAND)
    whole = np.frombuffer(pcm[: len(pcm) - len(pcm) % size], "<i2").astype(float)
    loud = np.sqrt(np.mean(whole.reshape(-1, size // 2) ** 2, axis=1)) >= LOUD
    first, last = np.flatnonzero(loud)[[0, -1]]
    return cut(pcm[first * size : (last + 1) * size])


class Load:
    """All callers; `_due` holds when each speaks next."""

    def __init__(self, port: int, turns: int) -> None:
        self._port, self._turns = port, turns
        self._epoll = select.epoll()
        self._dice = random.Random(7)
        self.callers: dict[int, Caller] = {}
        self._due: list[tuple[float, int]] = []
        self.late: list[float] = []

    def hold(self, calls: int, seconds: float) -> None:
        """Let callers come, until all have had their turns, or this long."""
        began = time.monotonic()
        coming = sorted(began + self._dice.uniform(0, RAMP) for _ in range(calls))
        while time.monotonic() < began + seconds:
            now = time.monotonic()
            while coming and coming[0] <= now:
                coming.pop(0)
                self._come()
            self._step(min(coming[0] if coming else now + 0.1, now + 0.1))
            if not coming and all(caller.done for caller in self.callers.values()):
                return

    def _come(self) -> None:
        caller = Caller(self._port, len(self.callers), self._turns)
        number = caller.socket.fileno()
        self.callers[number] = caller
        self._epoll.register(caller.socket, select.EPOLLIN)
        phase = self._dice.uniform(0, FRAME_SECONDS)
        heapq.heappush(self._due, (time.monotonic() + phase, number))

    def _step(self, until: float) -> None:
        """Send what is due; wait for sound, until somebody is due again."""
        now = time.monotonic()
        while self._due and self._due[0][0] <= now:
            due, number = self._due[0]
            self.late.append(now - due)
            self.callers[number].speak()
            heapq.heapreplace(self._due, (due + FRAME_SECONDS, number))
        until = min(until, self._due[0][0] if self._due else until)
        for number, _ in self._epoll.poll(max(0.0, until - time.monotonic())):
            self.callers[number].hear()

    def rows(self) -> Iterator[dict[str, Any]]:
        """What became of each call."""
        for caller in self.callers.values():
            caller.socket.close()
            yield {"uuid": str(caller.uuid), "sent": caller.sent, "turns": caller.turns}


def main() -> None:
    """Hold the calls, print what came of them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("--calls", type=int, required=True)
    parser.add_argument("--turns", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True, help="the longest run")
    options = parser.parse_args()
    warm = Load(options.port, 1)  # what a process does only once, is no turn's
    warm.hold(1, options.seconds)
    list(warm.rows())
    load = Load(options.port, options.turns)
    load.hold(options.calls, options.seconds)
    print(json.dumps({"calls": list(load.rows()), "late": load.late}))


if __name__ == "__main__":
    main()
