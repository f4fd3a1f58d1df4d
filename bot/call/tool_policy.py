"""
Whether a tool that the model called is run: the one gate between a model's words and a deed.

A model can be talked into anything, so nothing here depends on what the model believes. A tool runs
when somebody offered it, its arguments have the form that its schema asks for (whom to transfer to
is an `enum` there), the caller did not name it as programmers do, and the caller's turn before was
no refused attack; after one, it still runs when the caller's own words plainly ask for it.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bot.call.arguments import WrongArgument, fitted
from bot.core.guarded import Guarded
from bot.core.ports import ToolCall
from bot.hindi.plain_wishes import wants_person, wants_to_leave

MOST_CALLS = 4
"""Tools of one answer."""
_TOOL_WORD = r"(?:tool|function|api|endpoint|टूल|फंक्शन|फ़ंक्शन|एपीआई)"


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool as policy knows it: `schema` is the JSON Schema of its arguments (an object)."""

    name: str
    schema: Mapping[str, Any] = field(default_factory=dict)
    asked_for: Callable[[str], bool] = lambda words: False
    """Whether the caller's words plainly ask for what it does."""
    after_answers: Callable[[Mapping[str, object]], bool] = lambda arguments: True
    """Whether it runs with these arguments when all that may have called for it is the answer of a
    service: one that changes nothing does."""
    trusted: bool = True
    """Whether its own answer is believed so far that any tool may follow it."""
    answers: bool = False
    """Whether the model waits for what it answers."""


@dataclass(frozen=True, slots=True)
class Moment:
    """
    What an answer of the model answers: `said` are the caller's words.

    `wary`: the caller's turn before was refused as an attack. `answered`: the model has read the
    answer of a service since the caller's words, and it may say anything.
    """

    said: str = ""
    wary: bool = False
    answered: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """This call is not run. `why` goes into logs; it holds nothing that the caller said."""

    kind: Guarded
    why: str


class ToolPolicy:
    """Which of the tools of one kind of call may run."""

    def __init__(self, tools: Iterable[Tool]) -> None:
        self._tools = {tool.name: tool for tool in tools}

    def judge(self, call: ToolCall, moment: Moment, before: int = 0) -> ToolCall | Refused:
        """
        The call as it may run, its arguments in the form of the schema; or why it may not.

        `before`: how many calls of this answer may run already.
        """
        tool = self._tools.get(call.name)
        if tool is None:
            return Refused(Guarded.TOOL_UNKNOWN, call.name[:64])
        if before >= MOST_CALLS:
            return Refused(Guarded.TOOL_TOO_MANY, tool.name)
        if named(tool.name, moment.said):
            return Refused(Guarded.TOOL_NAMED, tool.name)
        if moment.wary and not tool.asked_for(moment.said):
            return Refused(Guarded.TOOL_AFTER_ATTACK, tool.name)
        try:
            arguments = fitted(call.arguments, tool.schema)
        except WrongArgument as wrong:
            return Refused(Guarded.TOOL_ARGUMENTS, f"{tool.name}: {wrong}")
        if moment.answered and not tool.after_answers(arguments):
            return Refused(Guarded.TOOL_AFTER_ANSWER, tool.name)
        return replace(call, arguments=arguments)

    def answers(self, name: str) -> bool:
        """Whether the model waits for an answer of this tool."""
        return name in self._tools and self._tools[name].answers

    def trusts(self, name: str) -> bool:
        """Whether any tool may follow the answer of this one."""
        return name in self._tools and self._tools[name].trusted


def named(tool: str, said: str) -> bool:
    """
    Whether the words name a tool as programmers do: "collect_number", "the transfer function".

    "Hang up, please" and "order status" are what callers say, whatever a tool is called.
    """
    said = said.lower()
    if "_" in tool and tool.lower() in said:
        return True
    plain = re.escape(tool.lower().replace("_", " "))
    return re.search(rf"{plain} {_TOOL_WORD}|{_TOOL_WORD} {plain}", said) is not None


def _schema(required: tuple[str, ...] = (), **properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


_NAME = {"type": "string", "maxLength": 40, "pattern": r"^[\w .-]*$"}
OWN = (
    Tool("hang_up", _schema(), wants_to_leave, lambda arguments: False),
    Tool("transfer", _schema(reason={"type": "string", "maxLength": 2000}), wants_person),
    Tool(
        "collect_number",
        _schema(
            ("digits",),
            name=_NAME,
            digits={"type": "string", "pattern": r"^\d{1,2}( ?- ?\d{1,2})?$"},
            secret={"type": "boolean"},
        ),
        after_answers=lambda arguments: not arguments.get("secret"),
    ),
    Tool(
        "offer_menu",
        _schema(
            ("choices",),
            name=_NAME,
            choices={"type": "string", "pattern": r"^[0-9*#A-D](?:[ ,]+[0-9*#A-D])*[ ,]*$"},
        ),
    ),
)
"""The tools of every call. Of `transfer`, the settings say where to."""
