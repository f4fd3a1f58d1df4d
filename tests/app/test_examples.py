"""The examples: profiles without a problem, and a service that their tools ask."""

import importlib.util
import json
from pathlib import Path

import pytest

from bot.app.profile_folder import read_profiles
from bot.app.toolbox import Toolbox
from bot.call.tool_policy import Moment
from bot.config import Settings
from bot.core.ports import Caller, ToolCall
from bot.ops.metrics import Metrics
from bot.tools.http import HttpClient
from tests.tools.service import serving

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture
def profiles(monkeypatch):
    """The profiles of the examples."""
    monkeypatch.setenv("BANK_TOKEN", "t")
    return read_profiles(EXAMPLES / "profiles", Settings())


def test_the_profiles_have_no_problem(profiles):
    """Both, with their numbers."""
    assert profiles.problems == {}
    assert profiles.routes.find("+918012345678") == "bank"
    assert profiles.routes.find("1800123456789") == "bank"
    assert profiles.routes.find("8087654321") == "flowers"


@pytest.mark.real_time
async def test_the_bank_is_answered_by_its_service(profiles, monkeypatch):
    """The owner learns the balance, another caller nothing."""
    spec = importlib.util.spec_from_file_location("accounts", EXAMPLES / "tools/accounts.py")
    accounts = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(accounts)
    bank = profiles.profiles["bank"].settings
    async with serving(accounts.app) as address:
        tools = dict(bank.tools.http)
        for name, tool in tools.items():
            url = tool.url.replace("http://127.0.0.1:8090", address)
            tools[name] = tool.model_copy(update={"url": url})
        there = bank.model_copy(update={"tools": bank.tools.model_copy(update={"http": tools})})
        box = Toolbox(there, HttpClient(), Metrics())
        call = box.policy.judge(ToolCall("account_balance", {"account": 1234}, "i"), Moment())
        owner, other = (box.of_call(Caller("c", number)) for number in ("6001", "6002"))
        assert json.loads(await owner.use(call))["data"]["balance_rupees"] == 5250
        assert json.loads(await other.use(call))["data"] == {"found": False}
        block = box.policy.judge(ToolCall("block_card", {"card": "9876"}, "j"), Moment())
        assert json.loads(await owner.use(block))["data"] == {"blocked": "9876"}
        await box.client.close()
