"""What the API takes and gives about calls that the bot makes."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from bot.api.models import NUMBER, Shape

PLAIN = r"^[^\x00-\x1f\x7f]*$"
ORDER = "019ab0c8-d1f4-7000-b3a1-c6f0d2e4a596"


class CallOrder(Shape):
    """A call that the bot shall make."""

    number: Annotated[str, Field(pattern=NUMBER, examples=["+919812345678"])]
    """Who is called."""
    profile: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$", examples=["bank"])] = "default"
    """The dialogue."""
    data: Annotated[
        dict[
            Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,64}$")],
            Annotated[str, Field(max_length=120, pattern=PLAIN)],
        ],
        Field(
            max_length=20,
            examples=[{"name": "दीपक", "due": "₹500"}],
            json_schema_extra={"additionalProperties": False},
        ),
    ] = {}
    """What the dialogue shall know of the person (docs/outbound.md)."""
    consent: Annotated[
        str, Field(max_length=256, pattern=PLAIN, examples=["web form, 2026-10-02"])
    ] = ""
    """How they agreed to be called; kept with the order."""
    not_before: datetime | None = None
    """Null: as soon as calling hours and other rules allow."""


class Try(Shape):
    """One call that was made for an order."""

    call: str
    """Its id in the records, where it was answered."""
    made: datetime
    answered: datetime | None
    outcome: Annotated[str, Field(examples=["no_answer"])]
    """`answered`, `machine`, `busy`, `no_answer`, `failed`, `refused`, `lost`; empty: under way."""
    detail: str


class Order(Shape):
    """An order, as it stands."""

    id: Annotated[str, Field(examples=[ORDER])]
    campaign: str
    """The campaign's name; empty: a single call."""
    number: str
    """For a viewer only its last two digits."""
    profile: str
    data: dict[str, str]
    """Empty for a viewer."""
    consent: str
    """For a viewer without numbers."""
    state: Literal["waiting", "calling", "done", "cancelled"]
    made: datetime
    changed: datetime
    due: datetime
    """Not before."""
    outcome: str
    """Of the latest try, as in `tries`; empty: there was none."""
    detail: str
    tries: list[Try]
    """Empty in lists."""


class Orders(Shape):
    """The latest orders first."""

    orders: list[Order]


class Campaign(Shape):
    """Many orders with one rate (docs/outbound.md)."""

    name: str
    profile: str
    rate: float
    """Calls begun a minute."""
    calls: int
    """At once."""
    state: Literal["running", "paused", "stopped"]
    made: datetime
    states: dict[str, int]
    """How many of its orders are in which state."""
    outcomes: dict[str, int]
    """How many of those that are done ended how."""


class Campaigns(Shape):
    """The latest first."""

    campaigns: list[Campaign]


class Unwanted(Shape):
    """A number that nobody shall call any more."""

    number: Annotated[str, Field(pattern=NUMBER, examples=["+919812345678"])]


class Noted(Shape):
    """It is on the list."""

    new: bool
    """False: it was there already."""
