"""How calls are begun through Asterisk, and how their end is learnt: against a server of ours."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from bot.asterisk.ari import TOLD, Ari, Ended, Placing, Rejected
from bot.config_outbound import AriSettings
from bot.core.errors import ServiceTimeout, ServiceUnavailable
from tests.asterisk.fake_ari import PASSWORD, FakeAri, serving

pytestmark = pytest.mark.real_time

PATIENT = 20.0
CALL = Placing("c-1", "Local/+919812345678@bot-outbound/n", "bot-answered", 45, {"BOT_ORDER": "o"})


def settings(url, **more):
    return AriSettings.model_validate({"url": url, "password": PASSWORD, **more})


@asynccontextmanager
async def connected(fake, **more):
    """An `Ari` that hears the fake's events."""
    ari = Ari(settings(fake.url, **more), "voicebot-test")
    task = asyncio.create_task(ari.run())
    try:
        await eventually(lambda: ari.connected)
        yield ari
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await ari.close()


async def eventually(true):
    """Wait until the condition holds."""
    async with asyncio.timeout(PATIENT):
        while not true():
            await asyncio.sleep(0.01)


async def ending(future):
    """How the channel ended, in good time."""
    async with asyncio.timeout(PATIENT):
        return await future


async def test_a_call_is_begun_with_our_name_and_its_end_is_told():
    """The channel has the call's name; a busy line is cause 17; we hear of nobody else's."""
    async with serving(FakeAri()) as fake, connected(fake) as ari:
        ended = ari.watch("c-1")
        await ari.begin(CALL)
        assert fake.begun == [
            {
                "endpoint": "Local/+919812345678@bot-outbound/n",
                "context": "bot-answered",
                "extension": "s",
                "priority": 1,
                "timeout": 45,
                "channelId": "c-1",
                "variables": {"BOT_ORDER": "o"},
            }
        ]
        await fake.tell("ChannelDestroyed", "another", cause=16)
        await fake.tell("ChannelDestroyed", "c-1", cause=17)
        assert await ending(ended) == Ended(17, False)
        wanted = {"allowed": [{"type": name} for name in TOLD]}
        assert fake.filters == [("voicebot-test", wanted)]


async def test_somebody_who_answers_is_up():
    """Before the end, and in what is told of it."""
    async with serving(FakeAri()) as fake, connected(fake) as ari:
        ended = ari.watch("c-1")
        await ari.begin(CALL)
        assert not ari.is_up("c-1")
        await fake.tell("ChannelStateChange", "c-1", "Up")
        await eventually(lambda: ari.is_up("c-1"))
        await fake.tell("ChannelDestroyed", "c-1", "Up", cause=16)
        assert await ending(ended) == Ended(16, True)


async def test_what_ended_while_nobody_told_us_is_found_by_asking():
    """The socket breaks and is opened again; a channel that is still there goes on."""
    async with serving(FakeAri()) as fake, connected(fake) as ari:
        gone, there, new = ari.watch("c-1"), ari.watch("c-2"), ari.watch("c-3")
        await ari.begin(CALL)
        await ari.begin(Placing("c-2", "Local/1@x/n", "x", 5, {}))
        fake.channels.discard("c-1")
        await fake.drop()
        assert await ending(gone) == Ended(None, False)
        assert not there.done()
        assert not new.done()  # it was not begun yet
        await eventually(lambda: fake.sockets)
        await fake.tell("ChannelDestroyed", "c-2", cause=19)
        assert await ending(there) == Ended(19, False)


async def test_asterisk_that_is_away_is_waited_for():
    """The events come once it is there."""
    async with serving(FakeAri()) as fake:
        port = fake.port
    ari = Ari(settings(f"http://127.0.0.1:{port}/ari"), "voicebot-test")
    task = asyncio.create_task(ari.run())
    with pytest.raises(ServiceUnavailable, match="cannot be asked"):
        await ari.begin(CALL)
    assert not ari.connected
    async with serving(FakeAri(), port):
        await eventually(lambda: ari.connected)
    await eventually(lambda: not ari.connected)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await ari.close()


async def test_a_call_that_cannot_be_begun_is_rejected():
    """An endpoint that Asterisk does not know; to ask again is of no use."""
    async with serving(FakeAri()) as fake, connected(fake) as ari:
        fake.answers = [400, 500]
        with pytest.raises(Rejected, match="Allocation failed"):
            await ari.begin(CALL)
        with pytest.raises(ServiceUnavailable, match="answers 500"):
            await ari.begin(CALL)


async def test_a_call_of_the_same_name_is_our_own():
    """Its first answer was lost on the way; there is one channel all the same."""
    async with serving(FakeAri()) as fake, connected(fake, timeout=3.0) as ari:
        fake.answers = [None]
        with pytest.raises(ServiceTimeout):
            await ari.begin(CALL)
        await ari.begin(CALL)
        assert len(fake.begun) == 1
        assert await ari.is_there("c-1")


async def test_a_wrong_password_is_said_with_the_remedy():
    """Not a reason to try for ever in silence: the log says it."""
    async with serving(FakeAri()) as fake:
        ari = Ari(settings(fake.url, password="wrong"), "voicebot-test")
        with pytest.raises(ServiceUnavailable, match=r"ari\.conf"):
            await ari.begin(CALL)
        await ari.close()
