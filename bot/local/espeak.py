"""
What espeak-ng does for us: the phonemes of Hindi text, and an instant robotic voice.

espeak-ng is GPL-3 and runs as a separate program, found by `VOICEBOT_ESPEAK`, in PATH, or as
`bin/espeak-ng` in the cache folder.
"""

import io
import os
import re
import shutil
import subprocess
import wave
from pathlib import Path

from bot.core.errors import BotError
from bot.local.models import cache_folder

_TIMEOUT_SECONDS = 10.0
_LANGUAGE_MARK = re.compile(r"\([a-z^-]+\)")
"""espeak-ng's "(en)" and "(hi)" where it changes its rules for a Latin word."""
_KOKORO_LETTERS = (
    ("a^ɪ", "I"),
    ("a^ʊ", "W"),
    ("d^z", "ʣ"),
    ("d^ʒ", "ʤ"),
    ("e^ɪ", "A"),
    ("o^ʊ", "O"),
    ("ə^ʊ", "Q"),
    ("s^s", "S"),
    ("t^s", "ʦ"),
    ("t^ʃ", "ʧ"),
    ("ɔ^ɪ", "Y"),
    ("^", ""),
    ("-", ""),
)
"""Kokoro was trained on espeak's phonemes, with tied ones as single letters (misaki's rule)."""


class EspeakMissing(BotError):
    """The espeak-ng program is not to be found, or fails. The message names the remedy."""


class Espeak:
    """The espeak-ng program."""

    def __init__(self, program: str | None = None, cache: Path | None = None) -> None:
        """Find the program (or take `program`). Raise EspeakMissing where there is none."""
        self._program = program or _find(cache or cache_folder())

    def phonemes(self, text: str) -> str:
        """Give the IPA of Hindi text as Kokoro writes it: words parted by blanks, no end mark."""
        heard = self._run(text, "-q", "--ipa", "--tie=^").decode("utf-8", "replace")
        letters = _LANGUAGE_MARK.sub("", " ".join(heard.split()))
        for tied, single in _KOKORO_LETTERS:
            letters = letters.replace(tied, single)
        return " ".join(letters.split())

    def speech(self, text: str, speed: float = 1.0) -> tuple[bytes, int]:
        """Speak Hindi text: 16-bit PCM and its rate in Hz (22050)."""
        words_a_minute = str(round(160 * speed))
        sound = self._run(text, "--stdout", "-s", words_a_minute)
        try:
            with wave.open(io.BytesIO(sound)) as spoken:
                return spoken.readframes(spoken.getnframes()), spoken.getframerate()
        except (wave.Error, EOFError) as error:
            raise EspeakMissing(f"{self._program} gave no sound ({error})") from error

    def _run(self, text: str, *options: str) -> bytes:
        """The text goes by standard input: as an argument it could pass for an option."""
        try:
            done = subprocess.run(
                [self._program, "-v", "hi", *options, "--stdin"],
                input=text.encode("utf-8"),
                capture_output=True,
                timeout=_TIMEOUT_SECONDS,
                check=True,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise EspeakMissing(f"{self._program} failed ({error}); reinstall espeak-ng") from error
        return done.stdout


def _find(cache: Path) -> str:
    chosen = os.environ.get("VOICEBOT_ESPEAK")
    if chosen:
        if not shutil.which(chosen):
            raise EspeakMissing(f"VOICEBOT_ESPEAK is {chosen}, which is no program")
        return chosen
    cached = cache / "bin" / "espeak-ng"
    found = shutil.which("espeak-ng") or shutil.which(str(cached))
    if not found:
        raise EspeakMissing(
            "espeak-ng is missing, and with it the sounds of Hindi words: install it "
            "(apt-get install espeak-ng), or name the program in VOICEBOT_ESPEAK"
        )
    return str(Path(found))
