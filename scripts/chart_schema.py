"""
Decides which settings of the bot the Helm chart lets through: all but its own, and no secrets.

`python -m scripts.chart_schema` writes them into helm/voicebot/values.schema.json (`$defs.settings`
and what it refers to), so that `helm install` refuses a wrong setting before a pod starts. The
rest of that file is written by hand.
"""

import json
import sys
from pathlib import Path
from typing import Any

from bot.config import Settings

SCHEMA = Path(__file__).resolve().parent.parent / "helm/voicebot/values.schema.json"
PREFIX = "settings"
CHARTS_OWN = (
    "audiosocket.host",
    "audiosocket.port",
    "audiosocket.max_calls",
    "audiosocket.advertise",
    "websocket",
    "http",
    "api.enabled",
    "api.host",
    "api.port",
    "api.advertise",
    "api.tls",
    "gateway.enabled",
    "gateway.host",
    "gateway.port",
    "gateway.tls",
    "riva.uri",
    "riva.asr_uri",
    "riva.tts_uri",
    "riva.tls",
    "riva.tts.disk",
    "riva.tts.disk_mb",
    "llm.base_url",
    "llm.model",
    "profiles.folder",
    "recordings.folder",
    "sip",
    "turns.max_call",
    "drain_timeout",
)
"""
The chart's values stand for these; but for three that no pod can have: one address to dial for all
pods (each tells its own), a folder on a disk (images are read-only, memory is kept instead), and
calls by SIP without Asterisk (they need a range of ports).
"""


def definitions() -> dict[str, Any]:
    """`$defs` of the settings: `settings` itself, and `settingsX` for each part X."""
    whole = Settings.model_json_schema()
    parts = whole.pop("$defs")
    for path in CHARTS_OWN:
        _remove(whole, parts, path.split("."))
    named = {PREFIX: whole, **{PREFIX + name: part for name, part in parts.items()}}
    kept = {name: _open(part) for name, part in named.items()}
    return {name: kept[name] for name in _reached(kept, PREFIX)}


def _remove(whole: dict[str, Any], parts: dict[str, Any], path: list[str]) -> None:
    model = whole
    for name in path[:-1]:
        model = parts[_reference(model["properties"][name])]
    del model["properties"][path[-1]]


def _reference(field: dict[str, Any]) -> str:
    return str(field["$ref"]).rpartition("/")[2]


def _open(part: Any) -> Any:
    """The same with our names of parts, no defaults (the bot has them) and no secrets."""
    if isinstance(part, list):
        return [_open(each) for each in part]
    if not isinstance(part, dict):
        return part
    kept: dict[str, Any] = {}
    for key, value in part.items():
        if key == "$ref":
            kept[key] = f"#/$defs/{PREFIX}{_reference(part)}"
        elif key == "properties":
            kept[key] = {name: _open(each) for name, each in value.items() if not _secret(each)}
        elif key not in ("default", "title"):
            kept[key] = _open(value)
    return kept


def _secret(field: Any) -> bool:
    return '"format": "password"' in json.dumps(field)


def _reached(parts: dict[str, Any], start: str) -> list[str]:
    """The parts that `start` refers to, directly or not, in order."""
    found, waiting = [start], [start]
    while waiting:
        text = json.dumps(parts[waiting.pop()])
        for name in parts:
            if name not in found and f'"#/$defs/{name}"' in text:
                found.append(name)
                waiting.append(name)
    return found


def schema() -> str:
    """The text that the schema's file should have."""
    whole = json.loads(SCHEMA.read_text())
    by_hand = {name: part for name, part in whole["$defs"].items() if not name.startswith(PREFIX)}
    whole["$defs"] = {**by_hand, **definitions()}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    """Write the file."""
    SCHEMA.write_text(schema())
    print(SCHEMA)
    return 0


if __name__ == "__main__":
    sys.exit(main())
