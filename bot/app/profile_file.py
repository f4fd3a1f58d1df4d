"""
One profile: a YAML file whose sections lie over the settings of the same names.

Only what differs between tenants can be set in it. Every error names the file, the line, the field
and what to write instead.
"""

import importlib.util
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, Field, TypeAdapter, ValidationError

from bot.app.profile_numbers import number
from bot.app.profile_yaml import WrongYaml, read_yaml
from bot.app.pronunciation import lexicon
from bot.config import Settings
from bot.config_file import what_is_wrong
from bot.config_part import Part
from bot.core.errors import ConfigError

SECTIONS: Final = frozenset(
    {
        "riva",
        "llm",
        "voice",
        "turns",
        "phrases",
        "english",
        "hours",
        "transfers",
        "tools",
        "limits",
        "outbound",
    }  # fmt: skip
)
"""Settings that a profile may have; all others are of the process."""
OF_THE_PROCESS: Final = frozenset(
    {
        ("riva", "uri"),
        ("riva", "asr_uri"),
        ("riva", "tts_uri"),
        ("riva", "tls"),
        ("riva", "metadata"),
        ("riva", "connect_timeout"),
        ("riva", "tts", "memory_mb"),
        ("riva", "tts", "disk"),
        ("riva", "tts", "disk_mb"),
        ("turns", "end_of_turn", "acoustic_model"),
        ("recordings", "folder"),
        ("recordings", "format"),
        ("recordings", "queue"),
        ("recordings", "retention_days"),
        ("recordings", "s3"),
        ("outbound", "enabled"),
        ("outbound", "ari"),
        ("outbound", "calls"),
        ("outbound", "keep_free"),
        ("outbound", "do_not_call_file"),
        ("outbound", "lease"),
    }
)
"""And these in them: what all calls share."""
HEAD: Final = "numbers"
NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


def _number(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("no text; write numbers in quotes: YAML takes 0701 for 449")
    return number(value)


class _Head(Part):
    """What a profile has beside settings."""

    numbers: tuple[Annotated[str, BeforeValidator(_number)], ...] = Field(
        default=(), max_length=10_000
    )


@dataclass(frozen=True, slots=True)
class Profile:
    """One tenant: its name, the file it is from, its numbers in one form, its settings."""

    name: str
    file: str
    numbers: tuple[str, ...]
    settings: Settings
    lines: Mapping[str, int]
    """The line of each number."""


class WrongProfile(ConfigError):
    """A profile cannot be used; one line for each problem."""


def read_profile(path: Path, base: Settings) -> Profile:
    """The profile in this file, over the settings `base`. Raises `WrongProfile`."""
    if not NAME.fullmatch(path.stem):
        raise WrongProfile(f"{path}:1: its name is the profile's: letters, digits, _ and - only")
    try:
        tree, lines = read_yaml(path)
    except WrongYaml as error:
        raise WrongProfile(f"{path}:{error.line}: {error}") from error
    problems = [*_misplaced(tree)]
    head, wrong = _checked(_Head, {HEAD: tree.get(HEAD, ())}, ())
    problems += wrong
    sections: dict[str, Any] = {}
    for name in sorted(SECTIONS & tree.keys()):
        section, wrong = _section(name, getattr(base, name), tree[name])
        problems += wrong
        sections[name] = section
    settings = base.model_copy(update=sections)
    if not problems:
        problems += _unusable(settings)
    if problems or head is None:
        told = (f"{path}:{lines.of(place)}: {what}" for place, what in problems)
        raise WrongProfile("\n".join(told))
    where = {each: lines.of((HEAD, str(at))) for at, each in enumerate(head.numbers)}
    return Profile(path.stem, str(path), head.numbers, settings, where)


Problem = tuple[tuple[str, ...], str]
"""The place of what is wrong, and what that is."""


def _unusable(settings: Settings) -> Iterator[Problem]:
    """What is well-formed, and yet cannot work here."""
    try:
        lexicon(settings.riva.tts)
    except ConfigError as error:
        yield from ((("riva", "tts", "pronunciations"), line) for line in str(error).splitlines())
    if settings.tools.mcp and importlib.util.find_spec("mcp") is None:
        yield ("tools", "mcp"), 'tools.mcp: needs the extra `mcp`: pip install "voicebot[mcp]"'


def _misplaced(tree: Mapping[str, Any]) -> Iterator[Problem]:
    """What no profile may say."""
    for name in tree:
        if name in Settings.model_fields and name not in SECTIONS:
            yield (name,), f"{name}: is of the whole process; set it in the bot's own settings"
        elif name not in SECTIONS and name != HEAD:
            known = ", ".join(sorted({HEAD, *SECTIONS}))
            yield (name,), f"{name}: no such section; a profile has: {known}"
    for place in OF_THE_PROCESS:
        value: Any = tree
        for name in place:
            value = value.get(name) if isinstance(value, Mapping) else None
        if value is not None:
            what = "is of the whole process; set it in the bot's own settings"
            yield place, f"{'.'.join(place)}: {what}"


def _section(name: str, base: Any, given: Any) -> tuple[Any, list[Problem]]:
    """The settings' section with what is given over it."""
    if isinstance(base, BaseModel):
        if not isinstance(given, Mapping):
            return None, [((name,), f"{name}: a section; write its settings below it")]
        return _checked(type(base), _laid_over(base, given), (name,))
    return _checked(Settings.model_fields[name].annotation, given, (name,))


def _laid_over(base: BaseModel, given: Mapping[str, Any]) -> dict[str, Any]:
    """Sections are laid over each other; a map or a list replaces the whole one."""
    merged: dict[str, Any] = {name: getattr(base, name) for name in type(base).model_fields}
    for name, value in given.items():
        below = merged.get(str(name))
        if isinstance(below, BaseModel) and isinstance(value, Mapping):
            value = _laid_over(below, value)
        merged[str(name)] = value
    return merged


def _checked(kind: Any, given: Any, place: tuple[str, ...]) -> tuple[Any, list[Problem]]:
    try:
        return TypeAdapter(kind).validate_python(given), []
    except ValidationError as error:
        return None, [_problem(each, place) for each in error.errors()]


def _problem(problem: Any, place: tuple[str, ...]) -> Problem:
    path = [*place, *(str(part) for part in problem["loc"] if part != "[key]")]
    return tuple(path), f"{'.'.join(path)}: {what_is_wrong(problem, path)}"
