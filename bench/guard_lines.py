"""
Says how many lines of a file the guard takes for attacks, and how long it needs for one.

    python -m bench.guard_lines tests/hindi/guard_held_out.tsv
    python -m bench.guard_lines FILE.jsonl --languages hi,hinglish,en

A table (.tsv) has the kind of the attack, "-" for an honest line, and the text. JSON lines have
`text`, `is_attack` (or `label`, 0 or 1) and `lang`.
"""

import argparse
import csv
import json
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from bot.hindi.guard import attack


def lines(path: Path, languages: set[str]) -> Iterator[tuple[str, bool, str]]:
    """Group, whether it is an attack, and the text."""
    with path.open(encoding="utf-8", newline="") as file:
        if path.suffix == ".tsv":
            rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            next(rows)
            yield from ((kind, kind != "-", text) for kind, text in rows)
            return
        for row in map(json.loads, file):
            if not languages or row["lang"] in languages:
                yield row["lang"], bool(row.get("is_attack", row.get("label"))), row["text"]


def main() -> None:
    """Print one line for each group and kind."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("file", type=Path)
    options.add_argument("--languages", default="", help="only these, separated by commas")
    given = options.parse_args()
    all_of, refused = Counter[tuple[str, bool]](), Counter[tuple[str, bool]]()
    begun = time.perf_counter()
    for group, is_attack, text in lines(given.file, set(filter(None, given.languages.split(",")))):
        all_of[group, is_attack] += 1
        refused[group, is_attack] += attack(text) is not None
    seconds = time.perf_counter() - begun
    for (group, is_attack), count in sorted(all_of.items()):
        kind = "attacks" if is_attack else "honest lines"
        print(f"{group:12} {refused[group, is_attack]:4} of {count:4} {kind} refused")
    print(f"{1000 * seconds / max(1, all_of.total()):.2f} ms a line")


if __name__ == "__main__":
    main()
