"""Reads how a tenant's own words are said: from the settings, and the YAML file that they name."""

from pathlib import Path
from typing import Any

import yaml

from bot.config import TtsSettings
from bot.core.errors import ConfigError
from bot.hindi.lexicon import Lexicon


def lexicon(settings: TtsSettings) -> Lexicon | None:
    """
    How words are said; None where the synthesizer is to have them as they are written.

    Raises ConfigError that names each wrong word, or what is wrong with the file.
    """
    if not (settings.spoken_form and settings.language.startswith("hi")):
        return None
    try:
        return Lexicon({**_from_file(settings.pronunciation_file), **settings.pronunciations})
    except ConfigError as error:
        lines = (f"riva.tts.pronunciations: {line}" for line in str(error).splitlines())
        raise ConfigError("\n".join(lines)) from error


def _from_file(name: str) -> dict[str, str]:
    if not name:
        return {}
    try:
        read = yaml.safe_load(Path(name).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{name} cannot be read: {error}") from error
    return _words(name, read or {})


def _words(name: str, read: Any) -> dict[str, str]:
    if not isinstance(read, dict):
        raise ConfigError(f"{name}: write one word on each line, as in PNB: पी एन बी")
    for written, said in read.items():
        if not (isinstance(written, str) and isinstance(said, str)):
            raise ConfigError(f"{name}: {written!r}: {said!r}: put both in quotes")
    return read
