"""How much of the conversation the model is told: whole turns, the newest ones, within a limit."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from bot.core.ports import Message
from bot.hindi.redact import redact

_PER_MESSAGE: Final = 6
"""Tokens of a message's frame in a chat template, at most."""
_ASCII_PER_TOKEN: Final = 3
"""English is about 4 characters a token in common vocabularies; 3 is the careful side."""


def tokens(text: str) -> int:
    """
    Tokens of `text`, estimated on the high side: one for each character that is not ASCII.

    Llama 3 needs about half a token for a Devanagari character; smaller vocabularies one.
    """
    ascii_characters = len(text.encode("ascii", "ignore"))
    return len(text) - ascii_characters + -(-ascii_characters // _ASCII_PER_TOKEN)


def fit(system: str, history: Sequence[Message], limit: int) -> list[Message]:
    """
    The messages to send, at most `limit` estimated tokens: system prompt first, newest turns last.

    A turn is what the caller said and our answer; turns are left out whole, the oldest first. The
    system prompt, notes of role "system" and the newest turn are always kept. Neighbours of one
    role are joined, because many chat templates refuse them.
    """
    notes = [message for message in history if message.role == "system"]
    head = _joined([*([Message("system", system)] if system else []), *notes])
    room = limit - sum(map(_cost, head))
    turns = list(_turns([message for message in history if message.role != "system"]))
    kept: list[Message] = []
    for turn in reversed(turns):
        cost = sum(map(_cost, turn))
        if kept and cost > room:
            break
        room -= cost
        kept[:0] = turn
    return head + _joined(kept)


def redacted(history: Sequence[Message]) -> list[Message]:
    """The messages with marks for what identifies a person; each answers the one before it."""
    before = ["", *(message.content for message in history)]
    return [
        replace(message, content=redact(message.content, asked))
        if message.role != "system"
        else message
        for message, asked in zip(history, before, strict=False)
    ]


def _turns(messages: Sequence[Message]) -> Iterator[list[Message]]:
    """Split before each message of the caller that follows one of ours."""
    turn: list[Message] = []
    for message in messages:
        if message.role == "user" and turn and turn[-1].role != "user":
            yield turn
            turn = []
        turn.append(message)
    if turn:
        yield turn


def _joined(messages: Sequence[Message]) -> list[Message]:
    joined: list[Message] = []
    for message in messages:
        if joined and _alike(joined[-1], message):
            between = "\n\n" if message.role == "system" else " "
            text = f"{joined[-1].content}{between}{message.content}"
            joined[-1] = Message(message.role, text)
        else:
            joined.append(message)
    return joined


def _alike(one: Message, other: Message) -> bool:
    """Whether two lines can be one. Tools and their answers stand alone."""
    return one.role == other.role != "tool" and not (one.calls or other.calls)


def _cost(message: Message) -> int:
    calls = sum(_PER_MESSAGE + tokens(each.name + str(each.arguments)) for each in message.calls)
    return _PER_MESSAGE + tokens(message.content) + calls
