"""
Gets the bot's own speech ready: which voice speaks, and how it sounds, before anybody calls.

Its own are the phrases, the fillers and the questions for a number that hold no number. Until they
are ready, each is synthesized when it is needed; where that fails, a phrase is played from its
recording.
"""

import asyncio
import wave
from collections.abc import Callable
from contextlib import aclosing
from importlib.resources import files
from typing import Final, TypeVar

import structlog

from bot.app.own_tools import offers_call_back
from bot.app.pronunciation import lexicon
from bot.app.services import Services, WatchedSynthesizer
from bot.app.speech_folder import SpeechFolder
from bot.app.speech_memory import RememberingSynthesizer, SpeechMemory, Wanted, joined, wanted
from bot.call.phrasebook import Phrase, Phrasebook
from bot.config import Settings
from bot.core.audio import NARROWBAND, WIDEBAND
from bot.core.errors import ConfigError, ServiceError
from bot.core.ports import Speech, Synthesizer
from bot.riva.channel import Riva
from bot.riva.tts import RivaSynthesizer
from bot.riva.voices import check_model, check_voice, models, voices
from bot.signal.resampler import Resampler

RETRY: Final = 5.0
"""Seconds between two attempts to reach Riva."""
PATIENCE: Final = {"first_audio_timeout": 60.0, "chunk_timeout": 60.0}
"""Nobody waits for a phrase that is made ahead: a slow server may take its time."""
DISK_SECONDS: Final = 10.0
"""A folder that takes longer is not used again."""

Made = TypeVar("Made")
log = structlog.get_logger()


class Phrases:
    """The phrasebook of the process, and the voice that was chosen for it."""

    def __init__(
        self, settings: Settings, riva: Riva, memory: SpeechMemory, hindi: bool = True
    ) -> None:
        """Raises ConfigError where a pronunciation cannot be said. What is not Hindi has neither
        recordings nor a spoken form."""
        self._settings = settings
        self._riva = riva
        self._memory = memory
        tts = settings.riva.tts
        self._folder = SpeechFolder(tts.disk, tts.disk_mb) if tts.disk else None
        self.voice = tts.voice
        """The voice that speaks; empty: the server's choice, until Riva was asked."""
        self.keys: set[Wanted] = set()
        """What of the memory's own speech is ours."""
        texts = {phrase: getattr(settings.phrases, phrase.value) for phrase in Phrase}
        certain = frozenset(Phrase(name) for name in settings.phrases.uninterruptible)
        self.book = Phrasebook(
            texts,
            recorded=recordings() if hindi else {},
            uninterruptible=certain,
            lexicon=lexicon(tts) if hindi else None,
        )

    def synthesizer(self, rate: int, services: Services) -> Synthesizer:
        """
        The synthesizer of one call, on a line of `rate` samples a second.

        `services` watches what has to be made; what is remembered asks no service.
        """
        tts, voice = self._settings.riva.tts, self.voice
        real = WatchedSynthesizer(RivaSynthesizer(self._riva.tts, tts, rate, voice), services)
        return RememberingSynthesizer(
            real, self._memory, lambda sentence: wanted(sentence, tts, voice, rate)
        )

    async def prepare(self) -> None:
        """Choose the voice, check the model, make the speech; retry until it is done."""
        told = False
        while True:
            try:
                await self._choose()
                for text in own_sentences(self._settings):
                    await self._make(text)
                log.info("phrases ready", voice=self.voice)
                return
            except ServiceError as error:
                if not told:
                    log.warning("phrases not ready, trying again", error=str(error))
                told = True
                await asyncio.sleep(RETRY)

    async def _choose(self) -> None:
        """Ask Riva for its voices and models; report a wrong name with the right ones."""
        riva = self._settings.riva
        offered = await voices(self._riva.tts)
        try:
            self.voice = check_voice(offered, riva.tts.voice, riva.tts.language)
        except ConfigError as error:
            log.error("wrong voice; using the server's first", error=str(error))
            self.voice = next(iter(offered.get(riva.tts.language, [])), "")
        try:
            check_model(await models(self._riva.asr), riva.asr.model, riva.asr.language)
        except ConfigError as error:
            log.error("wrong recognition model", error=str(error))

    async def _make(self, text: str) -> None:
        """Remember this sentence for lines of both rates; made once, at 16 kHz."""
        said = self.book.aloud(text).said
        key = self._key(said, WIDEBAND)
        wide = self._memory.recall(key) or await self._read(key) or await self._synthesize(key)
        narrow = Speech(Resampler(WIDEBAND, NARROWBAND).feed(wide.pcm), wide.words)
        for rate, speech in ((WIDEBAND, wide), (NARROWBAND, narrow)):
            self._memory.keep_own(self._key(said, rate), speech)
            self.keys.add(self._key(said, rate))
            for phrase, words in self.book.texts.items():
                if words == text and speech.pcm:
                    self.book.ready[phrase, rate] = speech

    async def _read(self, key: Wanted) -> Speech | None:
        folder = self._folder
        speech = await self._on_disk(lambda: folder.read(key)) if folder else None
        if speech is not None:
            self._memory.told("disk")
        return speech

    async def _synthesize(self, key: Wanted) -> Speech:
        patient = self._settings.riva.tts.model_copy(update=PATIENCE)
        tts = RivaSynthesizer(self._riva.tts, patient, key.rate, self.voice)
        async with aclosing(tts.speech(key.text)) as pieces:
            speech = joined([piece async for piece in pieces])
        if (folder := self._folder) and speech.pcm:
            await self._on_disk(lambda: folder.write(key, speech))
        return speech

    async def _on_disk(self, work: Callable[[], Made]) -> Made | None:
        """Use the folder in a thread; give it up when it takes too long."""
        try:
            async with asyncio.timeout(DISK_SECONDS):
                return await asyncio.to_thread(work)
        except TimeoutError:
            log.warning("folder too slow, not used again", remedy="riva.tts.disk")
            self._folder = None
            return None

    def _key(self, text: str, rate: int) -> Wanted:
        return wanted(text, self._settings.riva.tts, self.voice, rate)


def own_sentences(settings: Settings) -> list[str]:
    """What the bot says by itself, in the order in which it is needed."""
    turns = settings.turns
    field = turns.field
    questions = (
        field.ask_again, field.too_few, field.too_many, field.confirm, field.again, field.wrong_key,
    )  # fmt: skip
    hours = settings.hours
    unsaid = set() if hours.weekly or hours.holidays else {Phrase.CLOSED}
    unsaid.add(Phrase.UNANSWERED if offers_call_back(settings) else Phrase.UNANSWERED_CALL_BACK)
    texts = [
        *(getattr(settings.phrases, each.value) for each in Phrase if each not in unsaid),
        *turns.filler.texts,
        *(tool.waiting for tool in settings.tools.http.values()),
        *(settings.tools.waiting if settings.tools.http or settings.tools.mcp else ()),
        *(text for text in questions if "{" not in text),
    ]
    return [text for text in dict.fromkeys(texts) if text.strip()]


def recordings() -> dict[tuple[Phrase, int], Speech]:
    """The phrases recorded in this package, at both rates of a line."""
    found: dict[tuple[Phrase, int], Speech] = {}
    for phrase in Phrase:
        path = files("bot.app").joinpath("sounds", f"{phrase.value}.wav")
        if path.is_file():
            with path.open("rb") as file, wave.open(file) as sound:
                assert sound.getframerate() == WIDEBAND, f"{path} is not at 16 kHz"
                pcm = sound.readframes(sound.getnframes())
            found[phrase, WIDEBAND] = Speech(pcm)
            found[phrase, NARROWBAND] = Speech(Resampler(WIDEBAND, NARROWBAND).feed(pcm))
    return found
