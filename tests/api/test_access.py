"""Who may ask what: keys, roles, tenants, how often."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.api.access import REMEMBERED, Access, Key, Role
from bot.api.limits import Buckets
from bot.api.problems import Refusal
from bot.config_api import ApiSettings
from bot.records import api_keys
from tests.api.bots import asking, client_of, made_key, problem, recorded, running
from tests.app.test_bot import calling, sounding


def now():
    """The loop's time, which is virtual here."""
    return asyncio.get_running_loop().time()


class Keys:
    """Looks up keys, and counts how often; `none` are no keys any more."""

    def __init__(self):
        self.asked, self.none = 0, set()

    async def find(self, token):
        """The key of this name, where it is one."""
        self.asked += 1
        known = token.startswith("good") and token not in self.none
        return Key(token, token, Role.VIEWER) if known else None


def access(keys, **settings):
    """The access of these keys on virtual time."""
    return Access(ApiSettings(**settings), keys.find, now)


async def refusal(entering):
    """Why somebody may not enter; None: they may."""
    try:
        await entering
    except Refusal as refused:
        return refused
    return None


async def test_a_key_may_make_so_many_requests_at_once_and_then_so_many_a_second():
    """Who makes more is told when to come again; another key is not touched."""
    keys = Keys()
    door = access(keys, rate=2, burst=3)
    for _ in range(3):
        await door.enter("good", "a", Role.VIEWER)
    refused = await refusal(door.enter("good", "a", Role.VIEWER))
    assert (refused.status, refused.name) == (429, "too-many-requests")
    assert refused.retry_after == pytest.approx(0.5)
    await door.enter("good-2", "a", Role.VIEWER)
    await asyncio.sleep(0.5)
    await door.enter("good", "a", Role.VIEWER)
    assert await refusal(door.enter("good", "a", Role.VIEWER))
    await asyncio.sleep(60)
    for _ in range(3):
        await door.enter("good", "a", Role.VIEWER)


async def test_a_revoked_key_opens_nothing_after_three_seconds():
    """Until then what was looked up is believed, so that the database is not asked each time."""
    keys = Keys()
    door = access(keys)
    await door.enter("good", "a", Role.VIEWER)
    keys.none.add("good")
    await door.enter("good", "a", Role.VIEWER)
    assert keys.asked == 1
    await asyncio.sleep(REMEMBERED + 0.01)
    assert (await refusal(door.enter("good", "a", Role.VIEWER))).status == 401


async def test_an_address_with_too_many_wrong_keys_is_refused_unread():
    """The database is not asked any more; a key in use, and other addresses, still enter."""
    keys = Keys()
    door = access(keys, failures=3)
    await door.enter("good", "a", Role.VIEWER)
    for number in range(3):
        assert (await refusal(door.enter(f"bad-{number}", "a", Role.VIEWER))).status == 401
    asked = keys.asked
    refused = await refusal(door.enter("bad", "a", Role.VIEWER))
    assert (refused.status, refused.name) == (429, "too-many-failures")
    assert keys.asked == asked
    await door.enter("good", "a", Role.VIEWER)
    await door.enter("good-2", "b", Role.VIEWER)
    await asyncio.sleep(20)
    assert (await refusal(door.enter("bad", "a", Role.VIEWER))).status == 401


async def test_a_key_that_was_good_enters_however_many_wrong_ones_come_from_its_address():
    """Also when it has to be looked up again; once it is revoked, it is a wrong one."""
    keys = Keys()
    door = access(keys, failures=3)
    await door.enter("good", "a", Role.VIEWER)
    await asyncio.sleep(REMEMBERED + 0.01)
    for number in range(3):
        assert (await refusal(door.enter(f"bad-{number}", "a", Role.VIEWER))).status == 401
    assert (await refusal(door.enter("bad", "a", Role.VIEWER))).status == 429
    await door.enter("good", "a", Role.VIEWER)
    keys.none.add("good")
    await asyncio.sleep(REMEMBERED + 0.01)
    for number in range(3):
        await refusal(door.enter(f"bad-{number}", "a", Role.VIEWER))
    assert (await refusal(door.enter("good", "a", Role.VIEWER))).status == 401
    assert (await refusal(door.enter("good", "a", Role.VIEWER))).status == 429


async def test_buckets_do_not_grow_without_bound():
    """The one that was not used for longest goes."""
    buckets = Buckets(1, 1, now)
    for number in range(10_500):
        buckets.take(str(number))
    assert buckets.take("10499") > 0
    assert buckets.take("0") == 0


ROLES = ["viewer", "operator", "admin"]
MATRIX = [
    # method, path, body, the least role, status of who may
    ("GET", "/v1/calls", None, "viewer", 200),
    ("GET", "/v1/calls/nobody", None, "viewer", 404),
    ("GET", "/v1/calls/nobody/events", None, "viewer", 404),
    ("GET", "/v1/calls?number=98", None, "operator", 200),
    ("GET", "/v1/calls/nobody/recording", None, "operator", 404),
    ("POST", "/v1/calls/nobody/hangup", None, "operator", 404),
    ("POST", "/v1/calls/nobody/transfer", {}, "operator", 404),
    ("POST", "/v1/calls/nobody/say", {"text": "a"}, "operator", 404),
    ("POST", "/v1/calls", {"number": "9812345678"}, "operator", 202),
    ("GET", "/v1/orders", None, "viewer", 200),
    ("GET", "/v1/orders?number=9812345678", None, "operator", 200),
    ("GET", "/v1/orders/nobody", None, "viewer", 404),
    ("POST", "/v1/orders/nobody/cancel", None, "operator", 404),
    ("GET", "/v1/campaigns", None, "viewer", 200),
    ("POST", "/v1/do-not-call", {"number": "9812345678"}, "operator", 200),
    ("GET", "/v1/profiles", None, "viewer", 200),
    ("POST", "/v1/profiles/reload", None, "admin", 200),
    ("GET", "/v1/status", None, "viewer", 200),
    ("POST", "/v1/erasures", {"number": "9812345678"}, "admin", 200),
]


@pytest.mark.real_time
async def test_every_role_may_do_what_it_may_and_nothing_else(url):
    """Each route with each role, with no key, and with a wrong one."""
    async with running(url) as bot:
        keys = {role: made_key(bot, role) for role in ROLES}
        paths = set()
        for method, path, body, least, status in MATRIX:
            name = "{order_id}" if "orders" in path else "{call_id}"
            paths.add((method, path.partition("?")[0].replace("nobody", name)))
            for role in ROLES:
                async with client_of(bot, keys[role]) as client:
                    answer = await client.request(method, path, json=body)
                may = ROLES.index(role) >= ROLES.index(least)
                assert answer.status_code == (status if may else 403), (role, path)
            for key in ("", "vb_0123456789ab_" + "A" * 43, "nonsense"):
                async with client_of(bot, key) as client:
                    refused = problem(await client.request(method, path, json=body))
                assert (refused.status, refused.name) == (401, "no-key"), path
        async with client_of(bot) as client:
            described = (await client.get("/openapi.json")).json()["paths"]
        known = {(m.upper(), path) for path, methods in described.items() for m in methods}
        assert paths == known  # a new route comes with its row


@pytest.mark.real_time
async def test_keys_of_one_tenant_neither_see_nor_touch_calls_of_another(url, tmp_path):
    """Not in lists, not by id, not by orders, not by erasure; nor the other's profile."""
    folder = tmp_path / "profiles"
    folder.mkdir()
    (folder / "bank.yaml").write_text('numbers: ["100"]\n')
    async with (
        running(url, profiles={"folder": str(folder)}) as bot,
        asking(bot) as admin,
        asking(bot, "admin", "bank") as bank,
        asking(bot, "admin", "default") as other,
        calling(bot) as (uuid, peer),
    ):
        assert await sounding(peer)
        await recorded(admin, uuid)
        assert (await bank.get("/v1/calls")).json()["calls"] == []
        assert len((await other.get("/v1/calls")).json()["calls"]) == 1
        for method, path in [("GET", ""), ("POST", "/hangup"), ("GET", "/recording")]:
            refused = problem(await bank.request(method, f"/v1/calls/{uuid}{path}"))
            assert refused.name == "no-such-call"
        said = await bank.post(f"/v1/calls/{uuid}/say", json={"text": "एक।"})
        assert said.status_code == 404
        assert bot.reception.active == 1
        names = [each["name"] for each in (await bank.get("/v1/profiles")).json()["profiles"]]
        assert names == ["bank"]
        assert problem(await bank.post("/v1/profiles/reload")).name == "not-allowed"
        assert (await other.post(f"/v1/calls/{uuid}/hangup")).status_code == 202
        await recorded(admin, uuid, lambda call: call["ended"])
        erasure = {"number": "9812345678"}
        assert (await bank.post("/v1/erasures", json=erasure)).json() == {"calls": 0, "orders": 0}
        assert (await other.post("/v1/erasures", json=erasure)).json() == {"calls": 1, "orders": 0}


@pytest.mark.real_time
async def test_a_viewer_sees_no_whole_number(url):
    """Of the caller, in lists and in details; an operator does."""
    async with (
        running(url) as bot,
        asking(bot, "viewer") as viewer,
        asking(bot, "operator") as operator,
    ):
        async with calling(bot) as (uuid, peer):
            assert await sounding(peer)
        assert (await recorded(operator, uuid))["caller"] == "9812345678"
        assert (await recorded(viewer, uuid))["caller"] == "98******78"
        assert "9812345678" not in (await viewer.get("/v1/calls")).text


@pytest.mark.real_time
async def test_a_revoked_and_an_expired_key_open_nothing(url):
    """Over HTTP; the last use is noted."""
    async with running(url) as bot:
        engine = bot.desk.records.engine
        key = made_key(bot, "viewer")
        async with client_of(bot, key) as client:
            assert (await client.get("/v1/status")).status_code == 200
            [known] = api_keys.listing(engine)
            assert known.used is not None and key.split("_")[1] == known.id
            api_keys.revoke(engine, known.id)
            async with asyncio.timeout(30):
                while (await client.get("/v1/status")).status_code == 200:
                    await asyncio.sleep(0.1)
            assert problem(await client.get("/v1/status")).name == "no-key"
        gone = made_key(bot, "viewer", expires=datetime.now(UTC) - timedelta(seconds=1))
        async with client_of(bot, gone) as client:
            assert (await client.get("/v1/status")).status_code == 401
