"""What the API takes and gives: the shapes of docs/openapi.json."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Outcome = Literal["up", "caller_left", "hang_up", "transfer", "fallback", "lost"]
NUMBER = r"^(\+[1-9][0-9]{2,14}|0{0,2}[1-9][0-9]{2,12})$"
"""Of a telephone, or an extension."""
CALL = "0792b720-4c72-4cc6-8a64-d45cf85b7a80"


class Shape(BaseModel):
    """What all of them have in common: nothing that is not described."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class CallBrief(Shape):
    """A call, without what was said in it."""

    id: Annotated[str, Field(examples=[CALL])]
    """The UUID that Asterisk, the bot's log and the webhooks know."""
    profile: Annotated[str, Field(examples=["bank"])]
    """The profile that answers it; `default`: no number's own."""
    caller: Annotated[str, Field(examples=["9812345678"])]
    """The caller's number; may be empty. For a viewer only its first and last two digits."""
    called: Annotated[str, Field(examples=["1800123456"])]
    """The number that was called; may be empty."""
    line: Annotated[str, Field(examples=["audiosocket"])]
    """How it came: `audiosocket`, `websocket`, `gateway` or `sip`."""
    began: datetime
    ended: datetime | None
    """Null while it is up, and for a call that was lost."""
    seconds: float
    """How long it lasted, or has lasted."""
    outcome: Outcome
    """`up`: it goes on; `lost`: its bot stopped without a word."""
    replies: int
    """Replies of the bot, its own phrases included; counted when it is over."""
    summary: Annotated[str, Field(examples=["5 turns in 42 s. First: “मेरा बिल कितना है”"])]
    """Empty while it is up."""
    recorded: bool
    """Whether there is a recording to fetch."""


class CallPage(Shape):
    """Some of the calls, the latest first."""

    calls: list[CallBrief]
    next: str | None
    """The `cursor` of the next page; null: this was the last one."""


class Turn(Shape):
    """One reply of the bot, and the words that it answers. Identifying numbers are masked."""

    number: int
    """Replies count from 1."""
    at: float
    """Seconds from the beginning of the call to the end of the reply."""
    heard: Annotated[str, Field(examples=["मेरा बिल कितना है"])]
    """The caller's words; empty when the bot spoke of its own accord."""
    said: Annotated[str, Field(examples=["आपका बिल सौ रुपये है।"])]
    """The words of the reply that the caller heard."""
    phrase: str
    """Which of the bot's own phrases it was (`greeting`); empty for an answer."""
    cut: bool
    """The caller spoke over it and took the turn, or left."""
    error: str
    """The service that failed; empty: none."""
    intervals: dict[str, float]
    """Seconds that parts of it took, by name (docs/observability.md)."""


class Happening(Shape):
    """Something that happened in the call, when it happened."""

    at: float
    """Seconds from the beginning of the call."""
    kind: Annotated[str, Field(examples=["saying"])]
    """`heard`, `saying`, `key`, `hushed`, `interrupted` and others (docs/records.md)."""
    detail: str


class Followed(Shape):
    """One event of a call that is followed."""

    id: Annotated[str, Field(examples=["019ab0c8d1f47000b3a1c6f0d2e4a596"])]
    """Where to go on: send it as `Last-Event-ID`."""
    event: Happening


class CollectedField(Shape):
    """A number that the caller gave."""

    at: float
    name: Annotated[str, Field(examples=["account_number"])]
    value: Annotated[str, Field(examples=["1234567890"])]
    """Its digits; masked where it is a secret, and for a viewer."""
    secret: bool


class Call(CallBrief):
    """All that is known of a call."""

    turns: list[Turn]
    events: list[Happening]
    fields: list[CollectedField]


class Transfer(Shape):
    """Where a caller shall go."""

    target: Annotated[str, Field(max_length=64, examples=["billing"])] = ""
    """A name of the profile's `transfers`; empty: where the settings `pbx` say."""
    mode: Literal["blind", "warm"] | None = None
    """`warm`: the agent is told about the call first. Null: as the target has it."""


class Say(Shape):
    """What the caller shall be told."""

    text: Annotated[
        str,
        Field(
            max_length=1000,
            pattern=r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$",
            examples=["आपका भुगतान मिल गया है, धन्यवाद।"],
        ),
    ]
    """Plain text; figures and Latin words are spoken as the bot speaks its own."""
    interrupt: bool = False
    """False: said once nobody speaks. True: what the bot is saying or preparing ends for it. The
    caller is never spoken over: what they say is answered first."""


class Accepted(Shape):
    """It will be done in the call."""

    call: Annotated[str, Field(examples=[CALL])]
    order: Literal["hang_up", "transfer", "say"]


class Target(Shape):
    """A place to which callers can be transferred."""

    name: Annotated[str, Field(examples=["billing"])]
    mode: Literal["blind", "warm"]
    description: str


class Profile(Shape):
    """A dialogue, by the numbers that have it."""

    name: Annotated[str, Field(examples=["bank"])]
    numbers: Annotated[list[str], Field(examples=[["8012345678", "1800123456*"]])]
    """What was called; `*` ends a beginning."""
    calls: int
    """Its calls that this bot has now."""
    limit: int
    """How many it may have at once in one bot; 0: as many as there are lines."""
    transfers: list[Target]


class ProfileProblem(Shape):
    """What is wrong with a profile's file; its older version is used, if there was one."""

    profile: Annotated[str, Field(examples=["bank"])]
    file: Annotated[str, Field(examples=["bank.yaml"])]
    line: int | None
    message: Annotated[str, Field(examples=["llm.temprature: no such setting"])]


class Profiles(Shape):
    """The profiles in use, and what is wrong with files."""

    profiles: list[Profile]
    problems: list[ProfileProblem]


class Status(Shape):
    """How this bot is."""

    bot: Annotated[str, Field(examples=["voicebot-0"])]
    """The machine's name."""
    version: Annotated[str, Field(examples=["0.1.0"])]
    calls: int
    """Calls that it has now; of all profiles, whatever the key."""
    lines: int
    """How many it may have."""
    draining: bool
    """It takes no new calls, and ends with its last one."""


class Erasure(Shape):
    """Whose calls shall be forgotten."""

    number: Annotated[str, Field(pattern=NUMBER, examples=["+919812345678"])]
    """The caller's number; an Indian one however it is written."""


class Erased(Shape):
    """What was deleted: calls with their turns, events, fields, webhooks and recordings; orders of
    calls. That nobody may call a number stays known."""

    calls: int
    orders: int
