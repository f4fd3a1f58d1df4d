"""
What the bot says by itself: which words, and whether their sound is at hand.

A phrase that was synthesized before plays at once; one that cannot be synthesized now is
replaced by a recording, where there is one.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from bot.core.ports import Speech
from bot.hindi.aloud import Aloud, as_written
from bot.hindi.lexicon import DEFAULT, Lexicon
from bot.hindi.spoken import aloud


class Phrase(StrEnum):
    """The occasions. The values are the names of the settings under `phrases`."""

    NOTICE = "notice"
    """Before the greeting; its text may be empty: then it is never said."""
    GREETING = "greeting"
    CLOSED = "closed"
    """In place of the greeting, outside the opening hours."""
    SILENCE = "silence"
    APOLOGY = "apology"
    GOODBYE = "goodbye"
    TOO_LONG = "too_long"
    NOISE = "noise"
    MACHINE = "machine"
    GIVE_UP = "give_up"
    REFUSAL = "refusal"
    """To a caller who attacks the bot, and in place of an answer that may not be spoken."""
    HAND_OVER = "hand_over"
    """To one who does so too often."""
    MORE = "more"
    """After an answer that was too long to be said to its end."""
    SWITCHED = "switched"
    """The caller asked for this language, and now hears it."""
    ONE_LANGUAGE = "one_language"
    """The caller asked for a language that there is not."""
    UNANSWERED = "unanswered"
    """In place of the greeting, when a transfer found nobody and the caller is back."""
    UNANSWERED_CALL_BACK = "unanswered_call_back"
    """The same, with the offer to call back."""


@dataclass(slots=True)
class Phrasebook:
    """The phrases' texts, and their sound by rate of the line (Hz)."""

    texts: dict[Phrase, str]
    ready: dict[tuple[Phrase, int], Speech] = field(default_factory=dict)
    """Synthesized speech of exactly these texts."""
    recorded: dict[tuple[Phrase, int], Speech] = field(default_factory=dict)
    """Recordings to fall back on; their words may differ."""
    uninterruptible: frozenset[Phrase] = frozenset({Phrase.NOTICE})
    """Said to their end, whatever the caller does."""
    lexicon: Lexicon | None = DEFAULT
    """How words are said; None: the synthesizer is given what is written."""

    def aloud(self, text: str, before: str = "") -> Aloud:
        """A sentence, after what was said `before`, as written and as it is to be said."""
        return as_written(text) if self.lexicon is None else aloud(text, self.lexicon, before)
