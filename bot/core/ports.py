"""
What a call needs from the world. Each port has one implementation in production and one in tests.

Every stream is an async generator. Closing it, or cancelling the task that reads it, ends the
work behind it. Every failure is a `ServiceError`; foreign exceptions never pass a port.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol
from uuid import UUID

from bot.core.events import LineEvent, Transcript


@dataclass(frozen=True, slots=True)
class ToolCall:
    """
    The model asks for something to be done, after what it has said so far was spoken.

    `id` is the model's own name of the call, which the answer has to repeat.
    """

    name: str
    arguments: dict[str, object] = field(default_factory=dict)
    id: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Message:
    """
    One line of the conversation, as the model sees it.

    `calls` are the tools that it called after saying `content`. A line of role "tool" is what one
    of them answered, the one with the id `call_id`.
    """

    role: Literal["system", "user", "assistant", "tool"]
    content: str
    calls: tuple[ToolCall, ...] = ()
    call_id: str = ""


@dataclass(frozen=True, slots=True)
class Caller:
    """
    Who is on the line, as the PBX told us. Empty strings where it did not.

    `profile` is that of the number that was called.
    """

    call_id: str
    number: str = ""
    called: str = ""
    channel: str = ""
    profile: str = "default"


@dataclass(frozen=True, slots=True)
class Heard:
    """
    A piece of the caller's sound for the recogniser: PCM at the line's rate.

    `end_of_utterance` says that the caller fell silent after it: a recogniser that can
    (`force_eou`) closes the utterance now instead of waiting for its own end-pointing.
    """

    pcm: bytes
    end_of_utterance: bool = False


@dataclass(frozen=True, slots=True)
class Word:
    """A spoken word and when it is over, in seconds from the start of its sentence's audio."""

    text: str
    end: float


@dataclass(frozen=True, slots=True)
class Speech:
    """
    A piece of synthesized speech: PCM at the line's rate.

    `words` are all words of the sentence whose times are known so far; empty where none are.
    """

    pcm: bytes
    words: tuple[Word, ...] = ()


class Ticket(Protocol):
    """A call that may come."""

    @property
    def uuid(self) -> UUID:
        """Its name."""

    @property
    def caller(self) -> Caller:
        """Who calls."""

    @property
    def rate(self) -> int:
        """Samples a second of its line."""


class CallTransport(Protocol):
    """The telephone line."""

    @property
    def rate(self) -> int:
        """Samples a second in both directions, for the whole call: 8000 or 16000."""

    def events(self) -> AsyncGenerator[LineEvent, None]:
        """Yield what the caller does; end when the caller hangs up."""

    def send(self, frame: bytes) -> None:
        """Play one 20 ms frame to the caller now. Never waits; after a hang-up, does nothing."""

    def press(self, key: str) -> bool:
        """
        Press a key (0-9 * # A-D) by the line's own means, in the coming 0.2 s of frames.

        False where it has none: then the key's tone is to be played.
        """

    async def close(self) -> None:
        """Hang up (give the call back to the PBX). Idempotent."""


class Recognizer(Protocol):
    """Speech to text, one stream a call."""

    def transcripts(self, sound: AsyncIterator[Heard]) -> AsyncGenerator[Transcript, None]:
        """Yield interims and finals until `sound` ends. Reconnects; raises when it can't."""


class ChatModel(Protocol):
    """The next thing to say."""

    def warm(self) -> None:
        """An answer will be wanted soon: have a connection ready. Returns at once, never raises."""

    def reply(
        self, history: Sequence[Message], tools: bool = True
    ) -> AsyncGenerator[str | ToolCall, None]:
        """Yield pieces of text, cleaned for speech, as they come, and tool calls if `tools`."""


class Tools(Protocol):
    """What the model can ask in one call, and be answered: services, or facts about us."""

    def waiting(self, call: ToolCall) -> str:
        """What the caller is told meanwhile; empty: the settings' own words."""

    async def use(self, call: ToolCall) -> str:
        """
        Do it, and give the answer as the model shall read it: as data, of bounded size.

        It takes a bounded time and never raises: what failed is an answer, too.
        """


class Synthesizer(Protocol):
    """Text to speech, for one sentence."""

    def warm(self) -> None:
        """A sentence will be wanted within a second or two. Returns at once, never raises."""

    def speech(self, sentence: str) -> AsyncGenerator[Speech, None]:
        """Yield the sentence's audio as it comes. No audio at all is a ServiceError."""


class EndJudge(Protocol):
    """Judges by the sound alone whether a caller has finished."""

    async def score(self, pcm: bytes, rate: int) -> float:
        """The probability, 0 to 1; 0.5 where it cannot be told in time. Never raises."""
