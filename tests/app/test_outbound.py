"""The dialler against a database and an Asterisk of ours: whom it calls, and what it notes."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from bot.app import outbound_call
from bot.app.outbound import Dialler
from bot.asterisk.pbx import Place, Reason, Refused
from bot.config import Settings
from bot.core.errors import ConfigError, ServiceUnavailable
from bot.ops.metrics import Metrics
from bot.records import claims, do_not_call, orders
from bot.records.database import open_database
from bot.records.migrating import migrate
from bot.records.orders import NewOrder, Outcome, State
from tests.asterisk.fake_ari import PASSWORD, FakeAri, serving

pytestmark = pytest.mark.real_time

PATIENT = 30.0
ALWAYS = {"weekly": {}}


class Reception:
    """Lines in use, by profile."""

    def __init__(self):
        self.lines = []

    def taken(self, profile=""):
        return sum(not profile or each == profile for each in self.lines)


class Dialogues:
    """Profiles; each has the same settings but for its limit."""

    def __init__(self, settings, limits):
        self._all = {"default": settings}
        for name, calls in limits.items():
            limited = settings.limits.model_copy(update={"calls": calls})
            self._all[name] = settings.model_copy(update={"limits": limited})

    def place(self, called, named=""):
        if named not in self._all:
            raise Refused(Reason.NO_PROFILE, f"profile: there is no {named!r}")
        return Place(named)

    def of(self, name):
        return type("Dialogue", (), {"settings": self._all[name], "name": name})()

    def __iter__(self):
        return map(self.of, self._all)


@pytest.fixture
def engine(tmp_path):
    engine = open_database(f"sqlite:///{tmp_path}/calls.db")
    migrate(engine)
    yield engine
    engine.dispose()


@asynccontextmanager
async def dialling(engine, url, limits=None, lines=50, **outbound):
    """A dialler that runs; yields it with its reception."""
    given = {
        "enabled": True,
        "ari": {"url": url, "password": PASSWORD, "timeout": 5},
        "hours": ALWAYS,
        "lease": 1,
        **outbound,
    }
    settings = Settings.model_validate({"outbound": given, "audiosocket": {"max_calls": lines}})
    reception = Reception()
    dialogues = Dialogues(settings, limits or {})
    dialler = Dialler(settings, engine, dialogues, reception, Metrics())
    task = asyncio.create_task(dialler.run())
    try:
        yield dialler, reception
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(condition):
    async with asyncio.timeout(PATIENT):
        while not (value := condition()):
            await asyncio.sleep(0.02)
        return value


def add(engine, number="9812345678", **more):
    return orders.add(engine, NewOrder(number, consent="form", **more))


def outcome(engine, order):
    now = orders.one(engine, order.id)
    return now if now.outcome or now.detail else None


async def test_a_number_that_is_busy_is_called_again_later(engine):
    """The call is begun as the settings say; the order waits for its next try."""
    async with serving(FakeAri()) as fake, dialling(engine, fake.url, caller_id="918040001000"):
        order = add(engine)
        await until(lambda: fake.begun)
        call = fake.begun[0]
        assert call["endpoint"] == "Local/+919812345678@bot-outbound/n"
        assert (call["context"], call["timeout"]) == ("bot-answered", 45)
        assert call["variables"] == {
            "BOT_CALL": call["channelId"],
            "BOT_ORDER": order.id,
            "BOT_CALLED": "+919812345678",
            "BOT_RING": "40",
            "BOT_FROM": "918040001000",
        }
        await fake.tell("ChannelDestroyed", call["channelId"], cause=17)
        now = await until(lambda: outcome(engine, order))
        assert (now.state, now.outcome, now.tries) == (State.WAITING, Outcome.BUSY, 1)
        assert timedelta(minutes=9) < now.due - datetime.now(UTC) <= timedelta(minutes=10)


async def test_who_answered_is_what_the_desk_says(engine):
    """The order is over while the call may still be up with an agent."""
    async with serving(FakeAri()) as fake, dialling(engine, fake.url) as (dialler, _):
        order = add(engine)
        await until(lambda: fake.begun)
        name = fake.begun[0]["channelId"]
        assert claims.answered(engine, order.id, name, datetime.now(UTC))
        dialler.heard(name, "answered", "")
        assert (await until(lambda: outcome(engine, order))).state is State.DONE
        assert name in fake.channels


async def test_a_person_who_answers_and_no_bot_is_a_failure(engine):
    """Nobody has spoken with them: they are called again."""
    async with serving(FakeAri()) as fake, dialling(engine, fake.url):
        order = add(engine)
        await until(lambda: fake.begun)
        name = fake.begun[0]["channelId"]
        await fake.tell("ChannelStateChange", name, "Up")
        await fake.tell("ChannelDestroyed", name, "Up", cause=16)
        now = await until(lambda: outcome(engine, order))
        assert (now.outcome, now.detail) == ("failed", "answered, but no bot took the call")


@pytest.mark.parametrize(
    ("order", "why"),
    [
        (NewOrder("9812345678"), "no consent"),
        (NewOrder("+4930123456", consent="form"), "not allowed"),
        (NewOrder("9812345670", consent="form"), "do not call"),
        (NewOrder("9812345671", consent="form"), "do not call"),
        (NewOrder("9812345678", profile="bank", consent="form"), "profile: there is no 'bank'"),
    ],
)
async def test_what_policy_refuses_is_never_begun(engine, tmp_path, order, why):
    """The order ends with the reason."""
    listed = tmp_path / "dnd.txt"
    listed.write_text("098123 45671\n")
    do_not_call.add(engine, "9812345670", "command")
    async with (
        serving(FakeAri()) as fake,
        dialling(engine, fake.url, do_not_call_file=str(listed)),
    ):
        made = orders.add(engine, order)
        now = await until(lambda: outcome(engine, made))
        assert (now.state, now.outcome, now.detail) == (State.DONE, "refused", why)
        assert fake.begun == []


async def test_nobody_is_called_outside_the_hours(engine):
    """The order waits for the next opening, and no try is counted."""
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).strftime("%a").lower()
    hours = {"weekly": {tomorrow: "00:00-24:00"}, "timezone": "UTC"}
    async with serving(FakeAri()) as fake, dialling(engine, fake.url, hours=hours):
        order = add(engine)
        now = await until(lambda: outcome(engine, order))
        assert (now.state, now.detail, now.tries) == (State.WAITING, "calling hours", 0)
        assert now.due > datetime.now(UTC)
        assert fake.begun == []


async def test_lines_are_left_for_callers(engine):
    """Four lines, one in use, two kept free: one call is begun, and another when it ends."""
    async with (
        serving(FakeAri()) as fake,
        dialling(engine, fake.url, lines=4, keep_free=2) as (_, reception),
    ):
        reception.lines.append("default")
        for number in ("9812345670", "9812345671"):
            add(engine, number)
        await until(lambda: fake.begun)
        await asyncio.sleep(1.2)  # two looks later
        assert len(fake.begun) == 1
        await fake.tell("ChannelDestroyed", fake.begun[0]["channelId"], cause=19)
        await until(lambda: len(fake.begun) == 2)


async def test_a_profile_has_no_more_calls_than_its_limit(engine):
    """Those that ring count; others go on."""
    async with serving(FakeAri()) as fake, dialling(engine, fake.url, {"bank": 1}):
        for number in ("9812345670", "9812345671"):
            add(engine, number, profile="bank")
        other = add(engine, "9812345672")
        await until(lambda: len(fake.begun) == 2)
        called = {call["variables"]["BOT_ORDER"] for call in fake.begun}
        assert other.id in called


async def test_without_asterisk_nothing_is_taken(engine):
    """The order waits; it is called once the events come."""
    async with serving(FakeAri()) as gone:
        port = gone.port
    async with dialling(engine, f"http://127.0.0.1:{port}/ari"):
        order = add(engine)
        await asyncio.sleep(1.2)  # two looks later
        assert orders.one(engine, order.id).state is State.WAITING
        async with serving(FakeAri(), port) as fake:
            await until(lambda: fake.begun)


async def test_a_call_that_could_not_be_begun_waits(engine):
    """Asterisk fails: no try is counted."""
    async with serving(FakeAri()) as fake, dialling(engine, fake.url):
        fake.answers = [500]
        order = add(engine)
        now = await until(lambda: outcome(engine, order))
        assert (now.state, now.tries) == (State.WAITING, 0)


async def test_a_call_that_asterisk_begins_late_is_waited_for(engine, monkeypatch):
    """It had not answered in time, nor had the channel: else the phone rings for two calls."""
    monkeypatch.setattr(outbound_call, "LATE", 0.5)
    async with serving(FakeAri()) as fake:
        slow = {"url": fake.url, "password": PASSWORD, "timeout": 2}
        async with dialling(engine, fake.url, ari=slow, lease=60):
            fake.answers = ["late"]
            order = add(engine)
            await until(lambda: fake.begun)
            await fake.tell("ChannelStateChange", fake.begun[0]["channelId"])
            await asyncio.sleep(1)  # twice the time in which it may come
            assert orders.one(engine, order.id).state is State.CALLING
            await fake.tell("ChannelDestroyed", fake.begun[0]["channelId"], cause=19)
            now = await until(lambda: outcome(engine, order))
            assert (now.outcome, now.tries, len(fake.begun)) == ("no_answer", 1, 1)


async def test_a_bot_that_drains_begins_no_more(engine):
    """It waits for what is under way."""
    async with serving(FakeAri()) as fake, dialling(engine, fake.url) as (dialler, _):
        first = add(engine, "9812345670")
        await until(lambda: fake.begun)
        dialler.drain()
        second = add(engine, "9812345671")
        over = asyncio.create_task(dialler.over())
        await asyncio.sleep(1.2)  # two looks later
        assert not over.done()
        await fake.tell("ChannelDestroyed", fake.begun[0]["channelId"], cause=19)
        async with asyncio.timeout(PATIENT):
            await over
        assert orders.one(engine, first.id).outcome == "no_answer"
        assert orders.one(engine, second.id).state is State.WAITING


def left_behind(engine, placed=True, answered=False):
    """An order whose bot was killed."""
    order = add(engine)
    then = datetime.now(UTC) - timedelta(minutes=5)
    ago = timedelta(minutes=-1)
    claim = claims.claim(engine, "gone", datetime.now(UTC), ago)
    if placed:
        assert claims.placing(engine, claim, "gone", datetime.now(UTC), ago)
    if answered:
        claims.answered(engine, order.id, claim.call_id, then)
    return order, claim.call_id


async def test_a_call_that_outlives_its_bot_is_waited_for(engine):
    """Nobody is called a second time."""
    order, name = left_behind(engine)
    async with serving(FakeAri()) as fake:
        fake.channels.add(name)
        async with dialling(engine, fake.url) as (dialler, _):
            await until(lambda: orders.one(engine, order.id).state is State.CALLING)
            await until(lambda: name in dialler._tasks)
            await asyncio.sleep(0.5)
            await fake.tell("ChannelDestroyed", name, cause=19)
            now = await until(lambda: outcome(engine, order))
            assert (now.outcome, now.tries, fake.begun) == ("no_answer", 1, [])


async def test_a_person_who_spoke_with_the_bot_that_died_is_not_called_again(engine):
    """The order is over, though nobody noted how."""
    order, _ = left_behind(engine, answered=True)
    async with serving(FakeAri()) as fake, dialling(engine, fake.url):
        now = await until(lambda: outcome(engine, order))
        assert (now.state, now.outcome, fake.begun) == (State.DONE, "answered", [])


@pytest.mark.parametrize(("placed", "tries"), [(False, 0), (True, 1)])
async def test_whoever_was_not_reached_by_the_bot_that_died_is_called(engine, placed, tries):
    """A try counts only where the phone may have rung."""
    order, _ = left_behind(engine, placed)
    async with serving(FakeAri()) as fake, dialling(engine, fake.url):
        await until(lambda: fake.begun)
        assert orders.one(engine, order.id).tries == tries


async def test_a_slow_database_takes_no_thread_of_anybody_else(engine, pondering):
    """The names of other services are looked up in the loop's threads: callers would wait."""
    asked, answer = pondering
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(2))
    async with serving(FakeAri()) as fake, dialling(engine, fake.url, lease=60) as (dialler, _):
        for number in range(6):
            add(engine, f"981234567{number}")
        await until(asked.is_set)
        await until(lambda: len(dialler._tasks) >= 2)
        try:
            async with asyncio.timeout(PATIENT / 2):
                assert await asyncio.to_thread(int) == 0
        finally:
            answer.set()


def test_lines_that_are_all_kept_free_are_a_clear_error(engine):
    """Else nobody would ever be called, and nothing would say why."""
    settings = Settings.model_validate(
        {"outbound": {"keep_free": 5}, "audiosocket": {"max_calls": 5}}
    )
    with pytest.raises(ConfigError, match=r"outbound\.keep_free.*audiosocket\.max_calls"):
        Dialler(settings, engine, Dialogues(settings, {}), Reception(), Metrics())


async def test_a_list_that_cannot_be_read_stops_the_start(engine, tmp_path):
    """As each wrong setting does."""
    with pytest.raises(ConfigError, match="do_not_call_file"):
        async with dialling(engine, "http://127.0.0.1:9/ari", do_not_call_file=str(tmp_path / "x")):
            pass


@pytest.fixture
def pondering(monkeypatch):
    """The database is slow to say whether a number is unwanted: two events, asked and answer."""
    asked, answer = threading.Event(), threading.Event()

    def has(*given):
        asked.set()
        answer.wait(PATIENT)
        return False

    monkeypatch.setattr(do_not_call, "has", has)
    yield asked, answer
    answer.set()


def taken_up(engine, order):
    """Another bot takes the order up, once its lease is over."""
    later = datetime.now(UTC) + timedelta(minutes=5)
    claim = claims.claim(engine, "another", later, timedelta(minutes=5))
    assert claim.order.id == order.id and claim.interrupted
    return claim


def cancelled(engine, order):
    assert orders.cancel(engine, order.id)


@pytest.mark.parametrize("meanwhile", [taken_up, cancelled])
async def test_an_order_that_is_ours_no_more_is_not_begun(engine, pondering, meanwhile):
    """The database was slow: else two bots call one person, or one who shall not be called."""
    asked, answer = pondering
    async with (
        serving(FakeAri()) as fake,
        dialling(engine, fake.url, lease=60) as (dialler, _),
    ):
        order = add(engine)
        await until(asked.is_set)
        meanwhile(engine, order)
        answer.set()
        await until(lambda: not dialler._tasks)
        assert fake.begun == []


async def test_a_bot_that_drains_begins_nothing_that_it_had_taken(engine, pondering):
    """The order waits for another bot."""
    asked, answer = pondering
    async with serving(FakeAri()) as fake, dialling(engine, fake.url, lease=60) as (dialler, _):
        order = add(engine)
        await until(asked.is_set)
        dialler.drain()
        answer.set()
        async with asyncio.timeout(PATIENT):
            await dialler.over()
        assert fake.begun == []
        now = orders.one(engine, order.id)
        assert (now.state, now.tries) == (State.WAITING, 0)


async def test_a_try_is_noted_before_asterisk_is_asked(engine):
    """A bot that dies as soon as the phone rings has used up a try: nobody is rung for ever."""
    async with serving(FakeAri()) as fake, dialling(engine, fake.url, lease=60):
        fake.answers = [None]
        order = add(engine)
        await until(lambda: fake.begun)
        assert taken_up(engine, order).placed


async def test_how_a_call_ended_outlasts_a_database_that_is_away(engine, monkeypatch):
    """A busy phone is called again when the busy are, not at once."""
    heard, away = claims.what_was_heard, [True]

    def what_was_heard(*given):
        if away:
            away.pop()
            raise ServiceUnavailable("records", "away")
        return heard(*given)

    async with serving(FakeAri()) as fake, dialling(engine, fake.url, lease=60):
        order = add(engine)
        await until(lambda: fake.begun)
        monkeypatch.setattr(claims, "what_was_heard", what_was_heard)
        await fake.tell("ChannelDestroyed", fake.begun[0]["channelId"], cause=17)
        now = await until(lambda: outcome(engine, order))
        assert (now.outcome, now.tries) == (Outcome.BUSY, 1)
        assert now.due - datetime.now(UTC) > timedelta(minutes=9)


async def test_a_bug_ends_one_order_and_no_other(engine, monkeypatch):
    """It is not held for ever, and its number is not called again."""
    monkeypatch.setattr(do_not_call, "has", lambda engine, number: {}[number])
    async with serving(FakeAri()) as fake, dialling(engine, fake.url, lease=60):
        order = add(engine)
        now = await until(lambda: outcome(engine, order))
        assert (now.state, now.outcome) == (State.DONE, Outcome.FAILED)
        monkeypatch.setattr(do_not_call, "has", lambda engine, number: False)
        add(engine, "9812345679")
        await until(lambda: fake.begun)
