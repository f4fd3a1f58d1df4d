"""The rules: valid, each alert tried both ways, its runbook there, its metrics really exported."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from scripts.deploy_tools import promtool
from tests.deploy.exported import exported_by_a_bot, wrong_selectors

ROOT = Path(__file__).resolve().parent.parent.parent
RULES = sorted((ROOT / "helm/voicebot/rules").glob("*.yaml"))
TESTS = sorted((ROOT / "tests/deploy/rules").glob("*.test.yaml"))
RUNBOOKS = ROOT / "docs/runbooks"
PARTS = ("What the caller notices", "How to look", "What to do", "How to know it is over")


def rules(kind):
    """All rules of a kind: "alert" or "record"."""
    groups = [g for path in RULES for g in yaml.safe_load(path.read_text())["groups"]]
    return {rule[kind]: rule for group in groups for rule in group["rules"] if kind in rule}


ALERTS = rules("alert")


@pytest.mark.deploy
def test_promtool_finds_no_fault():
    """Syntax, expressions, duplicates; a warning is a fault."""
    command = [promtool(), "check", "rules", "--lint=all", "--lint-fatal", *RULES]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.deploy
@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name)
def test_alerts_fire_when_they_should_and_are_silent_when_not(path):
    """promtool runs the stories, texts of the alerts included."""
    done = subprocess.run([promtool(), "test", "rules", path], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_has_a_time_when_it_fires_and_one_when_it_is_silent():
    """An alert that was never seen to fire is a hope; one that always fires is noise."""
    cases = [
        case
        for path in TESTS
        for story in yaml.safe_load(path.read_text(encoding="utf-8"))["tests"]
        for case in story["alert_rule_test"]
    ]
    assert {case["alertname"] for case in cases if case["exp_alerts"]} == set(ALERTS)
    assert {case["alertname"] for case in cases if not case["exp_alerts"]} == set(ALERTS)


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_what_it_is_and_where_to_read_on(name):
    """A severity, two sentences, and a runbook with the four parts."""
    alert = ALERTS[name]
    assert alert["labels"]["severity"] in ("critical", "warning")
    notes = alert["annotations"]
    assert set(notes) == {"summary", "description", "runbook_url"}
    assert notes["description"].endswith(".") and not notes["summary"].endswith(".")
    page = RUNBOOKS / f"{name}.md"
    assert notes["runbook_url"] == str(page.relative_to(ROOT))
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"# {name}\n")
    assert re.findall(r"^## (.+)$", text, re.M) == list(PARTS)


def test_each_runbook_is_of_an_alert_and_in_the_index():
    """No page outlives its alert; the index has one line for each."""
    pages = {path.stem for path in RUNBOOKS.glob("Voicebot*.md")}
    assert pages == set(ALERTS)
    index = (RUNBOOKS / "README.md").read_text(encoding="utf-8")
    for name, alert in ALERTS.items():
        [line] = [line for line in index.splitlines() if f"]({name}.md)" in line]
        assert alert["labels"]["severity"] in line


@pytest.mark.real_time
async def test_rules_ask_for_metrics_that_a_running_bot_exports():
    """Names, and labels with values that are there; series of other rules are recorded."""
    page = await exported_by_a_bot()
    for rule in [*ALERTS.values(), *rules("record").values()]:
        assert not wrong_selectors(rule["expr"], page, set(rules("record"))), rule
