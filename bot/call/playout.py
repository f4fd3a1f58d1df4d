"""
The clock of a call: one frame to the caller every 20 ms, from the first millisecond to the last.

It decides when sound leaves, and so knows what the caller has heard. It knows nothing of where
the sound comes from.
"""

import asyncio
from collections.abc import Callable

from bot.call.cue import Cue
from bot.call.ticks import Ticks
from bot.core.audio import frame_bytes
from bot.core.ports import Word
from bot.hindi.aloud import Aloud, as_written
from bot.signal.levels import faded, gain

LEAD = 1.5
"""Seconds of speech that may wait here: the only back-pressure of a reply."""
LEARN = 0.3
"""How much one sentence tells of a voice's pace."""
FARTHEST_BACK = 3.0
"""Seconds of speech that are kept after they were played: so far can we go back."""


class Playout:
    """
    Plays PCM at the speed of speech, and silence when there is none.

    `_pcm` is the sound from byte `_kept` of the reply on; `_queued`, `_played` and `_reached` count
    bytes since the reply began: what came, what has left, and the most that ever had before we
    went back. `_begun` is how many sentences have begun to sound. `_room` is set while a writer may
    add, `_empty` while nothing waits; `sounding` says whether the last frame was ours. `_gain` is
    that of the last frame, `_wanted_gain` of the next. `_pace` is how much longer than expected the
    sentences of this call have lasted.
    """

    def __init__(
        self,
        rate: int,
        send: Callable[[bytes], None],
        sounded: Callable[[str | None], None] = lambda sentence: None,
        late: Callable[[float], None] = lambda seconds: None,
    ) -> None:
        """
        `send` takes each frame; `sounded` is told which sentence begins to sound, and None when
        we fall silent; `late` how many seconds after its time each frame left.
        """
        self._rate = rate
        self._frame = frame_bytes(rate)
        self._silence = bytes(self._frame)
        self._limit = int(LEAD * rate) * 2
        self._memory = int(FARTHEST_BACK * rate) * 2
        self._send = send
        self._sounded = sounded
        self._late = late
        self._pcm = bytearray()
        self._cues: list[Cue] = []
        self._kept = self._queued = self._played = self._reached = 0
        self._gain = self._wanted_gain = 1.0
        self._begun = 0
        self._pace = 1.0
        self.hushed = False
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

    # What a reply does.

    def cue(self, sentence: str, aloud: Aloud | None = None) -> None:
        """Note that the audio queued from here on is this sentence; `aloud`: how it is said."""
        self._last_is_whole()
        said = aloud or as_written(sentence)
        self._cues.append(Cue(said, self._queued, self._queued, self._rate, self._pace))

    async def play(self, pcm: bytes, words: tuple[Word, ...] = ()) -> None:
        """
        Queue audio of the cued sentence, waiting while there is enough ahead of it.

        `words` are all spoken ones known so far, their ends in seconds from the sentence's start.
        """
        await self._room.wait()
        self._pcm += pcm
        self._queued += len(pcm)
        if self._cues:
            self._cues[-1].end = self._queued
            self._cues[-1].words = words or self._cues[-1].words
        if pcm:
            self._empty.clear()
        if self._queued - self._played > self._limit:
            self._room.clear()

    async def drained(self) -> None:
        """Wait until all that was queued has left."""
        self._last_is_whole()
        await self._empty.wait()

    def _last_is_whole(self) -> None:
        """No more audio comes for the last sentence: it tells how fast this voice speaks."""
        cue = self._cues[-1] if self._cues else None
        if cue is not None and cue.aloud.said and not cue.whole and cue.end > cue.start:
            cue.whole = True
            self._pace += LEARN * (min(max(cue.own_pace(), 0.5), 2.0) - self._pace)

    @property
    def idle(self) -> bool:
        """Whether nothing waits to be played."""
        return self._empty.is_set()

    @property
    def untouched(self) -> bool:
        """Whether this reply has brought no sentence yet."""
        return not self._cues

    # What the turns want.

    def lower(self, decibels: float) -> None:
        """Speak this much more quietly from the next frame on."""
        self._wanted_gain = gain(-decibels)

    def hush(self) -> None:
        """Fall silent from the next frame on, but keep what is to be said."""
        self.hushed = True

    def go_on(self, rewind: float) -> None:
        """
        Speak on, in full voice, where we fell silent.

        That is from the beginning of the word that was cut, at most `rewind` seconds earlier.
        """
        self._wanted_gain = 1.0
        if not self.hushed:
            return
        self.hushed = False
        cue = self._sounding_cue()
        if cue is not None and self._played < self._queued:
            earliest = max(cue.start, self._kept, self._played - int(rewind * self._rate) * 2)
            self._played = max(earliest, min(self._played, cue.word_start(self._played)))

    def stop(self) -> str:
        """Fall silent from the next frame on; return what the caller has heard since the start."""
        heard = " ".join(filter(None, (cue.heard(self._reached) for cue in self._cues)))
        self._pcm.clear()
        self._cues.clear()
        self._kept = self._queued = self._played = self._reached = self._begun = 0
        self._gain = self._wanted_gain = 1.0
        self.hushed = False
        self._room.set()
        self._empty.set()
        return heard

    def saying(self) -> str:
        """The sentences of this reply that have begun to sound, the last one whole."""
        return " ".join(cue.aloud.written for cue in self._cues[: self._begun])

    def _sounding_cue(self) -> Cue | None:
        """The sentence at which we are."""
        begun = [cue for cue in self._cues if cue.start < self._played]
        return begun[-1] if begun else None

    # The clock.

    def _take(self) -> bytes:
        """The next frame. A last piece shorter than a frame is filled up with silence."""
        if self.hushed or self._played >= self._queued:
            self._fall_silent()
            return self._silence
        at = self._played - self._kept
        frame = bytes(self._pcm[at : at + self._frame])
        self._played += len(frame)
        self._reached = max(self._reached, self._played)
        self._forget()
        self._begin_sentences()
        return self._at_gain(
            frame if len(frame) == self._frame else frame.ljust(self._frame, b"\0")
        )

    def _forget(self) -> None:
        """Drop what nobody goes back to; tell who waits."""
        old = self._played - self._memory - self._kept
        if old > 0:
            del self._pcm[:old]
            self._kept += old
        if self._queued - self._played <= self._limit:
            self._room.set()
        if self._played >= self._queued:
            self._empty.set()

    def _at_gain(self, frame: bytes) -> bytes:
        if self._gain == self._wanted_gain == 1.0:
            return frame
        before, self._gain = self._gain, self._wanted_gain
        return faded(frame, before, self._gain)

    def _begin_sentences(self) -> None:
        self.sounding = True
        while self._begun < len(self._cues) and self._cues[self._begun].start < self._played:
            self._begun += 1
            self._sounded(self._cues[self._begun - 1].aloud.written)

    def _fall_silent(self) -> None:
        if self.sounding:
            self.sounding = False
            self._sounded(None)
