"""Decides what an answer of the assistant is, and by which tool its question is asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bot.local.assistant_script import Script

NUMBER_TOOL = "collect_number"
"""Asks for a number; the call collects it, has it confirmed and tells "[name: digits]"."""
MENU_TOOL = "offer_menu"
"""Asks for one key; the call tells "[name: key]"."""
MENU = "menu"
"""The name of the menu."""
NONE = "none"
"""What the call tells when it did not get what was asked for."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What to say; `intent` is what was understood ("" for nothing); `tool` is a thing to do."""

    text: str
    intent: str = ""
    tool: str | None = None
    step: str | None = None
    """The step whose question is open after this answer; mostly it ends the text."""
    arguments: Mapping[str, str] = field(default_factory=dict)
    """Of the tool."""


def asked_by_tool(script: Script, answer: Answer) -> Answer:
    """The same answer; where it ends with a question for a number, the tool collects that."""
    if answer.tool == MENU_TOOL:
        return replace(answer, arguments={"name": MENU, "choices": ",".join(script.menu_keys())})
    step = script.steps.get(answer.step or "")
    if answer.tool or step is None or step.length is None or not answer.text.endswith(step.ask):
        return answer
    wanted = {"name": answer.step or "", "digits": str(step.length), "secret": "false"}
    return replace(answer, tool=NUMBER_TOOL, arguments=wanted)
