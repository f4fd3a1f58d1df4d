"""The defaults of all texts of the settings, from the one file prompts.yaml."""

from importlib.resources import files
from typing import Any

import yaml

_TEXTS: dict[str, Any] = yaml.safe_load(
    files("bot").joinpath("prompts.yaml").read_text(encoding="utf-8")
)


def texts(language: str, *place: str) -> dict[str, Any]:
    """The texts at a place of the file: ("hi", "turns", "field") gives those of `turns.field`."""
    found = _TEXTS[language]
    for name in place:
        found = found[name]
    return dict(found)
