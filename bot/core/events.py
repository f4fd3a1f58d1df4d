"""What can happen in a call. Each event is a frozen value; none has behaviour."""

from dataclasses import dataclass
from enum import StrEnum

from bot.core.errors import ServiceError
from bot.core.numbers import NumberWanted


@dataclass(frozen=True, slots=True)
class Audio:
    """The caller's sound: PCM at the line's rate, normally one 20 ms frame."""

    pcm: bytes


@dataclass(frozen=True, slots=True)
class Digit:
    """The caller pressed a key: one of 0-9, *, #, A-D."""

    key: str


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """Voice activity: the caller has begun to speak."""


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    """Voice activity: the caller fell silent `silence` seconds ago."""

    silence: float = 0.0


@dataclass(frozen=True, slots=True)
class EndScored:
    """The acoustic model: how likely the caller has finished, 0 to 1, by the sound alone."""

    probability: float


@dataclass(frozen=True, slots=True)
class MachineHeard:
    """The other end is no person: `sign` is "beep", "busy" or "announcement"."""

    sign: str


@dataclass(frozen=True, slots=True)
class Transcript:
    """
    The recogniser's view of the caller's current utterance.

    An interim replaces the interim before it; a final closes the utterance, and the next
    transcript belongs to a new one. `stability` is Riva's, 0 to 1; 1.0 on an interim marks the
    first-pass end of utterance. `confidence` is 0 where the recogniser gives none.
    """

    text: str
    final: bool
    stability: float = 0.0
    confidence: float = 0.0


class Ending(StrEnum):
    """How a call ended, and so what becomes of the caller."""

    CALLER_LEFT = "caller_left"
    HANG_UP = "hang_up"
    TRANSFER = "transfer"
    """A person shall take over."""
    FALLBACK = "fallback"
    """The bot could not go on: the dialplan's own fallback takes over."""


@dataclass(frozen=True, slots=True)
class ReplyEnded:
    """
    Our reply of this turn number was played to its end, or failed with `error`.

    `wish` is what the model asked for with a tool: to hang up, to transfer, or nothing.
    """

    turn: int
    error: ServiceError | None = None
    wish: Ending | None = None


@dataclass(frozen=True, slots=True)
class NumberAsked:
    """The model wants a number from the caller; our reply of this turn asks for it."""

    turn: int
    wanted: NumberWanted


@dataclass(frozen=True, slots=True)
class SayWanted:
    """
    Somebody outside the call wants this said to the caller: as soon as nobody speaks.

    `interrupt`: it does not wait for our own words to end; the caller's it lets end all the same.
    """

    text: str
    interrupt: bool = False


@dataclass(frozen=True, slots=True)
class Deaf:
    """The recogniser gave up for good: we cannot hear this caller any more."""

    error: ServiceError


@dataclass(frozen=True, slots=True)
class Elapsed:
    """
    The deadline of the turn policy passed.

    The last voiced sound was `silence` seconds ago, the last surely voiced one `unsure` seconds;
    for `sure` seconds there has been nothing but surely voiced sound. `without_frames` is how long
    the line has sent nothing at all, not even silence: more than a moment means that the caller has
    put us on hold.
    """

    silence: float = 0.0
    sure: float = 0.0
    unsure: float = 0.0
    without_frames: float = 0.0


@dataclass(frozen=True, slots=True)
class HungUp:
    """The caller is gone."""


LineEvent = Audio | Digit
"""What a telephone line yields; its end is the hang-up."""

Event = (
    Digit
    | SpeechStarted
    | SpeechEnded
    | EndScored
    | MachineHeard
    | Transcript
    | ReplyEnded
    | NumberAsked
    | SayWanted
    | Deaf
    | Elapsed
    | HungUp
)
"""What the inbox of a call holds."""
