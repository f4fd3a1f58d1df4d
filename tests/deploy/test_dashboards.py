"""The dashboards: current, without overlap, and answered by what a running bot exports."""

import json
import re
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import pytest
import yaml

from scripts import dashboards
from scripts.deploy_tools import promtool
from tests.deploy.exported import (
    ASTERISKS,
    KAMAILIOS,
    OURS,
    exported_by_a_bot,
    selectors,
    wrong_selectors,
)
from tests.deploy.test_rules import rules

FOLDER = Path(dashboards.FOLDER)
FILES = sorted(FOLDER.glob("*.json"))
FOREIGN = {
    "ALERTS": "Prometheus' own: the alerts that fire",
    "DCGM_FI_DEV_GPU_UTIL": "NVIDIA's DCGM exporter, etc/default-counters.csv",
    "DCGM_FI_DEV_FB_USED": "NVIDIA's DCGM exporter, etc/default-counters.csv; in MiB",
}
"""Metrics that are not ours, and whose they are."""
PROGRAMS = (OURS, KAMAILIOS, ASTERISKS)
"""Whose metrics are compared with a page of the running program's, here and in test_exported.py."""
KINDS = {"row", "stat", "timeseries", "bargauge", "heatmap", "table"}
RECORDED = set(rules("record"))


def panels(path):
    """All panels, those of folded rows too."""
    found = json.loads(path.read_text(encoding="utf-8"))["panels"]
    return [*found, *(inner for panel in found for inner in panel.get("panels", []))]


def queries(path):
    """(title, query) of each panel, with Grafana's variables as it would fill them in."""
    for panel in panels(path):
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]


def filled(query):
    """The query as Prometheus gets it."""
    known = {"$__rate_interval": "1m", "$__range": "3h", "$namespace": ".*", "$pod": ".*"}
    for name, value in known.items():
        query = query.replace(name, value)
    assert "$" not in query, query
    return query


def test_the_files_are_what_the_description_says():
    """Nobody edits them by hand: python -m scripts.dashboards."""
    command = [sys.executable, "-m", "scripts.dashboards", "--check"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=FOLDER.parents[2])
    assert done.returncode == 0, done.stderr


def test_there_is_one_for_each_question():
    """Line health, turns, barge-in, services, capacity; found by one tag, linked by fixed uids."""
    found = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in FILES}
    assert set(found) == {"line", "turns", "barge-in", "services", "capacity"}
    for name, each in found.items():
        assert each["uid"] == f"voicebot-{name}" and len(each["uid"]) <= 40
        assert each["tags"] == ["voicebot"]
        assert [v["name"] for v in each["templating"]["list"]] == ["datasource", "namespace", "pod"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_panels_are_whole_and_do_not_overlap(path):
    """Ids once, kinds that Grafana has, everything within its 24 columns, the source a variable."""
    found = panels(path)
    assert len({panel["id"] for panel in found}) == len(found)
    assert {panel["type"] for panel in found} <= KINDS
    for panel in found:
        place = panel["gridPos"]
        assert place["x"] >= 0 and place["x"] + place["w"] <= 24
        for target in panel.get("targets", []):
            assert target["datasource"]["uid"] == "${datasource}"
        assert panel["type"] == "row" or panel["targets"]
    for one, other in combinations([panel["gridPos"] for panel in found], 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        apart = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or apart, (one, other)


@pytest.mark.real_time
async def test_queries_name_metrics_that_a_running_bot_exports():
    """Names and label values are on its page from the start; the rest is recorded, or foreign."""
    page = await exported_by_a_bot()
    for path in FILES:
        for title, query in queries(path):
            assert not wrong_selectors(query, page, RECORDED), (path.stem, title)
            known = [each for begins in PROGRAMS for each in selectors(query, begins)]
            bare = re.sub(r'"[^"]*"', "", query)
            assert known or any(name in bare for name in FOREIGN), (path.stem, title)


@pytest.mark.real_time
async def test_each_metric_of_the_bot_is_on_a_dashboard_or_in_a_rule():
    """What nobody looks at need not be exported."""
    asked = " ".join(query for path in FILES for _, query in queries(path))
    asked += " ".join(rule["expr"] for kind in ("alert", "record") for rule in rules(kind).values())
    for name in {sample.name for sample in await exported_by_a_bot()}:
        stem = re.sub(r"_(bucket|count|sum)$", "", name)
        if "_process_" not in name:
            assert stem in asked, name


@pytest.mark.deploy
def test_prometheus_understands_each_query(tmp_path):
    """promtool reads all of them, as rules."""
    asked = [filled(query) for path in FILES for _, query in queries(path)]
    recorded = [{"record": f"query:{n}", "expr": query} for n, query in enumerate(asked)]
    file = tmp_path / "queries.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": recorded}]}))
    command = [promtool(), "check", "rules", "--lint=none", file]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(asked)} rules found" in done.stdout


def test_a_query_for_a_metric_that_is_not_there_is_found():
    """The check itself: a wrong name, a wrong label and a wrong value each fail."""

    class Sample:
        name, labels = "voicebot_calls_total", {"ending": "fallback"}

    def wrong(query):
        return wrong_selectors(query, [Sample], {"voicebot:calls:sum"})

    assert not wrong('rate(voicebot_calls_total{namespace="a",ending=~"fall.*"}[5m])')
    assert not wrong("voicebot:calls:sum{namespace=~'a'}")
    assert wrong("voicebot_call_total")
    assert wrong('voicebot_calls_total{ending="fell_back"}')
    assert wrong('voicebot_calls_total{end="fallback"}')


def test_the_model_is_one_that_grafana_knows():
    """Read and written by Grafana's own types, nothing is lost."""
    pytest.importorskip("grafana_foundation_sdk")
    from grafana_foundation_sdk.cog import plugins
    from grafana_foundation_sdk.cog.encoder import JSONEncoder
    from grafana_foundation_sdk.models.dashboard import Dashboard

    plugins.register_default_plugins()
    for path in FILES:
        ours = json.loads(path.read_text(encoding="utf-8"))
        theirs = json.loads(JSONEncoder(sort_keys=True).encode(Dashboard.from_json(ours)))
        assert list(_lost(ours, theirs, path.stem)) == []


def _lost(ours, theirs, where):
    """Paths that are in ours and not in theirs; `titleFormat` is the Prometheus plugin's own."""
    if isinstance(ours, dict):
        for key in ours.keys() - {"titleFormat"}:
            if key in theirs:
                yield from _lost(ours[key], theirs[key], f"{where}.{key}")
            else:
                yield f"{where}.{key}"
    elif isinstance(ours, list):
        assert len(ours) == len(theirs), where
        for n, each in enumerate(ours):
            yield from _lost(each, theirs[n], f"{where}[{n}]")
