#!/usr/bin/env python3
"""
Writes the JSON schemas of webhooks, and their catalogue in docs/webhooks.md, from
bot/records/catalogue.py.

    python -m scripts.webhook_schemas            writes them
    python -m scripts.webhook_schemas --check    leaves with 1 when one is not current
"""

import argparse
import ast
import inspect
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from bot.records import catalogue

ROOT = Path(__file__).resolve().parent.parent
SCHEMAS = ROOT / "bot/records/schemas"
PAGE = ROOT / "docs/webhooks.md"
BEGIN = "<!-- made by python -m scripts.webhook_schemas -->\n"
END = "\n<!-- end -->"


def main() -> int:
    """Write them, or check them."""
    parser = argparse.ArgumentParser(description="The schemas of webhooks.")
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    wanted = dict(files())
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text() != text]
    for path in stale:
        if check:
            print(f"{path} is not current: run python -m scripts.webhook_schemas", file=sys.stderr)
        else:
            path.write_text(wanted[path], encoding="utf-8")
    return int(check and bool(stale))


def files() -> Iterator[tuple[Path, str]]:
    """Each file and what it shall hold."""
    for kind, event in catalogue.EVENTS.items():
        schema = {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": catalogue.schema_name(kind),
            **_open(event.model_json_schema(mode="serialization")),
        }
        yield SCHEMAS / f"{kind}.json", json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
    before, begin, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    assert begin and end, f"{PAGE}: the markers are missing"
    yield PAGE, before + BEGIN + "\n".join(_catalogue()) + END + after


def _open(schema: Any) -> Any:
    """The same, but properties may come that are not in it yet."""
    if isinstance(schema, list):
        return [_open(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = "additionalProperties", False
    return {name: _open(part) for name, part in schema.items() if (name, part) != closed}


def _catalogue() -> Iterator[str]:
    for kind, event in catalogue.EVENTS.items():
        data = event.model_fields["data"].annotation
        assert isinstance(data, type) and issubclass(data, BaseModel)
        yield f"### {kind}\n\n{inspect.getdoc(data)}\n\n| `data.` | what |\n|---|---|"
        yield from _rows(data)
        yield ""
    parts: tuple[type[BaseModel], ...] = (
        catalogue.Call, catalogue.CollectedField, catalogue.Line
    )  # fmt: skip
    for name, part in zip(("call", "field, fields[]", "transcript[]"), parts, strict=True):
        yield f"### {name}\n\n{inspect.getdoc(part)}\n\n| | what |\n|---|---|"
        yield from _rows(part)
        yield ""


def _rows(part: type[BaseModel]) -> Iterator[str]:
    told = _docs(part)
    for name in part.model_fields:
        yield f"| `{name}` | {told.get(name, '')} |"


def _docs(part: type[BaseModel]) -> dict[str, str]:
    """What the source says under each property."""
    [body] = ast.parse(inspect.getsource(part)).body
    assert isinstance(body, ast.ClassDef)
    found = {}
    for one, after in zip(body.body, body.body[1:], strict=False):
        if isinstance(one, ast.AnnAssign) and isinstance(after, ast.Expr):
            assert isinstance(one.target, ast.Name)
            text = ast.literal_eval(after.value) if isinstance(after.value, ast.Constant) else ""
            found[one.target.id] = " ".join(str(text).split())
    return found


if __name__ == "__main__":
    raise SystemExit(main())
