"""
Which Hindi words a piece of speech holds: Whisper on CTranslate2, in int8, on the CPU.

whisper-base learned far more Urdu than Hindi, and spoken Hindustani is one language. So the base
model decodes the speech as Urdu, held to tokens in Arabic script, and `bot.local.urdu` spells the
words in Devanagari. Asked for Hindi directly it answers in Latin or Urdu script, or in loops. Any
other model is taken at its word and decodes Hindi directly.
"""

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bot.core.errors import BotError
from bot.local.urdu import Spelling

Samples = NDArray[np.float32]
"""Mono, 16 kHz, from -1 to 1."""

RATE = 16_000
_FRAMES_PER_SECOND = 100
_FULL_WINDOW_SECONDS = 30.0
_SHORT_WINDOW_SECONDS = 10.0
"""Whisper-base hears as well in a window of 10 s as in one of 30 s, at a quarter of the cost."""
_BRIEF_SECONDS = 2.5
"""Up to here a clip gets a still shorter window, and silence before it: a bare "haan" is heard
better then (CER 31 to 24 on short answers) and in two thirds of the time."""
_BRIEF_WINDOW_SECONDS = 6.5
_BRIEF_LEAD_SECONDS = 0.5
_TOKENS_PER_SECOND = 20
_TOKENS_ALWAYS = 12
_TOKENS_MOST = 448
"""The length of Whisper's text context."""
_UNLIKELY_SPEECH = 0.5
"""From this probability of "no speech" on, a decode must convince."""
_CONVINCING = 0.5
"""With this confidence, it does; unless it is a loop."""
_LOOP = 3
"""A text of this many times the same word and nothing else is a loop."""
_STUTTER = 4
"""A word that comes more often than this in a row comes once."""
_FIRST_SPECIAL_TOKEN = 50_257
_ARABIC = re.compile(rb"^[\x80-\xbf]?(?:[\xd8-\xdb][\x80-\xbf]|[ ,.?!'0-9])*[\xd8-\xdb]?$")
"""UTF-8 of U+0600 to U+06FF, blanks, digits and marks; also a piece of a split letter."""


@dataclass(frozen=True, slots=True)
class Hints:
    """Words that the caller is likely to say, and how much to believe it (Riva's boost)."""

    words: Sequence[str] = ()
    boost: float = 0.0


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a piece of speech holds. No text: nothing was said, or nothing to be believed."""

    text: str
    confidence: float = 0.0
    """Geometric mean of the tokens' probabilities, 0 to 1."""
    no_speech: float = 0.0
    raw: str = ""
    """The model's own text, before it was spelled in Devanagari and judged."""


class SpeechDecoder(Protocol):
    """Speech in, words out. `decode` blocks, and may be called from several threads at once."""

    @property
    def name(self) -> str:
        """The model's name, as clients ask for it."""

    @property
    def window_seconds(self) -> float:
        """The longest piece of speech that it takes at its usual cost."""

    def decode(self, speech: Samples, hints: Hints) -> Decoded:
        """Write down one piece of speech."""


@dataclass(frozen=True, slots=True)
class WhisperSettings:
    """How to run a faster-whisper model folder."""

    folder: Path
    name: str = "whisper-base-hi-IN"
    threads: int = 2
    """Cores for one decode."""
    workers: int = 1
    """Decodes at once."""
    through_urdu: bool = True
    """Right for whisper-base; models that know Hindi well decode it directly."""
    window_seconds: float = field(default=_SHORT_WINDOW_SECONDS)


class HindiWhisper:
    """One loaded model."""

    def __init__(self, settings: WhisperSettings, spelling: Spelling | None = None) -> None:
        """Load the model: about a second. Raise BotError where the folder is not a model."""
        self.name = settings.name
        self.window_seconds = settings.window_seconds
        self._settings = settings
        self._spelling = spelling
        if settings.through_urdu and spelling is None:
            self._spelling = Spelling.from_wordfreq()
        self._whisper = _loaded(settings)
        self._prompt, self._tokenizer = self._opening("ur" if settings.through_urdu else "hi")
        self._forbidden = self._forbidden_tokens()

    def decode(self, speech: Samples, hints: Hints) -> Decoded:
        """Write down up to 30 s of speech: about 0.3 s on one core for up to 10 s."""
        most = len(self._prompt) + _TOKENS_ALWAYS + int(_TOKENS_PER_SECOND * len(speech) / RATE)
        best = self._whisper.model.generate(
            self._whisper.encode(self._features(speech)),
            [self._prompt],
            beam_size=1,
            max_length=min(_TOKENS_MOST, most),
            suppress_tokens=self._forbidden,
            return_scores=True,
            return_no_speech_prob=True,
        )[0]
        tokens = [token for token in best.sequences_ids[0] if token < self._tokenizer.eot]
        raw = str(self._tokenizer.decode(tokens)).strip()
        confidence = math.exp(min(0.0, best.scores[0]))
        no_speech = float(best.no_speech_prob)
        invented = is_invented(raw, no_speech, confidence)
        text = "" if invented else self._hindi(without_stutter(raw), hints)
        return Decoded(text, confidence, no_speech, raw)

    def _hindi(self, raw: str, hints: Hints) -> str:
        if self._settings.through_urdu and self._spelling is not None:
            return self._spelling.hindi(raw, hints.words, hints.boost)
        return raw

    def _features(self, speech: Samples) -> NDArray[np.float32]:
        """Log-mel frames, padded with silence to the window that fits."""
        seconds = self._settings.window_seconds
        if len(speech) > seconds * RATE:
            seconds = _FULL_WINDOW_SECONDS
        elif self._settings.through_urdu and len(speech) <= _BRIEF_SECONDS * RATE:
            seconds = _BRIEF_WINDOW_SECONDS
            speech = np.pad(speech, (int(_BRIEF_LEAD_SECONDS * RATE), 0))
        frames = int(seconds * _FRAMES_PER_SECOND)
        mel: NDArray[np.float32] = self._whisper.feature_extractor(speech)
        return np.pad(mel, ((0, 0), (0, max(0, frames - mel.shape[1]))))[:, :frames]

    def _opening(self, language: str) -> tuple[list[int], Any]:
        from faster_whisper.tokenizer import Tokenizer

        multilingual = self._whisper.model.is_multilingual
        if not multilingual:
            raise BotError(f"speech model {self._settings.folder} knows only English")
        tokenizer = Tokenizer(
            self._whisper.hf_tokenizer, multilingual, task="transcribe", language=language
        )
        return [*tokenizer.sot_sequence, tokenizer.no_timestamps], tokenizer

    def _forbidden_tokens(self) -> list[int]:
        if not self._settings.through_urdu:
            return [-1]
        known = json.loads((self._settings.folder / "tokenizer.json").read_text(encoding="utf-8"))
        byte_of = byte_of_letter()
        foreign = {
            number
            for token, number in known["model"]["vocab"].items()
            if number < _FIRST_SPECIAL_TOKEN
            and not _ARABIC.match(bytes(byte_of[letter] for letter in token))
        }
        t = self._tokenizer
        return sorted(foreign | {t.transcribe, t.translate, t.sot, t.sot_prev, t.sot_lm})


def _loaded(settings: WhisperSettings) -> Any:
    from faster_whisper import WhisperModel

    try:
        return WhisperModel(
            str(settings.folder),
            device="cpu",
            compute_type="int8",
            cpu_threads=settings.threads,
            num_workers=settings.workers,
            local_files_only=True,
        )
    except (RuntimeError, OSError, ValueError) as error:
        raise BotError(
            f"speech model {settings.folder} cannot be loaded ({error}); it must be a folder "
            "with model.bin, config.json and tokenizer.json in faster-whisper's form"
        ) from error


def is_invented(text: str, no_speech: float, confidence: float) -> bool:
    """
    Whether Whisper made the text up, for noise or silence.

    Measured: noises give loops at a no_speech of 0.58 to 0.82, and telephone speech words at 0.00
    to 0.47 (0.74 for a bad synthesizer, with a confidence above 0.5).
    """
    if no_speech < _UNLIKELY_SPEECH:
        return False
    return confidence < _CONVINCING or is_loop(text)


def is_loop(text: str) -> bool:
    """Whether the text is one word, or one letter, over and over; its last one may be cut off."""
    words = re.findall(r"\w+", text)
    whole = words[:-1] if len(words) > 1 and words[0].startswith(words[-1]) else words
    letters = len(words) == 1 and len(words[0]) > _LOOP and len(set(words[0][1:])) == 1
    return letters or (len(set(whole)) == 1 and len(words) >= _LOOP)


def without_stutter(text: str) -> str:
    """The text with words that come far too often in a row said once."""
    runs = [(word, len(list(same))) for word, same in groupby(text.split())]
    return " ".join(word for word, times in runs for _ in range(times if times <= _STUTTER else 1))


def byte_of_letter() -> dict[str, int]:
    """The bytes behind the letters of GPT-2's byte-level vocabulary."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    other = [byte for byte in range(256) if byte not in plain]
    letters = {chr(byte): byte for byte in plain}
    return letters | {chr(256 + place): byte for place, byte in enumerate(other)}
