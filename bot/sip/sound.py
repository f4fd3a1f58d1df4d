"""The two ends of a call's sound: what the stack heard since we last looked, what it sends next."""

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from bot.core.audio import FRAME_SECONDS, frame_bytes
from bot.sip.recording import Recording

if TYPE_CHECKING:
    from baresip import CallAudio

_AHEAD = 25
"""Frames handed to the stack before their time: a loop half a second late leaves no hole."""
_AT_ONCE = 4
"""Frames fetched with one read."""


class Ear:
    """Takes what came, and notes when."""

    def __init__(self, rate: int) -> None:
        self.received = Recording(rate)
        self._size = frame_bytes(rate)
        self._rest = b""
        self._listened_at = _now()

    def listen(self, audio: "CallAudio") -> None:
        """Take the frames that came since the last time."""
        while piece := audio.read(_AT_ONCE * self._size):
            self._rest += piece
        now = _now()
        whole = len(self._rest) // self._size * self._size
        frames = _frames(self._rest[:whole], self._size)
        self._rest = self._rest[whole:]
        _note(self.received, frames, self._listened_at, now)
        self._listened_at = now


class Mouth:
    """Says one thing at a time, at the speed of speech: the stack's, 20 ms per frame."""

    def __init__(self, rate: int) -> None:
        self.sent = Recording(rate)
        self._size = frame_bytes(rate)
        self._to_say: deque[bytes] = deque()
        self._handed_over: deque[bytes] = deque()
        self._said: asyncio.Future[None] | None = None
        self._spoke_at = 0.0

    def say(self, pcm: bytes) -> asyncio.Future[None]:
        """Begin to say this; the result comes when its last frame has left."""
        self._to_say.extend(_frames(pcm, self._size))
        self._said = asyncio.get_running_loop().create_future()
        self._spoke_at = _now()
        return self._said

    def add(self, pcm: bytes) -> asyncio.Future[None]:
        """Say this next; the result comes when nothing is left to say."""
        self._to_say.extend(_frames(pcm, self._size))
        if self._said is None or self._said.done():
            self._said = asyncio.get_running_loop().create_future()
            self._said.add_done_callback(_note_failure)
            self._spoke_at = _now()
        return self._said

    def speak(self, audio: "CallAudio") -> None:
        """Note what left since the last time, and hand over what comes next."""
        if self._said is None:
            return
        info, now = audio.info(), _now()
        if not info.tx_ready:
            return  # the call is ending: what the stack held is gone, not said
        if not self._handed_over and info.tx_buffered:
            return  # what was cut off is not thrown away yet, and would take this with it
        count = max(len(self._handed_over) - info.tx_buffered // self._size, 0)
        _note(self.sent, [self._handed_over.popleft() for _ in range(count)], self._spoke_at, now)
        self._spoke_at = now
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


def _note_failure(said: asyncio.Future[None]) -> None:
    """Nobody need wait for it."""
    if not said.cancelled():
        said.exception()


def _now() -> float:
    return asyncio.get_running_loop().time()


def _frames(pcm: bytes, size: int) -> list[bytes]:
    """Cut into frames; the last is filled up with silence."""
    return [pcm[at : at + size].ljust(size, b"\0") for at in range(0, len(pcm), size)]


def _note(recording: Recording, frames: list[bytes], since: float, now: float) -> None:
    """
    Date the frames that passed after `since`, when we last looked.

    Only the last of several can have passed just now: those before it are dated 20 ms apart.
    """
    for number, frame in enumerate(frames, start=1):
        recording.add(max(now - (len(frames) - number) * FRAME_SECONDS, since), frame)
