"""What the bot that holds an outbound call notes: who answered, and whom not to call any more."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from starlette.applications import Starlette

from bot.app.errands import Errands
from bot.asterisk import pbx_http
from bot.asterisk.pbx import Place
from bot.call.actions import Answer, Recorded, Say
from bot.call.phrasebook import Phrase
from bot.call.watch import Watch
from bot.core.errand import Errand
from bot.core.errors import BotError, ServiceUnavailable
from bot.core.ports import Caller
from bot.records import claims, do_not_call, orders
from bot.records.database import open_database
from bot.records.migrating import migrate
from bot.records.orders import NewOrder, Outcome
from tests.asterisk.test_pbx import fields, reception

pytestmark = pytest.mark.real_time


@pytest.fixture
def engine(tmp_path):
    engine = open_database(f"sqlite:///{tmp_path}/calls.db")
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def claim(engine):
    """A call that is being made."""
    orders.add(engine, NewOrder("9812345678", "bank", {"name": "आशा"}, "form"))
    return claims.claim(engine, "bot", datetime.now(UTC), timedelta(minutes=1))


async def test_an_order_is_found_by_its_call_alone(engine, claim):
    """Whoever names another call, or no UUID, learns nothing of it."""
    errands = Errands(engine)
    found = await errands.find(claim.order.id, claim.call_id)
    assert found == Errand(claim.order.id, "+919812345678", "bank", {"name": "आशा"})
    for call_id in ("", "x", "0792b720-0000-4000-8000-000000000000"):
        assert await errands.find(claim.order.id, call_id) is None
        with pytest.raises(BotError):
            await errands.answered(claim.order.id, call_id)


@pytest.mark.parametrize(
    ("lines", "order", "said", "noted"),
    [
        (2, None, "dial 10.0.0.7:9092", True),
        (1, None, "refuse full", False),
        (2, "0792b720-0000-4000-8000-000000000000", "refuse no-order", False),
    ],
)
async def test_an_answer_is_noted_where_this_bot_takes_the_call(
    engine, claim, lines, order, said, noted
):
    """Who answered and was hung up on, for want of a line, has spoken with nobody."""
    desk = reception(max_calls=lines)
    desk.register(fields("0792b720-0000-4000-8000-000000000001"))
    app = Starlette(routes=pbx_http.routes(desk, lambda *row: None, Errands(engine)))
    transport = httpx.ASGITransport(app=app)
    asked = fields(claim.call_id, order=order or claim.order.id)
    desk.place = lambda called, named: Place(named or "default")
    async with httpx.AsyncClient(transport=transport, base_url="http://bot") as client:
        answer = await client.post("/pbx/calls", data=asked)
    assert answer.text == said
    assert claims.what_was_heard(engine, claim.call_id) == (noted, None, "")


async def test_where_no_calls_are_made_there_is_no_order(claim):
    """A bot with other settings says so."""
    app = Starlette(routes=pbx_http.routes(reception(), lambda *row: None))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://bot") as client:
        answer = await client.post("/pbx/calls", data=fields(claim.call_id, order=claim.order.id))
    assert (answer.status_code, answer.text) == (404, "refuse no-order")


@pytest.mark.parametrize(
    ("signs", "outcome", "detail"),
    [
        ([], Outcome.ANSWERED, ""),
        (["announcement", "beep"], Outcome.MACHINE, "beep"),
        (["busy"], Outcome.BUSY, "busy"),
    ],
)
async def test_who_answered_is_noted_at_the_end(engine, claim, signs, outcome, detail):
    """In the database, and for the dialler of this process."""
    told = []
    errands = Errands(engine, lambda *known: told.append(known))
    errand = await errands.find(claim.order.id, claim.call_id)
    await errands.answered(claim.order.id, claim.call_id)
    watch = errands.watch(Caller(claim.call_id, "+919812345678"), errand, Watch())
    for sign in signs:
        watch.action(Recorded(sign))
    assert told == []
    errands.ended(claim.call_id)
    async with asyncio.timeout(20):
        while not told:
            await asyncio.sleep(0.01)
    assert told == [(claim.call_id, outcome.value, detail)]
    assert claims.what_was_heard(engine, claim.call_id) == (True, outcome, detail)


async def test_whoever_wants_no_more_calls_is_put_on_the_list(engine):
    """In a call that they made, too; the other watch is told of everything all the same."""
    seen = []
    caller, other = Caller("c-1", "098123 45678"), Watch(action=seen.append)
    errands = Errands(engine)
    watch = errands.watch(caller, None, other)
    watch.action(Answer("मेरा बिल बताइए"))
    watch.action(Say(Phrase.GOODBYE))
    await errands.close()
    assert do_not_call.find(engine) == []
    errands = Errands(engine)
    errands.watch(caller, None, other).action(Answer("मुझे दोबारा फ़ोन मत करना"))
    await errands.close()
    [noted] = do_not_call.find(engine)
    assert (noted.number, noted.source) == ("+919812345678", "caller")
    assert len(seen) == 3


async def test_a_wish_not_to_be_called_outlasts_a_database_that_is_away(engine, monkeypatch):
    """It is noted once the database is back: else they would be called again."""
    add, away = do_not_call.add, [True]

    def unsure(*given):
        if away:
            away.pop()
            raise ServiceUnavailable("records", "away")
        return add(*given)

    monkeypatch.setattr(do_not_call, "add", unsure)
    errands = Errands(engine)
    watch = errands.watch(Caller("c-1", "9812345678"), None, Watch())
    watch.action(Answer("मुझे दोबारा फ़ोन मत करना"))
    async with asyncio.timeout(20):
        while not do_not_call.find(engine):
            await asyncio.sleep(0.05)
    await errands.close()


async def test_what_cannot_be_noted_at_the_end_is_given_up(engine, monkeypatch):
    """A bot that stops waits for a while, and leaves no task behind."""

    def never(*given):
        raise ServiceUnavailable("records", "away")

    monkeypatch.setattr(do_not_call, "add", never)
    errands = Errands(engine)
    watch = errands.watch(Caller("c-1", "9812345678"), None, Watch())
    watch.action(Answer("मुझे दोबारा फ़ोन मत करना"))
    async with asyncio.timeout(20):
        await errands.close()
    assert {asyncio.current_task()} == asyncio.all_tasks()


async def test_a_caller_without_a_number_cannot_be_noted(engine):
    """The model is told so; the call goes on."""
    assert not await Errands(engine).unwanted("anonymous")
