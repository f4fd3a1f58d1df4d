"""A bot on loopback that keeps its calls: what its operators then find, also when it was killed."""

import asyncio
import json
import os
import signal
import sys
import threading
import wave
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import uuid4

import httpx
import pytest

from bot.app.bot import Bot
from bot.asterisk.audiosocket import Kind
from bot.cli import main
from bot.config import Settings
from bot.core.errors import ConfigError
from bot.core.ports import ToolCall
from tests.app.test_bot import calling, get, listens, running, sounding, speaks
from tests.asterisk.peer import Peer, eventually
from tests.nim.fakes import FakeNim, said, saying
from tests.nim.fakes import serving as nim_serving
from tests.records.stories import SECRET_KEY
from tests.records.test_webhooks import http_receiver
from tests.riva.fakes import FakeRecognition, FakeSynthesis, serving

pytestmark = pytest.mark.real_time


def listed(capsys, *words):
    """What `voicebot calls list` says as JSON lines."""
    capsys.readouterr()
    assert main(["calls", "list", "--json", *words]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines() if line]


@pytest.fixture
def url(sqlite_url, monkeypatch):
    """A database that commands find, too."""
    monkeypatch.setenv("BOT_RECORDS__URL", sqlite_url)
    return sqlite_url


@pytest.fixture
def sqlite_url(tmp_path):
    """A file that does not exist yet."""
    return f"sqlite:///{tmp_path}/calls.db"


async def test_a_call_is_in_the_records_and_commands_show_it(url, capsys, tmp_path):
    """list, show, export, purge."""
    async with running([ToolCall("transfer")], records={"url": url}) as bot:
        async with calling(bot) as (uuid, peer):
            assert await sounding(peer)
            peer.say(Kind.DTMF, b"0")
            while (message := await peer.hear()) is not None and message.kind is not Kind.HANGUP:
                pass
            assert await get(bot, f"/pbx/calls/{uuid}/next") == (200, "transfer bot-agents s")
        page = bot.metrics.page().decode()
    assert 'voicebot_records_total{result="dropped"} 0.0' in page
    [found] = listed(capsys, "--number", "9812345678", "--outcome", "transfer", "--since", "1h")
    assert found["id"] == str(uuid)
    assert main(["calls", "list"]) == 0
    assert "9812345678" in capsys.readouterr().out
    assert main(["calls", "show", str(uuid)[:8]]) == 0
    assert "transfer" in capsys.readouterr().out
    assert main(["calls", "export", "--to", str(tmp_path / "calls.jsonl")]) == 0
    exported = json.loads((tmp_path / "calls.jsonl").read_text())
    assert exported["turns"][0]["phrase"] == "greeting"
    assert main(["calls", "purge", "--number", "9812345678"]) == 0
    assert "1 calls would be deleted" in capsys.readouterr().out
    assert main(["calls", "purge", "--number", "9812345678", "--yes"]) == 0
    capsys.readouterr()
    assert listed(capsys) == []


async def transferred(bot):
    """What the dialplan hears of a caller who has just been transferred."""
    async with calling(bot) as (uuid, peer):
        assert await sounding(peer)
        peer.say(Kind.DTMF, b"0")
        while (message := await peer.hear()) is not None and message.kind is not Kind.HANGUP:
            pass
        return (await get(bot, f"/pbx/calls/{uuid}/next"))[1]


async def test_the_agents_screen_knows_the_call_before_the_dialplan_does(url):
    """Whom we tell has answered `transfer.requested` when the dialplan is told to transfer."""
    held, told = threading.Event(), []

    def answer(number):
        if "transfer.requested" in kinds(came):
            held.wait(60)
            told.append("screen")
        return 204

    with http_receiver(answer) as (hooks, came):
        webhooks = {"url": hooks, "secret": SECRET_KEY, "timeout": 60}
        more = {"records": {"url": url}, "webhooks": webhooks}
        async with running([ToolCall("transfer")], **more) as bot:
            object.__setattr__(bot.settings.webhooks, "before_transfer", 60.0)
            asked = asyncio.create_task(transferred(bot))
            await eventually(lambda: "transfer.requested" in kinds(came))
            assert not asked.done()
            held.set()
            assert await asked == "transfer bot-agents s"
            assert told[0] == "screen"


async def test_a_screen_that_never_answers_holds_nobody_up(url):
    """The transfer waits `webhooks.before_transfer`, no longer."""
    held = threading.Event()
    with http_receiver(lambda number: held.wait(60) and 204) as (hooks, came):
        webhooks = {"url": hooks, "secret": SECRET_KEY, "timeout": 60, "before_transfer": 0.3}
        more = {"records": {"url": url}, "webhooks": webhooks}
        async with running([ToolCall("transfer")], **more) as bot:
            assert await transferred(bot) == "transfer bot-agents s"
            assert "transfer.requested" not in kinds(came)
            held.set()


def kinds(came):
    """Of the webhooks that came."""
    return [json.loads(body)["type"].rpartition("voicebot.")[2] for _, body in came]


async def test_a_bug_in_the_records_is_no_callers_bug(url, monkeypatch):
    """It is logged; the call goes on as if nothing were kept."""
    from bot.records.call_record import CallRecord

    def broken(*given):
        raise ZeroDivisionError

    for name in ("turn", "note", "saying", "ended"):
        monkeypatch.setattr(CallRecord, name, broken)
    async with running(records={"url": url}) as bot, calling(bot) as (uuid, peer):
        peer.say(Kind.DTMF, b"1")
        assert await sounding(peer)
        await eventually(lambda: len(bot.dialogue.chat.asked) == 1)
        assert await sounding(peer)


@pytest.mark.parametrize(
    "wanted", [{"webhooks": {"url": "http://h/"}}, {"recordings": {"enabled": True}}]
)
async def test_what_needs_records_says_so(wanted):
    """With the variable that sets them."""
    with pytest.raises(ConfigError, match="needs records.url.*BOT_RECORDS__URL"):
        async with Bot(Settings(audiosocket={"port": 0}, http={"port": 0}, **wanted)).running():
            pass


def test_commands_without_records_say_what_to_set(monkeypatch, capsys):
    """Nothing is kept by default."""
    monkeypatch.delenv("BOT_RECORDS__URL", raising=False)
    assert main(["calls", "list"]) == 2
    assert "BOT_RECORDS__URL" in capsys.readouterr().err


@asynccontextmanager
async def process(**variables):
    """The bot as a process of its own; yields it, its AudioSocket port and its HTTP port."""
    settings = {f"BOT_{name}": value for name, value in variables.items()}
    own, ports = {"BOT_AUDIOSOCKET__PORT": "0", "BOT_HTTP__PORT": "0"}, {}
    bot = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "serve",
        env={**os.environ, **own, **settings}, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(150):
            async for line in bot.stderr:
                event = json.loads(line)
                ports |= event if event["event"] == "ready" else {}
                if event["event"] == "phrases ready":
                    break
        reading = asyncio.create_task(bot.stderr.read())
        yield bot, ports["audiosocket"], ports["http"]
        await reading
    finally:
        if bot.returncode is None:
            bot.kill()
        await bot.wait()


@pytest.mark.timeout(240)
async def test_a_killed_bot_leaves_a_record_up_to_the_last_second(url, capsys):
    """kill -9 while it speaks: what it had begun to say a second before is there."""
    voices = FakeSynthesis(speaks)
    voices.voices = ({"language_code": "hi-IN", "voice_name": "Asha"},)
    nim = FakeNim(saying(said("पहला वाक्य। "), said("दूसरा वाक्य। "), said("तीसरा वाक्य। "), wait=0.6))
    async with (
        serving(FakeRecognition(listens), voices) as riva,
        nim_serving(nim) as llm,
        process(
            RIVA__URI=riva,
            LLM__BASE_URL=llm,
            LLM__MODEL="m",
            LLM__FIRST_TOKEN_TIMEOUT="60",
            RECORDS__URL=url,
        ) as (
            bot,
            port,
            http,
        ),
    ):
        uuid = uuid4()
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{http}") as client:
            await client.post("/pbx/calls", data={"uuid": str(uuid), "caller": "9812345678"})
        peer = await Peer.call(port, uuid)
        peer.say(Kind.DTMF, b"1")
        peer.say(Kind.DTMF, b"#")
        listening = asyncio.create_task(peer.closed())
        async with asyncio.timeout(60):  # a process of its own, on a busy machine
            while not nim.requests:
                await asyncio.sleep(0.01)
        await asyncio.sleep(1.5)  # the first sentence sounds, and a second is over since then
        bot.send_signal(signal.SIGKILL)
        killed = datetime.now(UTC)
        await bot.wait()
        listening.cancel()
        await peer.leave()
    [found] = listed(capsys)
    assert (found["id"], found["outcome"]) == (str(uuid), "up")
    capsys.readouterr()
    assert main(["calls", "show", str(uuid), "--json"]) == 0
    call = json.loads(capsys.readouterr().out)
    details = [event["detail"] for event in call["events"]]
    assert "[keys: 1#]" in details and "पहला वाक्य।" in details
    assert (killed - datetime.fromisoformat(call["seen"])).total_seconds() < 1.0


async def test_a_calls_sound_is_recorded_announced_and_goes_with_its_record(
    url, tmp_path, capsys, monkeypatch
):
    """Stereo beside the record; a purge by number leaves no sound."""
    folder = tmp_path / "sound"
    recordings = {"enabled": True, "folder": str(folder), "announcement": "रिकॉर्ड होगी।"}
    async with (
        running(records={"url": url}, recordings=recordings) as bot,
        calling(bot) as (_, peer),
    ):
        assert await sounding(peer)
        await asyncio.sleep(0.3)
    [found] = listed(capsys)
    capsys.readouterr()
    assert main(["calls", "show", found["id"], "--json"]) == 0
    call = json.loads(capsys.readouterr().out)
    assert call["turns"][0]["phrase"] == "notice"
    with wave.open(str(folder / call["recording"])) as file:
        assert file.getnchannels() == 2
        assert any(file.readframes(file.getnframes()))
    monkeypatch.setenv("BOT_RECORDINGS__FOLDER", str(folder))
    assert main(["calls", "purge", "--number", "9812345678", "--yes"]) == 0
    assert not list(folder.iterdir())
