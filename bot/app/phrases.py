"""
Gets the bot's own phrases ready: which voice speaks, and their sound before anybody calls.

Until they are ready, a phrase is synthesized when it is needed; where that fails, a recording is
played.
"""

import asyncio
import os
import wave
from contextlib import aclosing
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

import structlog

from bot.call.phrasebook import Phrase, Phrasebook
from bot.config import Settings, TtsSettings
from bot.core.audio import NARROWBAND, WIDEBAND
from bot.core.errors import ConfigError, ServiceError
from bot.core.ports import Speech
from bot.riva.channel import Riva
from bot.riva.tts import RivaSynthesizer
from bot.riva.voices import check_model, check_voice, models, voices
from bot.signal.resampler import Resampler

RETRY = 5.0
"""Seconds between two attempts to reach Riva."""
PATIENCE = {"first_audio_timeout": 60.0, "chunk_timeout": 60.0}
"""Nobody waits for a phrase that is made ahead: a slow server may take its time."""

log = structlog.get_logger()


class Phrases:
    """The phrasebook of the process, and the voice that was chosen for it."""

    def __init__(self, settings: Settings, riva: Riva) -> None:
        self._settings = settings
        self._riva = riva
        self.voice = settings.riva.tts.voice
        """The voice that speaks; empty: the server's choice, until Riva was asked."""
        texts = {phrase: getattr(settings.phrases, phrase.value) for phrase in Phrase}
        self.book = Phrasebook(texts, recorded=recordings())

    async def prepare(self) -> None:
        """Choose the voice, check the model, synthesize the phrases; retry until it is done."""
        told = False
        while True:
            try:
                await self._choose()
                for phrase in Phrase:
                    await self._synthesize(phrase)
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

    async def _synthesize(self, phrase: Phrase) -> None:
        if (phrase, NARROWBAND) in self.book.ready:
            return
        settings, text = self._settings.riva.tts, self.book.texts[phrase]
        kept = _Kept(settings, self.voice, text)
        pcm = kept.read()
        if not pcm:
            patient = settings.model_copy(update=PATIENCE)
            tts = RivaSynthesizer(self._riva.tts, patient, WIDEBAND, self.voice)
            async with aclosing(tts.speech(text)) as pieces:
                pcm = b"".join([piece.pcm async for piece in pieces])
            kept.write(pcm)
        if pcm:
            self.book.ready |= _both_rates(phrase, pcm)


class _Kept:
    """One phrase in the folder `riva.tts.phrase_cache`: 16 kHz PCM, named by voice and text."""

    def __init__(self, settings: TtsSettings, voice: str, text: str) -> None:
        key = "\n".join((settings.language, voice, str(sorted(settings.custom.items())), text))
        folder = settings.phrase_cache
        name = f"{sha256(key.encode()).hexdigest()[:32]}.pcm"
        self._path = Path(folder).expanduser() / name if folder else None

    def read(self) -> bytes:
        """The sound, or nothing."""
        try:
            return self._path.read_bytes() if self._path else b""
        except OSError:
            return b""

    def write(self, pcm: bytes) -> None:
        """Keep the sound, whole or not at all; a folder that cannot be written is only told."""
        if self._path is None or not pcm:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            temporary = self._path.with_suffix(f".{os.getpid()}")
            temporary.write_bytes(pcm)
            temporary.replace(self._path)
        except OSError as error:
            log.warning("phrase not kept", folder=str(self._path.parent), error=str(error))


def recordings() -> dict[tuple[Phrase, int], Speech]:
    """The phrases recorded in this package, at both rates of a line."""
    found: dict[tuple[Phrase, int], Speech] = {}
    for phrase in Phrase:
        path = files("bot.app").joinpath("sounds", f"{phrase.value}.wav")
        if path.is_file():
            with path.open("rb") as file, wave.open(file) as sound:
                assert sound.getframerate() == WIDEBAND, f"{path} is not at 16 kHz"
                found |= _both_rates(phrase, sound.readframes(sound.getnframes()))
    return found


def _both_rates(phrase: Phrase, pcm: bytes) -> dict[tuple[Phrase, int], Speech]:
    """The same sound for narrowband and wideband lines, from 16 kHz PCM."""
    narrow = Resampler(WIDEBAND, NARROWBAND).feed(pcm)
    return {(phrase, WIDEBAND): Speech(pcm), (phrase, NARROWBAND): Speech(narrow)}
