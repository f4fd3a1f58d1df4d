"""Reads YAML and remembers on which line each name stands, so that an error can say it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

LARGEST = 1_000_000
"""Bytes of a file."""

Place = tuple[str, ...]
"""The names that lead to a value: ("riva", "tts", "voice"); entries of lists are numbers."""


class WrongYaml(Exception):
    """This is no YAML that we take; `line` counts from 1."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line = line


class Lines:
    """The lines of one file, by the place of what stands there."""

    def __init__(self, places: dict[Place, int]) -> None:
        self._places = places

    def of(self, place: Place) -> int:
        """The line of this place, or of the nearest one above it."""
        for end in range(len(place), 0, -1):
            if (line := self._places.get(place[:end])) is not None:
                return line
        return 1


def read_yaml(path: Path) -> tuple[dict[str, Any], Lines]:
    """The file's map and its lines. Raises `WrongYaml`."""
    try:
        if path.stat().st_size > LARGEST:
            raise WrongYaml(1, f"is longer than {LARGEST} bytes")
        loader = yaml.SafeLoader(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise WrongYaml(1, f"cannot be read: {error}") from error
    except yaml.YAMLError as error:
        raise _wrong(error) from error
    try:
        node = loader.get_single_node()
        if not isinstance(node, yaml.MappingNode):
            raise WrongYaml(1, "is no map of settings; write `numbers: [...]` and sections")
        lines = dict(_places(node, (), set()))
        data = loader.construct_document(node)
    except (yaml.YAMLError, ValueError) as error:
        raise _wrong(error) from error
    finally:
        loader.dispose()
    return {str(name): value for name, value in data.items()}, Lines(lines)


def _places(node: yaml.Node, place: Place, seen: set[int]) -> Iterator[tuple[Place, int]]:
    """Each place below this node, and its line. An alias counts where it was defined."""
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        names: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            if name in names and name != "<<":
                raise WrongYaml(key.start_mark.line + 1, f"{name} stands here twice; keep one")
            names.add(name)
            yield (*place, name), key.start_mark.line + 1
            yield from _places(value, (*place, name), seen)
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            yield (*place, str(number)), value.start_mark.line + 1
            yield from _places(value, (*place, str(number)), seen)


def _wrong(error: Exception) -> WrongYaml:
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or " ".join(str(error).split())
    return WrongYaml(mark.line + 1 if mark else 1, f"is not valid YAML: {what}")
