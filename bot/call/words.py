"""What the caller has said in this turn, as far as the recogniser knows."""

from dataclasses import dataclass, field

from bot.core.events import Transcript

FIRST_PASS = 1.0
"""The stability by which Riva marks an interim that ends an utterance at the first pass."""


@dataclass(slots=True)
class Words:
    """The words of one turn: those that are final, and the latest guess at the others."""

    finals: list[str] = field(default_factory=list)
    interim: str = ""
    stability: float = 0.0
    """Of the interim words, 0 to 1."""
    closed: bool = False
    """A final came since the caller last fell silent: no more words are due."""

    def note(self, transcript: Transcript) -> None:
        """Take the recogniser's latest word."""
        text = transcript.text.strip()
        self.closed = transcript.final or (self.closed and not text)
        self.stability = 0.0 if transcript.final else transcript.stability
        self.interim = "" if transcript.final else text
        if transcript.final and text:
            self.finals.append(text)

    def awaited(self) -> None:
        """The caller has just fallen silent: the words of this utterance are still to come."""
        self.closed = False

    def clear(self) -> None:
        """Begin a new turn."""
        self.finals.clear()
        self.interim, self.stability, self.closed = "", 0.0, False

    @property
    def text(self) -> str:
        """All words so far."""
        return " ".join([*self.finals, self.interim]).strip()

    @property
    def first_pass(self) -> bool:
        """Whether the recogniser believes by itself that the utterance is over."""
        return bool(self.interim) and self.stability >= FIRST_PASS
