"""From turns to figures: median, 95th and 99th percentile, as text and as a file."""

import csv
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.turn_overhead.measure import HOPS, MEAN_BEAT, PARTS, Turn
from bench.turn_overhead.setups import EARLY
from bench.turn_taking.table import percentile

COLUMNS = ("setup", "turns", "measure", "n", "median_ms", "p95_ms", "p99_ms")


@dataclass(frozen=True, slots=True)
class Figure:
    """One line: of a setup's turns of one kind (or all), one measure."""

    setup: str
    kind: str
    measure: str
    values: tuple[float, ...]
    """Seconds."""

    def cells(self) -> tuple[str, ...]:
        """The line's cells, in the order of `COLUMNS`."""
        times = (
            statistics.median(self.values),
            percentile(self.values, 0.95),
            percentile(self.values, 0.99),
        )
        count = str(len(self.values))
        ms = (f"{1000 * each:.1f}" for each in times)
        return self.setup, self.kind, self.measure, count, *ms


def figures(found: Mapping[str, Sequence[Turn]]) -> list[Figure]:
    """Every line, a setup after the other."""
    return [
        Figure(setup, kind, measure, values)
        for setup, turns in found.items()
        for kind, measure, values in _lines(turns)
        if values
    ]


def _lines(turns: Sequence[Turn]) -> Iterator[tuple[str, str, tuple[float, ...]]]:
    for hop in HOPS:
        yield "all", f"hop: {hop}", tuple(each.hops[hop] for each in turns if hop in each.hops)
    yield "all", "added", tuple(each.added for each in turns)
    yield "all", "added, less 10 ms", tuple(each.added - MEAN_BEAT for each in turns)
    yield "all", "added, without the beat", tuple(each.added_without_beat for each in turns)
    yield (
        "all",
        "added, without the beat and stalls",
        tuple(each.added_without_beat - each.stalled for each in turns if each.stalled is not None),
    )
    for part in PARTS:
        yield "all", f"part: {part}", tuple(each.parts[part] for each in turns)
    for kind in ("finished", "open"):
        chosen = [each for each in turns if each.kind == kind]
        yield kind, "added, without the beat", tuple(each.added_without_beat for each in chosen)
        yield kind, "wait", tuple(each.wait for each in chosen)
        yield kind, "turnaround", tuple(each.turnaround for each in chosen)


def text(lines: Sequence[Figure]) -> str:
    """For people (Markdown)."""
    heads = [name.replace("_ms", " ms") for name in COLUMNS]
    table = [f"| {' | '.join(heads)} |", "|---|---|---|" + "---:|" * (len(COLUMNS) - 3)]
    return "\n".join([*table, *(f"| {' | '.join(line.cells())} |" for line in lines)])


def ahead(found: Mapping[str, Sequence[Turn]]) -> str:
    """By how much the early bot's first frames come before the others', for people."""
    others = [name for name in found if name != EARLY]
    heads = ["words", "wait, ms", *(f"ahead of {name}, ms" for name in others)]
    lines = [f"| {' | '.join(heads)} |", "|---|" + "---:|" * (len(heads) - 1)]
    for kind in ("finished", "open"):
        own = _median(found[EARLY], kind, "turnaround")
        gains = [_median(found[name], kind, "turnaround") - own for name in others]
        times = (_median(found[EARLY], kind, "wait"), *gains)
        lines.append(f"| {kind} | " + " | ".join(f"{1000 * each:.0f}" for each in times) + " |")
    return "\n".join(lines)


def _median(turns: Sequence[Turn], kind: str, name: str) -> float:
    values = [getattr(each, name) for each in turns if each.kind == kind]
    return statistics.median(values) if values else float("nan")


def write(lines: Sequence[Figure], path: Path) -> None:
    """For programs: tab-separated."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, delimiter="\t", lineterminator="\n")
        table.writerow(COLUMNS)
        table.writerows(line.cells() for line in lines)
