"""What was said: the conversation as the model will see it, in the words that were heard."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from bot.core.ports import Message

LONGEST = 400
"""Messages kept of one call; the model's adapter bounds what is sent by tokens."""


@dataclass(slots=True)
class History:
    """The messages of one call, oldest first. Neighbours of one speaker are joined."""

    messages: list[Message] = field(default_factory=list)

    def if_caller_says(self, text: str) -> tuple[Message, ...]:
        """The messages as they would be; nothing is noted."""
        maybe = History(list(self.messages))
        maybe.caller_said(text)
        return tuple(maybe.messages)

    def caller_said(self, text: str) -> None:
        """The caller's turn. Nothing said is nothing noted."""
        if text:
            self._add(Message("user", text))

    def caller_heard(self, text: str) -> None:
        """Our turn: only what left the line before it was cut."""
        if text:
            self._add(Message("assistant", text))

    def we_used(self, messages: Iterable[Message]) -> None:
        """A reply of ours with the tools that it called, and what they answered."""
        for message in messages:
            self._add(message)

    def _add(self, message: Message) -> None:
        last = self.messages[-1] if self.messages else None
        plain = last is not None and not (last.calls or message.calls)
        if last is not None and plain and last.role == message.role != "tool":
            self.messages[-1] = Message(message.role, f"{last.content} {message.content}")
        else:
            self.messages.append(message)
        del self.messages[:-LONGEST]
        while self.messages[0].role == "tool":
            del self.messages[0]  # what was asked for it is forgotten, too
