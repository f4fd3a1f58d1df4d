"""Webhooks: what they hold, how they are signed, in which order they come, and who refuses them."""

import base64
import importlib.util
import json
import threading
from contextlib import asynccontextmanager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path

import httpx
import jsonschema
import pytest
from sqlalchemy import select, update

from bot.config_records import WebhookSettings
from bot.core.errors import ConfigError
from bot.core.events import Ending
from bot.core.ports import ToolCall
from bot.records import outbox, signature, tables
from bot.records.catalogue import EVENTS
from bot.records.courier import Courier
from bot.records.database import open_database, writing
from bot.records.migrating import migrate
from bot.records.purging import older_than
from scripts import webhook_schemas
from tests.asterisk.peer import eventually
from tests.records.stories import HOOKS, SECRET_KEY, Rows, record, turn
from tests.records.test_call_record import ACCOUNT, PIN, story

ROOT = Path(__file__).resolve().parents[2]


def sample_receiver():
    """examples/webhook_receiver.py."""
    path = ROOT / "examples/webhook_receiver.py"
    spec = importlib.util.spec_from_file_location("webhook_receiver", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def schema(kind):
    """The packaged schema."""
    return json.loads((files("bot.records") / f"schemas/{kind}.json").read_text())


# What they hold.


@pytest.mark.parametrize("tool", [ACCOUNT, PIN])
@pytest.mark.parametrize("transcripts", [True, False])
async def test_every_body_of_a_call_is_valid_against_its_schema(tool, transcripts):
    """From the greeting to the transfer, with a field, a secret one too, and without words."""
    rows = Rows()
    keys = [(6.0 + n / 4, "1234"[n]) for n in range(4)]
    answers = [["अपना नंबर बताइए।", tool], ["मैं जोड़ रही हूँ।", ToolCall("transfer")]]
    await story(rows, answers, keys, transcripts=transcripts)
    bodies = [json.loads(row["body"]) for row in rows.of("outbox")]
    assert {body["type"] for body in bodies} == set(EVENTS) - {"order.ended"}
    for body in bodies:
        jsonschema.Draft202012Validator(
            schema(body["type"]), format_checker=jsonschema.FormatChecker()
        ).validate(body)
    assert [body["id"] for body in bodies] == sorted(body["id"] for body in bodies)
    assert [body["type"] for body in bodies][0] == "call.started"
    assert [body["type"] for body in bodies][-2:] == ["transfer.requested", "call.ended"]
    wanted = bodies[-2]["data"]
    assert wanted["fields"][0]["secret"] is (tool is PIN)
    assert bool(wanted["transcript"]) is transcripts


def test_schemas_and_catalogue_are_those_of_the_code():
    """python -m scripts.webhook_schemas was run."""
    for path, text in webhook_schemas.files():
        assert path.read_text() == text, f"{path}: run python -m scripts.webhook_schemas"


async def test_only_the_wanted_types_are_made():
    """webhooks.types."""
    rows = Rows()
    hooks = WebhookSettings(url="http://h/", secret=SECRET_KEY, types=("call.ended",))
    made = record(rows.put, hooks=hooks)
    made.turn(turn())
    made.ended(Ending.HANG_UP, 3.0, 0, 0)
    assert [row["type"] for row in rows.of("outbox")] == ["call.ended"]


# How they are signed.


def test_the_signature_is_that_of_standard_webhooks():
    """The example of the specification's libraries: same key, id, time and body."""
    keys = signature.keys("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'
    headers = signature.headers(keys, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert headers["webhook-signature"] == expected


@pytest.mark.parametrize("secret", ["", "hunter2", "whsec_c2hvcnQ=", "whsec_!!!"])
def test_a_wrong_secret_is_a_clear_error(secret):
    """With the command that makes one; never the secret itself."""
    with pytest.raises(ConfigError, match="webhooks.secret.*openssl rand") as error:
        signature.keys(secret)
    assert not secret or secret not in str(error.value)


class Clock:
    """A receiver's clock."""

    now = 1_700_000_000

    def __call__(self):
        """Seconds since 1970."""
        return self.now


def signed(body=b'{"type": "call.ended"}', id="a", at=Clock.now, secret=SECRET_KEY):
    """A webhook's headers and body."""
    return signature.headers(signature.keys(secret), id, at, body), body


def other_key():
    """Another secret."""
    return "whsec_" + base64.b64encode(b"x" * 32).decode()


def test_the_sample_receiver_takes_a_webhook_once():
    """And one that is sent anew, after an answer that was lost, is taken, but not used again."""
    receiver = sample_receiver().Receiver(SECRET_KEY, Clock())
    assert receiver.take(*signed()) == {"type": "call.ended"}
    assert receiver.take(*signed(at=Clock.now + 5)) is None


def test_the_sample_receiver_refuses_a_replay_what_was_altered_and_what_is_not_ours():
    """The same bytes once more; another body, id or time; another key; too old; no signature."""
    module = sample_receiver()
    receiver = module.Receiver(SECRET_KEY, Clock())
    receiver.take(*signed())
    headers, body = signed(id="b")
    wrong = [
        signed(),
        (headers, body.replace(b"ended", b"begun")),
        ({**headers, "webhook-id": "c"}, body),
        ({**headers, "webhook-timestamp": str(Clock.now + 1)}, body),
        signed(id="d", secret=other_key()),
        signed(id="e", at=Clock.now - 301),
        signed(id="f", at=Clock.now + 301),
        ({}, body),
        ({**headers, "webhook-signature": ""}, body),
    ]
    for number, (given, sent) in enumerate(wrong):
        with pytest.raises(module.Refused):
            receiver.take(given, sent)
            pytest.fail(f"case {number} was taken")


def test_while_a_secret_is_changed_both_receivers_take_it():
    """Two secrets sign; who has either takes it."""
    both = f"{other_key()} {SECRET_KEY}"
    for secret in (SECRET_KEY, other_key()):
        receiver = sample_receiver().Receiver(secret, Clock())
        assert receiver.take(*signed(secret=both))


# How they come.


@contextmanager
def http_receiver(answer=lambda number: 204):
    """A receiver over HTTP: the bodies that came, in their order; `answer` gives each status."""
    came, lock = [], threading.Lock()

    class Requests(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            with lock:
                came.append((dict(self.headers), body))
                number = len(came)
            if status := answer(number):
                self.send_response(status)
                self.end_headers()

        def log_message(self, *given):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Requests) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/", came
        finally:
            server.shutdown()
            thread.join()


@asynccontextmanager
async def delivering(engine, url, bots=1, **more):
    """Bots that deliver to this address; what they told."""
    told = []
    settings = WebhookSettings(url=url, secret=SECRET_KEY, **more)
    couriers = [Courier(engine, settings, lambda *what: told.append(what)) for _ in range(bots)]
    try:
        yield told
    finally:
        for courier in couriers:
            courier.close()


def some_calls(engine, calls=1, turns=3):
    """Webhooks of so many calls, stored."""
    rows = Rows()
    for number in range(calls):
        made = record(rows.put, f"c-{number}")
        for each in range(turns):
            made.turn(turn(each))
        made.ended(Ending.HANG_UP, 3.0, 0, 0)
    rows.store(engine)


def waiting(engine):
    """What waits."""
    return outbox.backlog(engine)[0]


@pytest.fixture
def quick(monkeypatch):
    """No long waits between tries."""
    monkeypatch.setattr(outbox, "BACK_OFF", (0.05, 0.1))


@pytest.mark.real_time
async def test_the_sample_receiver_takes_what_the_bot_sends(engine):
    """Over HTTP: each event once, and the outbox is empty."""
    module, used = sample_receiver(), []
    with module.serving(module.Receiver(SECRET_KEY), 0, used.append) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        some_calls(engine)
        url = f"http://127.0.0.1:{server.server_address[1]}/"
        async with delivering(engine, url):
            await eventually(lambda: not waiting(engine))
        async with httpx.AsyncClient() as client:
            forged = await client.post(url, content=b"{}", headers={"webhook-id": "x"})
        server.shutdown()
        thread.join()
    assert forged.status_code == 401
    assert [event["type"] for event in used] == ["call.started", *["turn.ended"] * 3, "call.ended"]


@pytest.mark.real_time
async def test_failures_are_tried_again_in_order(engine, quick):
    """Errors, a redirect, a connection that is closed: nothing overtakes, nothing is lost."""
    some_calls(engine)
    answers = {1: 500, 2: 302, 3: 0, 5: 503}
    with http_receiver(lambda number: answers.get(number, 200)) as (url, came):
        async with delivering(engine, url) as told:
            await eventually(lambda: not waiting(engine))
    taken = [json.loads(body)["id"] for n, (_, body) in enumerate(came, 1) if n not in answers]
    assert taken == sorted(taken) and len(taken) == 5
    assert told.count(("failed", 1)) == 4 and told.count(("delivered", 1)) == 5
    sent = {headers["webhook-id"] for headers, _ in came}
    assert sent == set(taken)  # the id stays in each try


@pytest.mark.real_time
async def test_several_bots_share_what_waits(engine, quick):
    """Each event is sent once, those of one call in their order."""
    some_calls(engine, calls=12, turns=2)
    with http_receiver() as (url, came):
        async with delivering(engine, url, bots=3):
            await eventually(lambda: not waiting(engine))
    ids = [json.loads(body)["id"] for _, body in came]
    assert len(ids) == len(set(ids)) == 12 * 4
    for number in range(12):
        bodies = [json.loads(body) for _, body in came]
        own = [body["id"] for body in bodies if body["subject"] == f"c-{number}"]
        assert own == sorted(own)


async def test_a_transfer_is_settled_once_it_was_answered_or_failed(engine):
    """Not before the call's end is written, nor while its webhook waits for a first answer."""
    rows = Rows()
    made = record(rows.put, "c-9")
    rows.store(engine)
    assert not outbox.settled(engine, "c-9", "transfer.requested")
    made.ended(Ending.TRANSFER, 3.0, 0, 0, "bot-agents s")
    rows.store(engine)
    answered = []
    for _ in range(3):
        assert outbox.settled(engine, "c-9", "transfer.requested") is bool(answered)
        [sent] = outbox.take(engine, 5, 60.0)
        assert outbox.settled(engine, "c-9", "transfer.requested") is bool(answered)
        outbox.delivered(engine, sent.id)
        answered += [sent.type] if sent.type == "transfer.requested" else []
    assert answered == ["transfer.requested"]


async def test_a_transfer_that_nobody_takes_note_of_is_settled_too(engine):
    """One failure is enough: nobody waits for the second try."""
    rows = Rows()
    record(
        rows.put, "c-9", hooks=HOOKS.model_copy(update={"types": ("transfer.requested",)})
    ).ended(Ending.TRANSFER, 3.0, 0, 0, "bot-agents s")
    rows.store(engine)
    [sent] = outbox.take(engine, 5, 60.0)
    outbox.failed(engine, sent, "status 500", 24.0)
    assert outbox.settled(engine, "c-9", "transfer.requested")


@pytest.mark.real_time
async def test_a_receiver_that_never_answers_costs_the_time_out_and_no_other_call(engine, quick):
    """One call's events wait; the other's go on."""
    release = threading.Event()

    def answer(number):
        if number == 1:
            release.wait(10)
        return 200

    some_calls(engine, calls=2)
    with http_receiver(answer) as (url, came):
        async with delivering(engine, url, timeout=0.3) as told:
            await eventually(lambda: not waiting(engine))
        release.set()
    assert ("failed", 1) in told
    assert len({json.loads(body)["id"] for _, body in came}) == 10


@pytest.mark.real_time
async def test_what_nobody_takes_is_put_aside_and_can_be_tried_again(engine, quick):
    """After `dead_after` hours; the events after it go on then."""
    some_calls(engine, turns=0)
    with writing(engine) as connection:
        first = connection.execute(select(tables.outbox.c.id).order_by(tables.outbox.c.id)).scalar()
        aged = update(tables.outbox).where(tables.outbox.c.id == first)
        connection.execute(aged.values(made=older_than(2)))
    with http_receiver(lambda number: 500 if number == 1 else 200) as (url, came):
        async with delivering(engine, url) as told:
            await eventually(lambda: ("delivered", 1) in told)
            assert ("dead", 1) in told
            [row] = outbox.listing(engine, 10)
            assert (row.dead, row.error) == (True, "status 500")
            assert outbox.revive(engine) == 1
            await eventually(lambda: not outbox.listing(engine, 10))
    assert len(came) == 3


@pytest.mark.real_time
async def test_a_bot_that_died_while_it_sent_loses_nothing(sqlite_url):
    """What it had taken is taken by another when its time is over."""
    engine = open_database(sqlite_url)
    migrate(engine)
    some_calls(engine, turns=0)
    assert [each.type for each in outbox.take(engine, 10, 0.2)] == ["call.started"]
    assert outbox.take(engine, 10, 0.2) == []  # the second one waits for the first
    with http_receiver() as (url, came):
        async with delivering(engine, url):
            await eventually(lambda: not waiting(engine))
    assert len(came) == 2
    engine.dispose()
