"""
What the model wants done with an answer: its tool calls, as far as they may be.

They are kept until what was said with them has been spoken; nothing is done here.
"""

from collections.abc import Callable

from bot.call.rounds import Rounds
from bot.call.tool_policy import Refused
from bot.call.tools import KEYS, MENU, NUMBER, WISHES, number_wanted
from bot.core.numbers import NumberWanted
from bot.core.ports import ToolCall

Gate = Callable[[ToolCall, int], ToolCall | Refused]
"""What may be done of a tool call, of which so many before it may be, or why nothing."""
IMPOSSIBLE = "not done: no such number can be asked for"


class Wanted:
    """
    Of one answer.

    `calls` are those that may be done and wait for no answer: `ending` are among them those that
    end the call, `numbers` what to ask the caller for, `keys` what is to be pressed. `_passed`
    counts all that passed the gate.
    """

    def __init__(self, gate: Gate, rounds: Rounds) -> None:
        """`gate` is asked for every call; those with answers go to `rounds`."""
        self.calls: list[ToolCall] = []
        self.ending: list[ToolCall] = []
        self.numbers: list[NumberWanted] = []
        self.keys = ""
        self._gate = gate
        self._rounds = rounds
        self._passed = 0

    def __bool__(self) -> bool:
        return bool(self.calls)

    def take(self, asked: ToolCall) -> None:
        """The model calls this."""
        call = self._gate(asked, self._passed)
        if isinstance(call, Refused):
            self._rounds.ask(asked, f"not done: {call.why}")
            return
        self._passed += 1
        if call.name in WISHES:
            self.ending.append(call)
        elif (number := number_wanted(call)) is not None:
            self.numbers.append(number)
        elif call.name == KEYS:
            self.keys += str(call.arguments.get("digits", ""))
        else:
            impossible = call.name in (NUMBER, MENU)
            self._rounds.ask(
                call, "not done: no such number can be asked for" if impossible else ""
            )
            return
        self.calls.append(call)

    def give_up(self) -> list[ToolCall]:
        """None of it is done; return what it was."""
        given_up, self.calls = self.calls, []
        self.ending, self.numbers, self.keys = [], [], ""
        return given_up
