"""The bot of one process on loopback: real lines, HTTP and gRPC; the services are scripted."""

import asyncio
from contextlib import asynccontextmanager
from uuid import uuid4

import httpx
import pytest

from bot.app.bot import Bot
from bot.asterisk.audiosocket import Kind
from bot.config import Settings
from bot.core.errors import ConfigError
from bot.core.ports import ToolCall
from tests.asterisk.peer import Peer, eventually
from tests.fakes import ScriptedModel
from tests.riva.fakes import FakeRecognition, FakeSynthesis, audio, serving

pytestmark = pytest.mark.real_time


async def listens(stream, requests, context):
    """A recogniser that hears nothing."""
    async for _ in requests:
        pass
    return
    yield


async def speaks(stream, requests, context):
    """A synthesizer that says each text in 0.4 s."""
    async for _ in requests:
        yield audio(b"\1\2" * 3200)


class Model(ScriptedModel):
    """A model in place of the NIM client."""

    def warm(self):
        """Nothing to connect."""

    async def close(self):
        """Nothing to close."""


@asynccontextmanager
async def running(*answers, **settings):
    """A bot that is ready, with these answers of its model."""
    voices = FakeSynthesis(speaks)
    voices.voices = ({"language_code": "hi-IN", "voice_name": "Asha"},)
    async with serving(FakeRecognition(listens), voices) as address:
        bot = Bot(
            Settings(audiosocket={"port": 0}, http={"port": 0}, riva={"uri": address}, **settings)
        )
        bot.dialogue.chat = Model(list(answers) or ["जी।"], first_token=0.0)
        async with bot.running():
            await eventually(lambda: bot.dialogue.phrases.book.ready)
            yield bot


async def get(bot, path):
    """A request of the dialplan's or of an orchestrator's."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{bot.http_port}") as client:
        answer = await client.get(path)
        return answer.status_code, answer.text.strip()


async def register(bot, uuid):
    """What the dialplan does before it dials."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{bot.http_port}") as client:
        answer = await client.post("/pbx/calls", data={"uuid": str(uuid), "caller": "9812345678"})
        return answer.text


@asynccontextmanager
async def calling(bot):
    """A registered call that is up; yields its UUID and Asterisk's end of it."""
    uuid = uuid4()
    assert await register(bot, uuid) == f"dial 127.0.0.1:{bot.server.port}"
    peer = await Peer.call(bot.server.port, uuid)
    yield uuid, peer
    await peer.leave()


async def sounding(peer):
    """Listen until a frame is not silence."""
    while (message := await peer.hear()) is not None:
        if any(message.payload):
            return True
    return False


async def test_a_registered_call_is_greeted_and_ends_with_the_caller():
    """HTTP, then audio; when the caller leaves, the line may be begun again."""
    async with running() as bot:
        assert await get(bot, "/readyz") == (200, '{"status":"ready"}')
        async with calling(bot) as (uuid, peer):
            assert await sounding(peer)
            assert bot.reception.active == 1
        await eventually(lambda: bot.reception.active == 0)
        assert await get(bot, f"/pbx/calls/{uuid}/next") == (200, "again")
        page = bot.metrics.page().decode()
    assert 'voicebot_calls_total{ending="caller_left"} 1.0' in page
    assert "voicebot_calls_active 0.0" in page


async def test_a_wish_of_the_model_is_told_to_the_dialplan():
    """A key, an answer with the tool `transfer`: the audio ends and `next` says where to."""
    async with running([ToolCall("transfer")]) as bot, calling(bot) as (uuid, peer):
        peer.say(Kind.DTMF, b"0")
        while (message := await peer.hear()) is not None and message.kind is not Kind.HANGUP:
            pass
        assert await get(bot, f"/pbx/calls/{uuid}/next") == (200, "transfer bot-agents s")


async def test_a_bug_ends_its_own_call_only():
    """The caller goes to the fallback; another call, and one after it, are not touched."""
    async with running(ZeroDivisionError(), "जी।") as bot, calling(bot) as (_, other):
        async with calling(bot) as (uuid, peer):
            peer.say(Kind.DTMF, b"1")
            while (message := await peer.hear()) is not None and message.kind is not Kind.HANGUP:
                pass
            assert await get(bot, f"/pbx/calls/{uuid}/next") == (200, "fallback")
        assert await sounding(other)
        async with calling(bot) as (_, third):
            third.say(Kind.DTMF, b"1")
            assert await sounding(third)
            await eventually(lambda: len(bot.dialogue.chat.asked) == 2)


async def test_draining_refuses_new_calls_and_lets_the_old_ones_end():
    """As after SIGTERM: not ready, no registrations, but who is on the line stays."""
    async with running() as bot:
        async with calling(bot) as (_, peer):
            assert await sounding(peer)
            bot.drain()
            drained = asyncio.create_task(bot.drained())
            assert await get(bot, "/readyz") == (503, '{"status":"draining"}')
            assert await register(bot, uuid4()) == "refuse draining"
            for _ in range(20):
                assert await peer.hear() is not None
            assert not drained.done()
        await drained
        assert bot.reception.active == 0


async def test_a_call_that_outlives_the_draining_goes_to_the_fallback():
    """At the end of the drain time-out the bot ends, and says so to the dialplan."""
    async with running(drain_timeout=0.1) as bot, calling(bot) as (uuid, peer):
        assert await sounding(peer)
        bot.drain()
        await bot.drained()
        stopping = asyncio.create_task(bot._stop())
        while (message := await peer.hear()) is not None and message.kind is not Kind.HANGUP:
            pass
        assert await get(bot, f"/pbx/calls/{uuid}/next") == (200, "fallback")
        await peer.leave()
        await stopping


async def test_a_taken_http_port_is_a_clear_error():
    """The message names the setting and the remedy."""
    async with running() as bot:
        other = Bot(Settings(audiosocket={"port": 0}, http={"port": bot.http_port}))
        with pytest.raises(ConfigError, match="BOT_HTTP__PORT"):
            async with other.running():
                pass
