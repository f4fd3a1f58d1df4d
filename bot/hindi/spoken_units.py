"""Decides how units and abbreviations are said: 5 km, 4 GB, डॉ., कि.मी."""

import re

from bot.hindi.spoken_amounts import AMOUNT, amount, between
from bot.hindi.spoken_numbers import cardinal
from bot.hindi.spoken_rule import NUMBER, TO, Match, any_of, rule, table

UNITS = table("spoken_units.tsv")
ONE = {"घंटे": "घंटा", "महीने": "महीना", "हफ़्ते": "हफ़्ता"}
ABBREVIATIONS = table("spoken_short.tsv")
"""What is written short and said whole."""


def _measured(match: Match) -> str:
    said = amount(match)
    unit = UNITS[re.sub(r"\s+", "_", match["unit"])]
    return f"{said} {ONE.get(unit, unit) if said == 'एक' else unit}"


def _both_measured(match: Match) -> str:
    """The unit at both ends of a range: 5kg-10kg, 25°-30°C."""
    low, unit = match["low"], UNITS[re.sub(r"\s+", "_", match["unit"])]
    same = match["first"] == "°" or match["first"] == match["unit"]
    return f"{between(low, match['high'])} {unit}" if same else ""


def _short(match: Match) -> str:
    return ABBREVIATIONS[match[0]]


def _feet(match: Match) -> str:
    """5'6."""
    return f"{cardinal(int(match[1]))} फ़ुट {cardinal(int(match[2]))} इंच"


_ANY = any_of(" ".join(UNITS))
UNIT_RULES = (
    rule(r"(\d)['’′](\d{1,2})", _feet),
    rule(
        rf"(?P<low>{NUMBER})\s?(?P<first>°|{_ANY}){TO}(?P<high>{NUMBER})\s?(?P<unit>{_ANY})",
        _both_measured,
    ),
    rule(rf"{AMOUNT}\s?(?P<unit>{_ANY})", _measured),
)
SHORT_RULES = (rule(any_of(" ".join(ABBREVIATIONS)), _short),)
