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


def test_an_encrypted_line_is_one_secret_on_both_sides():
    """Bots get certificate and key, Asterisk the authority alone; nobody else changes."""
    found = render("values-minimal.yaml", bot={"lineTls": {"secret": "line"}})
    text = yaml.safe_load(found.one("ConfigMap", "-bot")["data"]["bot.yaml"])
    assert Settings(**text).line == "websocket"
    mounted = {}
    for name, spec in found.pods():
        for volume in spec["volumes"]:
            if volume.get("secret", {}).get("secretName") == "line":
                mounted[name] = [item["key"] for item in volume["secret"]["items"]]
    assert mounted == {
        "line-voicebot-bot": ["tls.crt", "tls.key"],
        "line-voicebot-asterisk": ["ca.crt"],
    }


def test_a_line_without_encryption_cannot_be_encrypted():
    """AudioSocket has none."""
    bot = {"settings": {"line": "audiosocket"}, "lineTls": {"secret": "line"}}
    assert "AudioSocket has no encryption" in refusal("values-minimal.yaml", bot=bot)
