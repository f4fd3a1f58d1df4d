"""Calls that the bot makes: real bot, real Asterisk, and a second one for the telephone network."""

import asyncio
import json
import signal
from contextlib import asynccontextmanager

import numpy as np
import pytest

from bot.records import campaigns, orders
from bot.records.campaigns import NewCampaign
from bot.records.database import open_database
from bot.records.migrating import migrate
from bot.records.orders import NewOrder, Outcome, State
from bot.sip.softphone import Account, Softphone
from scripts.house import free_port
from tests.e2e.network import network, trunk
from tests.e2e.studio import Ears, sine, studio
from tests.nim.fakes import saying

pytestmark = [pytest.mark.asterisk, pytest.mark.real_time, pytest.mark.timeout(180)]

SECRET = "ari-secret-of-a-test"
PATIENT = 60.0
"""Seconds that anything may take on a slow machine."""
HOURS = {"weekly": {}}


def machine(path):
    """What an answering machine plays: 5 s of a voice's hum, a pause, a beep."""
    hum = (
        np.frombuffer(sine(180.0, 8000, 5.0), "<i2")
        * (1 + 0.5 * np.sin(np.arange(40_000) / 900))
        * 0.5
    )
    silence = np.zeros(8000)
    beep = np.frombuffer(sine(1000.0, 8000, 0.6), "<i2")
    path.with_suffix(".sln").write_bytes(
        np.concatenate([hum, silence, beep, silence]).astype("<i2").tobytes()
    )
    return path


@asynccontextmanager
async def house(tmp_path, *answers, bot=None, seconds=3, **more):
    """A bot that may call the numbers of the network; yields it and the database."""
    url = f"sqlite:///{tmp_path}/calls.db"
    engine = open_database(url)
    migrate(engine)
    port = free_port()
    there = network(machine(tmp_path / "machine"), seconds)
    await asyncio.to_thread(there.__enter__)
    try:
        variables = {
            "BOT_RECORDS__URL": url,
            "BOT_OUTBOUND__ENABLED": "true",
            "BOT_OUTBOUND__ARI__URL": f"http://127.0.0.1:{port}/ari",
            "BOT_OUTBOUND__ARI__PASSWORD": SECRET,
            "BOT_OUTBOUND__HOURS": json.dumps(HOURS),
            "BOT_OUTBOUND__RING": "5",
            "BOT_OUTBOUND__LEASE": "5",
            "BOT_OUTBOUND__GREETING": "नमस्ते {name} जी, मैं सागर बैंक से बोल रही हूँ।",
            **(bot or {}),
        }
        async with studio(
            *answers,
            bot=variables,
            files={"pjsip_trunk.conf": trunk(there)},
            dials="91[0-9]{10}",
            caller_id="918040001000",
            ari=f"127.0.0.1:{port}",
            ari_password=SECRET,
            **more,
        ) as rooms:
            yield rooms, there, engine
    finally:
        await asyncio.to_thread(there.__exit__, None, None, None)
        engine.dispose()


async def phone_of(there, rooms, name="6001"):
    """A softphone of the network."""
    account = Account(name, there.accounts[name], f"127.0.0.1:{there.sip_port}", True)
    return await rooms.stack.enter_async_context(Softphone(account, bind="127.0.0.1"))


async def until(condition):
    """Wait for something that another process does."""
    async with asyncio.timeout(PATIENT):
        while not (value := condition()):
            await asyncio.sleep(0.1)
        return value


def said(rooms):
    """All that the synthesizer was asked for."""
    return [r.text for stream in rooms.synthesis.streams for r in stream.requests]


def done(engine, order):
    """The order, once it is over."""
    now = orders.one(engine, order.id)
    return now if now.state is State.DONE else None


async def test_a_person_is_greeted_by_name_and_talks(tmp_path):
    """The phone rings, the greeting names them, the model knows the order's data."""
    async with house(tmp_path, saying({"content": "जी, धन्यवाद।"})) as (rooms, there, engine):
        phone = await phone_of(there, rooms)
        order = orders.add(
            engine,
            NewOrder("98000 00010", data={"name": "आशा", "due": "500"}, consent="form"),
        )
        ring = await phone.rings(PATIENT)
        await ring.answer()
        await until(lambda: "नमस्ते आशा जी, मैं सागर बैंक से बोल रही हूँ।" in said(rooms))
        await ring.hears(PATIENT)
        await ring.hears_silence(1.0, PATIENT)
        await ring.press("1")
        await until(lambda: rooms.nim.requests)
        told = json.dumps(rooms.nim.requests[0]["messages"], ensure_ascii=False)
        assert '\\"due\\": \\"500\\"' in told
        await ring.hang_up()
        over = await until(lambda: done(engine, order))
        assert (over.outcome, over.tries) == (Outcome.ANSWERED, 1)
        [call] = orders.tries_of(engine, order.id)
        began = await rooms.bot.logs("call began")
        assert began["call"] == call.call_id and call.answered is not None


@pytest.mark.parametrize(
    ("number", "outcome", "detail"),
    [
        ("9800000020", "busy", ""),
        ("9800000030", "no_answer", ""),
        ("9800000060", "failed", "no such number"),
        ("+4930123456", "refused", "not allowed"),
    ],
)
async def test_who_is_not_reached_is_told_apart(tmp_path, number, outcome, detail):
    """Busy, no answer, no such number, and one that our own policy refuses."""
    once = {"BOT_OUTBOUND__RETRY": json.dumps({"most": 1})}
    async with house(tmp_path, bot=once) as (_, _, engine):
        order = orders.add(engine, NewOrder(number, consent="form"))
        over = await until(lambda: done(engine, order))
        assert (over.outcome, over.detail) == (outcome, detail)


async def test_an_answering_machine_gets_the_message_after_its_beep(tmp_path):
    """It is told apart from a person by its beep; the order waits for another try."""
    leave = {"BOT_OUTBOUND__MACHINE": "message", "BOT_OUTBOUND__MESSAGE": "{name} जी, संदेश।"}
    async with house(tmp_path, bot=leave, ears=Ears("")) as (rooms, _, engine):
        order = orders.add(engine, NewOrder("9800000040", data={"name": "आशा"}, consent="form"))
        over = await until(
            lambda: (o := orders.one(engine, order.id)).outcome == Outcome.MACHINE and o
        )
        assert over.state is State.WAITING and over.detail == "beep"
        await until(lambda: "आशा जी, संदेश।" in said(rooms))


async def test_the_dialplan_refuses_what_the_bot_may_not_call(tmp_path):
    """Settings that allow any number do not reach past BOT_DIALS."""
    wide = {"BOT_OUTBOUND__ALLOWED": ".*"}
    async with house(tmp_path, bot=wide) as (rooms, _, engine):
        order = orders.add(engine, NewOrder("+4930123456", consent="form"))
        over = await until(lambda: done(engine, order))
        assert (over.outcome, over.detail) == (Outcome.REFUSED, "BOT_DIALS")
        assert "The bot may not call ...56: see BOT_DIALS" in rooms.pbx.log_text()


async def test_a_campaign_goes_on_where_its_bot_was_killed(tmp_path):
    """Six people, two at once; kill -9 in the middle, a new bot: each is called exactly once."""
    numbers = [f"980000005{each}" for each in range(6)]
    async with house(tmp_path, seconds=4) as (rooms, there, engine):
        people = [NewOrder(number, consent="form") for number in numbers]
        campaigns.start(engine, NewCampaign("june", rate=6000, calls=2), people)
        await until(lambda: campaigns.one(engine, "june").states.get("done", 0) >= 2)
        await until(lambda: rooms.pbx.channels())
        await rooms.bot.stop(signal.SIGKILL)
        await rooms.another_bot(tmp_path)
        await until(lambda: campaigns.one(engine, "june").states == {"done": 6})
        assert campaigns.one(engine, "june").outcomes == {"answered": 6}
        rung = [line for line in there.log_text().splitlines() if "Answer(" in line]
        called = sorted(line.split("[+91")[1][:10] for line in rung)
        assert called == numbers
