"""Decides how units and abbreviations are said: 5 km, 4 GB, डॉ., कि.मी."""

import re

from bot.hindi.spoken_amounts import AMOUNT, amount
from bot.hindi.spoken_numbers import cardinal
from bot.hindi.spoken_rule import Match, any_of, rule, table

_UNIT = table("spoken_units.tsv")
_ONE = {"घंटे": "घंटा", "महीने": "महीना", "हफ़्ते": "हफ़्ता"}
ABBREVIATIONS = table("spoken_short.tsv")
"""What is written short and said whole."""


def _measured(match: Match) -> str:
    said = amount(match)
    unit = _UNIT[re.sub(r"\s+", "_", match["unit"])]
    return f"{said} {_ONE.get(unit, unit) if said == 'एक' else unit}"


def _short(match: Match) -> str:
    return ABBREVIATIONS[match[0]]


def _feet(match: Match) -> str:
    """5'6."""
    return f"{cardinal(int(match[1]))} फ़ुट {cardinal(int(match[2]))} इंच"


UNIT_RULES = (
    rule(r"(\d)['’′](\d{1,2})", _feet),
    rule(rf"{AMOUNT}\s?(?P<unit>{any_of(' '.join(_UNIT))})", _measured),
)
SHORT_RULES = (rule(any_of(" ".join(ABBREVIATIONS)), _short),)
