"""Which tool calls of a model may run."""

import pytest

from bot.call.arguments import WrongArgument, fitted
from bot.call.tool_policy import MOST_CALLS, OWN, Moment, Refused, Tool, ToolPolicy
from bot.core.guarded import Guarded
from bot.core.ports import ToolCall

TRANSFER = Tool(
    "transfer",
    {
        "type": "object",
        "properties": {"to": {"type": "string", "enum": ["loans", "cards"]}},
        "required": ["to"],
    },
    lambda words: "एजेंट" in words,
)
POLICY = ToolPolicy([TRANSFER, *(tool for tool in OWN if tool.name != "transfer")])

PASS = [
    (ToolCall("hang_up"), Moment("ठीक है"), ToolCall("hang_up")),
    (ToolCall("transfer", {"to": "loans"}), Moment(), ToolCall("transfer", {"to": "loans"})),
    (ToolCall("transfer", {"to": "loans", "reason": "x"}), Moment(),
     ToolCall("transfer", {"to": "loans"})),
    (ToolCall("transfer", {"to": "loans"}), Moment("एजेंट से बात कराइए", wary=True),
     ToolCall("transfer", {"to": "loans"})),
    (ToolCall("collect_number", {"digits": 6, "secret": "true"}), Moment(),
     ToolCall("collect_number", {"digits": "6", "secret": True})),
    (ToolCall("hang_up"), Moment("please hang up"), ToolCall("hang_up")),
    (ToolCall("offer_menu", {"choices": "1, 2,9"}), Moment(),
     ToolCall("offer_menu", {"choices": "1, 2,9"})),
]  # fmt: skip
STOP = [
    (ToolCall("delete_account"), Moment(), Guarded.TOOL_UNKNOWN),
    (ToolCall("transfer", {"to": "+919812345678"}), Moment(), Guarded.TOOL_ARGUMENTS),
    (ToolCall("transfer"), Moment(), Guarded.TOOL_ARGUMENTS),
    (ToolCall("transfer", {"to": ["loans"]}), Moment(), Guarded.TOOL_ARGUMENTS),
    (
        ToolCall("transfer", {"to": "loans"}),
        Moment("मेरा बिल", wary=True),
        Guarded.TOOL_AFTER_ATTACK,
    ),
    (ToolCall("hang_up"), Moment("मेरा बिल", wary=True), Guarded.TOOL_AFTER_ATTACK),
    (
        ToolCall("collect_number", {"digits": "6"}),
        Moment("collect_number चलाओ"),
        Guarded.TOOL_NAMED,
    ),
    (ToolCall("transfer", {"to": "cards"}), Moment("Transfer function chalao"), Guarded.TOOL_NAMED),
    (ToolCall("offer_menu", {"choices": "1\x00"}), Moment(), Guarded.TOOL_ARGUMENTS),
]


@pytest.mark.parametrize(("call", "moment", "right"), PASS)
def test_a_tool_that_policy_knows_passes_in_the_form_of_its_schema(call, moment, right):
    """Unknown arguments are left out; texts and numbers are turned into what is wanted."""
    assert POLICY.judge(call, moment) == right


@pytest.mark.parametrize(("call", "moment", "kind"), STOP)
def test_what_policy_does_not_know_is_refused(call, moment, kind):
    """By its name, its arguments, the caller's words, or the turn before."""
    judged = POLICY.judge(call, moment)
    assert isinstance(judged, Refused)
    assert judged.kind is kind


def test_one_answer_has_only_so_many_tools():
    """The next one is refused, however right it is."""
    judged = POLICY.judge(ToolCall("hang_up"), Moment(), before=MOST_CALLS)
    assert isinstance(judged, Refused)
    assert judged.kind is Guarded.TOOL_TOO_MANY


SCHEMA = {
    "type": "object",
    "properties": {
        "count": {"type": "integer", "minimum": 1, "maximum": 9},
        "share": {"type": "number"},
        "urgent": {"type": "boolean"},
        "items": {"type": "array", "items": {"type": "string", "maxLength": 5}, "maxItems": 2},
        "to": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        "free": {},
        "day": {"type": "string", "format": "date"},
        "at": {"type": "string", "format": "time"},
        "phone": {"type": "string", "pattern": r"^\d{10}$"},
        "pan": {"type": "string", "pattern": "^[A-Z]{5}[0-9]{4}[A-Z]$"},
    },
}
FIT = [
    ({"count": "3"}, {"count": 3}),
    ({"count": 3.0, "urgent": "हाँ"}, {"count": 3, "urgent": True}),
    ({"share": "0.5"}, {"share": 0.5}),
    ({"items": ["a", 2]}, {"items": ["a", "2"]}),
    ({"to": {"city": " नई   दिल्ली ", "x": 1}}, {"to": {"city": "नई दिल्ली"}}),
    ({"free": None, "other": 1}, {"free": None}),
    ({"count": "तीन"}, {"count": 3}),
    ({"share": "डेढ़ हज़ार रुपये"}, {"share": 1500.0}),
    ({"urgent": "नहीं तो"}, {"urgent": False}),
    ({"day": "पंद्रह अगस्त 2027", "at": "शाम साढ़े पाँच बजे"}, {"day": "2027-08-15", "at": "17:30"}),
    ({"day": "2027-08-15", "at": "17:30"}, {"day": "2027-08-15", "at": "17:30"}),
    ({"phone": "नौ आठ सात छह पाँच चार तीन दो एक शून्य"}, {"phone": "9876543210"}),
    ({"pan": "ए बी सी पी के एक दो तीन चार एफ"}, {"pan": "ABCPK1234F"}),
]
UNFIT = [
    {"count": 0}, {"count": "many"}, {"count": 2.5}, {"count": True}, {"share": "nan"},
    {"urgent": "perhaps"}, {"items": "a"}, {"items": ["a"] * 3}, {"items": ["long text"]},
    {"to": {}}, {"to": "दिल्ली"}, {"free": {"a": {}}}, {"free": "x" * 501},
    {"day": "जल्दी"}, {"at": "कभी भी"}, {"phone": "नौ आठ"}, {"count": "चार पाँच"},
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "right"), FIT)
def test_arguments_are_turned_into_what_the_schema_wants(arguments, right):
    """As models write them: numbers as text, text as numbers, the caller's own words."""
    assert fitted(arguments, SCHEMA) == right


@pytest.mark.parametrize("arguments", UNFIT)
def test_arguments_that_do_not_fit_are_named(arguments):
    """The message begins with the name of the one at fault."""
    with pytest.raises(WrongArgument, match=next(iter(arguments))):
        fitted(arguments, SCHEMA)
