"""The whole bot by SIP without an exchange: baresip calls it, the services are scripted."""

import asyncio

import pytest

from bot.app.bot import Bot
from bot.config import Settings
from bot.core.errors import ConfigError
from bot.core.ports import ToolCall
from bot.sip.errors import CallRefused
from bot.sip.phone_call import Ending
from bot.sip.softphone import Account, Softphone
from tests.gateway.bots import ANSWER, WORDS, buzz, eventually, hearing, running
from tests.sip.desk import Desk
from tests.sip.desk import agent as other_agent

pytestmark = pytest.mark.real_time

LOOPBACK = {"enabled": True, "host": "127.0.0.1", "port": 0, "peers": ["127.0.0.1"]}


def phone(bot):
    """baresip, which calls this bot."""
    return Softphone(Account("9876543210", server=f"127.0.0.1:{bot.sip.port}"))


class Broken:
    """A conversation with a bug."""

    async def run(self):
        """Fail after a moment, so that the telephone has taken the call for answered."""
        await asyncio.sleep(0.5)
        raise RuntimeError("a bug")


async def test_the_caller_is_greeted_heard_and_answered():
    """A conversation as over any line; afterwards nothing is left of it."""
    async with running(listens=hearing, sip=LOOPBACK) as bot, phone(bot) as one:
        call = await one.dial("100")
        greeting = await call.hears(20.0, after=call.answered_at)
        assert greeting - call.answered_at < 1.0
        await call.hears_silence(0.3, 20.0, after=greeting)
        said = asyncio.get_running_loop().time()
        await call.play(buzz(8000) * 40)
        await call.hears(20.0, after=said)
        chat = bot.dialogue.chat
        await eventually(lambda: chat.asked)
        assert WORDS in [message.content for message in chat.asked[0]]
        line = next(iter(bot.desk.calls.values()))
        assert (line.ticket.caller.number, line.ticket.caller.called) == ("9876543210", "100")
        await call.hang_up()
        await eventually(lambda: not bot.desk.calls and not bot.sip.legs)
        assert max(call.received.gaps(call.answered_at + 0.5)) < 0.2


async def test_a_caller_who_wants_a_person_gets_one():
    """The model's wish becomes a REFER, to the profile's or the setting's number."""
    people = Desk(lambda line: asyncio.sleep(60))
    async with other_agent(people) as office:
        sip = {**LOOPBACK, "transfer_to": f"sip:agents@127.0.0.1:{office.port}"}
        wish = [ANSWER, ToolCall("transfer")]
        async with running(wish, listens=hearing, sip=sip) as bot, phone(bot) as one:
            call = await one.dial("100")
            greeting = await call.hears(20.0, after=call.answered_at)
            await call.hears_silence(0.3, 20.0, after=greeting)
            await call.play(buzz(8000) * 40)
            await eventually(lambda: call._native.transfer_request)
            await call._native.accept_transfer()
            await eventually(lambda: people.lines and not bot.sip.legs)
    assert people.lines[0].ticket.caller.called == "agents"


async def test_the_bot_presses_keys():
    """The model's wish to press keys becomes telephone events; the caller's phone reads them."""
    read = []
    wish = [ANSWER, ToolCall("send_digits", {"digits": "42#"})]
    tools = {"builtin": ["hang_up", "send_digits"]}
    async with running(wish, listens=hearing, sip=LOOPBACK, tools=tools) as bot, phone(bot) as one:
        call = await one.dial("100")
        call._native.on_dtmf(lambda key: read.append(key.digit))
        greeting = await call.hears(20.0, after=call.answered_at)
        await call.hears_silence(0.3, 20.0, after=greeting)
        await call.play(buzz(8000) * 40)
        await eventually(lambda: read == ["4", "2", "#"])


async def test_no_room_and_draining():
    """486 while all lines are busy; after SIGTERM 503, and the call that is up goes on."""
    limits = {"max_calls": 1}
    async with running(sip=LOOPBACK, audiosocket=limits) as bot, phone(bot) as one:
        call = await one.dial("100")
        with pytest.raises(CallRefused) as busy:
            await one.dial("100")
        bot.drain()
        with pytest.raises(CallRefused) as leaving:
            await one.dial("100")
        assert (busy.value.status, leaving.value.status) == (486, 503)
        assert call.up
        await call.hang_up()
        await asyncio.wait_for(bot.drained(), 20)


async def test_a_bug_ends_its_own_call():
    """The caller hears BYE; the next one is taken."""
    async with running(sip=LOOPBACK) as bot, phone(bot) as one:
        bot.dialogue.call = lambda *_: Broken()
        assert await (await one.dial("100")).ended(20.0) is Ending.THEY
        del bot.dialogue.call
        assert (await one.dial("100")).up


@pytest.mark.parametrize(
    ("sip", "words"),
    [({"peers": []}, "nobody may call"), ({"host": "192.0.2.1"}, "cannot be bound")],
)
async def test_what_cannot_work_stops_the_start_with_a_remedy(sip, words):
    """Before the first call, by the setting's name."""
    quiet = {"audiosocket": {"port": 0}, "http": {"port": 0}}
    bot = Bot(Settings(sip={**LOOPBACK, **sip}, **quiet))
    with pytest.raises(ConfigError, match=words):
        async with bot.running():
            pass
