"""The line that Asterisk and the bots speak is one value of the chart."""

import pytest
import yaml

from bot.config import Settings
from tests.deploy.chart import refusal, render

pytestmark = pytest.mark.deploy


def test_the_line_is_one_value():
    """It reaches the bots' configuration; ports, Services and policies stay as they are."""
    before = render("values-minimal.yaml")
    after = render("values-minimal.yaml", bot={"settings": {"line": "websocket"}})
    configs = [objects.one("ConfigMap", "-bot") for objects in (before, after)]
    lines = [Settings(**yaml.safe_load(one["data"]["bot.yaml"])).line for one in configs]
    assert lines == ["audiosocket", "websocket"]
    kinds = ("Service", "NetworkPolicy")
    assert [o for o in before if o["kind"] in kinds] == [o for o in after if o["kind"] in kinds]


def test_a_line_that_there_is_not_is_refused():
    """Before anything starts."""
    said = refusal("values-minimal.yaml", bot={"settings": {"line": "carrier-pigeon"}})
    assert "/bot/settings/line" in said
