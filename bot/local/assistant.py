"""
Decides what the embedded assistant says next. The conversation in the request is its only memory.

The question that is open is read from what the assistant said last: every question of the script
has its own words. Where barge-in cut the last reply, the reply is worked out again from the
conversation before it. System messages are ignored: there is no language model here.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bot.core.ports import Message
from bot.local.assistant_answer import MENU, NONE, Answer, asked_by_tool
from bot.local.assistant_history import (
    asked_digits,
    begins_like,
    last_of,
    plain,
    pressed_so_far,
    reference,
    times_said,
    told,
    words_or_keys,
)
from bot.local.assistant_numbers import spoken_digits
from bot.local.assistant_script import Intent, Reply, Script, Step, load_script
from bot.local.assistant_understanding import Understanding

_MOST_WRONG = 2
"""How often digits are asked for again before a person is offered."""
_MOST_NONE = 1
"""The same where the call collects them, for it asks again by itself."""
_DEEPEST = 4
"""How many cut replies in a row are worked out again."""


@dataclass(frozen=True, slots=True)
class _Turn:
    """What the caller said now, the step that was open, and the conversation up to here."""

    text: str
    keys: str
    step: str | None
    history: Sequence[Message]
    depth: int


def load_assistant(script: Path | None = None) -> "Assistant":
    """The assistant with its script, or with another one. Raises ConfigError."""
    return Assistant(load_script(script))


class Assistant:
    """Answers conversations. Stateless: one may serve any number of calls."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._understanding = Understanding(script)
        self._steps = {name: plain(step.ask) for name, step in script.steps.items()}

    def answer(self, history: Sequence[Message]) -> Answer:
        """The next reply of a conversation that ends with the caller's words."""
        answer = self._answer([m for m in history if m.role != "system"], 0)
        return asked_by_tool(self._script, answer)

    def tool_done(self) -> Answer:
        """What is said when a tool was called and the conversation goes on."""
        return Answer(self._script.tool_done.say)

    def _answer(self, history: Sequence[Message], depth: int) -> Answer:
        end = last_of(history, "user")
        if end is None:
            return self._intent_answer("greeting", _Turn("", "", None, (), depth))
        before = history[:end]
        step = self._open_step(before, depth)
        turn = _Turn(*words_or_keys(history[end].content), step, history[: end + 1], depth)
        if turn.keys:
            return self._keys_answer(turn)
        told_answer = self._told_answer(*told(history[end].content), turn)
        return told_answer or self._step_answer(turn) or self._free_answer(turn)

    # What was asked last.

    def _open_step(self, before: Sequence[Message], depth: int) -> str | None:
        """The step whose question the caller heard last, if it is still open."""
        end = last_of(before, "assistant")
        if end is None:
            return None
        said = plain(before[end].content)
        if said.endswith(self._transparent()):
            return self._open_step(before[:end], depth)
        asked = max(self._steps, key=lambda name: said.rfind(self._steps[name]))
        if self._steps[asked] in said:
            return asked
        whole = self._said_before(before[:end], depth)
        return whole.step if whole and begins_like(said, whole.text) else None

    def _transparent(self) -> tuple[str, ...]:
        intents = self._script.intents.values()
        return tuple(plain(intent.say) for intent in intents if intent.transparent)

    def _said_before(self, before: Sequence[Message], depth: int) -> Answer | None:
        """The reply to this conversation as it was before anything cut it."""
        if depth >= _DEEPEST or last_of(before, "user") is None:
            return None
        return self._answer(before, depth + 1)

    # Keys.

    def _keys_answer(self, turn: _Turn) -> Answer:
        step = self._script.steps.get(turn.step or "")
        if turn.keys.endswith("*"):
            return self._intent_answer("repeat", turn)
        if step and step.expects == "digits":
            return self._pressed_digits(step, turn)
        keys = turn.keys.rstrip("#") or "#"
        if self._understanding.intent(keys) == "mobile_number":
            return self._intent_answer("mobile_number", replace(turn, text=keys))
        key = keys[-1]
        if step and key in step.keys:
            return self._polar_answer(step, step.keys[key], turn)
        return self._menu_answer(key, turn)

    def _pressed_digits(self, step: Step, turn: _Turn) -> Answer:
        """Digits come key by key: wait for the rest of them, until # or until there are enough."""
        pressed = pressed_so_far(turn.history, self._script.more_digits.say)
        if len(pressed) < (step.length or 0) and not pressed.endswith("#"):
            return self._say(self._script.more_digits, turn, "digits", open_step=turn.step)
        return self._digits_answer(step, turn, pressed)

    def _menu_answer(self, key: str, turn: _Turn) -> Answer:
        if key in self._script.person_keys:
            return self._intent_answer("person", turn)
        for name, intent in self._script.intents.items():
            if intent.key == key:
                return self._intent_answer(name, turn)
        return self._say(self._script.wrong_key, turn)

    # What our tools brought.

    def _told_answer(self, name: str, value: str, turn: _Turn) -> Answer | None:
        """The answer to what the call has collected for us; None where it has not."""
        if name == MENU:
            wrong = value == NONE
            return self._offer_person(turn) if wrong else self._menu_answer(value, turn)
        step = self._script.steps.get(name)
        if step is None or step.right is None or step.length is None:
            return None
        if len(value) != step.length or not value.isdigit():
            return self._wrong_digits(step, turn, _MOST_NONE)
        confirm = self._script.steps.get(step.right.then or "")
        reply = confirm.yes if confirm and confirm.confirms else None
        return self._say(reply or step.right, turn, "digits", {"digits": spoken_digits(value)})

    # Answers to the open question.

    def _step_answer(self, turn: _Turn) -> Answer | None:
        """The answer to the open question; None where the caller wants something else."""
        step = self._script.steps.get(turn.step or "")
        if step is None or not turn.text.strip():
            return None
        if step.expects == "yes_no":
            polarity = self._understanding.polarity(step, turn.text)
            return self._polar_answer(step, polarity, turn) if polarity else None
        if step.expects == "digits":
            return self._digits_answer(step, turn, asked_digits(turn.text, step.length or 0))
        if step.expects == "anything" and step.right:
            intent = self._script.intents.get(self._understanding.intent(turn.text) or "")
            escaped = intent is not None and intent.always
            return None if escaped else self._say(step.right, turn, "anything")
        return None

    def _polar_answer(self, step: Step, polarity: str, turn: _Turn) -> Answer:
        reply = step.yes if polarity == "yes" else step.no
        return self._say(reply or self._script.tool_done, turn, polarity)

    def _digits_answer(self, step: Step, turn: _Turn, digits: str) -> Answer:
        digits = digits.rstrip("#")
        if len(digits) == step.length and step.right:
            return self._say(step.right, turn, "digits", {"digits": spoken_digits(digits)})
        free = self._understanding.intent(turn.text) if turn.text.strip() else None
        if free and free not in ("number", "mobile_number"):
            return self._free_answer(turn)
        return self._wrong_digits(step, turn, _MOST_WRONG)

    def _wrong_digits(self, step: Step, turn: _Turn, most: int) -> Answer:
        """Ask again, or offer a person when this was said so often already."""
        if step.wrong is None or times_said(step.wrong.say, turn.history) >= most:
            return self._offer_person(turn)
        return self._say(step.wrong, turn, "digits")

    def _offer_person(self, turn: _Turn) -> Answer:
        return self._say(self._script.unclear[-1], turn)

    # Anything else.

    def _free_answer(self, turn: _Turn) -> Answer:
        intent = self._understanding.intent(turn.text) if turn.text.strip() else None
        return self._intent_answer(intent, turn) if intent else self._unclear(turn)

    def _intent_answer(self, name: str, turn: _Turn) -> Answer:
        intent = self._script.intents[name]
        if name == "repeat":
            return self._repeat(intent, turn)
        slots = self._understanding.slot(intent, turn.text)
        if intent.slot and not slots:
            then = intent.missing_then or intent.then
            intent = intent.model_copy(update={"say": intent.missing, "then": then})
        return self._say(intent, turn, name, slots, turn.step if intent.transparent else None)

    def _repeat(self, intent: Intent, turn: _Turn) -> Answer:
        """Say the last reply again, whole, even where it was cut."""
        before = turn.history[:-1]
        end = last_of(before, "assistant")
        if end is None:
            return self._intent_answer("greeting", turn)
        said = before[end].content
        whole = self._said_before(before[:end], turn.depth)
        if whole and begins_like(plain(said), whole.text):
            said = whole.text
        said = said.removeprefix(intent.say).strip()
        return Answer(f"{intent.say} {said}", "repeat", step=turn.step)

    def _unclear(self, turn: _Turn) -> Answer:
        """Not understood: ask again, then with examples, then offer a person."""
        replies = self._script.unclear
        reply = replies[min(self._times_unclear(turn), len(replies) - 1)]
        step = self._script.steps.get(turn.step or "")
        again = turn.step if step and step.expects != "request" else None
        return self._say(reply.model_copy(update={"then": reply.then or again}), turn)

    def _times_unclear(self, turn: _Turn) -> int:
        """How many times in a row it was said already."""
        end = last_of(turn.history, "assistant")
        said = plain(turn.history[end].content) if end is not None else ""
        for place, reply in enumerate(self._script.unclear):
            known = plain(reply.say)
            if said and (known in said or known.startswith(said)):
                return place + 1
        return 0

    def _say(
        self,
        reply: Reply,
        turn: _Turn,
        intent: str = "",
        slots: Mapping[str, str] | None = None,
        open_step: str | None = None,
    ) -> Answer:
        """A reply with its facts and slots, and the question of the step that follows it."""
        step = self._script.steps.get(reply.then or "")
        text = f"{reply.say} {step.ask}" if step else reply.say
        known = {**self._script.facts, "reference": reference(turn.history), **(slots or {})}
        text = re.sub(r"\{(\w+)\}", lambda found: known.get(found.group(1), ""), text)
        return Answer(text, intent, reply.tool, reply.then or open_step)
