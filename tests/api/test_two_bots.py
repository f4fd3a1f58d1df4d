"""Two bots with one database: what is asked of one reaches the call that the other has."""

import asyncio
import socket
import ssl

import httpx
import pytest
import trustme
from fastapi import Request
from sqlalchemy import update

from bot.api.forward import Forwarder
from bot.api.problems import Refusal
from bot.api.server import ApiServer
from bot.config_api import ApiSettings
from bot.records.database import writing
from bot.records.tables import calls
from tests.api.bots import asking, client_of, made_key, problem, recorded, running
from tests.api.test_calls import over
from tests.app.test_bot import calling, get, sounding

pytestmark = pytest.mark.real_time


async def test_a_call_that_another_bot_has_is_told_transferred_and_seen(url):
    """By the address that its bot noted; that one checks the key itself."""
    async with (
        running(url) as one,
        running(url) as other,
        asking(one, "operator") as client,
        asking(one, "viewer") as viewer,
        calling(other) as (uuid, peer),
    ):
        assert await sounding(peer)
        await recorded(client, uuid)
        said = await client.post(f"/v1/calls/{uuid}/say", json={"text": "एक मिनट।"})
        assert (said.status_code, said.json()["order"]) == (202, "say")
        assert (await viewer.post(f"/v1/calls/{uuid}/hangup")).status_code == 403
        answer = await client.post(f"/v1/calls/{uuid}/transfer", json={})
        assert answer.status_code == 202
        await over(peer)
        assert (await get(other, f"/pbx/calls/{uuid}/next"))[1] == "transfer bot-agents s"


async def test_what_was_passed_on_is_in_the_log_of_both(url, capsys):
    """The one that was asked knows from where; the other sees only its neighbour's address."""
    async with (
        running(url) as one,
        running(url) as other,
        asking(one, "operator") as client,
        calling(other) as (uuid, peer),
    ):
        assert await sounding(peer)
        await recorded(client, uuid)
        client.headers["x-request-id"] = "mine-4"
        for path, status in [("say", 202), ("transfer", 409)]:
            body = {"text": "एक मिनट।"} if path == "say" else {"target": "nowhere"}
            answer = await client.post(f"/v1/calls/{uuid}/{path}", json=body)
            assert answer.status_code == status
    lines = [each for each in capsys.readouterr().out.splitlines() if "api: done" in each]
    assert len(lines) == 2 and all("request=mine-4" in each for each in lines)
    assert sum(f"passed_on=http://127.0.0.1:{other.api.port}" in each for each in lines) == 1


async def test_what_is_wrong_with_it_there_is_told_here(url):
    """The other bot's problem, with our request's id."""
    async with (
        running(url) as one,
        running(url) as other,
        asking(one) as client,
        calling(other) as (uuid, peer),
    ):
        assert await sounding(peer)
        await recorded(client, uuid)
        path = f"/v1/calls/{uuid}/transfer"
        refused = problem(await client.post(path, json={"target": "nowhere"}))
        assert (refused.status, refused.name) == (409, "no-such-target")


async def test_a_request_is_not_passed_on_twice(url):
    """Two bots that each believe the other to have the call do not ask each other for ever."""
    async with (
        running(url) as one,
        running(url) as other,
        asking(one) as client,
        calling(other) as (uuid, peer),
    ):
        assert await sounding(peer)
        await recorded(client, uuid)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{one.api.port}") as direct:
            key = client.headers["authorization"]
            headers = {"authorization": key, "x-voicebot-passed-on": "1"}
            answer = await direct.post(f"/v1/calls/{uuid}/hangup", headers=headers)
        assert (problem(answer).status, problem(answer).name) == (502, "other-bot")
        assert other.reception.active == 1


async def test_a_bot_that_is_gone_is_no_hanging_request(url):
    """Its call is still said to be up: whoever asks is told to come again."""
    async with (
        running(url) as one,
        running(url) as other,
        asking(one) as client,
        calling(other) as (uuid, peer),
    ):
        assert await sounding(peer)
        await recorded(client, uuid)
        with writing(one.desk.records.engine) as connection:
            connection.execute(update(calls).values(api="http://127.0.0.1:9"))
        async with asyncio.timeout(30):
            answer = await client.post(f"/v1/calls/{uuid}/hangup")
        assert problem(answer).name == "other-bot"


@pytest.mark.parametrize(("name", "status"), [("calls.example.com", 202), ("other", 502)])
async def test_bots_trust_each_other_by_the_name_in_their_certificates(url, tmp_path, name, status):
    """They are reached by addresses that no certificate has."""
    ca = trustme.CA()
    issued = ca.issue_cert("calls.example.com")
    for file, pem in [
        ("cert.pem", issued.cert_chain_pems[0]),
        ("key.pem", issued.private_key_pem),
        ("ca.pem", ca.cert_pem),
    ]:
        pem.write_to_path(tmp_path / file)
    files = {each: str(tmp_path / f"{each}.pem") for each in ("cert", "key", "ca")}
    api = {"tls": {**files, "name": name}}
    trust = ssl.create_default_context(cafile=files["ca"])
    trust.check_hostname = False
    async with (
        running(url, api=api) as one,
        running(url, api=api) as other,
        httpx.AsyncClient(base_url=f"https://127.0.0.1:{one.api.port}", verify=trust) as client,
        calling(other) as (uuid, peer),
    ):
        client.headers["authorization"] = f"Bearer {made_key(one)}"
        assert await sounding(peer)
        await recorded(client, uuid)
        answer = await client.post(f"/v1/calls/{uuid}/hangup", timeout=30)
        assert answer.status_code == status


@pytest.mark.parametrize("noted", ["http://::1:8070", "http://127.0.0.1:0x", "nonsense"])
async def test_an_address_that_is_none_is_no_bug(url, noted):
    """It was in `api.advertise` of another bot, or of an older one."""
    async with (
        running(url) as one,
        running(url) as other,
        asking(one) as client,
        calling(other) as (uuid, peer),
    ):
        assert await sounding(peer)
        await recorded(client, uuid)
        with writing(one.desk.records.engine) as connection:
            connection.execute(update(calls).values(api=noted))
        answer = await client.post(f"/v1/calls/{uuid}/hangup")
        assert problem(answer).name == "other-bot"


async def test_a_bot_with_tls_hands_no_key_to_one_without(tmp_path):
    """Whatever address the records name: a key would cross the network unencrypted."""
    forwarder = Forwarder(ApiSettings(tls={"cert": "cert.pem", "key": "key.pem"}))
    scope = {"type": "http", "method": "POST", "path": "/v1/calls/c/hangup", "headers": []}

    async def nothing():
        return {"type": "http.request", "body": b""}

    with pytest.raises(Refusal, match="without TLS"):
        await forwarder.forward(Request(scope, nothing), "http://10.0.0.7:8070")


def test_an_address_of_ipv6_is_noted_in_brackets(monkeypatch):
    """Other bots could not read it otherwise. (Not every machine has one to bind.)"""
    bound = socket.create_server(("127.0.0.1", 0))
    monkeypatch.setattr("bot.api.server._bind", lambda host, port: bound)
    server = ApiServer(ApiSettings(host="::1", port=0), lambda *given: None)
    assert server.url == f"http://[::1]:{server.port}"
    server.close()


async def test_a_key_is_checked_by_both(url):
    """A request that pretends to come from another bot needs a key as any other."""
    async with running(url) as bot, client_of(bot) as client:
        refused = await client.post("/v1/calls/c/hangup", headers={"x-voicebot-passed-on": "1"})
        assert refused.status_code == 401
        assert made_key(bot).startswith("vb_")
