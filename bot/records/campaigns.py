"""Campaigns: many orders with one rate and one bound; adds, counts, pauses and stops them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Engine, func, select, update

from bot.core.errors import BotError
from bot.records.database import database_errors, writing
from bot.records.ids import sortable_id
from bot.records.orders import NewOrder, State, add_all
from bot.records.tables import campaigns, orders


class CampaignState(StrEnum):
    """Whether its orders are called."""

    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    """For good: those that wait are cancelled."""


@dataclass(frozen=True, slots=True)
class NewCampaign:
    """`rate`: calls begun a minute. `calls`: at once. `source`: a digest of what it is from."""

    name: str
    profile: str = "default"
    rate: float = 10.0
    calls: int = 5
    source: str = ""


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign, and how many of its orders are in which state, and ended in which outcome."""

    id: str
    name: str
    profile: str
    rate: float
    calls: int
    state: CampaignState
    made: datetime
    states: Mapping[str, int]
    outcomes: Mapping[str, int]


def start(engine: Engine, wanted: NewCampaign, people: Sequence[NewOrder]) -> tuple[Campaign, int]:
    """
    Begin a campaign, or add to the one of this name whoever it has not yet; how many were new.

    Nobody is called twice by a campaign: a number is in it once, however it is written. A campaign
    that was there keeps its rate, its bound and its state. Raises BotError for what cannot be, and
    where another campaign is from the same source; ServiceUnavailable.
    """
    _check(wanted)
    with database_errors(), writing(engine) as connection:
        _not_again(connection, wanted)
        known = select(campaigns.c.id, campaigns.c.profile).where(campaigns.c.name == wanted.name)
        found = connection.execute(known).one_or_none()
        if found is not None and found.profile != wanted.profile:
            raise BotError(f"campaign {wanted.name} has the profile {found.profile}; choose"
                           " another name")  # fmt: skip
        id = found.id if found is not None else _added(connection, wanted)
        mine = [replace(each, profile=wanted.profile, campaign_id=id) for each in people]
        added = add_all(connection, mine)
    return one(engine, wanted.name), added


def find(engine: Engine) -> list[Campaign]:
    """All of them, the latest first. Raises ServiceUnavailable."""
    query = select(campaigns).order_by(campaigns.c.made.desc())
    with database_errors(), engine.connect() as connection:
        return [_campaign(connection, row) for row in connection.execute(query).all()]


def one(engine: Engine, name: str) -> Campaign:
    """The campaign of this name. Raises BotError where there is none, ServiceUnavailable."""
    query = select(campaigns).where(campaigns.c.name == name)
    with database_errors(), engine.connect() as connection:
        row = connection.execute(query).one_or_none()
        if row is None:
            raise BotError(f"there is no campaign {name[:64]}; voicebot campaign list names them")
        return _campaign(connection, row)


def set_state(engine: Engine, name: str, state: CampaignState) -> Campaign:
    """
    Run, pause or stop it; calls that are up go on. Raises BotError for one that is stopped.

    A stopped campaign cannot go on: who was waiting is cancelled.
    """
    before = one(engine, name)
    if before.state is CampaignState.STOPPED and state is not before.state:
        raise BotError(f"campaign {name} is stopped for good; start another one")
    now = datetime.now(UTC)
    with database_errors(), writing(engine) as connection:
        mine = campaigns.c.id == before.id
        connection.execute(update(campaigns).where(mine).values(state=state))
        if state is CampaignState.STOPPED:
            waiting = orders.c.campaign_id == before.id, orders.c.state == State.WAITING
            gone = update(orders).where(*waiting).values(state=State.CANCELLED, changed=now)
            connection.execute(gone)
    return one(engine, name)


def _check(wanted: NewCampaign) -> None:
    if not 0 < len(wanted.name) <= 64:
        raise BotError("the name of a campaign has 1 to 64 letters; give --name")
    if not 0 < wanted.rate <= 6000:
        raise BotError(f"rate: {wanted.rate} calls a minute are not possible; give 0.1 to 6000")
    if not 1 <= wanted.calls <= 2000:
        raise BotError(f"calls: {wanted.calls} at once are not possible; give 1 to 2000")


def _not_again(connection: Connection, wanted: NewCampaign) -> None:
    same = campaigns.c.source == wanted.source, campaigns.c.name != wanted.name
    query = select(campaigns.c.name).where(*same).limit(1)
    if wanted.source and (other := connection.execute(query).scalar_one_or_none()):
        raise BotError(f"campaign {other} is from the same file: its people would be called twice")


def _added(connection: Connection, wanted: NewCampaign) -> str:
    now, id = datetime.now(UTC), sortable_id()
    row = {
        "id": id,
        "name": wanted.name,
        "profile": wanted.profile,
        "rate": wanted.rate,
        "calls": wanted.calls,
        "state": CampaignState.RUNNING,
        "source": wanted.source,
        "made": now,
        "due": now,
    }
    connection.execute(campaigns.insert(), [row])
    return id


def _campaign(connection: Connection, row: Any) -> Campaign:
    states = _counts(connection, row.id, orders.c.state)
    outcomes = _counts(connection, row.id, orders.c.outcome, orders.c.state == State.DONE)
    return Campaign(
        row.id,
        row.name,
        row.profile,
        row.rate,
        row.calls,
        CampaignState(row.state),
        row.made,
        states,
        outcomes,
    )


def _counts(connection: Connection, id: str, column: Any, *more: Any) -> dict[str, int]:
    query = select(column, func.count()).where(orders.c.campaign_id == id, *more).group_by(column)
    return {row[0]: row[1] for row in connection.execute(query)}
