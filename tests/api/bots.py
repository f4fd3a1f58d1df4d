"""A whole bot with its API on loopback, the services scripted; keys, and a client with one."""

from contextlib import asynccontextmanager
from types import SimpleNamespace

import httpx

from bot.records import api_keys
from tests.app import test_bot

NO_ASTERISK = {
    "enabled": True,
    "ari": {"url": "http://127.0.0.1:9/ari"},
    "consent": "not_required",
    "allowed": ".*",
}
"""Orders are taken, and nobody is called."""


@asynccontextmanager
async def running(url, *answers, api=(), **settings):
    """A bot that is ready, keeps its calls at `url`, and has an API."""
    wanted = {
        "enabled": True,
        "port": 0,
        "rate": 1000,
        "burst": 1000,
        "failures": 10_000,
        **dict(api),
    }
    records = {"url": url}
    settings.setdefault("outbound", NO_ASTERISK)
    async with test_bot.running(*answers, api=wanted, records=records, **settings) as bot:
        yield bot


def made_key(bot, role="admin", *profiles, name="crm", **more):
    """A new key."""
    return api_keys.add(bot.desk.records.engine, name, role, profiles, **more)


def client_of(bot, key="", **headers):
    """A client of this bot's API, with this key."""
    if key:
        headers["authorization"] = f"Bearer {key}"
    base = f"http://127.0.0.1:{bot.api.port}"
    return httpx.AsyncClient(base_url=base, headers=headers, timeout=20)


@asynccontextmanager
async def asking(bot, role="admin", *profiles):
    """A client with a new key of this role."""
    async with client_of(bot, made_key(bot, role, *profiles)) as client:
        yield client


async def recorded(client, call_id, then=lambda call: True):
    """The call as the API has it, once it is written and `then` holds."""
    import asyncio

    async with asyncio.timeout(30):
        while True:
            answer = await client.get(f"/v1/calls/{call_id}")
            if answer.status_code == 200 and then(answer.json()):
                return answer.json()
            await asyncio.sleep(0.05)


def problem(answer):
    """The problem that was answered, as an object with `status` and `name`."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["remedy"] and body["detail"]
    assert body["request_id"] == answer.headers["x-request-id"]
    return SimpleNamespace(**body, name=body["type"].rpartition(":")[2])
