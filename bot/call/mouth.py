"""
How a reply becomes sound: what the synthesizer is given, and what goes into the playout.

It decides nothing about what is said. Nothing sounds before `may_sound` is set.
"""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass

from bot.call.phrasebook import Phrase, Phrasebook
from bot.call.playout import Playout
from bot.core.errors import ServiceError
from bot.core.marks import Mark, Marks
from bot.core.ports import Speech, Synthesizer
from bot.signal.dtmf import key_tones

LONGEST_FILLER = 4
"""Seconds; what is longer covers no gap but makes one."""


@dataclass(frozen=True, slots=True)
class Voice:
    """What a call speaks with: the line's rate (Hz), the phrases, synthesis and the playout."""

    rate: int
    book: Phrasebook
    synthesizer: Synthesizer
    playout: Playout
    press: Callable[[str], bool] = lambda key: False
    """The line's own way to press a key, if it has one."""


class Mouth:
    """One reply's. `_before` is the last sentence that it spoke."""

    def __init__(self, voice: Voice, marks: Marks) -> None:
        """`marks` are told of the first sound."""
        self.may_sound = asyncio.Event()
        self._voice = voice
        self._marks = marks
        self._before = ""

    @property
    def playout(self) -> Playout:
        """Where all that is said goes."""
        return self._voice.playout

    def text_of(self, phrase: Phrase) -> str:
        """The words of a phrase."""
        return self._voice.book.texts[phrase]

    def warm(self) -> None:
        """A sentence will follow."""
        self._voice.synthesizer.warm()

    async def speak(self, sentence: str) -> None:
        """Say a sentence, as what follows the one before. Raises ServiceError."""
        cued = False
        aloud = self._voice.book.aloud(sentence, self._before)
        self._before = sentence
        async with aclosing(self._voice.synthesizer.speech(aloud.said)) as speech:
            async for piece in speech:
                self._marks.mark(Mark.FIRST_AUDIO)
                await self.may_sound.wait()
                if not cued:
                    self.playout.cue(sentence, aloud)
                    cued = True
                await self.playout.play(piece.pcm, piece.words)

    async def say(self, phrase: Phrase) -> None:
        """Say a phrase: from memory, else synthesized, else from its recording."""
        voice, text = self._voice, self.text_of(phrase)
        ready = voice.book.ready.get((phrase, voice.rate))
        if ready is not None:
            await self._play(text, ready.pcm)
            return
        try:
            await self.speak(text)
        except ServiceError:
            recording = voice.book.recorded.get((phrase, voice.rate))
            if recording is None:
                raise
            await self._play(text, recording.pcm)

    async def say_short(self, text: str, wanted: Callable[[], bool]) -> bool:
        """Say a short text, if it is still wanted when its sound is there; tell whether it was."""
        aloud = self._voice.book.aloud(text)
        try:
            pieces = await self._short(aloud.said)
        except ServiceError:
            return False
        if not pieces or not wanted():
            return False
        self.playout.cue(text, aloud)
        for piece in pieces:
            await self.playout.play(piece.pcm, piece.words)
        return True

    async def press(self, keys: str) -> None:
        """Press these keys: by the line, each in its silence; else as tones."""
        rate = self._voice.rate
        await self.playout.drained()
        for number, key in enumerate(keys):
            if not self._voice.press(key):
                return await self._play("", key_tones(keys[number:], rate))
            await self._play("", bytes(len(key_tones(key, rate))))
            await self.playout.drained()

    async def _short(self, text: str) -> list[Speech]:
        """The whole speech of a short text; nothing where it is long."""
        pieces: list[Speech] = []
        async with aclosing(self._voice.synthesizer.speech(text)) as speech:
            async for piece in speech:
                pieces.append(piece)
                if sum(len(each.pcm) for each in pieces) > LONGEST_FILLER * 2 * self._voice.rate:
                    return []
        return pieces

    async def _play(self, text: str, pcm: bytes) -> None:
        self.playout.cue(text, self._voice.book.aloud(text))
        self._marks.mark(Mark.FIRST_AUDIO)
        await self.playout.play(pcm)
