"""The events of a call as they happen."""

import asyncio
import json
from types import SimpleNamespace

import pytest

from bot.api.following import follow_call
from bot.api.limits import Seats
from bot.api.problems import Refusal
from bot.asterisk.audiosocket import Kind
from bot.records import api_keys
from tests.api.bots import asking, client_of, made_key, problem, recorded, running
from tests.app.test_bot import calling, sounding

pytestmark = pytest.mark.real_time


async def events(client, call_id, until, after=""):
    """The stream's events as (id, kind, data), up to the first of the kind `until`."""
    found, one = [], {}
    headers = {"last-event-id": after} if after else {}
    async with asyncio.timeout(60):
        async with client.stream("GET", f"/v1/calls/{call_id}/events", headers=headers) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            async for line in stream.aiter_lines():
                name, _, value = line.partition(": ")
                if line:
                    one[name] = value
                    continue
                found.append((one.get("id", ""), one.get("event"), json.loads(one["data"])))
                one = {}
                if found[-1][1] == until:
                    return found
    return found


async def test_a_live_call_is_followed_to_its_end_from_either_bot(url):
    """What was before, what comes, and how it ended; whoever comes again goes on where it was."""
    async with (
        running(url) as one,
        running(url) as other,
        asking(one, "viewer") as client,
    ):
        async with calling(other) as (uuid, peer):
            assert await sounding(peer)
            await recorded(client, uuid)
            first = await events(client, uuid, "saying")
            assert first[0][2]["kind"] == "saying"
            peer.say(Kind.DTMF, b"1")
            listening = asyncio.create_task(peer.closed())
            more = await events(client, uuid, "key", after=first[-1][0])
            assert [kind for _, kind, _ in more][-1] == "key"
            assert not {id for id, _, _ in more} & {id for id, _, _ in first}
            await client.aclose()
            listening.cancel()
        async with asking(one, "viewer") as again:
            whole = await events(again, uuid, "ended")
        assert whole[-1][2] == {"outcome": "caller_left"}
        ids = [id for id, _, _ in whole[:-1]]
        assert ids == sorted(ids) and len(ids) == len(set(ids))


async def test_so_many_follow_and_no_more(url):
    """A seat is free again when its client is gone."""
    async with (
        running(url, api={"followers": 1}) as bot,
        asking(bot, "viewer") as client,
        calling(bot) as (uuid, peer),
    ):
        assert await sounding(peer)
        await recorded(client, uuid)
        path = f"/v1/calls/{uuid}/events"
        async with client.stream("GET", path) as stream:
            lines = stream.aiter_lines()  # without a name it would be closed
            await anext(lines)
            refused = await client.get(path)
            assert problem(refused).name == "busy"
        async with asyncio.timeout(60):
            while True:
                async with client.stream("GET", path) as stream:
                    if stream.status_code == 200:
                        return
                await asyncio.sleep(0.05)


async def test_who_come_at_once_get_no_more_seats_than_there_are():
    """Each takes its seat when it is let in, not when its first event is read."""

    class Office:
        """Has one call, in which nothing happens."""

        async def happenings(self, key, id, after):
            """None."""
            return [], "up"

    visit = SimpleNamespace(key=None, office=Office(), followers=Seats(1))
    await follow_call(visit, "c")
    with pytest.raises(Refusal, match="So many streams"):
        await follow_call(visit, "c")


async def test_a_key_that_is_revoked_follows_no_longer(url, monkeypatch):
    """The stream ends, though the call goes on."""
    monkeypatch.setattr("bot.api.access.REMEMBERED", 0.1)
    async with running(url) as bot, calling(bot) as (uuid, peer):
        assert await sounding(peer)
        async with asking(bot) as admin:
            await recorded(admin, uuid)
        key = made_key(bot, "viewer")
        async with (
            asyncio.timeout(60),
            client_of(bot, key) as client,
            client.stream("GET", f"/v1/calls/{uuid}/events") as stream,
        ):
            lines = stream.aiter_lines()
            await anext(lines)
            api_keys.revoke(bot.desk.records.engine, key.split("_")[1])
            left = [line async for line in lines]
        assert "event: ended" not in left
        assert bot.reception.active == 1


async def test_a_call_that_is_not_there_is_a_problem(url):
    """As everywhere."""
    async with running(url) as bot, asking(bot, "viewer") as client:
        assert problem(await client.get("/v1/calls/nobody/events")).name == "no-such-call"
        wrong = await client.get("/v1/calls/nobody/events", headers={"last-event-id": "x"})
        assert problem(wrong).status == 422
