"""How rows and profiles look to who asks by the API; what a viewer does not see of them."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bot.api.access import Key
from bot.api.models import (
    Call,
    CallBrief,
    CollectedField,
    Followed,
    Happening,
    Profile,
    ProfileProblem,
    Profiles,
    Target,
    Turn,
)
from bot.api.office import Filter
from bot.app.dialogues import DEFAULT, Dialogues
from bot.records.paging import Place
from bot.records.search import Wanted

MASKED = "****"
_PROBLEM = re.compile(r"(?P<file>[^:\n]+\.ya?ml):(?P<line>\d+): (?P<message>.*)")
_LONG_NUMBER = re.compile(r"\d(?:[\s,.-]*\d){3,}")
_SAME = ("id", "profile", "line", "began", "ended", "outcome", "summary")


def wanted_of(filter: Filter) -> Wanted:
    """The filter, as the records have it."""
    profile = filter.profile or None
    return Wanted(filter.since, filter.until, filter.number, profile, filter.outcome)


def place(cursor: str) -> Place | None:
    """Where the page before ended."""
    began, _, id = cursor.partition(".")
    return Place(int(began), id) if cursor else None


def brief(row: Mapping[str, Any], key: Key) -> CallBrief:
    """A call of a list."""
    return CallBrief(**_brief(row, key))


def whole(row: Mapping[str, Any], key: Key) -> Call:
    """All of a call."""
    return Call(
        **_brief(row, key),
        turns=[_turn(each, key) for each in row["turns"]],
        events=[_happening(each, key) for each in row["events"]],
        fields=[_field(each, key) for each in row["fields"]],
    )


def followed(row: Mapping[str, Any], key: Key) -> Followed:
    """An event, with where to go on after it."""
    return Followed(id=row["id"], event=_happening(row, key))


def masked(number: str) -> str:
    """The first and the last two digits, where there are more than six."""
    return number[:2] + "*" * (len(number) - 4) + number[-2:] if len(number) > 6 else number


def media_of(name: str) -> str:
    """The media type of a recording."""
    return "audio/ogg" if name.endswith(".opus") else "audio/wav"


def profiles_of(dialogues: Dialogues, key: Key, calls: Counter[str]) -> Profiles:
    """The profiles that are this key's business, and what is wrong with their files."""
    known = dialogues.profiles
    names = sorted({DEFAULT, *known.profiles}, key=lambda name: (name != DEFAULT, name))
    return Profiles(
        profiles=[_profile(dialogues, name, calls[name]) for name in names if key.sees(name)],
        problems=[
            problem
            for name, text in known.problems.items()
            if key.sees(name)
            for problem in _problems(name, text)
        ],
    )


def _profile(dialogues: Dialogues, name: str, calls: int) -> Profile:
    settings = dialogues.of(name).settings
    file = dialogues.profiles.profiles.get(name)
    return Profile(
        name=name,
        numbers=list(file.numbers) if file else [],
        calls=calls,
        limit=settings.limits.calls,
        transfers=[
            Target(name=each, mode=target.mode, description=target.description)
            for each, target in settings.transfers.items()
        ],
    )


def _problems(name: str, text: str) -> Iterator[ProfileProblem]:
    """Each line of what is wrong; a line says the file, its line, the setting."""
    for line in text.splitlines():
        found = _PROBLEM.fullmatch(line)
        file, at, message = found.groups() if found else (f"{name}.yaml", None, line)
        number = int(at) if at else None
        yield ProfileProblem(profile=name, file=Path(file).name, line=number, message=message)


def _brief(row: Mapping[str, Any], key: Key) -> dict[str, Any]:
    whose = {name: row[name] for name in ("caller", "called")}
    if not key.sees_numbers:
        whose["caller"] = masked(whose["caller"])
    values = {name: row[name] for name in _SAME}
    values["summary"] = text(row["summary"], key)
    replies = row["turns"] if isinstance(row["turns"], int) else len(row["turns"])
    return {
        **values,
        **whose,
        "seconds": row["seconds"] or 0.0,
        "replies": replies,
        "recorded": bool(row["recording"]),
    }


def _turn(row: Mapping[str, Any], key: Key) -> Turn:
    words = {name: text(row[name], key) for name in ("heard", "said")}
    return Turn(**_without(row, "id") | words)


def _happening(row: Mapping[str, Any], key: Key) -> Happening:
    return Happening(at=row["at"], kind=row["kind"], detail=text(row["detail"], key))


def text(text: str, key: Key) -> str:
    """For a viewer without numbers: what was collected stands in summaries and transcripts, too."""
    return text if key.sees_numbers else _LONG_NUMBER.sub(MASKED, text)


def _field(row: Mapping[str, Any], key: Key) -> CollectedField:
    value = row["value"] if key.sees_numbers else MASKED
    return CollectedField(at=row["at"], name=row["name"], value=value, secret=row["secret"])


def _without(row: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != name}
