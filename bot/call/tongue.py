"""What a call needs to be held in a language, and what the model is told of how to answer in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.call.phrasebook import Phrasebook
from bot.config import TurnSettings
from bot.core.ports import Message, Recognizer, Synthesizer
from bot.hindi.mix import Mix, mix_of

TURNS = 3
"""Turns of the caller that tell how they mix Hindi and English now."""


@dataclass(frozen=True, slots=True)
class Tongue:
    """
    One language of a call: who hears and speaks it, the bot's own words, fillers and questions.

    `note` is what the model is told for as long as it is spoken; `mixes` what it is told by the
    caller's mix.
    """

    recognizer: Recognizer
    synthesizer: Synthesizer
    book: Phrasebook
    turns: TurnSettings
    note: str = ""
    mixes: Mapping[Mix, str] = field(default_factory=dict)

    def told(self, history: Sequence[Message]) -> tuple[Message, ...]:
        """The history with what the model is told beside it, if anything."""
        said = [message.content for message in history if message.role == "user"]
        mix = mix_of(said[-TURNS:]) if self.mixes else None
        notes = [self.note, self.mixes.get(mix, "") if mix else ""]
        text = "\n".join(filter(None, notes))
        return (*history, Message("system", text)) if text else tuple(history)
