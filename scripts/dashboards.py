#!/usr/bin/env python3
"""
Writes the Grafana dashboards of the chart from scripts/dashboards.yaml.

    python -m scripts.dashboards            writes helm/voicebot/dashboards/*.json
    python -m scripts.dashboards --check    leaves with 1 when a file is not current

The YAML file says what is asked and how it is shown; this file says what that is in Grafana's
classic JSON model, which its sidecar, its file provisioning and its import page all take. Made
for Grafana 11 and later.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

SOURCE = Path(__file__).with_suffix(".yaml")
FOLDER = Path(__file__).resolve().parent.parent / "helm/voicebot/dashboards"
SCHEMA = 39
"""Grafana's version of the model; newer Grafanas bring it up to date when they load it."""
WIDTH = 24
WORDS = {
    "THERE": 'namespace=~"$namespace"',
    "HERE": 'namespace=~"$namespace",pod=~"$pod"',
    "RATE": "$__rate_interval",
}
"""What stands for these words in queries."""
STAGES = (
    "endpoint", "recognition", "head_start", "model", "sentence", "synthesis", "playout",
    "response", "turnaround",
)  # fmt: skip
QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
PROMETHEUS = {"type": "prometheus", "uid": "${datasource}"}


@dataclass(frozen=True)
class Panel:
    """One panel, with the keys that the head of dashboards.yaml explains."""

    title: str
    asks: dict[str, str] = field(default_factory=dict)
    quantiles: str = ""
    spread: str = ""
    waterfall: float = 0.0
    kind: str = "timeseries"
    unit: str = "short"
    note: str = ""
    wide: int = 0
    high: int = 0
    stack: bool = False
    most: float | None = None
    limits: dict[float, str] = field(default_factory=dict)


def files() -> dict[Path, str]:
    """The text of each file."""
    described = yaml.safe_load(SOURCE.read_text(encoding="utf-8"))
    return {
        FOLDER / f"{each['name']}.json": json.dumps(model(**each), indent=1, ensure_ascii=False)
        + "\n"
        for each in described
    }


def model(name: str, title: str, note: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """A dashboard in Grafana's classic JSON model."""
    return {
        "uid": f"voicebot-{name}",
        "title": title,
        "description": note,
        "tags": ["voicebot"],
        "schemaVersion": SCHEMA,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "templating": {"list": _variables()},
        "annotations": {"list": [_starts()]},
        "links": [
            {
                "type": "dashboards",
                "tags": ["voicebot"],
                "title": "voicebot",
                "asDropdown": True,
                "includeVars": True,
                "keepTime": True,
            }
        ],
        "panels": list(_panels(rows)),
    }


def _variables() -> list[dict[str, Any]]:
    source = {"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Source"}
    return [
        source,
        _variable("namespace", "label_values(voicebot_info, namespace)"),
        _variable("pod", _spelled("label_values(voicebot_info{THERE}, pod)")),
    ]


def _variable(name: str, query: str) -> dict[str, Any]:
    """A choice above the dashboard. All is any value, and none: not every Prometheus has pods."""
    return {
        "name": name,
        "type": "query",
        "label": name.capitalize(),
        "datasource": PROMETHEUS,
        "query": {"query": query, "refId": name},
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": ["All"], "value": ["$__all"]},
    }


def _starts() -> dict[str, Any]:
    """A mark in every graph where a bot started anew."""
    query = "changes(voicebot_process_start_time_seconds{HERE}[$__interval]) > 0"
    return {
        "name": "Starts of bots",
        "datasource": PROMETHEUS,
        "enable": True,
        "iconColor": "blue",
        "expr": _spelled(query),
        "titleFormat": "{{pod}} started",
    }


def _panels(rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Rows one below the other; in a folded one, its panels are inside of it."""
    top, number = 0, 0
    for row in rows:
        number += 1
        panels = [Panel(**panel) for panel in row["panels"]]
        inside, below = _placed(panels, top + 1, number)
        folded = row.get("folded", False)
        yield {
            "id": number,
            "type": "row",
            "title": row["title"],
            "collapsed": folded,
            "gridPos": {"x": 0, "y": top, "w": WIDTH, "h": 1},
            "panels": inside if folded else [],
        }
        if not folded:
            yield from inside
        top, number = below, number + len(inside)


def _placed(panels: Sequence[Panel], top: int, number: int) -> tuple[list[dict[str, Any]], int]:
    """The panels of a row from left to right, line by line, and where the next row begins."""
    placed: list[dict[str, Any]] = []
    left = line = 0
    for panel in panels:
        wide, high = _size(panel)
        if left + wide > WIDTH:
            left, top, line = 0, top + line, 0
        number += 1
        where = {"x": left, "y": top, "w": wide, "h": high}
        placed.append({"id": number, "gridPos": where, **_panel(panel)})
        left, line = left + wide, max(line, high)
    return placed, top + line


def _size(panel: Panel) -> tuple[int, int]:
    wide, high = (4, 4) if panel.kind == "stat" else (8, 7)
    return panel.wide or wide, panel.high or high


def _panel(panel: Panel) -> dict[str, Any]:
    kind = "heatmap" if panel.spread else panel.kind
    return {
        "type": kind,
        "title": panel.title,
        "description": panel.note,
        "datasource": PROMETHEUS,
        "fieldConfig": {"defaults": _field(panel, kind), "overrides": []},
        "options": _options(panel, kind),
        "targets": [
            _target(chr(ord("A") + n), name, query, kind)
            for n, (name, query) in enumerate(_queries(panel).items())
        ],
    }


def _target(letter: str, name: str, query: str, kind: str) -> dict[str, Any]:
    at_once = kind in ("stat", "bargauge", "table")
    return {
        "refId": letter,
        "datasource": PROMETHEUS,
        "expr": _spelled(query),
        "legendFormat": name,
        "instant": at_once,
        "range": not at_once,
        "format": kind if kind in ("table", "heatmap") else "time_series",
    }


def _queries(panel: Panel) -> dict[str, str]:
    """Names and queries of the series."""
    if panel.spread:
        return {"{{le}}": f"sum by (le) (increase({_bucket(panel.spread)}[RATE]))"}
    if panel.waterfall:
        asked = 'voicebot_turn_interval_seconds_bucket{HERE,interval="STAGE"}[$__range]'
        query = f"histogram_quantile({panel.waterfall}, sum by (le) (rate({asked})))"
        return {stage: query.replace("STAGE", stage) for stage in STAGES}
    if panel.quantiles:
        rates = f"sum by (le) (rate({_bucket(panel.quantiles)}[RATE]))"
        return {name: f"histogram_quantile({q}, {rates})" for name, q in QUANTILES.items()}
    return panel.asks


def _bucket(selector: str) -> str:
    """The buckets of a histogram: `name{...}` as `name_bucket{...}`."""
    name, brace, matchers = selector.partition("{")
    return f"{name}_bucket{brace}{matchers}"


def _spelled(query: str) -> str:
    for word, meaning in WORDS.items():
        query = query.replace(word, meaning)
    return query


def _field(panel: Panel, kind: str) -> dict[str, Any]:
    steps = [{"value": value, "color": colour} for value, colour in panel.limits.items()]
    first = {"value": None, "color": "green" if steps else "blue"}
    of_lines = kind == "timeseries"
    return {
        "unit": panel.unit,
        "min": 0,
        **({"max": panel.most} if panel.most is not None else {}),
        "thresholds": {"mode": "absolute", "steps": [first, *steps]},
        "color": {"mode": "palette-classic" if of_lines else "thresholds"},
        **({"custom": _lines(panel)} if of_lines else {}),
    }


def _lines(panel: Panel) -> dict[str, Any]:
    return {
        "fillOpacity": 25 if panel.stack else 0,
        "stacking": {"mode": "normal" if panel.stack else "none"},
        "thresholdsStyle": {"mode": "line" if panel.limits else "off"},
        "showPoints": "never",
    }


def _options(panel: Panel, kind: str) -> dict[str, Any]:
    last = {"calcs": ["lastNotNull"], "fields": "", "values": False}
    options: dict[str, dict[str, Any]] = {
        "stat": {"reduceOptions": last, "colorMode": "value", "graphMode": "none"},
        "bargauge": {"reduceOptions": last, "orientation": "horizontal", "displayMode": "basic"},
        "heatmap": {"calculate": False, "yAxis": {"unit": panel.unit}, "cellGap": 1},
        "timeseries": {
            "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
            "tooltip": {"mode": "multi", "sort": "desc"},
        },
    }
    return options.get(kind, {})


def main() -> int:
    """Write the files, or check them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip().splitlines()[0])
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    wanted = files()
    stale = [p for p, t in wanted.items() if not p.exists() or p.read_text("utf-8") != t]
    stale += [path for path in FOLDER.glob("*.json") if path not in wanted]
    if check:
        for path in stale:
            print(f"{path} is not current: run python -m scripts.dashboards", file=sys.stderr)
        return 1 if stale else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path, text in wanted.items():
        path.write_text(text, encoding="utf-8")
    for path in set(stale) - set(wanted):
        path.unlink()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
