"""The softphone on a real Asterisk, beside the bot: its line, its refusals, its limits."""

import asyncio

import pytest

from bot.sip.errors import CallRefused, RegistrationRefused
from bot.sip.phone_call import Ending
from bot.sip.softphone import Account, Softphone
from tests.e2e.pbx import Pbx
from tests.sip.desk import until
from tests.sip.sounds import middle, purity, tone

pytestmark = [pytest.mark.real_time, pytest.mark.asterisk]

DIALPLAN = """
[from-softphones]
exten => 700,1,Answer()
 same => n,Wait(1)
 same => n,Hangup()
exten => 701,1,Busy()
"""
ECHO = "600"


@pytest.fixture(scope="module")
def pbx():
    with Pbx("http://127.0.0.1:9", extra={"extensions_custom.conf": DIALPLAN}) as running:
        yield running


def account(pbx, **other):
    known = {"user": "6001", "password": pbx.accounts["6001"]}
    return Account(server=f"127.0.0.1:{pbx.sip_port}", **{**known, **other})


@pytest.mark.parametrize(
    ("codec", "rate", "hertz", "least"),
    [("PCMA", 8000, 1013, 35), ("PCMU", 8000, 1013, 35), ("G722", 16000, 5013, 18)],
)
async def test_an_echo_comes_back_in_each_codec(pbx, codec, rate, hertz, least):
    """A tone comes back clean; over G.722 also one that no narrowband line carries."""
    async with Softphone(account(pbx)) as phone:
        call = await phone.dial(ECHO, codec)
        start = asyncio.get_running_loop().time()
        await call.play(tone(hertz, rate))
        begin = await call.hears(20.0, after=start)
        clean, amplitude = purity(middle(call, begin), hertz, rate)
        assert call.rate == rate
        assert clean > least
        assert amplitude == pytest.approx(8000, rel=0.1)


async def test_asterisk_hangs_up(pbx):
    """The end of the dialplan is the end of the call."""
    async with Softphone(account(pbx)) as phone:
        call = await phone.dial("700")
        assert await call.ended(20.0) is Ending.THEY


@pytest.mark.parametrize(("number", "status"), [("999", 404), ("701", 486)])
async def test_asterisk_refuses(pbx, number, status):
    """A number that does not exist and a busy one have their SIP status."""
    async with Softphone(account(pbx)) as phone:
        with pytest.raises(CallRefused) as refused:
            await phone.dial(number)
        assert refused.value.status == status


@pytest.mark.parametrize("wrong", [{"password": "guess"}, {"user": "nobody"}])
async def test_strangers_are_refused(pbx, wrong):
    """A wrong password and an unknown name get the same 401."""
    async with Softphone(account(pbx, **wrong)) as phone:
        with pytest.raises(CallRefused) as refused:
            await phone.dial(ECHO)
        assert refused.value.status == 401


async def test_registration(pbx):
    """A phone that registers can be found while it is there, and only then."""
    async with Softphone(account(pbx, register=True)) as phone:
        assert "6001/sip:6001@" in pbx.cli("pjsip show contacts")
        assert (await phone.dial(ECHO)).up
    assert "6001/sip:6001@" not in pbx.cli("pjsip show contacts")


async def test_registration_with_a_wrong_password(pbx):
    """The phone does not start, and says why."""
    with pytest.raises(RegistrationRefused, match="401"):
        async with Softphone(account(pbx, register=True, password="guess")):
            pass


async def test_twenty_calls_through_asterisk(pbx):
    """Twenty calls at once come up, hear themselves and go, and Asterisk keeps none."""
    async with Softphone(account(pbx)) as phone:
        calls = await asyncio.gather(*(phone.dial(ECHO) for _ in range(20)))
        assert pbx.channels() == 20
        start = asyncio.get_running_loop().time()
        await asyncio.gather(*(call.play(tone(1013, 8000)) for call in calls))
        for call in calls:
            begin = await call.hears(20.0, after=start)
            loud = [level for level in call.received.levels(begin, begin + 1.0) if level > -20]
            assert len(loud) > 40
        await asyncio.gather(*(call.hang_up() for call in calls))
        await until(lambda: pbx.channels() == 0)
