"""From outcomes to figures: medians, shares and rates, as text and as a file."""

import csv
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.turn_taking.setups import SETTINGS

TIMES = ("wait", "decided", "to_silence", "to_lowered")
"""Given as median and 95th percentile, in milliseconds."""
RATES = ("false_stops", "interrupted", "lowerings")
"""Given for ten minutes of the bot's speech, where the scene counts them."""
SPOKEN = "spoken_seconds"
_TEN_MINUTES = 600.0

Values = Mapping[str, Sequence[float]]
"""Of one scene, condition and setting: each measure's outcomes."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table; a setting without a value has nothing to show."""

    scene: str
    condition: str
    measure: str
    values: tuple[float | None, ...]
    counts: tuple[int, ...]
    """How many outcomes each value is made of."""


class Outcomes:
    """What came of every call."""

    def __init__(self, together: Sequence[str] = ()) -> None:
        """These scenes are also added up, as "turns together"."""
        self._together = together
        self._found: dict[tuple[str, str], dict[str, dict[str, list[float]]]] = {}

    def add(
        self, scene: str, condition: str, setting: str, outcomes: Iterable[tuple[str, float]]
    ) -> None:
        """Note one call, under its condition and under all of its scene."""
        places = [(scene, condition), (scene, "all")]
        if scene in self._together:
            places.append(("turns together", "all"))
        for place in places:
            both = self._found.setdefault(place, {each: {} for each in SETTINGS})
            for measure, value in outcomes:
                both[setting].setdefault(measure, []).append(value)

    def figures(self) -> list[Figure]:
        """Every line, in the order in which the scenes came; a scene's total last."""
        conditions: dict[str, list[str]] = defaultdict(list)
        for scene, condition in self._found:
            conditions[scene].append(condition)
        return [
            figure
            for scene, names in conditions.items()
            for condition in sorted(names, key="all".__eq__)
            if condition != "all" or len(names) != 2
            for figure in self._lines(scene, condition)
        ]

    def _lines(self, scene: str, condition: str) -> list[Figure]:
        found = self._found[scene, condition]
        sides = [summary(found[each]) for each in SETTINGS]
        measures = dict.fromkeys(name for side in sides for name in side)
        return [
            Figure(
                scene,
                condition,
                measure,
                tuple(side.get(measure, (None, 0))[0] for side in sides),
                tuple(side.get(measure, (None, 0))[1] for side in sides),
            )
            for measure in measures
        ]


def summary(found: Values) -> dict[str, tuple[float, int]]:
    """Each figure, and of how many outcomes it is made."""
    spoken = sum(found.get(SPOKEN, ()))
    figures: dict[str, tuple[float, int]] = {}
    for measure, values in found.items():
        count = len(values)
        if measure in TIMES:
            figures[f"{measure} median ms"] = (1000 * statistics.median(values), count)
            figures[f"{measure} p95 ms"] = (1000 * percentile(values, 0.95), count)
        elif measure == SPOKEN:
            figures["minutes of our speech"] = (spoken / 60, count)
        elif spoken and measure in RATES:
            figures[f"{measure} in 10 min"] = (sum(values) / spoken * _TEN_MINUTES, count)
        elif measure == "model_asked":
            figures["questions to the model a turn"] = (statistics.fmean(values), count)
        else:
            figures[f"{measure} %"] = (100 * statistics.fmean(values), count)
    return figures


def percentile(values: Sequence[float], share: float) -> float:
    """The least value that so large a share of them does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def text(figures: Sequence[Figure]) -> str:
    """The table for people (Markdown)."""
    lines = [
        f"| scene | condition | measure | {' | '.join(SETTINGS)} | n |",
        "|---|---|---|" + "---:|" * (len(SETTINGS) + 1),
    ]
    for each in figures:
        cells = [_cell(value) for value in each.values]
        count = " / ".join(str(count) for count in dict.fromkeys(each.counts))
        row = [each.scene, each.condition, each.measure, *cells, count]
        lines.append(f"| {' | '.join(row)} |")
    return "\n".join(lines)


def write(figures: Sequence[Figure], path: Path) -> None:
    """The table for programs: tab-separated."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, delimiter="\t", lineterminator="\n")
        counts = [f"{each}_n" for each in SETTINGS]
        table.writerow(["scene", "condition", "measure", *SETTINGS, *counts])
        for each in figures:
            values = [_cell(value) for value in each.values]
            table.writerow([each.scene, each.condition, each.measure, *values, *each.counts])


def _cell(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}"
