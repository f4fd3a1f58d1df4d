"""
The sound of one call as it is recorded: caller left, bot right, on the clock of our playout.

Each frame that leaves for the caller is one step of both sides. What the caller sends waits a
moment, so that frames which come a little late leave no gap. While a secret is asked for or given,
both sides are silence: the sound itself goes nowhere.
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

from bot.core.audio import frame_bytes
from bot.core.events import Audio, LineEvent
from bot.core.ports import CallTransport

AHEAD: Final = 3
"""Frames of the caller that wait before the first is taken, at first and after a gap: 60 ms."""
MOST: Final = 15
"""Frames that may wait: after a longer delay on the way, the oldest are left out."""
PIECE: Final = 25
"""Frames that are handed over at once: half a second."""
TAIL: Final = 50
"""Frames of silence after a secret: a second."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Sound of both sides, from frame number `at` on; `last`: the call is over."""

    call_id: str
    rate: int
    at: int
    left: bytes = b""
    right: bytes = b""
    last: bool = False


class CallSound:
    """
    Takes the sound of one call, and hands it on in pieces.

    `_at` counts the frames played. `_flowing` says that enough of the caller waits; until frame
    `_silent_until` both sides are silence.
    """

    def __init__(self, call_id: str, rate: int, put: Callable[[Piece], None]) -> None:
        """`put` never waits."""
        self._call_id, self._rate, self._put = call_id, rate, put
        self._frame = frame_bytes(rate)
        self._silence = bytes(self._frame)
        self._waiting = bytearray()
        self._left, self._right = bytearray(), bytearray()
        self._at = self._silent_until = 0
        self._flowing = self._paused = False

    def hear(self, pcm: bytes) -> None:
        """A frame of the caller's came."""
        if self._is_silent:
            return
        self._waiting += pcm
        if len(self._waiting) > MOST * self._frame:
            del self._waiting[: -AHEAD * self._frame]

    def play(self, frame: bytes) -> None:
        """A frame of ours leaves: a step of the clock."""
        silent = self._is_silent
        self._left += self._silence if silent else self._next()
        self._right += self._silence if silent else frame
        self._at += 1
        if len(self._right) >= PIECE * self._frame:
            self._hand_over()

    def pause(self, begins: bool) -> None:
        """A secret is asked for from now on, or no more."""
        self._paused = begins
        self._waiting.clear()
        self._flowing = False
        if not begins:
            self._silent_until = self._at + TAIL

    def close(self) -> None:
        """The call is over."""
        self._hand_over(last=True)

    @property
    def _is_silent(self) -> bool:
        return self._paused or self._at < self._silent_until

    def _next(self) -> bytes:
        """The caller's next frame, or silence where there is none."""
        waiting = len(self._waiting) // self._frame
        self._flowing = waiting > 0 if self._flowing else waiting >= AHEAD
        if not self._flowing:
            return self._silence
        frame = bytes(self._waiting[: self._frame])
        del self._waiting[: self._frame]
        return frame

    def _hand_over(self, last: bool = False) -> None:
        first = self._at - len(self._right) // self._frame
        left, right = bytes(self._left), bytes(self._right)
        self._left.clear()
        self._right.clear()
        self._put(Piece(self._call_id, self._rate, first, left, right, last))


class RecordedLine:
    """A line whose sound is recorded on its way."""

    def __init__(self, line: CallTransport, sound: CallSound) -> None:
        self._line = line
        self._sound = sound

    @property
    def rate(self) -> int:
        """That of the line."""
        return self._line.rate

    async def events(self) -> AsyncGenerator[LineEvent, None]:
        """Those of the line."""
        async with aclosing(self._line.events()) as events:
            async for event in events:
                if isinstance(event, Audio):
                    self._sound.hear(event.pcm)
                yield event

    def send(self, frame: bytes) -> None:
        """Play it, and record that."""
        self._line.send(frame)
        self._sound.play(frame)

    def press(self, key: str) -> bool:
        """As the line does it."""
        return self._line.press(key)

    async def close(self) -> None:
        """Hang up."""
        await self._line.close()
