"""Latency: named instants of one turn, and the one table of intervals that everybody reports."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Mark(StrEnum):
    """An instant of a turn, in the order they normally come."""

    SPEECH_ENDED = "speech_ended"
    """The last voiced sample of the caller (voice activity, less its hang-over)."""
    FINAL_TRANSCRIPT = "final_transcript"
    TURN_ENDED = "turn_ended"
    """The policy decided that it is our turn."""
    ASKED = "asked"
    """The model was asked; before the turn ended, where the answer was begun early."""
    FIRST_TOKEN = "first_token"
    FIRST_SENTENCE = "first_sentence"
    FIRST_AUDIO = "first_audio"
    FIRST_FRAME = "first_frame"
    """The first frame of our reply left for the caller."""
    FILLER = "filler"
    """The first frame of a filler left, because the answer was late."""
    HUSHED = "hushed"
    """The caller spoke over us, and we fell silent for the first time."""
    SILENCED = "silenced"
    """The first frame of silence after that."""
    BARGE_IN = "barge_in"
    """The turn was taken from us: the rest of the reply was given up."""
    REPLY_ENDED = "reply_ended"


INTERVALS: Mapping[str, tuple[Mark, Mark]] = {
    "endpoint": (Mark.SPEECH_ENDED, Mark.TURN_ENDED),
    "recognition": (Mark.SPEECH_ENDED, Mark.FINAL_TRANSCRIPT),
    "head_start": (Mark.ASKED, Mark.TURN_ENDED),
    "model": (Mark.ASKED, Mark.FIRST_TOKEN),
    "sentence": (Mark.FIRST_TOKEN, Mark.FIRST_SENTENCE),
    "synthesis": (Mark.FIRST_SENTENCE, Mark.FIRST_AUDIO),
    "playout": (Mark.FIRST_AUDIO, Mark.FIRST_FRAME),
    "response": (Mark.TURN_ENDED, Mark.FIRST_FRAME),
    "turnaround": (Mark.SPEECH_ENDED, Mark.FIRST_FRAME),
    "silencing": (Mark.HUSHED, Mark.SILENCED),
}
"""Name of an interval: from which mark to which."""


@dataclass(slots=True)
class Marks:
    """The marks of one turn, in the loop's time. The first one of each name counts."""

    at: dict[Mark, float] = field(default_factory=dict)

    def mark(self, mark: Mark, when: float | None = None) -> None:
        """Note that `mark` happens now, or happened at `when`."""
        if mark not in self.at:
            self.at[mark] = asyncio.get_running_loop().time() if when is None else when

    def intervals(self) -> dict[str, float]:
        """Seconds of each interval of the table whose two marks were made."""
        return {
            name: self.at[end] - self.at[start]
            for name, (start, end) in INTERVALS.items()
            if start in self.at and end in self.at
        }
