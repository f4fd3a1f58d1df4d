"""A caller who is transferred, an agent who is told, a caller who comes back: over loopback."""

from uuid import uuid4

import httpx
import pytest

from bot.asterisk.audiosocket import Kind
from bot.core.ports import ToolCall
from tests.app.test_bot import calling, get, running, sounding
from tests.asterisk.peer import Peer, eventually

pytestmark = pytest.mark.real_time

WISH = ToolCall("transfer", {"reason": "बिल समझना है"})
WARM = {"transfer_mode": "warm"}


async def over(peer):
    """Wait until the bot gives the line back."""
    while (message := await peer.hear()) is not None and message.kind is not Kind.HANGUP:
        pass


async def register(bot, **form):
    """What the dialplan asks before it dials."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{bot.http_port}") as client:
        return (await client.post("/pbx/calls", data=form)).text


async def handed_over(bot, peer):
    """The caller asks for a person, and is given one."""
    assert await sounding(peer)
    peer.say(Kind.DTMF, b"0")
    await over(peer)
    await peer.leave()


@pytest.mark.parametrize(("key", "verdict"), [(b"1", "accept"), (b"3", "refuse")])
async def test_an_agent_is_told_and_decides_by_key(key, verdict):
    """The summary is the model's; the caller's call is over meanwhile."""
    async with running([WISH], pbx=WARM) as bot, calling(bot) as (uuid, peer):
        await handed_over(bot, peer)
        assert await get(bot, f"/pbx/calls/{uuid}/next") == (200, "warm bot-agents s")
        status, shown = await get(bot, f"/pbx/calls/{uuid}/summary")
        assert (status, httpx.URL(f"http://h/?s={shown}").params["s"]) == (200, "बिल समझना है।")
        phone = uuid4()
        await register(bot, uuid=str(phone), whispers=str(uuid))
        agent = await Peer.call(bot.server.port, phone)
        assert await sounding(agent)
        agent.say(Kind.DTMF, key)
        await over(agent)
        assert await get(bot, f"/pbx/calls/{phone}/next") == (200, verdict)
        counted = {"accept": "accepted", "refuse": "refused"}[verdict]
        page = bot.metrics.page().decode()
        assert f'voicebot_transfers_total{{outcome="{counted}"}} 1.0' in page
        await agent.leave()


async def test_a_caller_who_comes_back_goes_on_where_they_were():
    """Told that nobody is there; the model knows what was said before, and the wish itself."""
    async with running([WISH], "जी।", pbx=WARM) as bot, calling(bot) as (uuid, peer):
        await handed_over(bot, peer)
        await register(bot, uuid=str(uuid), caller="9812345678", unanswered="noanswer")
        again = await Peer.call(bot.server.port, uuid)
        assert await sounding(again)
        again.say(Kind.DTMF, b"2")
        await eventually(lambda: len(bot.dialogue.chat.asked) == 2)
        said = [line.content for line in bot.dialogue.chat.asked[-1] if line.role == "user"]
        assert said == ["[keys: 0]", "[keys: 2]"]
        assert 'outcome="unanswered"} 1.0' in bot.metrics.page().decode()
        await again.leave()


async def test_no_summary_of_a_call_that_was_not_handed_over():
    """Nor of one that nobody knows."""
    async with running() as bot, calling(bot) as (uuid, peer):
        assert await sounding(peer)
        assert await get(bot, f"/pbx/calls/{uuid}/summary") == (200, "")
        assert await get(bot, f"/pbx/calls/{uuid4()}/summary") == (200, "")
        refused = await register(bot, uuid=str(uuid4()), whispers=str(uuid))
        assert refused == "refuse not-registered"
