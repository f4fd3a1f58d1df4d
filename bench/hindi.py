"""
How long the spoken form of a sentence takes: python -m bench.hindi [--rounds N].

Each text of the table tests/hindi/spoken_cases.tsv, and as many of a kind as make the longest
sentence of a reply, is timed `rounds` times after a first time that fills the caches of words; the
best of each counts. The first times are told, too: a word that was never said costs more. Time is
this thread's own on the processor.
"""

import argparse
import csv
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from bot.hindi.lexicon import Lexicon
from bot.hindi.spoken import aloud

TABLE = Path(__file__).resolve().parent.parent / "tests/hindi/spoken_cases.tsv"
LONG = 300
"""Letters: the longest sentence that a reply is cut into."""
OWN = {f"ब्रांड{number}": "नाम" for number in range(1000)} | {"Vahini": "वाहिनी"}


def texts() -> tuple[list[str], list[str]]:
    """The sentences of the table, and long ones made of those of a kind."""
    kinds: dict[str, list[str]] = defaultdict(list)
    with TABLE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            kinds[row["kind"]].append(row["written"])
    return [text for kind in kinds.values() for text in kind], [
        " ".join(kind)[:LONG] for kind in kinds.values()
    ]


def micros(text: str, lexicon: Lexicon) -> float:
    """Microseconds of one sentence."""
    began = time.thread_time()
    aloud(text, lexicon)
    return (time.thread_time() - began) * 1e6


def told(name: str, figures: Sequence[float]) -> str:
    """One line of the table."""
    ordered = sorted(figures)
    median, p99 = (ordered[int(share * (len(ordered) - 1))] for share in (0.5, 0.99))
    return f"| {name} | {len(ordered)} | {median:.0f} | {p99:.0f} | {ordered[-1]:.0f} |"


def main() -> None:
    """Print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    rounds = parser.parse_args().rounds
    short, long = texts()
    plain, own = Lexicon(), Lexicon(OWN)
    print("| sentences | count | median µs | p99 µs | most µs |\n|---|---|---|---|---|")
    print(told("of the table, first time", [micros(text, plain) for text in short]))
    for name, sentences, lexicon in (
        ("of the table", short, plain),
        (f"of the table, {len(OWN)} words of a tenant", short, own),
        (f"of {LONG} letters", long, plain),
    ):
        best = [min(micros(text, lexicon) for _ in range(rounds)) for text in sentences]
        print(told(name, best))


if __name__ == "__main__":
    main()
