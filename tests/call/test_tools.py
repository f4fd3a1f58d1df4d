"""What the model's tool calls mean."""

import pytest

from bot.call.tools import number_wanted
from bot.core.numbers import NumberWanted
from bot.core.ports import ToolCall

CALLS = [
    ("collect_number", {"name": "otp", "digits": "6", "secret": "true"},
     NumberWanted("otp", 6, 6, secret=True)),
    ("collect_number", {"name": "account", "digits": "10-16", "secret": "false"},
     NumberWanted("account", 10, 16)),
    ("collect_number", {"digits": 4, "secret": False}, NumberWanted("number", 4, 4)),
    ("collect_number", {"name": "pin"}, None),
    ("collect_number", {"name": "pin", "digits": "many"}, None),
    ("collect_number", {"name": "pin", "digits": "9-3"}, None),
    ("collect_number", {"name": "pin", "digits": "400"}, None),
    ("offer_menu", {"name": "service", "choices": "1, 2,9"},
     NumberWanted("service", 1, 1, confirm=False, choices=("1", "2", "9"))),
    ("offer_menu", {"name": "service", "choices": ""}, None),
    ("offer_menu", {"name": "service", "choices": "1,twelve"}, None),
    ("transfer", {}, None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "arguments", "wanted"), CALLS)
def test_a_tool_call_asks_for_a_number_or_for_none(name, arguments, wanted):
    """Whatever the model writes, it is a number that can be given, or none."""
    assert number_wanted(ToolCall(name, arguments)) == wanted
