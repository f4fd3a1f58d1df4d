"""
What one stream of sound says: interims while the caller speaks, finals when they have spoken.

Sound is cut into frames of 32 ms, judged for voice, and gathered into utterances. The model reads
the growing utterance again at a bounded rate, and only when a thread is free. When the caller
pauses, the final is read at once, before the end-pointing confirms it, so that it is mostly ready
when it is asked for.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from functools import partial

from bot.core.audio import NARROWBAND, WIDEBAND
from bot.local.asr import Decoded, Hints, Samples, SpeechDecoder
from bot.local.endpoint import FRAME_MS, EndPointer, EndPointing, Turning
from bot.local.utterance import FRAME_BYTES, Reading, Utterance, Word, stability
from bot.local.workers import Ticket, Urgency, Workers
from bot.signal.levels import rms_dbfs
from bot.signal.resampler import Resampler

_BEFORE_FRAMES = 10
"""Sound kept from before an utterance begins (0.32 s): the onset of the first word."""
_EARLY_FRAMES = 4
"""Silence (128 ms) after which the final is read although the utterance is not over yet."""
_PART_SHARE = 0.95
_LONGEST_FRAMES = 60_000 // FRAME_MS
"""An utterance of a minute is closed: nobody waits longer for an answer."""
_GATE_DBFS = -65.0
"""Quieter frames are not worth asking the voice detector about."""
_FINALS_WAITING = 8

Detector = Callable[[bytes], float]
"""From the next 512 bytes (32 ms, 8 kHz) to the probability that they are speech."""


@dataclass(frozen=True, slots=True)
class ListeningSettings:
    """How one stream wants to be heard."""

    ends: EndPointing = field(default_factory=EndPointing)
    hints: Hints = field(default_factory=Hints)
    interims: bool = True
    interim_ms: int = 600
    """New sound before the utterance is read again."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A transcript of the current utterance. An empty final: it held no words after all."""

    text: str
    final: bool
    stability: float
    confidence: float
    seconds: float
    """Sound of the stream heard up to here."""
    words: tuple[Word, ...] = ()


class Listening:
    """One stream of 16 kHz sound. Belongs to one event loop."""

    def __init__(
        self,
        settings: ListeningSettings,
        decoder: SpeechDecoder,
        workers: Workers,
        detector: Detector,
    ) -> None:
        self._settings = settings
        self._decoder = decoder
        self._workers = workers
        self._detector = detector
        self._ends = EndPointer(settings.ends)
        self._narrow = Resampler(WIDEBAND, NARROWBAND)
        self._rest = b""
        """Sound of less than a frame."""
        self._before: deque[tuple[bytes, bool]] = deque(maxlen=_BEFORE_FRAMES)
        self._frames = 0
        self._now: Utterance | None = None
        """The utterance that is going on."""
        self._news: asyncio.Queue[Heard | tuple[Utterance, float] | None] = asyncio.Queue()
        """Interims, utterances that are over (with when), and None at the end of the stream."""
        self._room = asyncio.Event()
        self._room.set()
        self._part_frames = int(decoder.window_seconds * _PART_SHARE * 1000 / FRAME_MS)

    @property
    def seconds(self) -> float:
        """Sound heard so far."""
        return self._frames * FRAME_MS / 1000

    async def room(self) -> None:
        """Wait while too many finals are still to be read: hear no more for now."""
        await self._room.wait()

    def hear(self, pcm: bytes) -> None:
        """Take the next sound: 16-bit PCM at 16 kHz, of any length."""
        sound = self._rest + pcm
        whole = len(sound) - len(sound) % FRAME_BYTES
        self._rest = sound[whole:]
        for at in range(0, whole, FRAME_BYTES):
            self._hear_frame(sound[at : at + FRAME_BYTES])

    def end_utterance(self) -> None:
        """The caller has fallen silent, says who listens too: close the utterance now."""
        if self._now is not None:
            self._close(self._now)

    def end(self) -> None:
        """No more sound will come."""
        if self._rest:
            self._hear_frame(self._rest.ljust(FRAME_BYTES, b"\0"))
        self.end_utterance()
        self._news.put_nowait(None)

    def drop(self) -> None:
        """Nobody listens any more: give up everything in line."""
        if self._now is not None:
            self._now.drop()
        while not self._news.empty():
            one = self._news.get_nowait()
            if isinstance(one, tuple):
                one[0].drop()

    async def transcripts(self) -> AsyncIterator[Heard]:
        """Yield interims and finals in order, until `end` was called and all is read."""
        while (news := await self._news.get()) is not None:
            if self._news.qsize() < _FINALS_WAITING:
                self._room.set()
            if isinstance(news, Heard):
                yield news
                continue
            utterance, seconds = news
            try:
                decoded = await utterance.text()
            finally:
                utterance.drop()
            words = tuple(utterance.words(decoded.text))
            yield Heard(decoded.text, True, 1.0, decoded.confidence, seconds, words)

    def _hear_frame(self, frame: bytes) -> None:
        voiced = self._voiced(frame)
        turning = self._ends.hear(voiced)
        self._frames += 1
        if self._now is None:
            self._before.append((frame, voiced))
            if turning is Turning.BEGUN:
                self._open()
        else:
            self._now.add(frame, voiced)
            self._go_on(self._now, turning)

    def _voiced(self, frame: bytes) -> bool:
        narrow = self._narrow.feed(frame)
        if rms_dbfs(narrow) < _GATE_DBFS:
            return False
        return self._detector(narrow) >= self._ends.threshold

    def _open(self) -> None:
        start = (self._frames - len(self._before)) * FRAME_MS
        frames = [frame for frame, _ in self._before]
        self._now = Utterance(start, frames, [voiced for _, voiced in self._before])
        self._before.clear()

    def _go_on(self, utterance: Utterance, turning: Turning) -> None:
        if turning is Turning.ENDED or len(utterance.voiced) >= _LONGEST_FRAMES:
            return self._close(utterance)
        if utterance.frames >= self._part_frames:
            utterance.read.append(self._read(utterance.cut(), Urgency.EARLY))
        if turning is Turning.PAUSED:
            utterance.first_pass = True
            self._tell(utterance)
        elif utterance.silence_frames == 0:
            utterance.first_pass = False
        self._maybe_read(utterance)

    def _maybe_read(self, utterance: Utterance) -> None:
        """Read again, if that is worth it and nobody else needs the threads more."""
        if utterance.reading is not None and not utterance.reading.ticket.result.done():
            return
        if utterance.silence_frames >= _EARLY_FRAMES or utterance.first_pass:
            if not utterance.covered and self._workers.waiting <= self._workers.count:
                self._read_current(utterance, Urgency.EARLY)
        elif self._interim_due(utterance):
            self._read_current(utterance, Urgency.INTERIM)

    def _interim_due(self, utterance: Utterance) -> bool:
        due = utterance.fresh_frames * FRAME_MS >= self._settings.interim_ms
        spare = self._settings.interims and self._workers.spare
        return due and spare and utterance.silence_frames == 0

    def _close(self, utterance: Utterance) -> None:
        self._now = None
        self._ends.reset()
        if not utterance.covered:
            utterance.forget_reading()
            self._read_current(utterance, Urgency.FINAL)
        for ticket in utterance.tickets:
            ticket.hurry()
        self._news.put_nowait((utterance, self.seconds))
        if self._news.qsize() >= _FINALS_WAITING:
            self._room.clear()

    def _read_current(self, utterance: Utterance, urgency: Urgency) -> None:
        ticket = self._read(utterance.speech(), urgency)
        utterance.reading = Reading(ticket, utterance.frames)
        ticket.result.add_done_callback(lambda _: self._tell(utterance))

    def _read(self, speech: Samples, urgency: Urgency) -> Ticket[Decoded]:
        return self._workers.do(
            partial(self._decoder.decode, speech, self._settings.hints), urgency
        )

    def _tell(self, utterance: Utterance) -> None:
        """Give out an interim, where there is something new to say and the client keeps up."""
        decoded = utterance.text_so_far()
        words = decoded.text.split()
        if utterance is not self._now or not self._settings.interims or not words:
            return
        sure = utterance.first_pass and utterance.covered and utterance.is_read
        rating = 1.0 if sure else stability(words, utterance.told)
        if self._news.empty() and (words != utterance.told or sure):
            utterance.told = words
            times = tuple(utterance.words(decoded.text))
            self._news.put_nowait(
                Heard(decoded.text, False, rating, decoded.confidence, self.seconds, times)
            )
