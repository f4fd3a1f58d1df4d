"""
What other systems are told of a call: CloudEvents 1.0 (JSON), and the data of each type.

docs/webhooks.md and the JSON schemas in bot/records/schemas are made from these classes by
scripts/webhook_schemas.py; bodies are made by them, so that each is valid against its schema.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

VERSION: Final = 1
"""Of all schemas. It grows when a property goes or changes its meaning, not when one comes."""


class Data(BaseModel):
    """What all of it has in common: nothing that is not described here."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Call(Data):
    """Which call it is."""

    id: str
    """The UUID that Asterisk, the bot's log and the records know."""
    profile: str
    """The profile that answers; `default`: no number's own."""
    caller: str
    """The caller's number as the PBX gave it; may be empty."""
    called: str
    """The number that was called; may be empty."""


class CollectedField(Data):
    """A number that the caller gave."""

    name: str
    """What the dialogue calls it: `account_number`."""
    value: str
    """Its digits; of a secret one only `****`, or `****` and the last two of a long one."""
    secret: bool


class Line(Data):
    """What one of the two said. Identifying numbers and secrets are masked."""

    who: Literal["caller", "bot"]
    text: str


class Started(Data):
    """The bot has answered a call. Comes again, with the same call id, when another bot takes over
    the call of one that died."""

    call: Call
    line: str
    """How it came: `audiosocket`, `websocket`, `gateway` or `sip`."""


class TurnEnded(Data):
    """A reply of the bot is over."""

    call: Call
    number: int
    """Replies count from 1."""
    at: float
    """Seconds from the beginning of the call to the end of the reply."""
    heard: str
    """The caller's words that it answered; empty when the bot spoke of its own accord."""
    said: str
    """The words of the reply that the caller heard."""
    phrase: str
    """Which of the bot's own phrases it was (`greeting`); empty for an answer."""
    cut: bool
    """The caller spoke over it and took the turn, or left."""
    intervals: Mapping[str, float]
    """Seconds, by name (docs/observability.md)."""


class FieldCollected(Data):
    """The caller has given a number that was asked for."""

    call: Call
    field: CollectedField


class TransferRequested(Data):
    """The caller goes to a person. Written before the dialplan is told where to."""

    call: Call
    target: str
    """Where to, as the dialplan has it: `CONTEXT EXTENSION`."""
    summary: str
    """Length, the caller's first and last words, the fields: made without a model."""
    fields: tuple[CollectedField, ...]
    transcript: Annotated[tuple[Line, ...], Field(max_length=60)]
    """The last lines, the latest last; each is cut at 300 letters."""


class Ended(Data):
    """The call is over, as far as the bot is concerned."""

    call: Call
    began: datetime
    seconds: float
    """How long the bot had it."""
    outcome: Literal["caller_left", "hang_up", "transfer", "fallback", "lost"]
    """`lost`: the bot that had it stopped without a word."""
    turns: int
    """Replies of the bot, its own phrases included."""
    summary: str
    """As of `transfer.requested`."""
    fields: tuple[CollectedField, ...]
    transcript: Annotated[tuple[Line, ...], Field(max_length=60)]
    """The last lines, the latest last; each is cut at 300 letters."""


class OrderEnded(Data):
    """An order of an outbound call is over: answered, refused, or tried for the last time."""

    order: str
    """Its id."""
    campaign: str
    """The campaign's name; empty for a single call."""
    number: str
    """Whom it was for: `+919812345678`."""
    profile: str
    outcome: Literal["answered", "machine", "busy", "no_answer", "failed", "refused", "lost"]
    """`answered`: by a person. `refused`: by our policy, and `detail` says why."""
    detail: str
    tries: int
    """Calls that were made."""
    last_call: str
    """The id of the last one, as in `call.started`; a number that was refused has none."""
    data: Mapping[str, str]
    """What the order said of them: the other columns of its file."""


class _CloudEvent(Data):
    specversion: Literal["1.0"] = "1.0"
    id: Annotated[str, Field(min_length=32, max_length=32)]
    """Unique; the same in each try, and in the header `webhook-id`. Ids of one bot sort by time."""
    source: Literal["/voicebot"] = "/voicebot"
    subject: str
    """The call's id; of `order.ended`, the order's."""
    time: datetime
    """When it happened."""
    datacontenttype: Literal["application/json"] = "application/json"
    dataschema: str


class CallStartedEvent(_CloudEvent):
    """`call.started`"""

    type: Literal["call.started"] = "call.started"
    data: Started


class TurnEndedEvent(_CloudEvent):
    """`turn.ended`"""

    type: Literal["turn.ended"] = "turn.ended"
    data: TurnEnded


class FieldCollectedEvent(_CloudEvent):
    """`field.collected`"""

    type: Literal["field.collected"] = "field.collected"
    data: FieldCollected


class TransferRequestedEvent(_CloudEvent):
    """`transfer.requested`"""

    type: Literal["transfer.requested"] = "transfer.requested"
    data: TransferRequested


class CallEndedEvent(_CloudEvent):
    """`call.ended`"""

    type: Literal["call.ended"] = "call.ended"
    data: Ended


class OrderEndedEvent(_CloudEvent):
    """`order.ended`"""

    type: Literal["order.ended"] = "order.ended"
    data: OrderEnded


Event = (
    CallStartedEvent
    | TurnEndedEvent
    | FieldCollectedEvent
    | TransferRequestedEvent
    | CallEndedEvent
    | OrderEndedEvent
)
EVENTS: Final[Mapping[str, type[Event]]] = {
    "call.started": CallStartedEvent,
    "turn.ended": TurnEndedEvent,
    "field.collected": FieldCollectedEvent,
    "transfer.requested": TransferRequestedEvent,
    "call.ended": CallEndedEvent,
    "order.ended": OrderEndedEvent,
}
"""By type, in the order in which they come."""


def schema_name(kind: str) -> str:
    """What `dataschema` says of this type: a name, not an address."""
    return f"urn:voicebot:webhooks:{kind}:{VERSION}"


def body(kind: str, id: str, time: datetime, data: Data) -> str:
    """The JSON of one event; its data is that of its type, else pydantic complains."""
    data_of = data.model_dump()
    subject = data_of["call"]["id"] if "call" in data_of else data_of["order"]
    event = EVENTS[kind].model_validate(
        {"id": id, "subject": subject, "time": time, "dataschema": schema_name(kind)}
        | {"data": data_of}
    )
    return event.model_dump_json()
