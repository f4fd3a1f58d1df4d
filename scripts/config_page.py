"""Writes docs/configuration.md: every setting with its variable, default and meaning.

`python -m scripts.config_page` rewrites the page; with `--check` it says whether it is current.
"""

import argparse
import ast
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, SecretStr

from bot import config

PAGE = Path(__file__).resolve().parent.parent / "docs/configuration.md"
HEAD = """# Configuration

One YAML file (`voicebot serve --config FILE`, or `BOT_CONFIG`), then environment variables over
it. `BOT_RIVA__ASR__MODEL=x` sets `riva: {asr: {model: x}}`; lists and maps are JSON in a variable.
An unknown or ill-typed name stops the start and is named, with the nearest right name. Everything
is bound to loopback unless told otherwise.

```yaml
riva:
  asr_uri: riva-asr:50051
  tts_uri: riva-tts:50051
  tts: {voice: Magpie-Multilingual.HI-IN.Aria}
llm:
  base_url: http://llm-nim:8000/v1
  model: meta/llama-3.1-8b-instruct
phrases:
  greeting: "नमस्ते! विद्युत सेवा केंद्र में आपका स्वागत है। मैं क्या सहायता कर सकती हूँ?"
```

This page is made from `bot/config.py` by `python -m scripts.config_page`.

"""


def main() -> int:
    """Write the page, or check it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    text = page()
    if parser.parse_args().check:
        current = PAGE.read_text(encoding="utf-8") == text
        if not current:
            print(f"{PAGE} is not current: run python -m scripts.config_page", file=sys.stderr)
        return 0 if current else 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


def page() -> str:
    """The page's text."""
    return HEAD + "\n".join(_section(config.Settings, "", config.PREFIX)) + "\n"


def _section(model: type[BaseModel], path: str, prefix: str) -> Iterator[str]:
    """A table of the model's own settings, then a section for each part."""
    notes, parts, rows = _notes(model), [], []
    for name, info in model.model_fields.items():
        kind = info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            parts.append((kind, f"{path}{name}.", f"{prefix}{name.upper()}{config.DELIMITER}"))
        else:
            note = notes.get(name, "")
            rows.append(
                f"| `{path}{name}`<br>`{prefix}{name.upper()}` | {_shown(info.default)} | {note} |"
            )
    if path:
        yield f"\n## {path[:-1]}\n\n{inspect.cleandoc(model.__doc__ or '')}\n"
    if rows:
        yield "| setting, variable | default | |\n|---|---|---|"
        yield from rows
    for kind, deeper, variable in parts:
        yield from _section(kind, deeper, variable)


def _notes(model: type[BaseModel]) -> dict[str, str]:
    """The text below each field in the source."""
    body = ast.parse(inspect.getsource(model)).body[0]
    assert isinstance(body, ast.ClassDef)
    notes = {}
    for field, note in zip(body.body, body.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            value = note.value if isinstance(note, ast.Expr) else None
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                notes[field.target.id] = " ".join(value.value.split())
    return notes


def _shown(default: object) -> str:
    if isinstance(default, SecretStr):
        return "(secret)"
    if default in ("", {}, ()):
        return "(empty)"
    text = " ".join(str(default).split()).replace("|", "\\|")
    return f"`{text}`" if len(text) < 60 else f"{text[:57]}…"


if __name__ == "__main__":
    raise SystemExit(main())
