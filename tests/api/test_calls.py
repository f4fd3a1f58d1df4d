"""Calls by the API of a real bot: found, told something, transferred, ended, erased."""

import asyncio
import threading
import wave

import pytest

from bot.asterisk.audiosocket import Kind
from bot.core.errors import ConfigError, ServiceUnavailable
from bot.core.ports import ToolCall
from tests.api.bots import asking, problem, recorded, running
from tests.app.test_bot import calling, get, sounding
from tests.asterisk.peer import eventually

pytestmark = pytest.mark.real_time


async def over(peer):
    """Listen until the bot hangs up."""
    async with asyncio.timeout(30):
        while (message := await peer.hear()) is not None and message.kind is not Kind.HANGUP:
            pass


async def test_a_live_call_is_listed_and_shown_and_is_past_when_it_is_over(url):
    """With its number, its turns and how it ended."""
    async with running(url, [ToolCall("transfer")]) as bot, asking(bot) as client:
        async with calling(bot) as (uuid, peer):
            assert await sounding(peer)
            call = await recorded(client, uuid)
            assert (call["outcome"], call["ended"], call["caller"]) == ("up", None, "9812345678")
            live = (await client.get("/v1/calls", params={"outcome": "up"})).json()
            assert [each["id"] for each in live["calls"]] == [str(uuid)]
            peer.say(Kind.DTMF, b"0")
            await over(peer)
        call = await recorded(client, uuid, lambda call: call["outcome"] == "transfer")
        assert call["turns"][0]["phrase"] == "greeting"
        assert call["replies"] == len(call["turns"])
        assert {"key", "saying"} <= {event["kind"] for event in call["events"]}


async def test_something_is_said_in_a_call(url):
    """The caller hears it after the greeting, in the words that the records then have."""
    async with running(url) as bot, asking(bot) as client, calling(bot) as (uuid, peer):
        listening = asyncio.create_task(over(peer))
        await eventually(lambda: bot.desk.profile(str(uuid)) == "default")
        said = await client.post(f"/v1/calls/{uuid}/say", json={"text": "आपके ₹500 मिल गए।"})
        assert (said.status_code, said.json()) == (202, {"call": str(uuid), "order": "say"})

        def told(call):
            return any(turn["said"] == "आपके ₹500 मिल गए।" for turn in call["turns"])

        call = await recorded(client, uuid, told)
        assert [turn["phrase"] for turn in call["turns"]][:2] == ["greeting", ""]
        listening.cancel()


async def test_more_than_five_texts_do_not_wait(url):
    """The sixth is refused, and the call goes on."""
    async with running(url) as bot, asking(bot) as client, calling(bot) as (uuid, peer):
        assert await sounding(peer)
        path = f"/v1/calls/{uuid}/say"
        answers = [await client.post(path, json={"text": "एक।"}) for _ in range(20)]
        assert {each.status_code for each in answers} == {202, 409}
        assert problem(answers[-1]).name == "not-now"
        assert bot.reception.active == 1


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        ("hangup", None, "hangup"),
        ("transfer", {}, "transfer bot-agents s"),
        ("transfer", {"mode": "warm"}, "warm bot-agents s"),
        ("transfer", {"target": "billing"}, "transfer bot-billing 600"),
        ("transfer", {"target": "billing", "mode": "warm"}, "warm bot-billing 600"),
    ],
)
async def test_a_call_is_ended_or_transferred(url, path, body, told):
    """Its audio ends, and the dialplan is told what is next."""
    transfers = {"billing": {"context": "bot-billing", "exten": "600"}}
    async with (
        running(url, transfers=transfers) as bot,
        asking(bot, "operator") as client,
        calling(bot) as (uuid, peer),
    ):
        assert await sounding(peer)
        answer = await client.post(f"/v1/calls/{uuid}/{path}", json=body)
        assert answer.status_code == 202
        await over(peer)
        assert await get(bot, f"/pbx/calls/{uuid}/next") == (200, told)
        await recorded(client, uuid, lambda call: call["ended"])
        again = problem(await client.post(f"/v1/calls/{uuid}/{path}", json=body))
        assert (again.status, again.name) == (409, "call-not-up")


async def test_a_target_that_the_profile_has_not_is_named(url):
    """With those that it has; the call goes on."""
    transfers = {"billing": {"exten": "600"}}
    async with (
        running(url, transfers=transfers) as bot,
        asking(bot) as client,
        calling(bot) as (uuid, peer),
    ):
        assert await sounding(peer)
        refused = problem(
            await client.post(f"/v1/calls/{uuid}/transfer", json={"target": "biling"})
        )
        assert (refused.status, refused.name) == (409, "no-such-target")
        assert "billing" in refused.remedy
        assert bot.reception.active == 1


async def test_no_such_call_is_a_problem_with_a_remedy(url):
    """For whatever is wanted of it."""
    async with running(url) as bot, asking(bot) as client:
        for method, path in [
            ("GET", ""),
            ("GET", "/recording"),
            ("POST", "/hangup"),
            ("POST", "/transfer"),
        ]:
            body = {} if path == "/transfer" else None
            answer = await client.request(method, f"/v1/calls/nobody{path}", json=body)
            assert problem(answer).name == "no-such-call"


async def test_pages_have_every_call_once(url):
    """Whatever their size, the latest first."""
    async with running(url) as bot, asking(bot) as client:
        ids = []
        for _ in range(5):
            async with calling(bot) as (uuid, peer):
                assert await sounding(peer)
            ids.append(str(uuid))
        await recorded(client, ids[-1], lambda call: call["ended"])
        found, cursor = [], ""
        while cursor is not None:
            page = (await client.get("/v1/calls", params={"limit": 2, "cursor": cursor})).json()
            found += [each["id"] for each in page["calls"]]
            cursor = page["next"]
        assert found == ids[::-1]
        some = await client.get("/v1/calls", params={"number": "+919812345678", "limit": 3})
        assert len(some.json()["calls"]) == 3
        none = await client.get("/v1/calls", params={"until": "2001-01-01T00:00:00Z"})
        assert none.json() == {"calls": [], "next": None}


async def test_a_recording_is_fetched_and_a_caller_forgotten(url, tmp_path):
    """The sound as a WAV file; after an erasure neither it nor the call is there."""
    recordings = {"enabled": True, "folder": str(tmp_path / "sound"), "announcement": ""}
    async with running(url, recordings=recordings) as bot, asking(bot) as client:
        async with calling(bot) as (uuid, peer):
            assert await sounding(peer)
            early = problem(await client.get(f"/v1/calls/{uuid}/recording"))
            assert early.name in ("no-recording", "no-such-call")
        await recorded(client, uuid, lambda call: call["recorded"])
        sound = await client.get(f"/v1/calls/{uuid}/recording")
        assert (sound.status_code, sound.headers["content-type"]) == (200, "audio/wav")
        (tmp_path / "fetched.wav").write_bytes(sound.content)
        with wave.open(str(tmp_path / "fetched.wav")) as file:
            assert (file.getnchannels(), file.getframerate()) == (2, 8000)
        erased = await client.post("/v1/erasures", json={"number": "+919812345678"})
        assert erased.json() == {"calls": 1, "orders": 0}
        assert (await client.get(f"/v1/calls/{uuid}")).status_code == 404
        assert not list((tmp_path / "sound").iterdir())


@pytest.mark.parametrize(("path", "shape"), [("", "brief"), ("/nobody", "whole")])
async def test_a_long_answer_is_made_beside_the_loop_of_the_calls(url, monkeypatch, path, shape):
    """One of 5000 events takes longer than a frame of sound."""
    threads = []

    def shaped(*given):
        threads.append(threading.current_thread().name)
        raise ServiceUnavailable("records", "enough")

    monkeypatch.setattr(f"bot.app.api.{shape}", shaped)
    monkeypatch.setattr("bot.records.paging.page", lambda *given: ([{}], None))
    monkeypatch.setattr("bot.records.paging.detailed", lambda *given: {})
    async with running(url) as bot, asking(bot) as client:
        assert (await client.get(f"/v1/calls{path}")).status_code == 503
    assert [name[:3] for name in threads] == ["api"]


async def test_an_erasure_that_leaves_a_recording_is_not_said_to_be_done(url, monkeypatch):
    """The storage is away: the record stays with its sound, and who asked is told to come again."""
    away = True

    def remove(call_id):
        if away:
            raise ServiceUnavailable("recordings", "no answer of s3.internal")

    monkeypatch.setattr("bot.app.api.remover", lambda settings: remove)
    async with running(url) as bot, asking(bot) as client:
        async with calling(bot) as (uuid, peer):
            assert await sounding(peer)
        await recorded(client, uuid, lambda call: call["ended"])
        refused = problem(await client.post("/v1/erasures", json={"number": "9812345678"}))
        assert (refused.status, refused.name) == (503, "unavailable")
        assert "recordings" in refused.detail
        assert (await client.get(f"/v1/calls/{uuid}")).status_code == 200
        away = False
        done = await client.post("/v1/erasures", json={"number": "9812345678"})
        assert done.json() == {"calls": 1, "orders": 0}


async def test_the_api_without_records_says_what_to_set():
    """Its keys are kept there."""
    from bot.app.bot import Bot
    from bot.config import Settings

    settings = Settings(audiosocket={"port": 0}, http={"port": 0}, api={"enabled": True})
    with pytest.raises(ConfigError, match="api.enabled needs records.url.*BOT_RECORDS__URL"):
        async with Bot(settings).running():
            pass


async def test_a_taken_port_is_named(url):
    """With the variable to set."""
    async with running(url) as bot:
        with pytest.raises(ConfigError, match="BOT_API__PORT"):
            async with running(url, api={"port": bot.api.port}):
                pass
