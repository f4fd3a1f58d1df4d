"""Reads a Dockerfile as far as the tests ask: its stages, and what each of them says."""

import json
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Stage:
    """One FROM and what follows. `steps` are (INSTRUCTION, its words as they stand)."""

    base: str
    name: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def all(self, instruction: str) -> list[str]:
        """What every step of this instruction says."""
        return [words for name, words in self.steps if name == instruction]

    def last(self, instruction: str) -> str:
        """What counts: the last step of this instruction."""
        return self.all(instruction)[-1]

    def words(self, instruction: str) -> list[str]:
        """The JSON list of ENTRYPOINT or CMD, or of HEALTHCHECK's CMD."""
        text = self.last(instruction)
        words: list[str] = json.loads(text[text.index("[") :])
        return words

    def variables(self) -> dict[str, str]:
        """All of ENV."""
        pairs = [word.split("=", 1) for text in self.all("ENV") for word in shlex.split(text)]
        return dict(pairs)

    def labels(self) -> dict[str, str]:
        """All of LABEL."""
        pairs = [word.split("=", 1) for text in self.all("LABEL") for word in shlex.split(text)]
        return dict(pairs)


def stages(dockerfile: Path) -> dict[str, Stage]:
    """The stages by name, in their order."""
    found: dict[str, Stage] = {}
    stage: Stage | None = None
    for line in _lines(dockerfile.read_text()):
        instruction, _, words = line.partition(" ")
        if instruction == "FROM":
            base, _, name = words.partition(" AS ")
            stage = found[name] = Stage(base, name)
        elif stage is not None:
            stage.steps.append((instruction, words.strip()))
    return found


def _lines(text: str) -> list[str]:
    kept = "\n".join(line for line in text.splitlines() if not re.match(r"\s*#", line))
    joined = re.sub(r"\\\n\s*", "", kept)
    return [line for line in joined.splitlines() if line.strip()]


def ignored(patterns: list[str], path: str) -> bool:
    """Whether .dockerignore leaves `path` out: the last pattern that fits it or a folder of it."""
    out = False
    parts = path.split("/")
    places = ["/".join(parts[:length]) for length in range(1, len(parts) + 1)]
    for pattern in patterns:
        wanted = not pattern.startswith("!")
        fits = re.compile(_expression(pattern.removeprefix("!").strip("/")))
        if any(fits.fullmatch(place) for place in places):
            out = wanted
    return out


def _expression(pattern: str) -> str:
    """Docker's pattern as a regular expression: ** any folders, * anything but a slash."""
    pieces = re.split(r"(\*\*/|\*\*|\*)", pattern)
    meaning = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*"}
    return "".join(meaning.get(piece, re.escape(piece)) for piece in pieces)
