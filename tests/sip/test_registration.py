"""Being registered at a SIP server: kept up, proved by password, begun again after a loss."""

import asyncio

import pytest

from bot.config_sip import SipSettings
from bot.sip.direct.place import Whereabouts
from tests.sip.caller import Caller, socket
from tests.sip.desk import Desk, agent
from tests.sip.registrar import Registrar


def registered(registrar, **settings):
    """An agent of this server's, which nobody else may call."""
    known = {"server": registrar.server, "user": "bot", "password": "secret", "peers": []}
    return agent(Desk(), **{**known, **settings})


async def passed(seconds):
    """Let so much time pass."""
    await asyncio.sleep(seconds)


@pytest.mark.parametrize("question", [401, 407, 0])
async def test_we_register_renew_in_time_and_take_our_leave(question):
    """With the password where it is asked for; at three quarters of the time; 0 at the end."""
    async with Registrar(question) as registrar:
        async with registered(registrar, expires=100) as ours:
            await passed(80)
            assert ours.is_registered
        assert registrar.bindings == [(0, 100), (75, 100), (80, 0)]
        assert not ours.is_registered
    contacts = {request.one("contact") for _, request in registrar.requests}
    assert contacts == {f"<sip:bot@127.0.0.1:{registrar.source[1]}>"}


async def test_the_server_says_how_long():
    """Shorter than wished: renewed accordingly. Longer (423): as long as it wants."""
    async with Registrar(expires=60) as registrar, registered(registrar, expires=100):
        await passed(100)
        assert registrar.bindings == [(0, 60), (45, 60), (90, 60)]
    async with Registrar(minimum=200) as registrar, registered(registrar, expires=100):
        await passed(140)
        assert [granted for _, granted in registrar.bindings] == [200]


async def test_a_nonce_that_is_too_old_is_replaced():
    """`stale` means: the password was right, prove it once more."""
    async with Registrar(stale_after=2) as registrar, registered(registrar, expires=100) as ours:
        await passed(160)
        assert ours.is_registered
        assert [at for at, _ in registrar.bindings] == [0, 75, 150]


async def test_a_wrong_password_is_not_tried_again_and_again():
    """Once a minute: servers lock out who guesses; calls of others go on."""
    async with Registrar() as registrar, registered(registrar, password="guess") as ours:
        await passed(150)
        assert not ours.is_registered
        assert [round(at) for at, _ in registrar.requests] == [0, 0, 60, 60, 120, 120]


async def test_another_realm_is_not_told_our_password():
    """With `realm` set, only that one's question is answered."""
    async with Registrar() as registrar, registered(registrar, realm="bank") as ours:
        await passed(1)
        assert not ours.is_registered
        assert len(registrar.requests) == 1


async def test_a_server_that_was_gone_is_found_again():
    """While it is silent we try, ever more slowly, up to once a minute and a time-out."""
    async with Registrar() as registrar, registered(registrar, expires=100) as ours:
        registrar.deaf = True
        await passed(120)
        assert not ours.is_registered
        registrar.deaf = False
        await passed(40)
        assert ours.is_registered


async def test_draining_takes_us_off_the_server_and_leaves_calls_up():
    """No new calls are sent to us; the one that is up goes on."""
    async with (
        Registrar() as registrar,
        registered(registrar, peers=["127.0.0.1"]) as ours,
        Caller(("127.0.0.1", ours.port)) as caller,
    ):
        await passed(1)
        await caller.call()
        ours.drain()
        await passed(1)
        assert registrar.bindings[-1][1] == 0
        assert not ours.is_registered
        assert len(ours.legs) == 1
        await passed(500)
        assert len(registrar.bindings) == 2


async def test_the_server_may_call_us_and_nobody_else():
    """Its address is known without being a peer."""
    desk = Desk()
    async with Registrar(0) as registrar:
        settings = {"server": registrar.server, "peers": []}
        async with agent(desk, **settings) as ours:
            await passed(1)
            heard = []
            elsewhere = await socket(lambda data, source: heard.append(data), "127.0.0.2")
            async with Caller(("127.0.0.1", ours.port)) as caller:
                elsewhere.sendto(caller.request("OPTIONS").encode(), caller.place)
                await passed(1)
                assert heard == []
                assert (await caller.call()).answer.status == 200
            elsewhere.close()
    assert [reason for reason, _ in desk.refusals] == ["stranger"]


async def test_the_way_through_a_router_is_kept_open():
    """An empty packet every so often, while we are registered."""
    empty = []
    async with Registrar(0) as registrar:
        take = registrar.transport.get_protocol().take
        registrar.transport.get_protocol().take = lambda data, source: (
            take(data, source) if data.strip() else empty.append(data)
        )
        async with registered(registrar, keepalive=20):
            await passed(70)
    assert empty == [b"\r\n\r\n"] * 3


def test_behind_a_router_we_say_how_we_are_seen():
    """The public address goes to public peers alone; loopback and offices see our own."""
    here = Whereabouts(SipSettings(server="127.0.0.1", user="bot", public="203.0.113.9"))
    here.settle()
    assert here.contact("8.8.8.8") == "sip:bot@203.0.113.9:5060"
    assert here.contact("10.0.0.5") == "sip:bot@127.0.0.1:5060"


async def test_a_bot_without_calls_takes_its_leave_before_it_stops():
    """SIGTERM drains and stops at once: the server asks for the password, and still lets us go."""
    async with Registrar() as registrar:
        async with registered(registrar, expires=100) as ours:
            await passed(1)
            ours.drain()
        assert [expires for _, expires in registrar.bindings] == [100, 0]


async def test_a_server_that_is_gone_does_not_hold_up_the_end():
    """Two seconds are waited for its answer."""
    async with Registrar() as registrar, registered(registrar) as ours:
        await passed(1)
        registrar.deaf = True
        began = asyncio.get_running_loop().time()
        await ours.stop()
        assert asyncio.get_running_loop().time() - began < 3


@pytest.mark.real_time
async def test_a_name_without_an_address_is_tried_again():
    """The start goes on, and the bot says in its log what is missing."""
    async with agent(Desk(), server="sip.invalid", host="127.0.0.1") as ours:
        assert not ours.is_registered
