"""What the dialplan asks: may this call come, and what is next."""

from uuid import uuid4

import httpx
import pytest
from starlette.applications import Starlette

from bot.asterisk import pbx_http
from bot.asterisk.pbx import REMEMBERED, Reception, Refused
from bot.config import AudioSocketSettings, PbxSettings
from bot.core.errand import Errand
from bot.core.events import Ending

ADDRESS = "10.0.0.7:9092"


class Clock:
    """A clock that tests set."""

    now = 0.0

    def __call__(self):
        return self.now


def reception(clock=None, pbx=None, **audiosocket):
    """A reception with these settings."""
    settings = AudioSocketSettings(**audiosocket)
    return Reception(settings, PbxSettings(**(pbx or {})), clock or Clock(), ADDRESS)


def fields(call, **more):
    """A registration as the dialplan sends it."""
    return {"uuid": str(call), "caller": "9812345678", "called": "100", "channel": "PJSIP/1"} | more


def reason(call):
    """Why this was refused."""
    with pytest.raises(Refused) as refusal:
        call()
    return refusal.value.reason


def test_a_registered_call_is_told_where_to_dial_and_is_admitted_once():
    """The UUID is a ticket for one connection, with what the PBX said of the caller."""
    desk, uuid = reception(), uuid4()
    assert desk.register(fields(uuid, format="slin16")) == ADDRESS
    ticket = desk.admit(uuid)
    assert (ticket.rate, ticket.caller.number, ticket.caller.called) == (16000, "9812345678", "100")
    assert reason(lambda: desk.admit(uuid)) == "in-progress"
    assert reason(lambda: desk.register(fields(uuid))) == "in-progress"


def test_an_unregistered_call_is_refused_with_the_remedy():
    """Nobody talks to the bot by connecting to its port."""
    with pytest.raises(Refused, match="BOT_AUDIOSOCKET__ADMISSION=open"):
        reception().admit(uuid4())


def test_in_a_lab_an_unregistered_call_is_admitted_at_8_khz():
    """Admission `open`."""
    assert reception(admission="open").admit(uuid4()).rate == 8000


def test_a_ticket_expires():
    """A call that does not arrive in time gives its place back."""
    clock = Clock()
    desk, uuid = reception(clock, {"ticket_seconds": 10}, max_calls=1), uuid4()
    desk.register(fields(uuid))
    assert reason(lambda: desk.register(fields(uuid4()))) == "full"
    clock.now = 10.0
    assert reason(lambda: desk.admit(uuid)) == "not-registered"
    desk.register(fields(uuid4()))


def test_a_full_bot_refuses_and_an_ended_call_makes_room():
    """Limits count calls that are up or about to be."""
    desk, uuid = reception(max_calls=1), uuid4()
    desk.register(fields(uuid))
    desk.admit(uuid)
    assert desk.active == 1
    assert reason(lambda: desk.register(fields(uuid4()))) == "full"
    desk.ended(uuid, Ending.HANG_UP)
    assert desk.active == 0
    desk.register(fields(uuid4()))


def test_a_draining_bot_refuses_new_calls_and_keeps_its_tickets():
    """A call that was promised a place still gets it."""
    desk, uuid = reception(), uuid4()
    desk.register(fields(uuid))
    desk.draining = True
    assert reason(lambda: desk.register(fields(uuid4()))) == "draining"
    desk.admit(uuid)


def test_a_draining_bot_holds_the_call_that_it_has_made():
    """The phone rang when it was told to leave, and somebody answers."""
    desk, uuid = reception(), uuid4()
    desk.draining = True
    assert desk.register(fields(uuid), Errand("o-1", "+919812345678")) == ADDRESS
    assert desk.admit(uuid).errand.order == "o-1"


@pytest.mark.parametrize(
    ("wrong", "named"), [({"uuid": "x"}, "uuid"), ({"format": "ulaw"}, "format: 'ulaw'")]
)
def test_a_wrong_field_is_named(wrong, named):
    """The log says which field of the registration is wrong."""
    with pytest.raises(Refused, match=named):
        reception().register(fields(uuid4(), **wrong))


def test_fields_are_cleaned_before_anybody_sees_them():
    """A caller id with control characters cannot forge log lines or fill memory."""
    desk, uuid = reception(), uuid4()
    desk.register(fields(uuid, caller="98\n{}" + "9" * 500))
    number = desk.admit(uuid).caller.number
    assert "\n" not in number
    assert len(number) == 128


@pytest.mark.parametrize(
    ("ending", "answer"),
    [
        (Ending.HANG_UP, "hangup"),
        (Ending.TRANSFER, "transfer queue-hi 100"),
        (Ending.FALLBACK, "fallback"),
        (Ending.CALLER_LEFT, "again"),
    ],
)
def test_what_is_next_follows_how_the_call_ended(ending, answer):
    """A line that broke while the caller stays is begun again."""
    desk, uuid = reception(pbx={"transfer_context": "queue-hi", "transfer_exten": "100"}), uuid4()
    desk.register(fields(uuid))
    desk.admit(uuid)
    desk.ended(uuid, ending)
    assert desk.next(uuid) == answer


def test_a_call_that_this_bot_never_had_is_begun_again():
    """Another bot held it and died: this one takes it over under the same UUID."""
    desk, uuid = reception(), uuid4()
    assert desk.next(uuid) == "again"
    assert desk.register(fields(uuid)) == ADDRESS


def test_the_end_of_a_call_is_forgotten_after_a_minute():
    """Memory stays bounded."""
    clock = Clock()
    desk, uuid = reception(clock), uuid4()
    desk.register(fields(uuid))
    desk.admit(uuid)
    desk.ended(uuid, Ending.HANG_UP)
    clock.now = REMEMBERED
    assert desk.next(uuid) == "again"
    assert not desk._entries


async def ask(desk, method, path, **request):
    """One HTTP request; the answer's status and text, and what was refused."""
    refused = []
    app = Starlette(routes=pbx_http.routes(desk, lambda *row: refused.append(row)))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://bot") as client:
        answer = await client.request(method, path, **request)
    return answer.status_code, answer.text, refused


async def test_registration_over_http_is_one_line():
    """Form fields in, `dial HOST:PORT` out."""
    uuid = uuid4()
    got = await ask(reception(), "POST", "/pbx/calls", data=fields(uuid, format="slin"))
    assert got == (200, f"dial {ADDRESS}", [])


@pytest.mark.parametrize("scheme", ["", "ws://"])
async def test_a_bot_that_listens_everywhere_is_dialled_where_it_was_asked(scheme):
    """The dialplan reached this address, so it can dial it: a pod needs no setting of its own."""
    desk = reception()
    desk.address = f"{scheme}0.0.0.0:9092"
    refused = []
    app = Starlette(routes=pbx_http.routes(desk, lambda *row: refused.append(row)))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://10.1.2.3:8080") as client:
        answer = await client.post("/pbx/calls", data=fields(uuid4()))
    assert answer.text == f"dial {scheme}10.1.2.3:9092"


async def test_a_refusal_over_http_is_one_line_with_its_reason():
    """`refuse REASON`, logged once."""
    desk = reception(max_calls=1)
    desk.register(fields(uuid4()))
    status, text, refused = await ask(desk, "POST", "/pbx/calls", data=fields(uuid4()))
    assert (status, text) == (503, "refuse full")
    assert refused == [("full", "all 1 lines are busy", "127.0.0.1")]


async def test_after_a_refusal_the_next_question_may_reach_another_bot():
    """Its connection is closed: what balances connections then chooses anew."""
    desk = reception(max_calls=1)
    desk.register(fields(uuid4()))
    app = Starlette(routes=pbx_http.routes(desk, lambda *row: None))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://bot") as client:
        answer = await client.post("/pbx/calls", data=fields(uuid4()))
    assert (answer.text, answer.headers["connection"]) == ("refuse full", "close")


async def test_next_over_http_is_one_line():
    """The dialplan asks with the UUID in the path."""
    assert (await ask(reception(), "GET", f"/pbx/calls/{uuid4()}/next"))[:2] == (200, "again")
    assert (await ask(reception(), "GET", "/pbx/calls/x/next"))[0] == 400


async def test_with_a_token_only_the_pbx_may_ask():
    """The token is compared whole; without it nothing is told."""
    desk = reception(pbx={"token": "secret"})
    right = {"authorization": "Bearer secret"}
    path = f"/pbx/calls/{uuid4()}/next"
    assert (await ask(desk, "GET", path, headers=right))[0] == 200
    assert (await ask(desk, "GET", path))[:2] == (401, "refuse unauthorized")
    assert (await ask(desk, "POST", "/pbx/calls", data=fields(uuid4())))[0] == 401


async def test_a_body_without_end_is_refused():
    """4 kB is more than any registration has."""
    assert (await ask(reception(), "POST", "/pbx/calls", content=b"x" * 5000))[0] == 413
