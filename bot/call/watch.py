"""What is told of a call to those who keep books on it, while it goes on."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.call.actions import Action
from bot.call.phrasebook import Phrase
from bot.core.errors import ServiceError
from bot.core.events import Event
from bot.core.guarded import Guarded
from bot.core.marks import Marks


@dataclass(frozen=True, slots=True)
class TurnReport:
    """What one turn was: for logs, metrics and the picture of the call."""

    turn: int
    heard: str
    """The caller's words that we answered, secrets masked; empty for words of our own accord."""
    said: str
    """Our words that left the line."""
    phrase: Phrase | None
    interrupted: bool
    error: ServiceError | None
    marks: Marks


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told what happens in a call. Each is called on the loop and must not wait."""

    turn: Callable[[TurnReport], None] = lambda report: None
    event: Callable[[Event], None] = lambda event: None
    action: Callable[[Action], None] = lambda action: None
    discarded: Callable[[int], None] = lambda tokens: None
    """Pieces of text from the model for an answer that was begun early, and not wanted."""
    late: Callable[[float], None] = lambda seconds: None
    """How many seconds after its time each frame left."""
    refused: Callable[[Guarded, str], None] = lambda kind, why: None
    """What the guard refused, and why; the latter holds nothing that the caller said."""
    said: Callable[[str], None] = lambda sentence: None
    """The sentence of ours that begins to sound."""
    secret: Callable[[bool], None] = lambda begins: None
    """A secret number is asked for from now on, or no more: told when that changes."""
