"""What the model's tool calls mean for the call."""

from collections.abc import Mapping

from bot.core.errors import BotError
from bot.core.events import Ending
from bot.core.numbers import NumberWanted
from bot.core.ports import ToolCall

WISHES: Mapping[str, Ending] = {"hang_up": Ending.HANG_UP, "transfer": Ending.TRANSFER}
"""How the call ends once what was said with the tool is spoken."""
NUMBER = "collect_number"
MENU = "offer_menu"
KEYS = "send_digits"
TRUE = frozenset({"true", "yes", "1", "हाँ"})


def number_wanted(call: ToolCall) -> NumberWanted | None:
    """
    The number that this call asks for; None where it asks for none, or for an impossible one.

    `collect_number` has `name`, `digits` ("6", or "10-16") and `secret`; `offer_menu` has `name`
    and `choices` ("1,2,9"). Models write numbers and truths as strings, or not: both are taken.
    """
    name = str(call.arguments.get("name") or "number").strip()[:40]
    try:
        if call.name == MENU:
            choices = tuple(str(call.arguments.get("choices", "")).replace(",", " ").split())
            return NumberWanted(name, 1, 1, confirm=False, choices=choices) if choices else None
        if call.name == NUMBER:
            least, most = _digits(str(call.arguments.get("digits", "")))
            secret = str(call.arguments.get("secret", "")).strip().lower() in TRUE
            return NumberWanted(name, least, most, secret)
    except (BotError, ValueError):
        pass
    return None


def _digits(text: str) -> tuple[int, int]:
    """Least and most of "6" or "10-16". Raises ValueError for anything else."""
    least, _, most = text.partition("-")
    return int(least), int(most or least)
