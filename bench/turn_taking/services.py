"""
The bot's services in the bench: a model with scripted replies, a synthesizer with prepared sound.

The bot's sound carries a mark in its lowest bits (each sample is 8 more than a multiple of 16), so
that every frame on the line shows whether it is silence, our voice untouched, or our voice changed;
and a faint dither, so that each place of it is found again.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from bench.turn_taking.sounds import RATE, bot_speech
from bot.core.errors import ServiceUnavailable
from bot.core.ports import Message, Speech, ToolCall, Word
from bot.local.tts import TimedWord

FIRST_TOKEN = 0.25
FIRST_AUDIO = 0.1
PIECE = 0.25
"""Seconds of sound in each piece that the synthesizer gives."""
MARK, MARK_MASK = 8, 15
_DITHER = 2
_AIR = 0.01
"""A sentence's sound begins this long before its first word."""


@dataclass(frozen=True, slots=True)
class Source:
    """A whole reply as marked PCM, and its words in seconds from its start."""

    text: str
    pcm: bytes
    words: tuple[TimedWord, ...]

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.pcm) / 2 / RATE


@cache
def source(text: str) -> Source:
    """The reply's sound, in the bot's voice."""
    sound, words = bot_speech(text)
    return Source(text, marked(sound), words)


def marked(sound: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> bytes:
    """Samples as PCM with our mark."""
    dither = np.random.default_rng(5).integers(-_DITHER, _DITHER + 1, sound.size)
    steps = np.floor_divide(np.clip(sound, -32_000, 32_000), 16) + dither
    return (steps * 16 + MARK).astype("<i2").tobytes()


@dataclass
class ScriptedModel:
    """
    Answers the caller's n-th turn with the n-th reply, all at once after its first token's time.

    `asked` is how often it was asked; a question that is thrown away counts, too.
    """

    replies: Sequence[str]
    asked: int = 0

    def warm(self) -> None:
        """There is nothing to connect."""

    async def reply(
        self, history: Sequence[Message], tools: bool = True
    ) -> AsyncGenerator[str | ToolCall, None]:
        """Wait, then yield the reply."""
        self.asked += 1
        turn = sum(message.role == "user" for message in history)
        await asyncio.sleep(FIRST_TOKEN)
        yield self.replies[max(0, turn - 1) % len(self.replies)]


@dataclass
class PreparedSynthesizer:
    """
    Speaks any run of words of its sources, with their times.

    Two sentences of a reply are adjoining pieces of one recording, pauses included: however a reply
    is cut, its sound on the line is the source's.
    """

    sources: Sequence[Source]
    said: list[str] = field(default_factory=list)
    _after: tuple[Source, int] | None = None
    """Where the last sentence ended."""

    def warm(self) -> None:
        """Nothing to prepare."""

    async def speech(self, sentence: str) -> AsyncGenerator[Speech, None]:
        """Yield its sound, after its first audio's time."""
        found, first, last = self._find(sentence)
        self.said.append(sentence)
        self._after = found, last
        await asyncio.sleep(FIRST_AUDIO)
        start, end = _boundary(found, first), _boundary(found, last)
        words = tuple(Word(word.text, word.end - start / RATE) for word in found.words[first:last])
        step = round(PIECE * RATE)
        for at in range(start, end, step):
            yield Speech(found.pcm[2 * at : 2 * min(at + step, end)], words)

    def _find(self, sentence: str) -> tuple[Source, int, int]:
        """The words' place: right after the last sentence if possible, else in any source."""
        wanted = _words(sentence.split())
        places = [
            (each, first, first + len(wanted))
            for each in self.sources
            for first in range(len(each.words) - len(wanted) + 1)
            if _words(word.text for word in each.words[first : first + len(wanted)]) == wanted
        ]
        if not places:
            raise ServiceUnavailable("tts", f"the bench has no sound for {sentence!r}")
        return next((place for place in places if place[:2] == self._after), places[0])


def _boundary(found: Source, word: int) -> int:
    """The sample at which this word's sentence begins."""
    if word == 0:
        return 0
    if word == len(found.words):
        return len(found.pcm) // 2
    return round((found.words[word].start - _AIR) * RATE)


def _words(texts) -> list[str]:  # type: ignore[no-untyped-def]
    plain = ("".join(filter(_letter, text)) for text in texts)
    return [text for text in plain if text]


def _letter(character: str) -> bool:
    return character not in "।,.?!…;:—-\"'()"
