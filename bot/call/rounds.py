"""
The rounds of one answer: the model calls tools, reads what they answer, and goes on.

It decides what the model is told of each call: the answer, that it was refused, or that nobody
knows what became of it because the caller took the turn. It does not know what the tools do.
"""

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from bot.config_tools import ToolsSettings
from bot.core.ports import Message, ToolCall, Tools

UNKNOWN = "interrupted: the caller spoke meanwhile, and it is not known whether it was done"
FIRST = "not done: another tool was asked with it; call it again when you know the answer"


@dataclass(frozen=True, slots=True)
class Toolset:
    """Who does what the model asks for in a call (None: nobody), and the settings for it."""

    tools: Tools | None = None
    settings: ToolsSettings = ToolsSettings()
    own_words: bool = True
    """Whether a tool may have its own words said while it works: they are Hindi."""

    def saying(self, words: tuple[str, ...]) -> "Toolset":
        """The same in another language: only these words are said while the caller waits."""
        return Toolset(self.tools, self.settings.model_copy(update={"waiting": words}), False)


@dataclass(slots=True)
class _Round:
    """What was said before the calls, the calls, and by their ids what they answered."""

    said: str
    calls: list[ToolCall]
    answers: dict[str, str] = field(default_factory=dict)

    def messages(self, heard: str) -> Iterator[Message]:
        """The lines of this round; `heard` is what the caller heard before the calls."""
        yield Message("assistant", heard, tuple(self.calls))
        for call in self.calls:
            answer = self.answers.get(call.id) or told(call, UNKNOWN)
            yield Message("tool", answer, call_id=call.id)


NOBODY = Toolset()


class Rounds:
    """
    The rounds of one answer.

    `answered` says whether the model has read an answer that any service could have written.
    `_calls` are those of the round that the model is just speaking, `_refused` why some of them
    are not done; `_said` the sentences since the last round.
    """

    def __init__(
        self, toolset: Toolset = NOBODY, trusts: Callable[[str], bool] = lambda name: True
    ) -> None:
        """`trusts`: whether any tool may follow the answer of this one."""
        self.settings = toolset.settings
        self._tools = toolset.tools
        self._own_words = toolset.own_words
        self._most = toolset.settings.rounds
        self._trusts = trusts
        self._rounds: list[_Round] = []
        self._calls: list[ToolCall] = []
        self._refused: dict[str, str] = {}
        self._said: list[str] = []
        self.answered = False

    @property
    def more(self) -> bool:
        """Whether the model may call tools once more."""
        return len(self._rounds) < self._most

    @property
    def waiting(self) -> bool:
        """Whether the model waits for an answer before it can go on."""
        return bool(self._calls)

    def said(self, sentence: str) -> None:
        """We say this."""
        self._said.append(sentence)

    def ask(self, call: ToolCall, refused: str = "") -> None:
        """The model waits for this; `refused`: why it is not done."""
        if self._tools is None or not self.more:
            return
        self._calls.append(call)
        if refused:
            self._refused[call.id] = refused

    def drop(self) -> None:
        """What the model has just asked is not done, and not remembered."""
        self._calls.clear()
        self._refused.clear()

    def waiting_words(self) -> str:
        """What a tool of this round wants the caller to hear meanwhile; empty: it does not mind."""
        if self._tools is None or not self._rounds or not self._own_words:
            return ""
        words = (self._tools.waiting(call) for call in self._rounds[-1].calls)
        return next(filter(None, words), "")

    def begin(self, wishes: list[ToolCall]) -> bool:
        """Close the round; its `wishes` have to wait. Returns whether anything is really asked."""
        calls = [*self._calls, *wishes]
        self._refused |= {wish.id: FIRST for wish in wishes}
        self._rounds.append(_Round(" ".join(self._said), calls))
        self._said, self._calls = [], []
        refused = {c.id: told(c, self._refused[c.id]) for c in calls if c.id in self._refused}
        self._rounds[-1].answers |= refused
        return len(refused) < len(calls)

    async def run(self) -> None:
        """Have the tools of the round do their work, all at once."""
        asked = self._rounds[-1]
        await asyncio.gather(
            *(self._use(asked, call) for call in asked.calls if call.id not in asked.answers)
        )

    async def _use(self, asked: _Round, call: ToolCall) -> None:
        assert self._tools is not None, "nothing is asked without tools"
        asked.answers[call.id] = await self._tools.use(call)
        self.answered = self.answered or not self._trusts(call.name)

    def messages(self) -> list[Message]:
        """What the model is told of the rounds so far, to go on."""
        return [line for each in self._rounds for line in each.messages(each.said)]

    def as_heard(self, heard: str) -> list[Message]:
        """The whole answer as it is remembered, of which the caller has heard this."""
        lines: list[Message] = []
        for each in self._rounds:
            before = each.said if heard.startswith(each.said) else heard
            heard = heard[len(before) :].lstrip()
            lines += each.messages(before)
        return [*lines, *([Message("assistant", heard)] if heard else [])]


def told(call: ToolCall, why: str) -> str:
    """The answer of a tool that gave none."""
    return json.dumps({"tool": call.name, "ok": False, "error": why}, ensure_ascii=False)
