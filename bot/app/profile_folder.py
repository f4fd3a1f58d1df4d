"""
The profiles of one folder, and what becomes of them when files change.

A wrong file changes nothing: the profile stays as it was, and the file's problems are told. Files
that have not changed are not read again, so that their profiles stay the same objects.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Final

from bot.app.profile_file import Profile, WrongProfile, read_profile
from bot.app.profile_numbers import Routes, routes
from bot.config import Settings
from bot.core.errors import ConfigError

MOST: Final = 1000
"""Files of one folder."""
ENDINGS: Final = (".yaml", ".yml")

Signature = tuple[int, int, int]
"""What tells two versions of a file apart: when it was written, its size, its inode."""


@dataclass(frozen=True, slots=True)
class Profiles:
    """The profiles in use, by name; what is wrong with files, by name; the files as they were."""

    profiles: Mapping[str, Profile] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    seen: Mapping[str, Signature] = field(default_factory=dict)

    @property
    def routes(self) -> Routes:
        """Which of them takes a call, by number."""
        return routes({name: each.numbers for name, each in self.profiles.items()})


def changed(folder: Path, before: Profiles) -> bool:
    """Whether any file has come, gone or been written since. Raises ConfigError."""
    return {path.stem: _signature(path) for path in _files(folder)} != before.seen


def read_profiles(folder: Path, base: Settings, before: Profiles | None = None) -> Profiles:
    """All profiles of the folder, given those in use. Raises ConfigError where it has none."""
    before = before or Profiles()
    seen: dict[str, Signature] = {}
    read: dict[str, Profile] = {}
    problems: dict[str, str] = {}
    for path in _files(folder):
        name = path.stem
        seen[name] = _signature(path)
        if seen[name] == before.seen.get(name):
            _keep(name, before, read, problems)
            continue
        try:
            read[name] = read_profile(path, base)
        except WrongProfile as error:
            problems[name] = str(error)
            if name in before.profiles:
                read[name] = before.profiles[name]
    return Profiles(*_without_clashes(read, problems, before), seen)


def _keep(name: str, before: Profiles, read: dict[str, Profile], problems: dict[str, str]) -> None:
    """A file that has not changed is as right, or as wrong, as it was."""
    if name in before.profiles:
        read[name] = before.profiles[name]
    if name in before.problems:
        problems[name] = before.problems[name]


def _without_clashes(
    read: dict[str, Profile], problems: dict[str, str], before: Profiles
) -> tuple[dict[str, Profile], dict[str, str]]:
    """No number has two profiles: what was there first keeps it, and the newer file is wrong."""
    taken: dict[str, Profile] = {}
    kept: dict[str, Profile] = {}
    problems = dict(problems)
    new_last = sorted(read, key=lambda name: (read[name] is not before.profiles.get(name), name))
    for name in new_last:
        profile = read[name]
        clash = next(_clashes(profile, taken), None)
        if clash is not None:
            problems[name] = clash
            old = before.profiles.get(name)
            if old is None or next(_clashes(old, taken), None) is not None:
                continue
            profile = old
        kept[name] = profile
        taken |= dict.fromkeys(profile.numbers, profile)
    return kept, problems


def _clashes(profile: Profile, taken: Mapping[str, Profile]) -> Iterator[str]:
    for each in profile.numbers:
        if (other := taken.get(each)) is not None:
            yield (
                f"{profile.file}:{profile.lines[each]}: numbers: {each} is also in"
                f" {other.file}:{other.lines[each]}; a number has one profile: take it out of one"
            )


def _files(folder: Path) -> list[Path]:
    """The files of profiles, by name. Raises ConfigError."""
    try:
        found = sorted(
            path
            for path in folder.iterdir()
            if path.suffix in ENDINGS and not path.name.startswith(".")
        )
    except OSError as error:
        raise ConfigError(
            f"profiles.folder {folder} cannot be read: {error.strerror}; name a folder of YAML"
            " files, one for each profile"
        ) from error
    if len(found) > MOST:
        raise ConfigError(f"profiles.folder {folder} has {len(found)} files; {MOST} are taken")
    for one, other in pairwise(found):
        if one.stem == other.stem:
            raise ConfigError(f"{one} and {other} are one profile by their name; keep one of them")
    return found


def _signature(path: Path) -> Signature:
    """All zero for a file that is just gone: reading it will tell."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0, 0
    return found.st_mtime_ns, found.st_size, found.st_ino
