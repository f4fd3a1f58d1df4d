"""Our own tools of the model: how they are offered, and how policy knows them, by the settings."""

from collections.abc import Mapping
from typing import Any, Final

from bot.call.tool_policy import OWN, Tool
from bot.config import Settings
from bot.config_tools import HttpToolSettings
from bot.hindi.no_more_calls import wants_no_more_calls
from bot.nim.tools import TOOLS

OPENING_HOURS: Final = "opening_hours"
CALL_BACK: Final = "call_back"
SEND_DIGITS: Final = "send_digits"
DO_NOT_CALL: Final = "do_not_call"

Offer = dict[str, Any]
"""A tool in OpenAI's form."""


_DIGITS: Final = {
    "type": "object",
    "properties": {"digits": {"type": "string", "pattern": r"^[0-9*#A-D]{1,32}$"}},
    "required": ["digits"],
}
_CALL_BACK: Final = {
    "type": "object",
    "properties": {
        "number": {
            "type": "string",
            "pattern": r"^\+?\d{8,15}$",
            "description": "The number to call, digits only. Leave it out for the caller's own.",
        },
        "when": {"type": "string", "maxLength": 100, "description": "When, in the caller's words."},
        "reason": {"type": "string", "maxLength": 300, "description": "Why, for the agent."},
    },
    "required": ["when", "reason"],
}


def own_offers(settings: Settings) -> list[Offer]:
    """Those of ours that the settings offer."""
    wanted = settings.tools.builtin
    offers = [offer for offer in TOOLS if offer["function"]["name"] in wanted]
    if settings.transfers and "transfer" in wanted:
        offers = [_transfer(offer, settings) for offer in offers]
    hours = settings.hours
    if OPENING_HOURS in wanted and (hours.weekly or hours.holidays):
        what = "Whether the office is open now, and the opening hours of the coming days."
        offers.append(offer_of(OPENING_HOURS, what, {"type": "object", "properties": {}}))
    if settings.outbound.enabled:
        what = "Never call this person again. Only when they have asked for that."
        offers.append(offer_of(DO_NOT_CALL, what, {"type": "object", "properties": {}}))
    if SEND_DIGITS in wanted:
        what = "Press keys on the line: to go through the menu of another machine."
        offers.append(offer_of(SEND_DIGITS, what, _DIGITS))
    return offers


def own_policies(settings: Settings) -> list[Tool]:
    """Our own tools as policy knows them; whom to transfer to is what the settings say."""
    tools = {tool.name: tool for tool in OWN}
    if settings.transfers:
        tools["transfer"] = _to_one_of(tools["transfer"], settings)
    tools[OPENING_HOURS] = Tool(OPENING_HOURS, {"properties": {}}, answers=True)
    tools[DO_NOT_CALL] = Tool(
        DO_NOT_CALL, {"properties": {}}, wants_no_more_calls, never, answers=True
    )
    tools[SEND_DIGITS] = Tool(SEND_DIGITS, _DIGITS, after_answers=never)
    return list(tools.values())


def _to_one_of(tool: Tool, settings: Settings) -> Tool:
    properties = {**tool.schema["properties"], "target": {"enum": sorted(settings.transfers)}}
    schema = {**tool.schema, "properties": properties, "required": ["target"]}
    return Tool(tool.name, schema, tool.asked_for)


def offers_call_back(settings: Settings) -> bool:
    """Whether a caller can be promised a call."""
    return bool(settings.tools.call_back.url) or CALL_BACK in settings.tools.http


def call_back(settings: Settings) -> HttpToolSettings:
    """The service that notes whom to call back."""
    own = settings.tools.call_back
    what = "Note that the caller wants to be called back. Only when they have asked for it."
    return HttpToolSettings(
        description=what,
        parameters=_CALL_BACK,
        method="POST",
        url=own.url,
        headers=dict(own.headers),
        timeout=own.timeout,
        idempotent=False,
    )


def _transfer(offer: Offer, settings: Settings) -> Offer:
    """Our `transfer`, with the places that the settings name."""
    function = offer["function"]
    if function["name"] != "transfer":
        return offer
    places = "; ".join(f"{n}: {each.description or n}" for n, each in settings.transfers.items())
    target = {"type": "string", "enum": sorted(settings.transfers), "description": places}
    schema = function["parameters"]
    parameters = {
        **schema,
        "properties": {"target": target, **schema["properties"]},
        "required": ["target", *schema["required"]],
    }
    return {"type": "function", "function": {**function, "parameters": parameters}}


def offer_of(name: str, description: str, schema: Mapping[str, Any]) -> Offer:
    function = {"name": name, "description": description, "parameters": dict(schema)}
    return {"type": "function", "function": function}


def never(arguments: Mapping[str, object]) -> bool:
    """Not after the answer of a service, whatever the arguments."""
    return False
