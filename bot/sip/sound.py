"""The two ends of a call's sound: what the stack heard since we last looked, what it sends next."""

import asyncio
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bot.core.audio import FRAME_SECONDS, frame_bytes
from bot.sip.recording import Recording

if TYPE_CHECKING:
    from baresip import CallAudio

_AHEAD = 4
"""Frames handed to the stack before their time, so that a late loop leaves no hole."""
_AT_ONCE = 4
"""Frames fetched with one read."""


class Ear:
    """Takes what came, and notes when."""

    def __init__(self, rate: int) -> None:
        self.received = Recording(rate)
        self._size = frame_bytes(rate)
        self._rest = b""
        self._listened_at = asyncio.get_running_loop().time()

    def listen(self, audio: "CallAudio", now: float) -> None:
        """
        Take the frames that came since the last time.

        Of several frames only the last can have come just now: those before it are dated 20 ms
        apart, but none before the last time, when nothing was there.
        """
        while piece := audio.read(_AT_ONCE * self._size):
            self._rest += piece
        count = len(self._rest) // self._size
        for number in range(count):
            frame, self._rest = self._rest[: self._size], self._rest[self._size :]
            came = now - (count - 1 - number) * FRAME_SECONDS
            self.received.add(max(came, self._listened_at), frame)
        self._listened_at = now


class Mouth:
    """Says one thing at a time, at the speed of speech: the stack's, 20 ms per frame."""

    def __init__(self, rate: int) -> None:
        self.sent = Recording(rate)
        self._size = frame_bytes(rate)
        self._to_say: deque[bytes] = deque()
        self._handed_over: deque[bytes] = deque()
        self._said: asyncio.Future[None] | None = None

    def say(self, pcm: bytes) -> asyncio.Future[None]:
        """Begin to say this; the result comes when its last frame has left."""
        self._to_say.extend(_frames(pcm, self._size))
        self._said = asyncio.get_running_loop().create_future()
        return self._said

    def speak(self, audio: "CallAudio", now: float) -> None:
        """Note what left since the last time, and hand over what comes next."""
        if self._said is None:
            return
        waiting = audio.info().tx_buffered // self._size
        while len(self._handed_over) > waiting:
            self.sent.add(now, self._handed_over.popleft())
        while self._to_say and len(self._handed_over) < _AHEAD:
            frame = self._to_say.popleft()
            audio.write(frame)
            self._handed_over.append(frame)
        if not self._handed_over and not self._said.done():
            self._said.set_result(None)

    def hush(self) -> bool:
        """Forget what was not said; say whether the stack still holds some of it."""
        cut = bool(self._handed_over)
        self._to_say.clear()
        self._handed_over.clear()
        self._said = None
        return cut

    def fail(self, error: Exception) -> None:
        """What is being said will never leave."""
        if self._said is not None and not self._said.done():
            self._said.set_exception(error)


def _frames(pcm: bytes, size: int) -> Iterator[bytes]:
    """Cut into frames; the last is filled up with silence."""
    for start in range(0, len(pcm), size):
        yield pcm[start : start + size].ljust(size, b"\0")
