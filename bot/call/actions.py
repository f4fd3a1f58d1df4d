"""What the turn policy can want done. Each action is a frozen value; `call.py` does it."""

from dataclasses import dataclass

from bot.call.phrasebook import Phrase
from bot.core.events import Ending
from bot.core.guarded import Guarded
from bot.hindi.language import Language


@dataclass(frozen=True, slots=True)
class Prepare:
    """The caller has probably said this, and no more: begin the answer, but let nothing sound."""

    text: str


@dataclass(frozen=True, slots=True)
class Discard:
    """The caller goes on: what was prepared never happened."""


@dataclass(frozen=True, slots=True)
class Given:
    """A number that the caller gave us: what it is called, what may be shown of it."""

    name: str
    shown: str
    secret: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """
    The caller has said this; answer it. Whatever we are saying ends.

    Empty: answer again what is unanswered. `shown` stands for it in logs and records, where the
    text holds a secret. `given`: the number that it is, when it is one that was asked for.
    """

    text: str
    shown: str | None = None
    given: Given | None = None


@dataclass(frozen=True, slots=True)
class Say:
    """Say this phrase of our own. Whatever we are saying ends."""

    phrase: Phrase


@dataclass(frozen=True, slots=True)
class Refuse:
    """
    The caller attacks the bot with these words: say this phrase instead of an answer.

    The model never reads them. The next answer's tools run only where they are plainly asked for.
    """

    kind: Guarded
    text: str
    phrase: Phrase


@dataclass(frozen=True, slots=True)
class Tell:
    """Say this, which no model made: a question for a number. Whatever we are saying ends."""

    text: str


@dataclass(frozen=True, slots=True)
class Speak:
    """The caller asked for this language: hear and speak it from now on."""

    language: Language


@dataclass(frozen=True, slots=True)
class Lower:
    """The caller may be speaking over us: lower our voice."""


@dataclass(frozen=True, slots=True)
class Hush:
    """The caller speaks over us: fall silent, but keep what we were saying."""


@dataclass(frozen=True, slots=True)
class GoOn:
    """It was nothing, or a nod: go on where we were, in full voice."""


@dataclass(frozen=True, slots=True)
class Interrupt:
    """The caller takes the turn: what we were saying is over."""


@dataclass(frozen=True, slots=True)
class Finalize:
    """The caller fell silent; ask the recogniser for the final words."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """Whom we have called is a machine: `sign` is "beep", "busy" or "announcement"."""

    sign: str


@dataclass(frozen=True, slots=True)
class End:
    """The call is over."""

    ending: Ending


Action = (
    Prepare
    | Discard
    | Answer
    | Say
    | Refuse
    | Tell
    | Speak
    | Lower
    | Hush
    | GoOn
    | Interrupt
    | Finalize
    | Recorded
    | End
)
