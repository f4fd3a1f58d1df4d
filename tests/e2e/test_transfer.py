"""Transfers: caller and agents at real phones, a real Asterisk; Riva and NIM scripted."""

import asyncio
import json
import signal
from contextlib import asynccontextmanager
from urllib.parse import unquote

import pytest

from bot.sip.errors import CallTimeout
from bot.sip.phone_call import Ending
from tests.e2e.studio import LETTER, pitch, sine, studio
from tests.e2e.test_calls import gone, gone_from_asterisk, greeted, now
from tests.nim.fakes import saying, tool

pytestmark = [pytest.mark.asterisk, pytest.mark.real_time, pytest.mark.timeout(180)]

REASON = "ग्राहक को पिछले महीने का बिल समझना है।"
SHORT = "\n[globals](+)\nBOT_AGENTS = PJSIP/6002\nBOT_RING_SECONDS = 6\n"
QUEUE = """[people](bot-queue)
member => Local/6002@bot-member/n,0,Asha,PJSIP/6002
member => Local/6003@bot-member/n,0,Ravi,PJSIP/6003
"""
WARM = {"BOT_PBX__TRANSFER_MODE": "warm", "BOT_WHISPER__PAUSE": "2"}
VOICE = 700.0
"""Hertz of the bot's voice."""
CALLER, AGENT = 1100.0, 1700.0
"""Of what the people whistle."""


def transfers(target=None, reason=REASON):
    """A model that hands the caller over."""
    arguments = {"reason": reason, "say": ""} | ({"target": target} if target else {})
    return saying({"content": "जी।"}, tool(0, "transfer", json.dumps(arguments), "c1"))


ASKS_BACK = saying({"content": "ठीक है।"})


@asynccontextmanager
async def handed_over(*answers, bot=None, names=("6002",), dialplan=SHORT, **more):
    """A house with agents' phones, in which the caller has just asked for a person."""
    accounts = ("6001", "6002", "6003")
    async with studio(
        *(answers or (transfers(), ASKS_BACK)),
        bot={**WARM, **(bot or {})}, dialplan=dialplan, accounts=accounts, **more,
    ) as house:  # fmt: skip
        agents = [await house.phone(name, register=True) for name in names]
        call = await (await house.phone()).dial("100")
        await greeted(call)
        await call.press("1")
        yield house, call, agents


async def whistles(call, other, hertz):
    """Whether what `call` says reaches `other`."""
    task = asyncio.create_task(call.play(sine(hertz, call.rate, 2.0)))
    await asyncio.sleep(1.4)
    heard = pitch(other.received.pcm(now() - 0.5, now()), other.rate)
    await task
    return abs(heard - hertz) < 15


async def talk(call, agent):
    """Both hear each other."""
    assert await whistles(call, agent, CALLER)
    assert await whistles(agent, call, AGENT)


async def voice_lasts(call, after):
    """The bot's next words on this phone: how many seconds of sound came, late or not."""
    first = await call.hears(20.0, after=after)
    silent = await call.hears_silence(0.5, 30.0, after=first)
    assert abs(pitch(call.received.pcm(first + 0.1, silent - 0.1), call.rate) - VOICE) < 10
    return 0.02 * sum(level > -40 for level in call.received.levels(after, silent))


def said(house):
    """All that the synthesizer was asked for, in order."""
    return [r.text for stream in house.synthesis.streams for r in stream.requests]


async def music(call):
    """Wait until the caller hears something that is neither silence nor the bot's voice."""
    async with asyncio.timeout(20.0):
        while True:
            sound = call.received.pcm(now() - 0.6, now())
            loud = max(map(abs, memoryview(sound).cast("h")), default=0) > 300
            if loud and abs(pitch(sound, call.rate) - VOICE) > 20:
                return
            await asyncio.sleep(0.1)


async def back(house, call, phrase="कोई प्रतिनिधि उपलब्ध नहीं है"):
    """The caller is with the bot again, which says so, and the talk goes on where it was."""
    answered = await call.hears(15.0, after=await silence_of_music(house, call))
    await call.hears_silence(0.6, 30.0, after=answered)
    await call.press("2")
    await asyncio.sleep(1.0)
    history = house.nim.requests[-1]["messages"]
    assert [m["content"] for m in history if m["role"] == "user"] == ["[keys: 1]", "[keys: 2]"]
    assert any(phrase in m["content"] for m in history if m["role"] == "assistant")


async def silence_of_music(house, call):
    """Wait until the bot has the call again."""
    async with asyncio.timeout(30.0):
        while [r["event"] for r in house.bot.lines()].count("call began") < 2:
            await asyncio.sleep(0.05)
    return now()


async def test_a_blind_transfer_puts_the_caller_through_at_once():
    """The agent picks up, and both talk; the bot has left; the phone shows the call's story."""
    async with handed_over(bot={"BOT_PBX__TRANSFER_MODE": "blind"}) as (house, call, [phone]):
        agent = await phone.rings()
        assert unquote(agent.headers["X-Summary"]) == REASON
        began = next(row for row in house.bot.lines() if row["event"] == "call began")
        assert agent.headers["X-Call-Id"] == began["call"]
        await agent.answer()
        await talk(call, agent)
        assert await house.metric("voicebot_calls_active") == 0
        await agent.hang_up()
        assert await call.ended(20.0) is Ending.THEY
        await gone(house)


@pytest.mark.parametrize("line", ["audiosocket", "websocket"])
async def test_a_warm_transfer_is_told_accepted_and_joined(line):
    """Music for the caller, words for the agent alone; with the key 1 they talk."""
    async with handed_over(bot={"BOT_LINE": line}) as (house, call, [phone]):
        agent = await phone.rings()
        await music(call)
        await agent.answer()
        picked_up = now()
        lasted = await voice_lasts(agent, picked_up)
        told = [text for text in said(house) if REASON[:-1] in text]
        assert told == [f"नमस्ते। {REASON} कॉल लेने के लिए एक दबाइए।"]
        assert abs(lasted - len(told[0]) * LETTER) < 0.3
        await music(call)
        await agent.press("1")
        await asyncio.sleep(0.5)
        await talk(call, agent)
        assert (await house.bot.logs("agent told"))["verdict"] == "accept"
        await call.hang_up()
        assert await agent.ended(20.0) is Ending.THEY
        await gone(house)


@pytest.mark.parametrize(
    ("how", "line"),
    [
        ("key", "audiosocket"),
        ("key", "websocket"),
        ("hang up", "audiosocket"),
        ("decline", "websocket"),
    ],
)
async def test_a_refused_caller_is_back_with_the_bot(how, line):
    """Another key, hanging up on the bot's words, or not picking up at all."""
    async with handed_over(bot={"BOT_LINE": line}) as (house, call, [phone]):
        agent = await phone.rings()
        if how == "decline":
            await agent.hang_up()
        else:
            await agent.answer()
            await agent.hears(20.0)
            await (agent.press("2") if how == "key" else agent.hang_up())
        await back(house, call)
        await call.hang_up()
        await gone(house)


async def test_a_caller_whom_nobody_answers_is_offered_a_call_back():
    """The phone rings no longer than it may."""
    tool_at = {"BOT_TOOLS__CALL_BACK__URL": "http://127.0.0.1:9/call-back"}
    async with handed_over(bot=tool_at) as (house, call, [phone]):
        agent = await phone.rings()
        await agent.ended(30.0)
        await back(house, call, "क्या आपको बाद में फ़ोन किया जाए")
        await call.hang_up()
        await gone(house)


@pytest.mark.parametrize(
    ("when", "line"), [("rings", "audiosocket"), ("hears", "audiosocket"), ("hears", "websocket")]
)
async def test_a_caller_who_leaves_takes_the_agents_phone_off(when, line):
    """While it rings, and while the agent hears about the call."""
    async with handed_over(bot={"BOT_LINE": line}) as (house, call, [phone]):
        agent = await phone.rings()
        if when == "hears":
            await agent.answer()
            await agent.hears(20.0)
        await call.hang_up()
        await agent.ended(20.0)
        await gone(house)


async def test_a_queue_goes_on_to_the_agent_who_takes_the_call():
    """The first refuses by key; the second is told the same, and accepts."""
    target = {"BOT_TRANSFERS": json.dumps(
        {"help": {"context": "bot-queues", "exten": "people", "mode": "warm"}}
    )}  # fmt: skip
    files = {"queues_custom.conf": QUEUE}
    async with handed_over(transfers("help"), bot=target, names=("6002", "6003"), files=files) as (
        house,
        call,
        [first, second],
    ):
        agent = await first.rings()
        assert unquote(agent.headers["X-Summary"]) == REASON
        await agent.answer()
        await agent.hears(20.0)
        await music(call)
        await agent.press("2")
        other = await second.rings()
        await other.answer()
        await other.hears(20.0)
        await other.press("1")
        await asyncio.sleep(0.7)
        await talk(call, other)
        verdicts = [r["verdict"] for r in house.bot.lines() if r["event"] == "agent told"]
        assert verdicts == ["refuse", "accept"]
        await other.hang_up()
        assert await call.ended(20.0) is Ending.THEY
        await gone(house)


async def test_a_caller_who_leaves_a_queue_takes_the_agents_phone_off():
    """While the agent hears about the call; nobody else is rung."""
    target = {"BOT_TRANSFERS": json.dumps(
        {"help": {"context": "bot-queues", "exten": "people", "mode": "warm"}}
    )}  # fmt: skip
    files = {"queues_custom.conf": QUEUE}
    async with handed_over(transfers("help"), bot=target, names=("6002", "6003"), files=files) as (
        house,
        call,
        [first, second],
    ):
        agent = await first.rings()
        await agent.answer()
        await agent.hears(20.0)
        await call.hang_up()
        await agent.ended(20.0)
        with pytest.raises(CallTimeout):
            await second.rings(1.0)
        await gone(house)


async def test_a_queue_leaves_out_who_is_not_there():
    """The first agent's phone is not registered: the second rings at once."""
    target = {"BOT_TRANSFERS": json.dumps({"help": {"context": "bot-queues", "exten": "people"}})}
    files = {"queues_custom.conf": QUEUE}
    async with handed_over(transfers("help"), bot=target, names=("6003",), files=files) as (
        house,
        call,
        [second],
    ):
        agent = await second.rings(5.0)
        await agent.answer()
        await asyncio.sleep(0.5)
        await talk(call, agent)
        await call.hang_up()
        await gone(house)


async def test_a_number_outside_is_dialled_only_where_it_is_listed():
    """The listed one rings, with no summary; another brings the caller back."""
    listed = "\n[globals](+)\nBOT_OUTSIDE = 919800000001\nBOT_TRUNK = 6002\n"
    places = {"BOT_TRANSFERS": json.dumps({
        "head": {"context": "bot-outside", "exten": "+919800000001"},
        "abroad": {"context": "bot-outside", "exten": "+4930123456"},
    })}  # fmt: skip
    async with handed_over(
        transfers("abroad"), ASKS_BACK, transfers("head"), bot=places, names=(), dialplan=listed
    ) as (house, call, _):
        await back(house, call)
        assert "The bot may not transfer to +4930123456" in house.pbx.log_text()
        await call.press("3")
        async with asyncio.timeout(15.0):
            while "PJSIP/+919800000001@6002" not in house.pbx.log_text():
                await asyncio.sleep(0.1)
        assert "PJSIP_HEADER(add" not in house.pbx.log_text()
        await call.hang_up()
        await gone(house)


@pytest.mark.parametrize("when", ["rings", "hears"])
async def test_a_bot_that_dies_in_a_transfer_drops_nobody(when):
    """kill -9: the agent is asked by a recording, presses 1, and has the caller."""
    async with handed_over() as (house, call, [phone]):
        agent = await phone.rings()
        if when == "rings":
            await house.bot.stop(signal.SIGKILL)
            await agent.answer()
        else:
            await agent.answer()
            await agent.hears(20.0)
            await house.bot.stop(signal.SIGKILL)
        async with asyncio.timeout(15.0):
            while "bot-accept" not in house.pbx.log_text():
                await asyncio.sleep(0.1)
        await agent.press("1")
        await asyncio.sleep(0.7)
        await talk(call, agent)
        await agent.hang_up()
        await call.ended(20.0)
        await gone_from_asterisk(house)


async def test_the_bots_death_and_a_refusal_lead_to_the_fallback():
    """Nobody to come back to: the apology, then people."""
    async with handed_over() as (house, call, [phone]):
        agent = await phone.rings()
        await house.bot.stop(signal.SIGKILL)
        await agent.hang_up()
        again = await phone.rings(20.0)
        assert again.headers["X-Call-Id"] == agent.headers["X-Call-Id"]
        assert "bot-apology" in house.pbx.log_text()
        await again.answer()
        await talk(call, again)
        await call.hang_up()
        with pytest.raises(CallTimeout):
            await phone.rings(0.5)
        await gone_from_asterisk(house)
