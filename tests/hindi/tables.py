"""The tables beside this file: a column that says what is right, and the text."""

import csv
from pathlib import Path

HERE = Path(__file__).parent


def table(name: str) -> list[tuple[str, str]]:
    """The rows of NAME.tsv: the right result and the text."""
    with (HERE / f"{name}.tsv").open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        next(rows)
        return [(right, text) for right, text in rows]
