"""
What the callers and the bot sound like: speech of every Hindi voice, as a telephone carries it.

Kokoro's four voices and espeak-ng's in two pitches, made once by the embedded synthesis and kept
in the cache folder with the times of their words; and the recordings of tests/speech. All of it is
numbers of 16-bit samples at 8 kHz. It knows no noise and no call.
"""

import json
import os
import wave
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bot.core.audio import NARROWBAND
from bot.local import models
from bot.local.clauses import Clause, clauses
from bot.local.espeak import Espeak
from bot.local.tts import KOKORO_VOICES, Kokoro, Spoken, Stop, TimedWord, words_by_letters
from bot.signal.whole import resample_whole

RATE = NARROWBAND
Sound = NDArray[np.float64]
"""Samples at 8 kHz, in units of 16-bit PCM."""

SPEECH = Path(__file__).parents[2] / "tests" / "speech"
FULL = 32_768.0
CALLER_DBFS = -26.0
"""Active level of a caller's speech."""
BOT_DBFS = -22.0
"""Active level of the bot's voice."""
BOT_VOICE = "hf_alpha"
ESPEAK_VOICES = ("espeak_low", "espeak_high")
"""espeak-ng's Hindi voice as it is, and slower but played 18 % faster: a higher voice."""
VOICES = (*KOKORO_VOICES, *ESPEAK_VOICES)
_HIGHER = 1.18
_EDITION = 2
"""Of what is kept in the cache: raised when it would sound otherwise."""
_ACTIVE_DB = 30.0
"""Blocks this far below the loudest do not count for the active level."""
_VOICED_DB = 25.0
"""Speech begins and ends with the first and last 10 ms within this of the loudest."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """Something said, with its words and voiced parts in seconds from the start of its sound."""

    sound: Sound
    words: tuple[TimedWord, ...]
    parts: tuple[tuple[float, float], ...]
    """From when to when it is voiced; between two parts is a pause."""

    @property
    def begin(self) -> float:
        """Where its first voiced sound is."""
        return self.parts[0][0]

    @property
    def end(self) -> float:
        """Where its last voiced sound ends."""
        return self.parts[-1][1]

    @property
    def text(self) -> str:
        """Its words."""
        return " ".join(word.text for word in self.words)


def spoken(text: str, voice: str, pauses: Sequence[float] = ()) -> Utterance:
    """A caller's words in this voice; `pauses` (seconds) are held at the text's `|`."""
    return joined([_one(part, voice) for part in text.split("|")], pauses)


def joined(parts: Sequence[Utterance], pauses: Sequence[float]) -> Utterance:
    """The utterances one after another, with so many seconds between their voiced sounds."""
    whole = parts[0]
    for part, pause in zip(parts[1:], pauses, strict=True):
        at = round((whole.end + pause - part.begin) * RATE)
        sound = np.zeros(max(whole.sound.size, at + part.sound.size))
        sound[: whole.sound.size] += whole.sound
        first = max(0, -at)
        sound[at + first : at + part.sound.size] += part.sound[first:]
        moved = tuple(_moved(word, at / RATE) for word in part.words)
        voiced = tuple((begin + at / RATE, end + at / RATE) for begin, end in part.parts)
        whole = Utterance(sound, whole.words + moved, whole.parts + voiced)
    return whole


def recorded(voice: str, number: str) -> Utterance:
    """A recording of tests/speech ("hf_alpha", "s01"): needs no model. Words timed by letters."""
    with wave.open(str(SPEECH / f"kokoro-{voice}_{number}.wav")) as file:
        pcm = resample_whole(file.readframes(file.getnframes()), file.getframerate(), RATE)
    return utterance(telephone(_samples(pcm)), texts()[number])


@cache
def texts() -> dict[str, str]:
    """What the recordings say, by number."""
    lines = (SPEECH / "texts.tsv").read_text(encoding="utf-8").splitlines()[1:]
    return {line.split("\t")[1]: line.split("\t")[2] for line in lines}


def utterance(sound: Sound, text: str) -> Utterance:
    """Any sound as an utterance at a caller's level, its words timed by their letters."""
    sound = levelled(sound, CALLER_DBFS)
    begin, end = voiced(sound)
    return Utterance(sound, words_by_letters(_plain(text), begin, end), ((begin, end),))


def bot_speech(text: str) -> tuple[Sound, tuple[TimedWord, ...]]:
    """The bot's own voice: a whole reply with the pauses between its clauses."""
    pieces: list[Sound] = []
    words: list[TimedWord] = []
    at = 0.0
    for clause in clauses(text):
        sound, timed = _made(clause.text, BOT_VOICE)
        words += [_moved(word, at) for word in timed]
        pieces += [sound, np.zeros(round(clause.pause * RATE))]
        at += sound.size / RATE + clause.pause
    return levelled(np.concatenate(pieces), BOT_DBFS), tuple(words)


@cache
def _one(text: str, voice: str) -> Utterance:
    sound, words = _made(text, voice)
    sound = levelled(telephone(sound), CALLER_DBFS)
    return Utterance(sound, words, (voiced(sound),))


# What is made once.


class _Voice(Protocol):
    def speak(self, clause: Clause, voice: str, speed: float, stop: Stop) -> Spoken: ...


def _made(text: str, voice: str) -> tuple[Sound, tuple[TimedWord, ...]]:
    """A clause from the cache; made, and kept there, where it is missing."""
    key = sha256(f"{_EDITION} {voice} {text}".encode()).hexdigest()[:24]
    path = models.cache_folder() / "turn_taking" / f"{key}.npz"
    if not path.exists():
        _keep(path, *_make(text, voice))
    with np.load(path) as kept:
        words = json.loads(str(kept["words"]))
        return kept["sound"].astype(np.float64), tuple(TimedWord(*word) for word in words)


def _keep(path: Path, sound: Sound, words: Sequence[TimedWord]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(f".{os.getpid()}.npz")
    timed = json.dumps([(word.text, word.start, word.end) for word in words])
    np.savez(new, sound=sound.astype(np.int16), words=np.array(timed))
    new.replace(path)


def _make(text: str, voice: str) -> tuple[Sound, tuple[TimedWord, ...]]:
    if voice in KOKORO_VOICES:
        made = _kokoro().speak(Clause(text, 0.0), voice, 1.0, Stop())
        pcm = resample_whole(made.pcm, made.rate, RATE)
        return _samples(pcm), _spoken_words(made.words)
    speed, faster = (1.0, 1.0) if voice == ESPEAK_VOICES[0] else (0.9, _HIGHER)
    pcm, rate = Espeak().speech(text, speed)
    sound = _samples(resample_whole(pcm, round(rate * faster), RATE))
    return sound, words_by_letters(_plain(text), *voiced(sound))


@cache
def _kokoro() -> _Voice:
    return Kokoro(models.require(models.KOKORO_FILES) / "kokoro", Espeak())


def _spoken_words(words: Sequence[TimedWord]) -> tuple[TimedWord, ...]:
    return tuple(replace(word, text=_plain(word.text)) for word in words)


def _plain(text: str) -> str:
    """Without the marks that a recogniser does not hear."""
    return "".join(letter for letter in text if letter not in "।,?!…|;:").strip()


def _moved(word: TimedWord, by: float) -> TimedWord:
    return TimedWord(word.text, word.start + by, word.end + by)


# Levels and bands.


def telephone(sound: Sound) -> Sound:
    """What of it a telephone carries: 300 to 3400 Hz, with slopes of 200 Hz."""
    spectrum = np.fft.rfft(sound)
    hertz = np.fft.rfftfreq(sound.size, 1 / RATE)
    band = np.clip((hertz - 200) / 200, 0, 1) * np.clip((3_600 - hertz) / 200, 0, 1)
    filtered: Sound = np.fft.irfft(spectrum * band, sound.size)
    return filtered


def levelled(sound: Sound, dbfs: float) -> Sound:
    """The sound with this active level."""
    return sound * 10 ** ((dbfs - active_dbfs(sound)) / 20)


def active_dbfs(sound: Sound) -> float:
    """Level of the blocks of 20 ms that are not pauses."""
    power = _powers(sound, 0.02)
    active = power[power > power.max() * 10 ** (-_ACTIVE_DB / 10)]
    return float(10 * np.log10(active.mean() / FULL**2))


def voiced(sound: Sound) -> tuple[float, float]:
    """From when to when it is within 25 dB of its loudest 10 ms."""
    power = _powers(sound, 0.01)
    loud = np.flatnonzero(power > power.max() * 10 ** (-_VOICED_DB / 10))
    return float(loud[0]) * 0.01, float(loud[-1] + 1) * 0.01


def _powers(sound: Sound, seconds: float) -> Sound:
    size = round(seconds * RATE)
    blocks = sound[: sound.size // size * size].reshape(-1, size)
    powers: Sound = (blocks**2).mean(axis=1)
    return powers


def _samples(pcm: bytes) -> Sound:
    return np.frombuffer(pcm, "<i2").astype(np.float64)
