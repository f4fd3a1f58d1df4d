"""
One utterance while it grows: its sound, which of it was voiced, and what was read from it so far.

A recogniser that is not streaming hears it again and again. A reading covers the utterance when
nothing was voiced after the sound that it was made from; then it serves as the final too. Sound
longer than the model's window is cut at its quietest place into parts that are read for good.
"""

from dataclasses import dataclass

import numpy as np

from bot.core.audio import SAMPLE_BYTES, WIDEBAND
from bot.local.asr import Decoded, Samples
from bot.local.endpoint import FRAME_MS
from bot.local.workers import Ticket

FRAME_BYTES = WIDEBAND * FRAME_MS // 1000 * SAMPLE_BYTES
"""1024: 32 ms at 16 kHz."""
_TAIL_FRAMES = 2
"""Unvoiced sound that a covering reading must have heard: ends of words fade."""
_KEPT_FRAMES = 8
"""Of the silence at the end, what is read."""
_QUIET_PART = 0.55
"""A part is cut in what comes after this share of the window."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word and when it was spoken, in milliseconds from the start of the stream (estimated)."""

    text: str
    start_ms: int
    end_ms: int


@dataclass(slots=True)
class Reading:
    """A decode of the current part: its ticket, and how many of the part's frames it heard."""

    ticket: Ticket[Decoded]
    frames: int


class Utterance:
    """The sound from just before the caller began to speak."""

    def __init__(self, start_ms: int, before: list[bytes], voiced: list[bool]) -> None:
        self.start_ms = start_ms
        """Where it begins in the stream."""
        self.first_pass = False
        """The first-pass end of utterance was reached, and the caller has not gone on."""
        self.reading: Reading | None = None
        """The newest reading of the current part."""
        self.read: list[Ticket[Decoded]] = []
        """Parts that are over."""
        self.told: list[str] = []
        """The words of the last interim."""
        self._frames = before
        self.voiced = voiced
        """Of every frame since the start, parts that are over included."""

    @property
    def frames(self) -> int:
        """Frames of the current part."""
        return len(self._frames)

    @property
    def silence_frames(self) -> int:
        """Frames since the last voiced one."""
        for silent, voiced in enumerate(reversed(self.voiced)):
            if voiced:
                return silent
        return len(self.voiced)

    def add(self, frame: bytes, voiced: bool) -> None:
        """Hear on."""
        self._frames.append(frame)
        self.voiced.append(voiced)

    @property
    def fresh_frames(self) -> int:
        """Frames of the current part that the newest reading has not heard."""
        return self.frames - (self.reading.frames if self.reading else 0)

    @property
    def covered(self) -> bool:
        """Whether the newest reading heard everything that was voiced."""
        return self.reading is not None and (
            self.fresh_frames == 0 or self.fresh_frames + _TAIL_FRAMES <= self.silence_frames
        )

    @property
    def is_read(self) -> bool:
        """Whether the newest reading is there."""
        return self.reading is not None and self.reading.ticket.made

    @property
    def tickets(self) -> list[Ticket[Decoded]]:
        """Everything that is read of it, in order of its sound."""
        return [*self.read, *([self.reading.ticket] if self.reading else [])]

    def speech(self) -> Samples:
        """The current part, with little of the silence at its end."""
        end = self.frames - max(0, self.silence_frames - _KEPT_FRAMES)
        return as_samples(b"".join(self._frames[:end]))

    def cut(self) -> Samples:
        """Take the older part of the current one out, cut at its quietest frame."""
        first = int(self.frames * _QUIET_PART)
        levels = [_power(frame) for frame in self._frames[first:-1]]
        place = first + int(np.argmin(levels)) if levels else self.frames
        part, self._frames = self._frames[:place], self._frames[place:]
        self.forget_reading()
        return as_samples(b"".join(part))

    def forget_reading(self) -> None:
        """The newest reading is of no use."""
        if self.reading is not None:
            self.reading.ticket.drop()
            self.reading = None

    async def text(self) -> Decoded:
        """Wait for all its parts, and give them as one."""
        return joined([await ticket.result for ticket in self.tickets])

    def text_so_far(self) -> Decoded:
        """What has been read by now."""
        return joined([ticket.result.result() for ticket in self.tickets if ticket.made])

    def drop(self) -> None:
        """Nobody wants to know any more."""
        for ticket in self.tickets:
            ticket.drop()

    def words(self, text: str) -> list[Word]:
        """Share the voiced time out among the words by their letters: an estimate."""
        spoken = [place for place, voiced in enumerate(self.voiced) if voiced]
        words = text.split()
        if not spoken or not words:
            return []
        letters = np.cumsum([0, *map(len, words)])
        places = letters / letters[-1] * (len(spoken) - 1)
        edges = [self.start_ms + FRAME_MS * spoken[round(place)] for place in places]
        edges[-1] += FRAME_MS
        return [
            Word(word, start, end)
            for word, start, end in zip(words, edges[:-1], edges[1:], strict=True)
        ]


def joined(parts: list[Decoded]) -> Decoded:
    """Several parts as one: texts in order, the confidence a mean by their letters."""
    if len(parts) == 1:
        return parts[0]
    texts = [part.text for part in parts if part.text]
    letters = sum(map(len, texts)) or 1
    confidence = sum(part.confidence * len(part.text) for part in parts) / letters
    return Decoded(" ".join(texts), confidence)


def stability(words: list[str], before: list[str]) -> float:
    """Riva's scale, 0.1 to 0.9: the share of the words that an earlier interim began with too."""
    agreed = 0
    for word, earlier in zip(words, before, strict=False):
        if word != earlier:
            break
        agreed += 1
    return round(0.1 + 0.8 * agreed / max(1, len(words)), 2)


def as_samples(pcm: bytes) -> Samples:
    """16-bit PCM as numbers from -1 to 1."""
    return np.frombuffer(pcm, "<i2").astype(np.float32) / np.float32(32_768)


def _power(frame: bytes) -> float:
    samples = np.frombuffer(frame, "<i2").astype(np.float32)
    return float(samples @ samples)
