"""The description as a page to read: no script, nothing from elsewhere."""

from collections.abc import Iterator
from html import escape
from typing import Any

STYLE = """body{font:16px/1.5 sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem}
h2{margin-top:2rem;font-size:1.1rem;border-top:1px solid #8884;padding-top:1rem}
code{background:#8882;padding:.1em .3em}table{border-collapse:collapse}
td{padding:.2rem .8rem .2rem 0;vertical-align:top}"""


def docs_page(whole: dict[str, Any]) -> str:
    """The HTML page of an OpenAPI description."""
    info = whole["info"]
    head = (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(info['title'])}</title>"
        f"<style>{STYLE}</style><h1>{escape(info['title'])} {escape(info['version'])}</h1>"
        f"<p>{_text(info['description'])}<p>For programs: <a href=openapi.json>openapi.json</a>"
    )
    return head + "".join(_operations(whole)) + "</html>"


def _operations(whole: dict[str, Any]) -> Iterator[str]:
    for path, operations in whole["paths"].items():
        for method, operation in operations.items():
            yield f"<h2><code>{method.upper()} {escape(path)}</code></h2>"
            yield f"<p>{_text(operation.get('description', operation['summary']))}<table>"
            yield from (_row(each) for each in operation.get("parameters", []))
            yield from _body(whole, operation)
            yield "</table>"


def _body(whole: dict[str, Any], operation: dict[str, Any]) -> Iterator[str]:
    for media in operation.get("requestBody", {}).get("content", {}).values():
        shape = whole["components"]["schemas"][media["schema"]["$ref"].rpartition("/")[2]]
        for name, field in shape["properties"].items():
            yield _row({"name": name, "in": "body", **field})


def _row(field: dict[str, Any]) -> str:
    name, place = escape(field["name"]), escape(field["in"])
    return f"<tr><td><code>{name}</code><td>{place}<td>{_text(field.get('description', ''))}"


def _text(text: str) -> str:
    """Escaped, with what stands between back-ticks as code."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if at % 2 else part for at, part in enumerate(parts))
