"""Orders, campaigns, claims: the same tests in SQLite and in PostgreSQL."""

import json
import threading
from datetime import UTC, datetime, timedelta
from importlib.resources import files

import jsonschema
import pytest
from sqlalchemy import select

from bot.core.errors import BotError
from bot.records import campaigns, claims, do_not_call, orders, purging
from bot.records.campaigns import CampaignState, NewCampaign
from bot.records.claims import Result
from bot.records.orders import NewOrder, OrdersWanted, Outcome, State
from bot.records.purging import Doomed
from bot.records.tables import outbox

SCHEMAS = files("bot.records") / "schemas"
LEASE = timedelta(seconds=60)


def now():
    return datetime.now(UTC)


def rows_of(engine, table):
    with engine.connect() as connection:
        return connection.execute(select(table)).all()


def people(*numbers):
    return [NewOrder(number, consent="form") for number in numbers]


def claim(engine, at=None, owner="bot-1", without=()):
    return claims.claim(engine, owner, at or now(), LEASE, without)


def started(engine, *numbers, **more):
    return campaigns.start(engine, NewCampaign("june", **more), people(*numbers))


def test_an_order_is_kept_and_found_again(engine):
    """With its data; the number in its one writing; by any writing of it."""
    made = orders.add(engine, NewOrder("098123 45678", "bank", {"name": "आशा"}, "form of 2 May"))
    assert (made.number, made.profile, made.state) == ("+919812345678", "bank", State.WAITING)
    assert made.data == {"name": "आशा"} and made.consent == "form of 2 May"
    assert orders.one(engine, made.id) == made
    assert orders.find(engine, OrdersWanted(number="9812345678")) == [made]
    assert orders.find(engine, OrdersWanted(number="9812345679")) == []
    assert orders.find(engine, OrdersWanted(state="done")) == []


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        (NewOrder("abc"), "no telephone number"),
        (NewOrder("9812345678", data={"a": "x" * 5000}), "data: longer"),
        (NewOrder("9812345678", consent="x" * 300), "consent: longer"),
    ],
)
def test_a_wrong_order_is_refused(engine, wrong, what):
    """Nothing of it is kept."""
    with pytest.raises(BotError, match=what):
        orders.add(engine, wrong)
    assert orders.find(engine, OrdersWanted()) == []


def test_an_order_that_is_not_there_is_a_clear_error(engine):
    """To show and to cancel."""
    for act in (orders.one, orders.cancel):
        with pytest.raises(BotError, match="there is no order x"):
            act(engine, "x")


def test_a_cancelled_order_is_never_claimed(engine):
    """And cancelling twice says that it was over."""
    made = orders.add(engine, NewOrder("9812345678"))
    assert orders.cancel(engine, made.id)
    assert not orders.cancel(engine, made.id)
    assert claim(engine) is None


def test_an_order_is_claimed_once_when_it_is_due(engine):
    """Not before; and by one bot."""
    due = now() + timedelta(hours=1)
    made = orders.add(engine, NewOrder("9812345678", due=due))
    assert claim(engine) is None
    taken = claim(engine, due)
    assert taken.order.id == made.id and not taken.interrupted
    assert claim(engine, due, "bot-2") is None
    assert orders.one(engine, made.id).call_id == taken.call_id
    assert [each.call_id for each in orders.tries_of(engine, made.id)] == [taken.call_id]


def test_a_phone_that_is_being_called_is_not_rung_by_another_order(engine):
    """Ordered twice, or in two campaigns: one call after the other."""
    orders.add(engine, NewOrder("9812345678"))
    orders.add(engine, NewOrder("098123 45678", "shop"))
    campaigns.start(engine, NewCampaign("june"), people("9812345678"))
    first = claim(engine)
    assert claim(engine, owner="bot-2") is None
    claims.settle(engine, first, Result(Outcome.ANSWERED), now())
    assert claim(engine, owner="bot-2").order.id != first.order.id
    assert claim(engine) is None


def test_a_profile_without_room_waits(engine):
    """Others go on."""
    orders.add(engine, NewOrder("9812345678", "bank"))
    orders.add(engine, NewOrder("9812345679", "shop"))
    assert claim(engine, without={"bank"}).order.profile == "shop"
    assert claim(engine, without={"bank"}) is None
    assert claim(engine).order.profile == "bank"


def test_a_try_that_failed_is_tried_again_when_it_is_due(engine):
    """With another call's name; the last one ends the order."""
    made = orders.add(engine, NewOrder("9812345678"))
    first, later = claim(engine), now() + timedelta(minutes=10)
    assert claims.settle(engine, first, Result(Outcome.BUSY, "17", later), now())
    assert claim(engine) is None
    second = claim(engine, later)
    assert second.call_id != first.call_id and second.order.tries == 1
    claims.settle(engine, second, Result(Outcome.NO_ANSWER), now())
    done = orders.one(engine, made.id)
    assert (done.state, done.outcome, done.tries) == (State.DONE, "no_answer", 2)
    assert [each.outcome for each in orders.tries_of(engine, made.id)] == ["busy", "no_answer"]


def test_the_end_of_an_order_is_told_with_it(engine):
    """Not that of a try after which there is another; its webhook goes when the order is purged."""
    made = orders.add(engine, NewOrder("9812345678", "bank", {"name": "आशा"}, "form"))
    kinds, later = ("order.ended",), now() + timedelta(minutes=10)
    claims.settle(engine, claim(engine), Result(Outcome.BUSY, "", later), now(), kinds)
    assert rows_of(engine, outbox) == []
    last = claim(engine, later)
    claims.settle(engine, last, Result(Outcome.MACHINE, "beep"), now(), kinds)
    [row] = rows_of(engine, outbox)
    event = json.loads(row.body)
    schema = json.loads((SCHEMAS / "order.ended.json").read_text())
    jsonschema.validate(event, schema)
    assert event["subject"] == row.call_id == made.id
    assert event["data"] == {
        "order": made.id, "campaign": "", "number": "+919812345678", "profile": "bank",
        "outcome": "machine", "detail": "beep", "tries": 2, "last_call": last.call_id,
        "data": {"name": "आशा"},
    }  # fmt: skip
    assert purging.forget_orders(engine, Doomed(number="9812345678")) == 1
    assert rows_of(engine, outbox) == []


def test_an_order_that_is_put_back_was_not_tried(engine):
    """Outside calling hours nobody is called, and it counts for nothing."""
    made, later = orders.add(engine, NewOrder("9812345678")), now() + timedelta(hours=9)
    assert claims.put_back(engine, claim(engine), later, "hours", now())
    waiting = orders.one(engine, made.id)
    assert (waiting.state, waiting.due, waiting.tries) == (State.WAITING, later, 0)
    assert orders.tries_of(engine, made.id) == []


def test_the_orders_of_a_bot_that_is_gone_are_taken_up_with_their_try(engine):
    """A renewed lease is no such; the bot that was away has no say any more."""
    orders.add(engine, NewOrder("9812345678"))
    lost = claim(engine, owner="bot-1")
    assert claims.placing(engine, lost, "bot-1", now(), LEASE)
    late = now() + 2 * LEASE
    claims.renew(engine, "bot-1", late + LEASE)
    assert claim(engine, late, "bot-2") is None
    claims.renew(engine, "bot-1", now() + LEASE)
    taken = claim(engine, late, "bot-2")
    assert taken.interrupted and taken.placed and not taken.answered
    assert taken.call_id == lost.call_id
    assert not claims.placing(engine, lost, "bot-1", late, LEASE)
    assert claims.settle(engine, taken, Result(Outcome.LOST, due=late, counts=False), late)
    again = claim(engine, late, "bot-2")
    assert again.order.tries == 0 and again.call_id != lost.call_id
    assert not claims.placing(engine, lost, "bot-1", late, LEASE)
    assert not claims.settle(engine, lost, Result(Outcome.BUSY), late)
    assert orders.one(engine, again.order.id).state is State.CALLING


def test_who_answered_is_known_by_the_bot_that_held_the_call(engine):
    """Whoever asks under another call's name is told nothing."""
    made = orders.add(engine, NewOrder("9812345678", data={"name": "आशा"}))
    taken = claim(engine)
    assert claims.of_call(engine, made.id, "another") is None
    assert not claims.answered(engine, made.id, "another", now())
    assert not claims.answered(engine, "another", taken.call_id, now())
    assert claims.what_was_heard(engine, taken.call_id) == (False, None, "")
    assert claims.of_call(engine, made.id, taken.call_id).data == {"name": "आशा"}
    assert claims.what_was_heard(engine, taken.call_id) == (False, None, "")
    assert claims.answered(engine, made.id, taken.call_id, now())
    assert claims.what_was_heard(engine, taken.call_id) == (True, None, "")
    claims.heard(engine, taken.call_id, Outcome.MACHINE, "beep")
    assert claims.what_was_heard(engine, taken.call_id) == (True, Outcome.MACHINE, "beep")


def test_a_campaign_gives_its_calls_at_its_rate_and_no_more_at_once(engine):
    """Twelve a minute, two at once."""
    started(engine, "9812345670", "9812345671", "9812345672", rate=12, calls=2)
    at = now()
    first = claim(engine, at)
    assert claim(engine, at + timedelta(seconds=4)) is None
    assert claim(engine, at + timedelta(seconds=5))
    assert claim(engine, at + timedelta(seconds=30)) is None
    claims.settle(engine, first, Result(Outcome.ANSWERED), at)
    assert claim(engine, at + timedelta(seconds=30))


def test_a_campaign_is_paused_goes_on_and_is_stopped_for_good(engine):
    """Who waits when it stops is cancelled."""
    started(engine, "9812345670", "9812345671", rate=6000)
    campaigns.set_state(engine, "june", CampaignState.PAUSED)
    assert claim(engine) is None
    campaigns.set_state(engine, "june", CampaignState.RUNNING)
    called = claim(engine)
    stopped = campaigns.set_state(engine, "june", CampaignState.STOPPED)
    assert stopped.states == {"calling": 1, "cancelled": 1}
    claims.settle(engine, called, Result(Outcome.BUSY, "", now() + LEASE), now())
    assert campaigns.one(engine, "june").states == {"cancelled": 2}
    with pytest.raises(BotError, match="stopped for good"):
        campaigns.set_state(engine, "june", CampaignState.RUNNING)
    with pytest.raises(BotError, match="no campaign may"):
        campaigns.one(engine, "may")


def test_a_campaign_that_is_started_again_calls_nobody_twice(engine):
    """A number is in it once, however it is written; new ones are added."""
    _, added = started(engine, "9812345670", "098123 45670", "9812345671")
    assert added == 2
    _, added = started(engine, "+919812345671", "9812345672")
    assert added == 1
    assert campaigns.one(engine, "june").states == {"waiting": 3}


def test_one_file_is_not_two_campaigns(engine):
    """Under another name it is refused; so is the same name with another profile."""
    started(engine, "9812345670", source="abc")
    with pytest.raises(BotError, match="campaign june is from the same file"):
        campaigns.start(engine, NewCampaign("july", source="abc"), people("9812345670"))
    with pytest.raises(BotError, match="has the profile default"):
        started(engine, "9812345670", profile="bank")
    assert [each.name for each in campaigns.find(engine)] == ["june"]


@pytest.mark.parametrize(
    ("wrong", "what"),
    [({"rate": 0}, "rate: 0"), ({"calls": 0}, "calls: 0"), ({"name": ""}, "name")],
)
def test_a_campaign_that_cannot_be_is_refused(engine, wrong, what):
    """The message names what is wrong."""
    with pytest.raises(BotError, match=what):
        campaigns.start(engine, NewCampaign(**{"name": "june", **wrong}), people("9812345670"))


def test_several_bots_share_a_campaign_and_call_each_number_once(engine):
    """Four threads claim until there is nothing left, at once."""
    numbers = [f"98123456{each:02}" for each in range(24)]
    started(engine, *numbers, rate=6000, calls=2000)
    taken, at = [], now() + timedelta(hours=1)

    def work(owner):
        step = 0
        while step < 200 and len(taken) < len(numbers):
            step += 1
            if (got := claim(engine, at + timedelta(seconds=step), owner)) is not None:
                taken.append(got.order.number)

    threads = [threading.Thread(target=work, args=(f"bot-{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == [f"+91{each}" for each in numbers]


def test_a_number_that_must_not_be_called_is_known_however_it_is_written(engine):
    """Until it is taken off the list."""
    assert do_not_call.add(engine, "098123 45678", "caller")
    assert not do_not_call.add(engine, "+919812345678", "command")
    assert do_not_call.has(engine, "9812345678") and not do_not_call.has(engine, "9812345679")
    [known] = do_not_call.find(engine)
    assert (known.number, known.source) == ("+919812345678", "caller")
    assert do_not_call.remove(engine, "9812345678")
    assert not do_not_call.remove(engine, "9812345678")


def test_a_purge_by_number_takes_the_orders_but_not_the_wish(engine):
    """Whoever asked not to be called is still not called."""
    orders.add(engine, NewOrder("9812345678"))
    orders.add(engine, NewOrder("9812345679"))
    do_not_call.add(engine, "9812345678", "caller")
    assert purging.forget_orders(engine, Doomed(number="098123 45678")) == 1
    assert [each.number for each in orders.find(engine, OrdersWanted())] == ["+919812345679"]
    assert do_not_call.has(engine, "9812345678")


def test_old_orders_go_with_their_campaign_unless_they_are_being_called(engine):
    """By when they last changed."""
    started(engine, "9812345670", "9812345671")
    taken = claim(engine)
    later = Doomed(before=now() + timedelta(days=1))
    assert purging.forget_orders(engine, later) == 1
    assert [each.name for each in campaigns.find(engine)] == ["june"]
    claims.settle(engine, taken, Result(Outcome.ANSWERED), now())
    assert purging.forget_orders(engine, later) == 1
    assert campaigns.find(engine) == []
