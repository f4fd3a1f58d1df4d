"""Decides what a valid script of the assistant is: the shape of assistant.yaml."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from bot.core.errors import ConfigError

DEFAULT_SCRIPT = Path(__file__).with_name("assistant.yaml")
SLOTS = frozenset({"amount", "digits", "name", "reference"})
"""What a reply may name besides the script's facts."""
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The safe loader, in its fast form where PyYAML was built with it."""
_NEEDED = ("greeting", "goodbye", "mobile_number", "name", "no", "number", "repeat", "yes")


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Reply(_Entry):
    """Something to say; the step that follows it (whose question is spoken too); a tool to call."""

    say: str = Field(min_length=1)
    then: str | None = None
    tool: Literal["transfer", "hang_up", "offer_menu"] | None = None


class Intent(Reply):
    """What a caller may want, how it is said, and the reply."""

    phrases: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    key: str | None = Field(default=None, pattern=r"^[0-9*#]$")
    slot: Literal["amount", "digits", "name"] | None = None
    missing: str | None = None
    """Said instead of `say` when the slot was not heard."""
    missing_then: str | None = None
    always: bool = False
    """Understood even where a step takes any words as its answer."""
    yields: bool = False
    """Gives way to any other intent in the same utterance: a greeting, a thank-you."""
    transparent: bool = False
    """Leaves the open question open."""

    @model_validator(mode="after")
    def _slot_has_both_replies(self) -> "Intent":
        if (self.slot is None) != (self.missing is None):
            raise ValueError("slot and missing belong together: give both or neither")
        return self


class Step(_Entry):
    """A question and what its answers lead to."""

    ask: str = Field(min_length=1)
    expects: Literal["request", "yes_no", "digits", "anything"]
    about: tuple[str, ...] = ()
    """Intents that mean yes here: "block my card" to the question whether to block it."""
    keys: Mapping[str, Literal["yes", "no"]] = {}
    yes: Reply | None = None
    no: Reply | None = None
    right: Reply | None = None
    wrong: Reply | None = None
    confirms: bool = False
    """Asks whether a number is right: passed over with a yes where the call itself has asked."""
    length: int | None = Field(default=None, ge=1, le=20)

    @model_validator(mode="after")
    def _has_its_answers(self) -> "Step":
        needed = {"yes_no": ("yes", "no"), "digits": ("right", "wrong", "length")}
        more = {"anything": ("right",), "request": ()}
        for name in {**needed, **more}[self.expects]:
            if getattr(self, name) is None:
                raise ValueError(f"a step that expects {self.expects} needs {name!r}")
        if self.confirms and self.expects != "yes_no":
            raise ValueError("a step that confirms has to expect yes_no")
        return self

    def replies(self) -> Iterator[tuple[str, Reply]]:
        """The answers that this step has, by name."""
        for name in ("yes", "no", "right", "wrong"):
            reply = getattr(self, name)
            if reply is not None:
                yield name, reply


StepName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
"""In English: a number that the call collects is named by it."""


class Script(_Entry):
    """The whole script. Replies and questions have the facts filled in already."""

    facts: Mapping[str, str] = {}
    light: str = ""
    yes_words: str
    no_words: str
    intents: Mapping[str, Intent]
    steps: Mapping[StepName, Step]
    unclear: tuple[Reply, ...] = Field(min_length=1)
    more_digits: Reply
    wrong_key: Reply
    person_keys: tuple[str, ...] = ()
    tool_done: Reply

    def menu_keys(self) -> list[str]:
        """The keys that the menu takes."""
        keys = {intent.key for intent in self.intents.values() if intent.key}
        return sorted(keys | set(self.person_keys))

    def all_replies(self) -> Iterator[tuple[tuple[str | int, ...], Reply]]:
        """Every reply with its place in the file."""
        for name, intent in self.intents.items():
            yield ("intents", name), intent
        for name, step in self.steps.items():
            for answer, reply in step.replies():
                yield ("steps", name, answer), reply
        for place, reply in enumerate(self.unclear):
            yield ("unclear", place), reply
        for name in ("more_digits", "wrong_key", "tool_done"):
            yield (name,), getattr(self, name)


_Place = Sequence[str | int]
_Fault = tuple[_Place, str]


def load_script(path: Path | None = None) -> Script:
    """Read a script (ours by default). ConfigError names the file, the line and the field."""
    path = path or DEFAULT_SCRIPT
    try:
        text = path.read_text(encoding="utf-8")
        tree = yaml.compose(text, Loader=_LOADER)
        data = yaml.load(text, Loader=_LOADER)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"the assistant's script {path} cannot be read: {error}") from error
    try:
        script = Script.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        raise _config_error(path, tree, (first["loc"], str(first["msg"]))) from error
    fault = next(_faults(script), None) or _repeated(tree)
    if fault:
        raise _config_error(path, tree, fault)
    return script


def _config_error(path: Path, tree: Any, fault: _Fault) -> ConfigError:
    place, reason = fault
    name = ".".join(str(part) for part in place) or "the file"
    return ConfigError(f"{path}, line {_line(tree, place)}: {name}: {reason}")


def _line(tree: Any, place: _Place) -> int:
    """The line of a field, or of the last one above it that is there."""
    line = 1
    node = tree
    for part in place:
        node, line = _child(node, part, line)
    return line


def _child(node: Any, part: str | int, line: int) -> tuple[Any, int]:
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        child = node.value[part]
        return child, child.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(part):
                return value, key.start_mark.line + 1
    return None, line


def _repeated(node: Any, place: tuple[str | int, ...] = ()) -> _Fault | None:
    """A name that is given twice in one mapping: YAML would silently keep the last."""
    if not isinstance(node, yaml.MappingNode):
        return None
    seen: set[str] = set()
    for key, value in node.value:
        here = (*place, str(key.value))
        if key.value in seen:
            return here, "this name is given twice"
        seen.add(key.value)
        fault = _repeated(value, here)
        if fault:
            return fault
    return None


def _faults(script: Script) -> Iterator[_Fault]:
    """What pydantic cannot see: names that point nowhere, and text that cannot be spoken."""
    for name in _NEEDED:
        if name not in script.intents:
            yield ("intents",), f"the intent {name!r} is needed"
    for name, fact in script.facts.items():
        yield from _text_faults(script, ("facts", name), fact)
    for place, reply in script.all_replies():
        yield from _reply_faults(script, place, reply)
    for name, intent in script.intents.items():
        yield from _intent_faults(script, name, intent)
    for name, step in script.steps.items():
        yield from _step_faults(script, name, step)


def _reply_faults(script: Script, place: _Place, reply: Reply) -> Iterator[_Fault]:
    yield from _text_faults(script, (*place, "say"), reply.say)
    yield from _target_faults(script, (*place, "then"), reply.then)


def _intent_faults(script: Script, name: str, intent: Intent) -> Iterator[_Fault]:
    place = ("intents", name)
    yield from _text_faults(script, (*place, "missing"), intent.missing or "-")
    yield from _target_faults(script, (*place, "missing_then"), intent.missing_then)


def _step_faults(script: Script, name: str, step: Step) -> Iterator[_Fault]:
    place = ("steps", name)
    yield from _text_faults(script, (*place, "ask"), step.ask)
    if "{" in step.ask:
        yield (*place, "ask"), "a question is recognised by its words: it can have no {slot}"
    for about in step.about:
        if about not in script.intents:
            yield (*place, "about"), f"there is no intent {about!r}"
    for other_name, other in script.steps.items():
        if other_name != name and other.ask.endswith(step.ask):
            yield (*place, "ask"), f"the step {other_name!r} ends with the same question"


def _target_faults(script: Script, place: _Place, then: str | None) -> Iterator[_Fault]:
    if then is not None and then not in script.steps:
        yield place, f"there is no step {then!r}; steps: {', '.join(sorted(script.steps))}"


def _text_faults(script: Script, place: _Place, text: str) -> Iterator[_Fault]:
    known = SLOTS | set(script.facts)
    for name in re.findall(r"\{([^}]*)\}", text):
        if name not in known:
            yield place, f"{{{name}}} is no fact; known: {', '.join(sorted(known))}"
    found = re.search(r"[0-9०-९A-Za-z*#_`<>]+", re.sub(r"\{[^}]*\}", "", text))
    if found:
        yield place, f"write {found.group()!r} as it is spoken, in Hindi words"
