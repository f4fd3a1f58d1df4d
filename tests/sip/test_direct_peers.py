"""Direct SIP with independent peers: baresip calls it, and a real Asterisk has it as a phone."""

import asyncio
from contextlib import aclosing

import pytest
from baresip import CallState

from bot.core.audio import FRAME_SECONDS
from bot.core.events import Audio, Digit
from bot.sip.errors import CallRefused
from bot.sip.phone_call import Ending
from bot.sip.softphone import Account, Softphone
from tests.e2e.pbx import Pbx
from tests.sip.desk import Desk, agent, until
from tests.sip.sounds import middle, purity, tone

pytestmark = pytest.mark.real_time

DIALPLAN = """
[from-softphones]
exten => 800,1,Dial(PJSIP/6001,20)
exten => 801,1,Answer()
 same => n,Echo()
"""


def house(keys=None, **more):
    """A desk whose calls echo what is heard and note keys; and how many frames came."""

    async def talk(line):
        async for event in line.events():
            if isinstance(event, Audio):
                line.send(event.pcm)
            elif isinstance(event, Digit) and keys is not None:
                keys.append(event.key)

    return Desk(talk, **more)


async def established(one):
    """A call that baresip's binding takes for established: an answer may overtake its own notes."""
    for _ in range(20):
        call = await one.dial("100")
        if call._native.state is CallState.ESTABLISHED:
            return call
        await call.hang_up()
    raise AssertionError("never established")


def phone(ours):
    """baresip, which calls our agent."""
    return Softphone(Account(server=f"127.0.0.1:{ours.port}"))


@pytest.mark.parametrize("codec", ["PCMA", "PCMU"])
async def test_baresip_hears_itself_and_presses_keys(codec):
    """A tone there and back with G.711's noise twice, keys in order, baresip hangs up."""
    keys = []
    desk = house(keys)
    async with agent(desk) as ours, phone(ours) as one:
        call = await one.dial("100", codec)
        start = asyncio.get_running_loop().time()
        await call.play(tone(1013, 8000))
        begin = await call.hears(20.0, after=start)
        clean, amplitude = purity(middle(call, begin), 1013, 8000)
        await call.press("12#")
        await until(lambda: keys == ["1", "2", "#"])
        await call.hang_up()
        await until(lambda: not ours.legs)
    assert clean > 34
    assert amplitude == pytest.approx(8000, rel=0.02)
    assert begin - start < 0.15
    assert desk.lines[0].sound.figures.lost == 0


async def test_baresip_is_hung_up_on_and_refused():
    """Our BYE ends its call; 486 and 503 reach it as such."""

    async def talk(line):
        await asyncio.sleep(0.5)
        await line.close()

    desk = Desk(talk)
    async with agent(desk) as ours, phone(ours) as one:
        call = await one.dial("100")
        assert await call.ended(20.0) is Ending.THEY
        desk.full = True
        with pytest.raises(CallRefused) as refused:
            await one.dial("100")
        assert refused.value.status == 486


async def test_baresip_holds_and_comes_back():
    """A re-INVITE with `sendonly`, then `sendrecv`: nothing is sent in between, nothing heard."""
    desk = house()
    async with agent(desk) as ours, phone(ours) as one:
        call = await established(one)
        leg = list(ours.legs.values())[-1]
        await call._native.hold()
        await until(lambda: leg._agreed.held)
        await asyncio.sleep(0.5)
        held, heard = asyncio.get_running_loop().time(), len(call.received.frames)
        await asyncio.sleep(0.3)
        assert len(call.received.frames) == heard
        await call._native.resume()
        await until(lambda: not leg._agreed.held)
        await call.play(tone(1013, 8000, 0.3))
        await call.hears(20.0, after=held)
        await call.hang_up()


async def test_baresip_is_transferred():
    """REFER sends it to another number; that one answers, and our part is over."""
    far = house()
    async with agent(far) as other:
        desk = Desk(lambda line: line.close(), f"sip:200@127.0.0.1:{other.port}")
        async with agent(desk) as ours, phone(ours) as one:
            call = await one.dial("100")
            await until(lambda: call._native.transfer_request)
            await call._native.accept_transfer()
            await until(lambda: far.lines)
            await until(lambda: not ours.legs)
    assert far.lines[0].ticket.caller.called == "200"


async def test_ten_calls_of_baresip():
    """Ten at once, each hears itself; the socket drops nothing."""
    desk = house()
    async with agent(desk) as ours, phone(ours) as one:
        calls = await asyncio.gather(*(one.dial("100") for _ in range(10)))
        start = asyncio.get_running_loop().time()
        await asyncio.gather(*(call.play(tone(1013, 8000)) for call in calls))
        for call in calls:
            begin = await call.hears(20.0, after=start)
            loud = [level for level in call.received.levels(begin, begin + 1.0) if level > -20]
            assert len(loud) > 40
        await asyncio.gather(*(call.hang_up() for call in calls))
        await until(lambda: not ours.legs)
    assert sum(line.dropped_out for line in desk.lines) == 0


@pytest.fixture(scope="module")
def pbx():
    """Asterisk, of which our agent is the phone 6001 and baresip the phone 6002."""
    with Pbx("http://127.0.0.1:9", extra={"extensions_custom.conf": DIALPLAN}) as running:
        yield running


def registered(pbx, desk, **settings):
    """Our agent, registered at this Asterisk."""
    known = {"user": "6001", "password": pbx.accounts["6001"], "peers": []}
    return agent(desk, server=f"127.0.0.1:{pbx.sip_port}", **{**known, **settings})


def other_phone(pbx):
    """The phone that calls it."""
    account = Account("6002", pbx.accounts["6002"], f"127.0.0.1:{pbx.sip_port}")
    return Softphone(account)


@pytest.mark.asterisk
async def test_asterisk_lets_us_register_and_go(pbx):
    """By digest; the contact is there while we are."""
    async with registered(pbx, Desk()) as ours:
        await until(lambda: ours.is_registered)
        assert f"6001/sip:6001@127.0.0.1:{ours.port}" in pbx.cli("pjsip show contacts")
    assert "6001/sip:6001@" not in pbx.cli("pjsip show contacts")


@pytest.mark.asterisk
async def test_a_wrong_password_is_refused_by_asterisk(pbx):
    """And said in the log, not tried again at once."""
    async with registered(pbx, Desk(), password="guess") as ours:
        await asyncio.sleep(0.5)
        assert not ours.is_registered


@pytest.mark.asterisk
async def test_calls_through_asterisk(pbx):
    """Another phone of that Asterisk calls us, hears itself, presses keys, and hangs up."""
    keys = []
    desk = house(keys)
    async with registered(pbx, desk) as ours, other_phone(pbx) as one:
        await until(lambda: ours.is_registered)
        call = await one.dial("6001")
        start = asyncio.get_running_loop().time()
        await call.play(tone(1013, 8000))
        begin = await call.hears(20.0, after=start)
        clean, _ = purity(middle(call, begin), 1013, 8000)
        await call.press("7*")
        await until(lambda: keys == ["7", "*"])
        await call.hang_up()
        await until(lambda: not ours.legs)
        assert clean > 34
        assert desk.lines[0].ticket.caller.number == "6002"
        await until(lambda: pbx.channels() == 0)


@pytest.mark.asterisk
async def test_asterisk_transfers_our_caller(pbx):
    """Once we hear the caller, our REFER sends him to another extension, which is an echo."""

    async def hand_over(line):
        async with aclosing(line.events()) as events:
            await anext(events)
        await line.close()

    async with other_phone(pbx) as one:
        desk = Desk(hand_over, f"sip:600@127.0.0.1:{pbx.sip_port}")
        async with registered(pbx, desk) as ours:
            await until(lambda: ours.is_registered)
            call = await one.dial("6001")
            await until(lambda: desk.tasks and desk.tasks[0].done())
            await asyncio.sleep(5 * FRAME_SECONDS)
            start = asyncio.get_running_loop().time()
            await call.play(tone(1013, 8000))
            await call.hears(20.0, after=start)
            assert call.up
            assert not ours.legs
            await call.hang_up()
