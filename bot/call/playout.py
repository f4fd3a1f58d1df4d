"""
The clock of a call: one frame to the caller every 20 ms, from the first millisecond to the last.

It decides when sound leaves, and so knows what the caller has heard. It knows nothing of where
the sound comes from.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from bot.call.ticks import Ticks
from bot.core.audio import frame_bytes, seconds
from bot.core.ports import Word

LEAD = 1.5
"""Seconds of speech that may wait here: the only back-pressure of a reply."""
SECONDS_PER_LETTER = 0.075
"""How long a letter of Hindi lasts, where neither words' times nor the whole length are known."""


@dataclass(slots=True)
class _Cue:
    """A sentence of the queue: where its audio starts, and how much of it is known."""

    text: str
    start: int
    """In bytes since the reply began; likewise `end`."""
    end: int
    words: tuple[Word, ...] = ()
    whole: bool = False
    """Whether `end` is the sentence's real end, or more audio will come."""


class Playout:
    """
    Plays PCM at the speed of speech, and silence when there is none.

    `_pcm` waits to be played; `_queued` and `_played` count bytes since the reply began;
    `_room` is set while a writer may add, `_empty` while nothing waits; `sounding` says whether the
    last frame was ours.
    """

    def __init__(
        self,
        rate: int,
        send: Callable[[bytes], None],
        sounded: Callable[[bool], None] = lambda sound: None,
        late: Callable[[float], None] = lambda seconds: None,
    ) -> None:
        """
        `send` takes each frame; `sounded` is told when sound begins (True) and ends (False);
        `late` how many seconds after its time each frame left.
        """
        self._rate = rate
        self._frame = frame_bytes(rate)
        self._silence = bytes(self._frame)
        self._limit = int(LEAD * rate) * 2
        self._send = send
        self._sounded = sounded
        self._late = late
        self._pcm = bytearray()
        self._cues: list[_Cue] = []
        self._queued = self._played = 0
        self.sounding = False
        self._room, self._empty = asyncio.Event(), asyncio.Event()
        self._room.set()
        self._empty.set()

    async def run(self) -> None:
        """Send frames as they fall due, until cancelled. Raises what `send` or a watcher raises."""
        ticks = Ticks(self._tick)
        try:
            await ticks.broken
        finally:
            ticks.stop()

    def _tick(self, late: float) -> None:
        self._late(late)
        self._send(self._take())

    def cue(self, sentence: str) -> None:
        """Note that the audio queued from here on is this sentence."""
        if self._cues:
            self._cues[-1].whole = True
        self._cues.append(_Cue(sentence, self._queued, self._queued))

    async def play(self, pcm: bytes, words: tuple[Word, ...] = ()) -> None:
        """
        Queue audio of the cued sentence, waiting while there is enough ahead of it.

        `words` are all those known so far, their ends in seconds from the sentence's start.
        """
        await self._room.wait()
        self._pcm += pcm
        self._queued += len(pcm)
        if self._cues:
            self._cues[-1].end = self._queued
            self._cues[-1].words = words or self._cues[-1].words
        if pcm:
            self._empty.clear()
        if len(self._pcm) > self._limit:
            self._room.clear()

    async def drained(self) -> None:
        """Wait until all that was queued has left."""
        if self._cues:
            self._cues[-1].whole = True
        await self._empty.wait()

    def stop(self) -> str:
        """Fall silent from the next frame on; return what the caller has heard since the start."""
        heard = " ".join(filter(None, (self._heard(cue) for cue in self._cues)))
        self._pcm.clear()
        self._cues.clear()
        self._queued = self._played = 0
        self._room.set()
        self._empty.set()
        return heard

    def _heard(self, cue: _Cue) -> str:
        """The words of this sentence that have left; the last one may have been cut."""
        if cue.end == cue.start:
            return ""  # its synthesis failed
        if cue.whole and self._played >= cue.end:
            return cue.text
        played = seconds(self._played - cue.start, self._rate)
        if played <= 0:
            return ""
        if cue.words:
            return " ".join(word.text for word in cue.words if word.end <= played)
        return self._share(cue, played)

    def _share(self, cue: _Cue, played: float) -> str:
        """The words whose share of the sentence's letters fits into its share of time."""
        guess = len(cue.text) * SECONDS_PER_LETTER
        known = seconds(cue.end - cue.start, self._rate)
        length = known if cue.whole else max(known, guess)
        letters, heard = len(cue.text) * played / length, 0
        words = []
        for word in cue.text.split():
            heard += len(word) + 1
            if heard - 1 > letters:
                break
            words.append(word)
        return " ".join(words)

    def _take(self) -> bytes:
        """The next frame. A last piece shorter than a frame is filled up with silence."""
        if not self._pcm:
            self._sound(False)
            return self._silence
        frame = bytes(self._pcm[: self._frame])
        del self._pcm[: self._frame]
        self._played += len(frame)
        if len(self._pcm) <= self._limit:
            self._room.set()
        if not self._pcm:
            self._empty.set()
        self._sound(True)
        return frame if len(frame) == self._frame else frame.ljust(self._frame, b"\0")

    def _sound(self, sound: bool) -> None:
        if sound is not self.sounding:
            self.sounding = sound
            self._sounded(sound)
