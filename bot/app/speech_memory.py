"""
Speech that was made before is not made again: what is remembered, how much of it, and for how long.

Two kinds, because a sentence may hold what only one caller should hear:

* what the bot says by itself (phrases, fillers, the questions for a number): made before anybody
  calls, kept for as long as the process lives, and on disk (speech_folder.py);
* sentences of a call: in this process's memory only, the least recently said going first.

Two calls that want the same new sentence at the same time both have it made.
"""

from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final, Literal

from bot.config import TtsSettings
from bot.core.ports import Speech, Synthesizer

LONGEST: Final = 120
"""Letters of a sentence of a call that is remembered: longer ones are hardly said twice."""
WORD_BYTES: Final = 200
"""What a word and its time take in memory, and more than the rest of an entry."""
ENTRY_BYTES: Final = 1_000

Found = Literal["hit", "disk", "miss"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """All that decides how a sentence sounds. `rate`: of the PCM; `asked`: of the synthesizer."""

    text: str
    voice: str
    language: str
    custom: tuple[tuple[str, str], ...]
    asked: int
    rate: int


def wanted(sentence: str, settings: TtsSettings, voice: str, rate: int) -> Wanted:
    """The key of a sentence; runs of white space count as one blank."""
    return Wanted(
        " ".join(sentence.split()),
        voice or settings.voice,
        settings.language,
        tuple(sorted(settings.custom.items())),
        settings.sample_rate or rate,
        rate,
    )


def joined(pieces: Sequence[Speech]) -> Speech:
    """The pieces of one sentence as one, with all its words."""
    words = max((piece.words for piece in pieces), key=len, default=())
    return Speech(b"".join(piece.pcm for piece in pieces), words)


class SpeechMemory:
    """
    The speech that one process remembers.

    `told` hears of each look-up during a call ("hit", "miss"), and of what Phrases found.
    """

    def __init__(self, megabytes: float, told: Callable[[Found], None]) -> None:
        """Keep sentences of calls in at most `megabytes`; the bot's own are not counted."""
        self._limit = round(megabytes * 1e6)
        self.told = told
        self._own: dict[Wanted, Speech] = {}
        self._said: OrderedDict[Wanted, Speech] = OrderedDict()
        """The least recently said first."""
        self._said_bytes = 0

    @property
    def size(self) -> int:
        """Bytes that are remembered, of both kinds."""
        return self._said_bytes + sum(map(_size, self._own.values()))

    def recall(self, key: Wanted) -> Speech | None:
        """The speech, if it is remembered."""
        if (own := self._own.get(key)) is not None:
            return own
        if (said := self._said.get(key)) is not None:
            self._said.move_to_end(key)
        return said

    def keep_own(self, key: Wanted, speech: Speech) -> None:
        """Remember what the bot says by itself, until `forget_own`."""
        if speech.pcm:
            self._own[key] = speech

    def forget_own(self, keep: Collection[Wanted]) -> None:
        """Forget what the bot said by itself, but for these: nobody says the rest any more."""
        self._own = {key: speech for key, speech in self._own.items() if key in keep}

    def keep(self, key: Wanted, speech: Speech) -> None:
        """Remember a whole sentence of a call, unless it is too long or there is no room at all."""
        size = _size(speech)
        if not speech.pcm or not self.takes(key) or size > self._limit:
            return
        self._forget(key)
        self._said[key] = speech
        self._said_bytes += size
        while self._said_bytes > self._limit:
            self._forget(next(iter(self._said)))

    def takes(self, key: Wanted) -> bool:
        """Whether a sentence of a call is one to remember."""
        return self._limit > 0 and len(key.text) <= LONGEST

    def _forget(self, key: Wanted) -> None:
        if (speech := self._said.pop(key, None)) is not None:
            self._said_bytes -= _size(speech)


def _size(speech: Speech) -> int:
    return len(speech.pcm) + len(speech.words) * WORD_BYTES + ENTRY_BYTES


class RememberingSynthesizer:
    """The `Synthesizer` of one call: `real` behind the memory of the process."""

    def __init__(
        self, real: Synthesizer, memory: SpeechMemory, key: Callable[[str], Wanted]
    ) -> None:
        """`key` makes a sentence's key for this call's voice and rate."""
        self._real = real
        self._memory = memory
        self._key = key

    def warm(self) -> None:
        """Pass it on: whether the sentence is remembered can not be known yet."""
        self._real.warm()

    async def speech(self, sentence: str) -> AsyncGenerator[Speech, None]:
        """
        Yield the sentence from memory in one piece, else as `real` makes it.

        What is cut short or fails is not remembered.
        """
        key = self._key(sentence)
        if (kept := self._memory.recall(key)) is not None:
            self._memory.told("hit")
            yield kept
            return
        self._memory.told("miss")
        pieces: list[Speech] = []
        async with aclosing(self._real.speech(sentence)) as speech:
            async for piece in speech:
                if self._memory.takes(key):
                    pieces.append(piece)
                yield piece
        self._memory.keep(key, joined(pieces))
