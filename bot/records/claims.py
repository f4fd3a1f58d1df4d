"""
Which bot calls whom: gives due orders to bots, each to one, and notes what came of it.

A bot has an order on a lease. One that is killed does not renew it: its orders are then taken up
by another, which is told the try that was under way, so that it can ask Asterisk what became of
that before anybody is called again. What a bot without the lease says of an order is ignored.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Engine, and_, delete, func, select, update

from bot.records.call_record import webhook
from bot.records.campaigns import CampaignState
from bot.records.catalogue import OrderEnded
from bot.records.database import database_errors, writing
from bot.records.orders import Order, Outcome, State, as_order, chosen
from bot.records.tables import campaigns, orders, outbox, tries


@dataclass(frozen=True, slots=True)
class Claim:
    """
    An order that a bot has now, and the name of the call that it is to make.

    `interrupted`: that call was another bot's, which did not say what became of it; `placed` is
    whether Asterisk had been asked for it, `answered` whether somebody had.
    """

    order: Order
    call_id: str
    interrupted: bool = False
    placed: bool = False
    answered: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """
    What came of a try. `due`: when the next one is; None: the order is over.

    `counts`: whether it counts as a try: the phone may have rung.
    """

    outcome: Outcome
    detail: str = ""
    due: datetime | None = None
    counts: bool = True


def claim(
    engine: Engine, owner: str, now: datetime, lease: timedelta, without: Collection[str] = ()
) -> Claim | None:
    """
    Take one order: one whose bot is gone, else a single one that is due, else a campaign's.

    `without`: profiles that have no room for a call. A campaign gives one at a time, at its rate,
    while it has fewer than its calls. Raises ServiceUnavailable.
    """
    with database_errors(), writing(engine) as connection:
        taken = {"owner": owner, "lease": now + lease, "changed": now}
        return (
            _left_behind(connection, now, taken)
            or _single(connection, now, taken, without)
            or _of_a_campaign(connection, now, taken, without)
        )


def renew(engine: Engine, owner: str, until: datetime) -> None:
    """This bot still has its orders. Raises ServiceUnavailable."""
    mine = orders.c.owner == owner, orders.c.state == State.CALLING
    with database_errors(), writing(engine) as connection:
        connection.execute(update(orders).where(*mine).values(lease=until))


def placing(engine: Engine, claimed: Claim, owner: str, now: datetime, lease: timedelta) -> bool:
    """
    Asterisk is asked for the call next: note that the phone may ring, and keep the order ours.

    False where it is not ours any more (cancelled, or another bot's): nobody may be called for it.
    Raises ServiceUnavailable.
    """
    with database_errors(), writing(engine) as connection:
        mine = *_of(claimed), orders.c.owner == owner
        if connection.execute(update(orders).where(*mine).values(lease=now + lease)).rowcount != 1:
            return False
        known = tries.c.call_id == claimed.call_id
        connection.execute(update(tries).where(known).values(placed=now))
        return True


def of_call(engine: Engine, order_id: str, call_id: str) -> Order | None:
    """The order; None where this is not its call. Raises ServiceUnavailable."""
    mine = orders.c.id == order_id, orders.c.call_id == call_id
    with database_errors(), engine.connect() as connection:
        row = connection.execute(chosen().where(*mine)).one_or_none()
    return None if row is None else as_order(row)


def answered(engine: Engine, order_id: str, call_id: str, now: datetime) -> bool:
    """
    Somebody has answered: from now on this order never calls them again unless told to.

    False where this is no call of that order. Raises ServiceUnavailable.
    """
    known = tries.c.call_id == call_id, tries.c.order_id == order_id
    with database_errors(), writing(engine) as connection:
        noted = update(tries).where(*known).values(answered=now)
        return connection.execute(noted).rowcount == 1


def heard(engine: Engine, call_id: str, outcome: Outcome, detail: str = "") -> None:
    """The bot that held the call knows who answered. Raises ServiceUnavailable."""
    known = tries.c.call_id == call_id
    said = {"outcome": outcome, "detail": detail[:256]}
    with database_errors(), writing(engine) as connection:
        connection.execute(update(tries).where(known).values(said))


def what_was_heard(engine: Engine, call_id: str) -> tuple[bool, Outcome | None, str]:
    """Whether this try was answered; by whom, where that is known, and a detail."""
    query = select(tries.c.answered, tries.c.outcome, tries.c.detail)
    with database_errors(), engine.connect() as connection:
        row = connection.execute(query.where(tries.c.call_id == call_id)).one_or_none()
    if row is None:
        return False, None, ""
    return row.answered is not None, Outcome(row.outcome) if row.outcome else None, row.detail


def settle(
    engine: Engine,
    claimed: Claim,
    result: Result,
    now: datetime,
    types: Collection[str] = (),
) -> bool:
    """
    Note what came of the try; False where the order is not ours any more.

    `types`: the webhooks that are wanted; of an order that is over, one is written with it.
    """
    state = State.DONE if result.due is None else State.WAITING
    detail = result.detail[:256]
    values: dict[str, Any] = {
        "state": state,
        "outcome": result.outcome,
        "detail": detail,
        "tries": orders.c.tries + (1 if result.counts else 0),
    }
    if result.due is not None:
        values["due"] = result.due
    with database_errors(), writing(engine) as connection:
        ended = tries.c.call_id == claimed.call_id
        noted = update(tries).where(ended).values(outcome=result.outcome, detail=detail)
        connection.execute(noted)
        ours = _let_go(connection, claimed, values, now)
        if ours and result.due is None and "order.ended" in types:
            row = webhook("order.ended", claimed.order.id, now, _ended(claimed, result)).row
            connection.execute(outbox.insert(), [dict(row)])
        return ours


def _ended(claimed: Claim, result: Result) -> OrderEnded:
    order = claimed.order
    return OrderEnded(
        order=order.id,
        campaign=order.campaign,
        number=order.number,
        profile=order.profile,
        outcome=result.outcome.value,
        detail=result.detail[:256],
        tries=order.tries + (1 if result.counts else 0),
        last_call=claimed.call_id if result.counts else "",
        data=order.data,
    )


def put_back(engine: Engine, claimed: Claim, due: datetime, why: str, now: datetime) -> bool:
    """Nobody was called, and nobody shall be before `due`; False where it is not ours any more."""
    values = {"state": State.WAITING, "due": due, "detail": why[:256], "call_id": ""}
    with database_errors(), writing(engine) as connection:
        done = _let_go(connection, claimed, values, now)
        connection.execute(delete(tries).where(tries.c.call_id == claimed.call_id))
        return done


def _let_go(connection: Connection, claimed: Claim, values: dict[str, Any], now: datetime) -> bool:
    free = {"owner": "", "lease": None, "changed": now}
    kept = update(orders).where(*_of(claimed)).values(values | free)
    ours = connection.execute(kept).rowcount == 1
    stopped = select(campaigns.c.id).where(campaigns.c.state == CampaignState.STOPPED)
    waits = orders.c.id == claimed.order.id, orders.c.state == State.WAITING
    gone = update(orders).where(*waits, orders.c.campaign_id.in_(stopped))
    connection.execute(gone.values(state=State.CANCELLED))
    return ours


def _of(claimed: Claim) -> Sequence[Any]:
    """The order, as long as this try of it is under way."""
    return (
        orders.c.id == claimed.order.id,
        orders.c.call_id == claimed.call_id,
        orders.c.state == State.CALLING,
    )


def _left_behind(connection: Connection, now: datetime, taken: dict[str, Any]) -> Claim | None:
    gone = and_(orders.c.state == State.CALLING, orders.c.lease < now)
    row = _first(connection, gone)
    if row is None:
        return None
    connection.execute(update(orders).where(orders.c.id == row.id).values(taken))
    query = select(tries.c.placed, tries.c.answered).where(tries.c.call_id == row.call_id)
    was = connection.execute(query).one_or_none()
    if was is None:
        return Claim(as_order(row), row.call_id, interrupted=True)
    placed, answered = was.placed is not None, was.answered is not None
    return Claim(as_order(row), row.call_id, True, placed, answered)


def _single(
    connection: Connection, now: datetime, taken: dict[str, Any], without: Collection[str]
) -> Claim | None:
    row = _first(connection, orders.c.campaign_id.is_(None), *_due(now, without))
    return None if row is None else _take(connection, row, now, taken)


def _of_a_campaign(
    connection: Connection, now: datetime, taken: dict[str, Any], without: Collection[str]
) -> Claim | None:
    running = campaigns.c.state == CampaignState.RUNNING, campaigns.c.due <= now
    query = select(campaigns).where(*running).order_by(campaigns.c.due)
    for campaign in connection.execute(query.with_for_update(skip_locked=True)).all():
        if _calling(connection, campaign.id) >= campaign.calls:
            continue
        row = _first(connection, orders.c.campaign_id == campaign.id, *_due(now, without))
        if row is not None:
            pace = timedelta(minutes=1 / campaign.rate)
            mine = campaigns.c.id == campaign.id
            connection.execute(update(campaigns).where(mine).values(due=now + pace))
            return _take(connection, row, now, taken)
    return None


def _due(now: datetime, without: Collection[str]) -> Sequence[Any]:
    """Those that may be called now: nobody's phone is rung for two orders at once."""
    free = orders.c.profile.not_in(sorted(without))
    other = orders.alias("other")
    same = other.c.number == orders.c.number, other.c.state == State.CALLING
    ringing = select(other.c.id).where(*same).exists()
    return orders.c.state == State.WAITING, orders.c.due <= now, free, ~ringing


def _calling(connection: Connection, campaign_id: str) -> int:
    mine = orders.c.campaign_id == campaign_id, orders.c.state == State.CALLING
    query = select(func.count()).select_from(orders).where(*mine)
    return int(connection.execute(query).scalar_one())


def _first(connection: Connection, *where: Any) -> Any:
    query = chosen().where(*where).order_by(orders.c.due, orders.c.id).limit(1)
    return connection.execute(query.with_for_update(of=orders, skip_locked=True)).one_or_none()


def _take(connection: Connection, row: Any, now: datetime, taken: dict[str, Any]) -> Claim:
    call_id = str(uuid4())
    mine = {**taken, "state": State.CALLING, "call_id": call_id}
    connection.execute(update(orders).where(orders.c.id == row.id).values(mine))
    made = {"call_id": call_id, "order_id": row.id, "made": now}
    made |= {"placed": None, "answered": None, "outcome": "", "detail": ""}
    connection.execute(tries.insert(), [made])
    return Claim(as_order(row), call_id)
