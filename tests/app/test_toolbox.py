"""The tools of a profile: what the model is offered, what policy allows, what is done."""

import json

import pytest

from bot.app.toolbox import Toolbox
from bot.asterisk.handover import Target
from bot.call.tool_policy import Moment, Refused
from bot.config import Settings
from bot.core.guarded import Guarded
from bot.core.ports import Caller, ToolCall
from bot.ops.metrics import Metrics
from bot.tools.http import HttpClient
from tests.tools.service import Service, answering, serving

CALLER = Caller("call-1", "9812345678", "8012345678", "", "bank")
BALANCE = {
    "description": "The balance",
    "parameters": {"properties": {"account": {"type": "string"}}, "required": ["account"]},
    "url": "http://127.0.0.1:1/{account}",
    "waiting": "एक क्षण।",
}
TARGETS = {"cards": {"exten": "6002", "description": "कार्ड"}, "loans": {"context": "bot-loans"}}


def box(**settings):
    """A toolbox with these settings."""
    return Toolbox(Settings(**settings), HttpClient(), Metrics())


def offers(toolbox):
    """The offered tools by name."""
    return {offer["function"]["name"]: offer["function"] for offer in toolbox.offered}


def test_ours_are_offered_as_the_settings_say():
    """Hours only where there are any; a call back only where somebody takes note of it."""
    own = {"hang_up", "transfer", "collect_number", "offer_menu"}
    assert set(offers(box())) == own
    assert set(offers(box(hours={"weekly": {"mon": "09:00-18:00"}}))) == own | {"opening_hours"}
    with_back = box(tools={"call_back": {"url": "http://crm/back"}})
    assert set(offers(with_back)) == own | {"call_back"}
    assert set(offers(box(tools={"builtin": ["hang_up", "send_digits"]}))) == {
        "hang_up",
        "send_digits",
    }


async def test_whoever_asks_for_it_is_not_called_again():
    """Where the bot makes calls; the caller's number is noted, and the model is told whether."""
    noted = []

    async def unwanted(number):
        noted.append(number)
        return True

    settings = Settings(outbound={"enabled": True})
    toolbox = Toolbox(settings, HttpClient(), Metrics(), unwanted)
    assert "do_not_call" in offers(toolbox) and "do_not_call" not in offers(box())
    asked = ToolCall("do_not_call")
    plain = Moment("दोबारा फ़ोन मत करना", wary=True)
    assert toolbox.policy.judge(asked, plain) == asked
    assert isinstance(toolbox.policy.judge(asked, Moment("हाँ", wary=True)), Refused)
    assert '"noted": true' in (await toolbox.of_call(CALLER).use(asked)).replace("\\", "")
    assert noted == [CALLER.number]


def test_callers_are_transferred_to_places_of_the_profile_only():
    """They are an enum for the model, for policy, and for the dialplan."""
    toolbox = box(transfers=TARGETS)
    transfer = offers(toolbox)["transfer"]["parameters"]
    assert transfer["properties"]["target"]["enum"] == ["cards", "loans"]
    assert "कार्ड" in transfer["properties"]["target"]["description"]
    judge = toolbox.policy.judge
    asked = ToolCall("transfer", {"target": "cards", "reason": "x"})
    assert judge(asked, Moment()) == asked
    for wrong in ({"target": "+447000000000"}, {}):
        refused = judge(ToolCall("transfer", wrong), Moment())
        assert isinstance(refused, Refused) and refused.kind is Guarded.TOOL_ARGUMENTS
    assert toolbox.target(asked) == Target("", "6002")
    assert toolbox.target(ToolCall("transfer", {"target": "loans"})) == Target("bot-loans", "s")
    assert toolbox.target(None) == Target()


@pytest.mark.parametrize(
    ("tool", "arguments", "allowed"),
    [
        ("look", {}, True),
        ("change", {}, False),
        ("hang_up", {}, False),
        ("transfer", {}, True),
        ("collect_number", {"digits": "10"}, True),
        ("collect_number", {"digits": "4", "secret": True}, False),
        ("send_digits", {"digits": "1"}, False),
    ],
)
def test_what_may_follow_the_answer_of_a_service(tool, arguments, allowed):
    """Looking, asking and a person may; changes, secrets and the end of the call may not."""
    http = {
        "look": {"description": "d", "url": "http://crm/"},
        "change": {"description": "d", "url": "http://crm/", "method": "POST"},
    }
    builtin = ["hang_up", "transfer", "collect_number", "send_digits"]
    policy = box(tools={"http": http, "builtin": builtin}).policy
    judged = policy.judge(ToolCall(tool, arguments), Moment("", False, answered=True))
    assert isinstance(judged, ToolCall) is allowed
    if isinstance(judged, Refused):
        assert judged.kind is Guarded.TOOL_AFTER_ANSWER
    assert isinstance(policy.judge(ToolCall(tool, arguments), Moment()), ToolCall)


async def test_the_hours_are_answered_here():
    """No service is asked, and the answer is believed."""
    toolbox = box(hours={"weekly": {"mon-sun": "00:00-24:00"}})
    answer = json.loads(await toolbox.of_call(CALLER).use(ToolCall("opening_hours", {}, "i")))
    assert answer["data"]["open_now"] is True and len(answer["data"]["days"]) == 7
    assert toolbox.policy.trusts("opening_hours") and toolbox.policy.answers("opening_hours")


@pytest.mark.real_time
async def test_a_call_back_is_sent_with_who_called():
    """The caller's own number, unless another was said; and never asked for twice."""
    service = Service(answering("{}", 503))
    async with serving(service) as address:
        toolbox = box(tools={"call_back": {"url": f"{address}/back"}})
        call = ToolCall("call_back", {"when": "शाम", "reason": "कार्ड"}, "i")
        fitted = toolbox.policy.judge(call, Moment())
        answer = json.loads(await toolbox.of_call(CALLER).use(fitted))
        await toolbox.client.close()
    assert answer["ok"] is False and len(service.asked) == 1
    assert json.loads(service.asked[0][2]) == {
        "number": "9812345678", "when": "शाम", "reason": "कार्ड", "call_id": "call-1",
        "caller": "9812345678", "called": "8012345678", "profile": "bank",
    }  # fmt: skip


async def test_a_service_that_fails_is_told_and_counted():
    """Without details; a bug of ours ends no call either."""
    toolbox = box(tools={"http": {"balance": BALANCE}})
    tools = toolbox.of_call(CALLER)
    call = ToolCall("balance", {"account": ".."}, "i")
    assert tools.waiting(call) == "एक क्षण।"
    assert json.loads(await tools.use(call))["ok"] is False
    assert json.loads(await tools.use(ToolCall("balance", {}, "i")))["error"] == "it failed"
    page = toolbox.metrics.page().decode()
    assert 'voicebot_tool_uses_total{outcome="failed",tool="balance"} 1.0' in page
    assert 'voicebot_tool_uses_total{outcome="bug",tool="balance"} 1.0' in page


def test_a_tenants_own_tool_may_take_the_name_of_ours():
    """It replaces it."""
    toolbox = box(tools={"http": {"hang_up": {"description": "Ours", "url": "http://crm/"}}})
    assert offers(toolbox)["hang_up"]["description"] == "Ours"
