"""
Orders: calls that we are to make. Adds, finds and cancels them; claims.py gives them to bots.

Every number is kept in its one writing (bot/core/telephone.py).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Engine, Select, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.core.errors import BotError
from bot.core.telephone import one_writing
from bot.records.database import database_errors, writing
from bot.records.ids import sortable_id
from bot.records.tables import campaigns, orders, tries

LONGEST_DATA: Final = 4000
"""Letters of an order's data, as JSON."""
LONGEST_CONSENT: Final = 256
SOME: Final = 500
"""Orders added by one statement."""


class State(StrEnum):
    """How far an order is."""

    WAITING = "waiting"
    CALLING = "calling"
    DONE = "done"
    CANCELLED = "cancelled"


class Outcome(StrEnum):
    """What came of one try, and in the end of the order."""

    ANSWERED = "answered"
    """By a person."""
    MACHINE = "machine"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    FAILED = "failed"
    """The network or Asterisk would not put it through."""
    REFUSED = "refused"
    """Our own policy: `detail` says why."""
    LOST = "lost"
    """The bot that called stopped without a word, and the phone may have rung."""


@dataclass(frozen=True, slots=True)
class NewOrder:
    """
    A call to make: to whom, in which dialogue, what that knows of them (`data`, for the greeting
    and the model), and how they have agreed to be called.

    `due`: not before; None: as soon as policy allows. `campaign_id`: empty for a single call.
    """

    number: str
    profile: str = "default"
    data: Mapping[str, str] = field(default_factory=dict)
    consent: str = ""
    due: datetime | None = None
    campaign_id: str = ""


@dataclass(frozen=True, slots=True)
class Try:
    """One call that was made, or begun to be made, for an order. `call_id` is as in the records."""

    call_id: str
    made: datetime
    answered: datetime | None
    outcome: str
    detail: str


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it stands. `campaign` is the campaign's name; empty for a single call."""

    id: str
    campaign: str
    number: str
    profile: str
    data: Mapping[str, str]
    consent: str
    state: State
    tries: int
    made: datetime
    changed: datetime
    due: datetime
    call_id: str
    outcome: str
    detail: str


@dataclass(frozen=True, slots=True)
class OrdersWanted:
    """Which orders: those that match all that is given, the latest first."""

    number: str = ""
    campaign: str = ""
    state: str = ""
    limit: int | None = None
    profiles: frozenset[str] | None = None
    """Only of these; None: of all."""


def add(engine: Engine, order: NewOrder) -> Order:
    """
    Keep one order. Raises BotError that names what is wrong with it, ServiceUnavailable.

    Whether it may be called now is asked when it is due: an order that policy refuses ends with
    the outcome `refused` and the reason.
    """
    row = new_row(order)
    with database_errors(), writing(engine) as connection:
        connection.execute(orders.insert(), [row])
    return one(engine, row["id"])


def add_all(connection: Connection, wanted: Sequence[NewOrder]) -> int:
    """Keep those of a campaign that it has not yet, in a transaction; how many were new."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    added = 0
    for start in range(0, len(wanted), SOME):
        rows = [new_row(order) for order in wanted[start : start + SOME]]
        insert = dialect.insert(orders).values(rows).on_conflict_do_nothing()
        added += len(connection.execute(insert.returning(orders.c.id)).all())
    return added


def new_row(order: NewOrder) -> dict[str, Any]:
    """The row of a new order. Raises BotError."""
    data = json.dumps(dict(order.data), ensure_ascii=False)
    if len(data) > LONGEST_DATA:
        raise BotError(f"data: longer than {LONGEST_DATA} letters as JSON; leave out what no call"
                       " needs")  # fmt: skip
    if len(order.consent) > LONGEST_CONSENT:
        raise BotError(f"consent: longer than {LONGEST_CONSENT} letters")
    now = datetime.now(UTC)
    return {
        "id": str(UUID(sortable_id())),
        "campaign_id": order.campaign_id or None,
        "number": one_writing(order.number),
        "profile": order.profile,
        "data": data,
        "consent": order.consent,
        "state": State.WAITING,
        "tries": 0,
        "made": now,
        "changed": now,
        "due": order.due or now,
        "owner": "",
        "lease": None,
        "call_id": "",
        "outcome": "",
        "detail": "",
    }


def one(engine: Engine, order_id: str) -> Order:
    """The order with this id. Raises BotError where there is none, ServiceUnavailable."""
    order = known(engine, order_id)
    if order is None:
        raise BotError(f"there is no order {order_id[:64]}")
    return order


def known(engine: Engine, order_id: str) -> Order | None:
    """The same; None where there is none. Raises ServiceUnavailable."""
    query = chosen().where(orders.c.id == order_id)
    with database_errors(), engine.connect() as connection:
        row = connection.execute(query).one_or_none()
    return None if row is None else as_order(row)


def find(engine: Engine, wanted: OrdersWanted) -> list[Order]:
    """The orders that match. Raises BotError for a wrong number, ServiceUnavailable."""
    query = chosen().order_by(orders.c.made.desc(), orders.c.id.desc()).limit(wanted.limit)
    if wanted.number:
        query = query.where(orders.c.number == one_writing(wanted.number))
    if wanted.campaign:
        query = query.where(campaigns.c.name == wanted.campaign)
    if wanted.state:
        query = query.where(orders.c.state == wanted.state)
    if wanted.profiles is not None:
        query = query.where(orders.c.profile.in_(sorted(wanted.profiles)))
    with database_errors(), engine.connect() as connection:
        return [as_order(row) for row in connection.execute(query)]


def tries_of(engine: Engine, order_id: str) -> list[Try]:
    """The calls of this order, the first one first. Raises ServiceUnavailable."""
    names = (tries.c.call_id, tries.c.made, tries.c.answered, tries.c.outcome, tries.c.detail)
    query = select(*names).where(tries.c.order_id == order_id).order_by(tries.c.made)
    with database_errors(), engine.connect() as connection:
        return [Try(*row) for row in connection.execute(query)]


def cancel(engine: Engine, order_id: str) -> bool:
    """
    Call nobody for this order (again); False where it is over already.

    A call that is up goes on: to end that is to hang up. Raises BotError, ServiceUnavailable.
    """
    one(engine, order_id)
    mine = orders.c.id == order_id, orders.c.state.in_((State.WAITING, State.CALLING))
    now = datetime.now(UTC)
    with database_errors(), writing(engine) as connection:
        ended = update(orders).where(*mine).values(state=State.CANCELLED, changed=now, lease=None)
        return connection.execute(ended).rowcount == 1


def chosen() -> Select[Any]:
    """The query of orders, for `as_order`."""
    return select(orders, campaigns.c.name.label("campaign")).outerjoin(
        campaigns, campaigns.c.id == orders.c.campaign_id
    )


def as_order(row: Any) -> Order:
    """A row of `chosen`."""
    known = dict(row._mapping)
    known |= {
        "campaign": known["campaign"] or "",
        "data": json.loads(known["data"]),
        "state": State(known["state"]),
    }
    return Order(**{name: known[name] for name in Order.__dataclass_fields__})
