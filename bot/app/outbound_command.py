"""
What `voicebot dial NUMBER`, `voicebot campaign` and `voicebot do-not-call` do.

They write orders into the database of `records.url`; a bot that runs with the same one and
`outbound.enabled` makes the calls. Their words: outbound_options.py.
"""

import argparse
import asyncio
import csv
import io
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from sqlalchemy import Engine

from bot.app.calls_command import database
from bot.app.campaign_file import digest, people
from bot.app.profile_folder import read_profiles
from bot.config import Settings
from bot.config_file import load
from bot.core.errors import BotError, ConfigError
from bot.core.telephone import masked
from bot.outbound.greeting import missing
from bot.records import campaigns, do_not_call, migrating, orders
from bot.records.campaigns import Campaign, CampaignState, NewCampaign
from bot.records.orders import NewOrder, Order, OrdersWanted, Outcome, State

LOOK: Final = 0.5
"""Seconds between two looks at an order that is waited for."""
_AMOUNT: Final = re.compile(r"[+-]?[0-9][0-9,.]*")
OVER: Final = (State.DONE, State.CANCELLED)
Print = Callable[[str], None]


def dial(options: argparse.Namespace, say: Print) -> int:
    """Have a number called. With --wait, 1 unless a person has answered. Raises BotError."""
    settings = load(options.config)
    profile = _profile(settings, options.profile)
    data = dict(options.data)
    if lacking := missing(profile.outbound.greeting, data):
        raise BotError(f"the greeting says {{{lacking[0]}}}; give --set {lacking[0]}=VALUE")
    with database(settings) as engine:
        migrating.check(engine)
        order = orders.add(engine, NewOrder(options.uri, options.profile, data, options.consent))
        say(f"order {order.id}")
        if not options.wait:
            return 0
        over = asyncio.run(_over(engine, order))
    say(f"{over.outcome or over.state}{': ' + over.detail if over.detail else ''}")
    return 0 if over.outcome == Outcome.ANSWERED else 1


async def _over(engine: Engine, order: Order) -> Order:
    """The order, once it is over; or will be called another time."""
    while True:
        now = await asyncio.to_thread(orders.one, engine, order.id)
        put_off = now.state is State.WAITING and now.detail
        if now.state in OVER or put_off or (now.state is State.WAITING and now.tries):
            return now
        await asyncio.sleep(LOOK)


def campaign(options: argparse.Namespace, say: Print) -> int:
    """Do what the words want. Raises BotError."""
    settings = load(options.config)
    with database(settings) as engine:
        migrating.check(engine)
        if options.act == "start":
            _start(options, settings, engine, say)
        else:
            CAMPAIGN[options.act](options, engine, say)
    return 0


def unwanted(options: argparse.Namespace, say: Print) -> int:
    """Do what the words want. Raises BotError."""
    with database(load(options.config)) as engine:
        migrating.check(engine)
        if options.act == "unwanted":
            for each in do_not_call.find(engine):
                say(f"{each.number:16}  {each.since.astimezone():%Y-%m-%d %H:%M}  {each.source}")
            return 0
        for number in options.numbers:
            if options.act == "add":
                new = do_not_call.add(engine, number, "command")
                say(f"{masked(number)}: {'noted' if new else 'was noted already'}")
            else:
                known = do_not_call.remove(engine, number)
                say(f"{masked(number)}: {'may be called' if known else 'was not on the list'}")
    return 0


# Campaigns.


def _start(options: argparse.Namespace, settings: Settings, engine: Engine, say: Print) -> None:
    outbound = _profile(settings, options.profile).outbound
    found = people(options.file, options.consent, (outbound.greeting, outbound.message))
    wanted = NewCampaign(
        options.name or options.file.stem[:64],
        options.profile,
        options.rate,
        options.calls,
        digest(options.file),
    )
    made, added = campaigns.start(engine, wanted, found)
    say(f"campaign {made.name}: {added} numbers added, {len(found) - added} were in it already")
    without = sum(1 for each in found if not each.consent.strip())
    if without and outbound.consent == "required":
        say(f"{without} of the file have no consent and will not be called (outbound.consent)")


def _list(options: argparse.Namespace, engine: Engine, say: Print) -> None:
    for each in campaigns.find(engine):
        say(_line(each))


def _show(options: argparse.Namespace, engine: Engine, say: Print) -> None:
    found = campaigns.one(engine, options.name)
    say(_line(found))
    say(f"  at most {found.rate:g} calls a minute, {found.calls} at once")
    for kind, counts in (("state", found.states), ("outcome", found.outcomes)):
        for name, number in sorted(counts.items()):
            say(f"  {kind:8} {name:10} {number}")


def _set(state: CampaignState) -> Callable[[argparse.Namespace, Engine, Print], None]:
    def act(options: argparse.Namespace, engine: Engine, say: Print) -> None:
        say(_line(campaigns.set_state(engine, options.name, state)))

    return act


def _export(options: argparse.Namespace, engine: Engine, say: Print) -> None:
    campaigns.one(engine, options.name)
    found = orders.find(engine, OrdersWanted(campaign=options.name))[::-1]
    text = _csv(found)
    if options.to is None:
        say(text.rstrip("\n"))
        return
    _write(options.to, text)
    say(f"{len(found)} numbers in {options.to}")


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BotError(f"--to {path}: cannot be written: {error.strerror}") from error


def _csv(found: list[Order]) -> str:
    names = list(dict.fromkeys(name for order in found for name in order.data))
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(["number", "state", "outcome", "detail", "tries", "changed", "call", *names])
    for order in found:
        changed = order.changed.isoformat(timespec="seconds")
        known = [order.number, order.state, order.outcome, order.detail, order.tries, changed]
        given = (_no_formula(order.data.get(name, "")) for name in names)
        rows.writerow([*known, order.call_id, *given])
    return out.getvalue()


def _no_formula(value: str) -> str:
    """The same for a spreadsheet, which takes what begins so for a formula; numbers stay."""
    formula = value[:1] in ("=", "+", "-", "@", "\t", "\r") and not _AMOUNT.fullmatch(value)
    return f"'{value}" if formula else value


def _line(found: Campaign) -> str:
    people = sum(found.states.values())
    over = sum(found.states.get(each, 0) for each in OVER)
    return f"{found.name:24} {found.state:8} {found.profile:16} {over} of {people} over"


def _profile(settings: Settings, name: str) -> Settings:
    """The settings of this profile. Raises ConfigError where there is none, or calls are off."""
    if not settings.outbound.enabled:
        raise ConfigError("outbound.enabled is off: nobody would call; set BOT_OUTBOUND__ENABLED")
    if settings.profiles.folder:
        found = read_profiles(Path(settings.profiles.folder), settings).profiles
        if name in found:
            return found[name].settings
    if name != "default":
        raise ConfigError(f"--profile: there is no {name!r}; voicebot profiles check names them")
    return settings


CAMPAIGN: Final[Mapping[str, Callable[[argparse.Namespace, Engine, Print], None]]] = {
    "campaigns": _list,
    "show": _show,
    "pause": _set(CampaignState.PAUSED),
    "resume": _set(CampaignState.RUNNING),
    "stop": _set(CampaignState.STOPPED),
    "export": _export,
}
