#!/usr/bin/env python3
"""
Writes the table of metrics in docs/observability.md from bot/ops/metric_names.py.

    python -m scripts.metrics_page            writes it between its markers
    python -m scripts.metrics_page --check    leaves with 1 when it is not current
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from bot.ops.metric_names import COUNTERS, GAUGES, HISTOGRAMS, Metric

PAGE = Path(__file__).resolve().parent.parent / "docs/observability.md"
BEGIN = "<!-- made by python -m scripts.metrics_page -->\n"
END = "\n<!-- end -->"


def main() -> int:
    """Write the table, or check it."""
    parser = argparse.ArgumentParser(description="The list of metrics in docs/observability.md.")
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    text = PAGE.read_text(encoding="utf-8")
    current = page(text)
    if check:
        if current != text:
            print(f"{PAGE} is not current: run python -m scripts.metrics_page", file=sys.stderr)
        return int(current != text)
    PAGE.write_text(current, encoding="utf-8")
    return 0


def page(text: str) -> str:
    """The page's text with its table as the code has it."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    assert begin and end, f"{PAGE}: the markers are missing"
    return before + BEGIN + "\n".join(_metrics()) + END + after


def _metrics() -> Iterator[str]:
    yield "| metric | kind | what |\n|---|---|---|"
    kinds = (("counter", "_total", COUNTERS), ("gauge", "", GAUGES), ("histogram", "", HISTOGRAMS))
    for kind, ending, metrics in kinds:
        for name, metric in metrics.items():
            yield f"| `{name}{ending}` | {kind} | {_what(metric)} |"


def _what(metric: Metric) -> str:
    labels = (
        f"<br>`{label}`: " + (", ".join(f"`{value}`" for value in values) or "any")
        for label, values in metric.labels.items()
    )
    return metric.what + "".join(labels)


if __name__ == "__main__":
    raise SystemExit(main())
