"""What several tests of this room read."""

import csv
from pathlib import Path

import pytest

TESTS = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def speech_texts() -> list[str]:
    """Every sentence of the speech tests, as it was said and as it was heard."""
    texts: set[str] = set()
    for name in ("speech/texts", "local/heard", "local/heard_paraphrases"):
        with (TESTS / f"{name}.tsv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                texts |= {row["text"], row.get("heard") or ""}
    return sorted(texts)
