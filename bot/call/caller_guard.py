"""
Which turns of a caller are refused, and what is said then.

What is refused is no part of the conversation: the model never reads it, not even later.
"""

from bot.call.actions import Refuse
from bot.call.phrasebook import Phrase
from bot.config import GuardSettings
from bot.core.guarded import Guarded
from bot.hindi.guard import attack


class CallerGuard:
    """
    The guard of one call.

    `_before` are the caller's last words that were answered: an attack may be told in two pieces.
    `_refused` counts the turns that were refused.
    """

    def __init__(self, settings: GuardSettings) -> None:
        self._settings = settings
        self._before = ""
        self._refused = 0

    def suspects(self, text: str) -> Guarded | None:
        """The kind of attack that these words are, as far as they go; nothing is noted."""
        return attack(text, self._before) if self._settings.callers else None

    def judge(self, text: str) -> Refuse | None:
        """How this turn is refused; None: it is to be answered."""
        kind = self.suspects(text)
        if kind is None:
            self._before = text
            return None
        self._before = ""
        self._refused += 1
        often = self._refused >= self._settings.refusals
        return Refuse(kind, text, Phrase.HAND_OVER if often else Phrase.REFUSAL)
