#!/usr/bin/env python3
"""
Writes docs/openapi.json, and the table of endpoints in docs/api.md, from the API itself.

    python -m scripts.api_page            writes them
    python -m scripts.api_page --check    leaves with 1 when they are not current
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bot.api.app import describe, make_app
from bot.config_api import ApiSettings

DOCS = Path(__file__).resolve().parent.parent / "docs"
DESCRIPTION, PAGE = DOCS / "openapi.json", DOCS / "api.md"
BEGIN = "<!-- made by python -m scripts.api_page -->\n"
END = "\n<!-- end -->"
LEAST = {"Viewer": "viewer", "Operator": "operator", "Admin": "admin"}


def main() -> int:
    """Write them, or check them."""
    parser = argparse.ArgumentParser(description="The description of the HTTP API.")
    parser.add_argument("--check", action="store_true")
    check, wrong = parser.parse_args().check, 0
    for path, text in ((DESCRIPTION, description()), (PAGE, page())):
        if check and path.read_text(encoding="utf-8") != text:
            print(f"{path} is not current: run python -m scripts.api_page", file=sys.stderr)
            wrong = 1
        elif not check:
            path.write_text(text, encoding="utf-8")
    return wrong


def described() -> dict[str, Any]:
    """The description of this version's API."""
    return describe(make_app(ApiSettings(docs=False), rooms=None))  # type: ignore[arg-type]


def description() -> str:
    """The text that docs/openapi.json should have."""
    return json.dumps(described(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def page() -> str:
    """The text that docs/api.md should have."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + "\n".join(_table()) + END + after


def _table() -> Iterator[str]:
    yield "| | least role | |\n|---|---|---|"
    for path, operations in described()["paths"].items():
        for method, operation in operations.items():
            what = operation["description"].split("\n\n")[0].replace("\n", " ")
            yield f"| `{method.upper()} {path}` | {operation['x-least-role']} | {what} |"


if __name__ == "__main__":
    sys.exit(main())
