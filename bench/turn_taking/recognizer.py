"""
A recogniser that knows what the caller says, and tells it as late as a real one would.

Interims every `INTERIM_EVERY`, with the words that ended at least `WORD_LAG` ago; their stability
rises from 0.5 to 0.9 while the newest of them ages to `STABLE_AFTER`. A final `FINAL_LAG` after it
was asked for one (`end_of_utterance`), with the words that had ended by then; or by itself, after
`OWN_SILENCE`. A word that was being spoken meanwhile comes in the next utterance. These delays are
those of a cache-aware streaming model in steps of 80 ms; recognition errors are not simulated.

It hears by the sound it is given: a word whose sound was taken out on the way (by an echo guard) is
lost, and the bot's own words are heard where their echo was left in. Noise and coughs give nothing.
Other voices give nothing, or, with `wrong_words`, a wrong word now and then.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from bench.turn_taking.caller import Caller
from bench.turn_taking.echo_words import EchoedWord, EchoWords
from bench.turn_taking.services import Source
from bench.turn_taking.sounds import FULL
from bot.core.audio import FRAME_SECONDS
from bot.core.events import Transcript
from bot.core.ports import Heard

INTERIM_EVERY = 0.16
WORD_LAG = 0.12
FINAL_LAG = 0.08
OWN_SILENCE = 0.8
STABLE_AFTER = 0.64
LEAST_STABLE, MOST_STABLE = 0.5, 0.9
MOST_DAMPED_DB = 12.0
"""A word is lost when its sound arrives this much weaker than it was said."""
FAINTEST_ECHO_DBFS = -50.0
"""Echo of the bot's voice that is left in, and louder than this, is recognised like speech."""
CONFIDENCE = 0.9
STEP = 0.08
"""It works through its sound in pieces of this length."""
_WRONG = ("हाँ", "तो", "वो", "मैं", "यह", "क्या")


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    start: float
    end: float


class SimulatedRecognizer:
    """Hears one caller. `finals` gets what was told as final, and when."""

    def __init__(
        self,
        caller: Caller,
        wrong_words: float = 0.0,
        first_pass: float | None = None,
        seed: int = 0,
        sources: Sequence[Source] = (),
    ) -> None:
        """
        `wrong_words` are made of noise, so many a minute. `first_pass`: an interim is of stability
        1.0 from so many seconds of silence on (Riva's `stop_history_eou`); None: never. `sources`
        are what the bot says, so that its echo can be recognised.
        """
        self._caller = caller
        self._first_pass = first_pass
        self._wrong = _wrong_words(wrong_words, seed)
        self._echo = EchoWords(sources, caller.echo.delay) if caller.echo else None
        self._extra: list[_Word] = []
        """Words of the echo that were heard."""
        self._powers: list[float] = []
        """Of each 20 ms that we were given."""
        self._asked: list[float] = []
        """When a final was asked for, and has not been given yet."""
        self._call = asyncio.Event()
        self._told = 0.0
        """The words that ended by this time were in finals."""
        self._shown = 0.0
        """When the last interim was due."""
        self.finals: list[tuple[float, str]] = []

    async def transcripts(self, sound: AsyncIterator[Heard]) -> AsyncGenerator[Transcript, None]:
        """Yield interims and finals until the call closes it."""
        listener = asyncio.create_task(self._listen(sound))
        loop = asyncio.get_running_loop()
        step = loop.time() + STEP
        try:
            while True:
                await self._wait(min(step, *(asked + FINAL_LAG for asked in self._asked[:1]), 1e9))
                now = loop.time() + 1e-6
                if now >= step:
                    step += STEP
                self._hear_echo()
                for transcript in self._due(now):
                    yield transcript
        finally:
            listener.cancel()

    async def _wait(self, until: float) -> None:
        """Until this time, or until a final is asked for."""
        self._call.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout_at(until):
                await self._call.wait()

    async def _listen(self, sound: AsyncIterator[Heard]) -> None:
        async for heard in sound:
            if heard.pcm:
                samples = np.frombuffer(heard.pcm, "<i2").astype(np.float64)
                self._powers.append(float(samples @ samples) / samples.size)
            if heard.end_of_utterance:
                self._asked.append(asyncio.get_running_loop().time())
                self._call.set()

    def _due(self, now: float) -> list[Transcript]:
        found = []
        while self._asked and now >= self._asked[0] + FINAL_LAG:
            found.append(self._final(self._asked.pop(0), now))
        open_words = self._words(now)
        if not self._asked and self._silent_long(open_words, now):
            found.append(self._final(now, now))
        elif now >= self._shown + INTERIM_EVERY:
            self._shown = now - now % STEP
            found += self._interim(now)
        return found

    def _final(self, until: float, now: float) -> Transcript:
        words = self._words(until)
        self._told = max(self._told, until)
        text = " ".join(word.text for word in words)
        self.finals.append((now, text))
        return Transcript(text, True, confidence=CONFIDENCE if text else 0.0)

    def _interim(self, now: float) -> list[Transcript]:
        words = self._words(now - WORD_LAG)
        if not words:
            return []
        age = min(1.0, (now - WORD_LAG - words[-1].end) / STABLE_AFTER)
        stability = LEAST_STABLE + (MOST_STABLE - LEAST_STABLE) * age
        if (
            self._first_pass is not None
            and self._silence(self._words(now), now) >= self._first_pass
        ):
            stability = 1.0
        text = " ".join(word.text for word in words)
        return [Transcript(text, False, round(stability, 3))]

    def _silent_long(self, words: Sequence[_Word], now: float) -> bool:
        return bool(words) and self._silence(words, now) >= OWN_SILENCE

    def _silence(self, words: Sequence[_Word], now: float) -> float:
        """Seconds since the last word, where the caller is not in another one."""
        speaks = any(said.speaks(now) for said in self._caller.said[-1:])
        return 0.0 if speaks else now - words[-1].end

    def _words(self, until: float) -> list[_Word]:
        """The words of the open utterance that had ended `until` then, in their order."""
        others = (*self._wrong, *self._extra[-20:])
        words = [word for word in others if self._told < word.end <= until]
        for said in self._caller.said[-2:]:
            for word in said.what.words:
                here = _Word(word.text, said.at + word.start, said.at + word.end)
                if self._told < here.end <= until and self._heard(here):
                    words.append(here)
        return sorted(words, key=lambda word: word.end)

    def _hear_echo(self) -> None:
        if self._echo is None:
            return
        for echoed in self._echo.hear(self._caller.sent):
            if self._echo_left_in(echoed):
                self._extra.append(_Word(echoed.text, echoed.start, echoed.end))

    def _echo_left_in(self, word: EchoedWord) -> bool:
        """Whether what is left of a word's echo is loud enough, and nobody speaks over it."""
        places = slice(int(word.start / FRAME_SECONDS), int(word.end / FRAME_SECONDS))
        given, mixed = sum(self._powers[places]), sum(self._caller.mixed[places])
        echo, clean = sum(self._caller.echoed[places]), sum(self._caller.clean[places])
        frames = max(1, len(self._powers[places]))
        left = min(echo, given - (mixed - echo)) / frames
        return left > FULL**2 * 10 ** (FAINTEST_ECHO_DBFS / 10) and clean < echo

    def _heard(self, word: _Word) -> bool:
        first, last = int(word.start / FRAME_SECONDS), int(word.end / FRAME_SECONDS)
        given, clean = self._powers[first:last], self._caller.clean[first:last]
        if not given:
            return True
        return sum(given) >= sum(clean[: len(given)]) * 10 ** (-MOST_DAMPED_DB / 10)


def _wrong_words(per_minute: float, seed: int) -> list[_Word]:
    """Words that nobody said, for an hour."""
    rng = np.random.default_rng(seed)
    words, at = [], 0.0
    while per_minute and (at := at + rng.exponential(60 / per_minute)) < 3_600:
        words.append(_Word(str(rng.choice(_WRONG)), at - 0.3, at))
    return words
