"""docs/observability.md says what the code does."""

import re
import subprocess
import sys
from pathlib import Path

from bot.core.marks import INTERVALS

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs/observability.md").read_text(encoding="utf-8")


def test_the_list_of_metrics_is_current():
    """python -m scripts.metrics_page makes it."""
    command = [sys.executable, "-m", "scripts.metrics_page", "--check"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr


def test_each_interval_is_explained():
    """One row for each of the one table, in its order."""
    table = TEXT.split("| interval | from | to |")[1].split("\n\n")[0]
    assert re.findall(r"^\| `(\w+)`", table, re.M) == list(INTERVALS)


def test_what_the_page_points_at_is_there():
    """Files and folders by their links."""
    for link in re.findall(r"\]\(([^)#]+)", TEXT):
        assert (ROOT / "docs" / link).exists(), link
