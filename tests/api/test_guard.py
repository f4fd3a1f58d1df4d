"""What every request is held to: size, time, form; and what an answer always has."""

import asyncio
import ssl
from uuid import UUID

import httpx
import pytest
import trustme

from bot.app.bot import Bot
from bot.config import Settings
from bot.core.errors import ConfigError
from bot.hindi.redact import redact
from tests.api.bots import asking, client_of, made_key, problem, running
from tests.app.test_bot import calling, sounding
from tests.asterisk.peer import eventually

pytestmark = pytest.mark.real_time


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_that_is_too_long_is_refused(url, chunked):
    """By its stated length unread, or as soon as it is too long."""
    body = b'{"text": "' + b"a" * 20_000 + b'"}'

    async def pieces():
        for start in range(0, len(body), 1000):
            yield body[start : start + 1000]

    async with running(url) as bot, asking(bot) as client:
        content = pieces() if chunked else body
        headers = {"content-type": "application/json"}
        answer = await client.post("/v1/calls/c/say", content=content, headers=headers)
        assert (problem(answer).status, problem(answer).name) == (413, "too-long")
        assert (await client.get("/v1/status")).status_code == 200


async def test_a_request_that_takes_too_long_is_given_up(url, monkeypatch):
    """The database hangs: the others are answered."""
    async with running(url, api={"timeout": 0.5}) as bot, asking(bot) as client:
        assert (await client.get("/v1/status")).status_code == 200

        async def forever(*given):
            await asyncio.Event().wait()

        monkeypatch.setattr("bot.app.api.BotOffice.calls", forever)
        slow = problem(await client.get("/v1/calls"))
        assert (slow.status, slow.name) == (504, "timeout")
        assert (await client.get("/v1/status")).status_code == 200


async def test_too_many_at_once_are_told_to_come_again(url, monkeypatch):
    """Those that are under way are answered."""
    free = asyncio.Event()

    async def waits(*given):
        await free.wait()

    async with running(url, api={"parallel": 2}) as bot, asking(bot) as client:
        assert (await client.get("/v1/status")).status_code == 200
        monkeypatch.setattr("bot.app.api.BotOffice.call", waits)
        busy = [asyncio.create_task(client.get("/v1/calls/c")) for _ in range(2)]
        async with asyncio.timeout(30):
            while (answer := await client.get("/v1/status")).status_code == 200:
                await asyncio.sleep(0.01)
        assert problem(answer).name == "busy"
        assert int(answer.headers["retry-after"]) > 0
        free.set()
        assert {(await each).status_code for each in busy} == {404}


@pytest.mark.parametrize(
    ("method", "path", "content", "status", "field"),
    [
        ("GET", "/v1/calls?limit=0", None, 422, "query.limit"),
        ("GET", "/v1/calls?since=yesterday", None, 422, "query.since"),
        ("GET", "/v1/calls?outcome=gone", None, 422, "query.outcome"),
        ("GET", "/v1/calls/a%00b", None, 422, "path.call_id"),
        ("POST", "/v1/calls/c/say", b"{", 422, "body.1"),
        ("POST", "/v1/calls/c/say", b'{"text": " "}', 422, "body.text"),
        ("POST", "/v1/calls/c/say", b'{"text": "a", "loud": 1}', 422, "body.loud"),
        ("POST", "/v1/calls/c/transfer", b'{"mode": "hot"}', 422, "body.mode"),
        ("POST", "/v1/erasures", b'{"number": "*"}', 422, "body.number"),
        ("GET", "/v2/calls", None, 404, None),
        ("DELETE", "/v1/calls", None, 405, None),
    ],
)
async def test_a_wrong_request_is_a_problem_that_names_the_field(
    url, method, path, content, status, field
):
    """Nothing of what was sent is repeated."""
    async with running(url) as bot, asking(bot) as client:
        headers = {"content-type": "application/json"}
        wrong = problem(await client.request(method, path, content=content, headers=headers))
        assert wrong.status == status
        assert [each["field"] for each in wrong.errors][:1] == ([field] if field else [])


@pytest.mark.parametrize("sent", [b"", b"GET /v1/status HTTP/1.1\r\nhost: a\r\n"])
async def test_who_connects_and_asks_nothing_is_sent_away(url, monkeypatch, sent):
    """Connections that are held open would take those of calls."""
    monkeypatch.setattr("bot.api.connections.HEAD", 0.2)
    async with running(url) as bot:
        reader, writer = await asyncio.open_connection("127.0.0.1", bot.api.port)
        writer.write(sent)
        async with asyncio.timeout(30):
            assert await reader.read() == b""
        writer.close()


async def test_a_second_request_that_stops_in_the_middle_is_not_waited_for(url, monkeypatch):
    """Nor is the first, which was whole, cut."""
    monkeypatch.setattr("bot.api.connections.HEAD", 0.2)
    async with running(url) as bot:
        reader, writer = await asyncio.open_connection("127.0.0.1", bot.api.port)
        writer.write(b"GET /docs HTTP/1.1\r\nhost: a\r\n\r\n")
        async with asyncio.timeout(30):
            assert b"200 OK" in await reader.readuntil(b"</html>")
            writer.write(b"GET /docs HTTP/1.1\r\n")
            assert await reader.read() == b""
        writer.close()


async def test_so_many_connections_are_held_and_no_more(url, monkeypatch):
    """One too many is closed at once; those that are there go on."""
    monkeypatch.setattr("bot.api.connections.IDLE", 1)
    monkeypatch.setattr("bot.api.connections.HEAD", 1000)
    async with running(url, api={"parallel": 1}) as bot:
        held = [await asyncio.open_connection("127.0.0.1", bot.api.port) for _ in range(3)]
        reader, writer = await asyncio.open_connection("127.0.0.1", bot.api.port)
        async with asyncio.timeout(30):
            assert await reader.read() == b""
        held[0][1].write(b"GET /docs HTTP/1.1\r\nhost: a\r\n\r\n")
        async with asyncio.timeout(30):
            assert b"200 OK" in await held[0][0].readline()
        for _, each in [*held, (reader, writer)]:
            each.close()


async def test_what_is_refused_is_in_the_log(url, capsys):
    """With the request's id, why, and from where; nothing of the key."""
    async with running(url) as bot, client_of(bot, "vb_0123456789ab_" + "A" * 43) as client:
        await client.get("/v1/calls?number=9812345678", headers={"x-request-id": "mine-2"})
        await client.get("/v1/nothing", headers={"x-request-id": "mine-3"})
    logged = capsys.readouterr().out
    [line] = [each for each in logged.splitlines() if "request=mine-2" in each]
    assert "reason=no-key" in line and "peer=127.0.0.1" in line
    assert "request=mine-3" in logged
    assert "AAAA" not in logged and "9812345678" not in logged


async def test_a_request_s_own_name_is_whole_in_the_log(url, monkeypatch):
    """The log hides long numbers: a name without dashes would lose some of its digits."""
    one = UUID("48485121-4abc-4750-8e13-4c9b9725de80")
    monkeypatch.setattr("bot.api.guard.uuid4", lambda: one)
    async with running(url) as bot, client_of(bot) as client:
        name = problem(await client.get("/v1/status")).request_id
    assert redact(name) == name


async def test_a_server_that_fails_ends_no_call(url, monkeypatch):
    """It is logged; the bot goes on."""

    async def broken(server):
        raise RuntimeError("no more sockets")

    monkeypatch.setattr("bot.api.server.ApiServer.serve", broken)
    async with running(url) as bot, calling(bot) as (_, peer):
        assert await sounding(peer)
        assert bot.reception.active == 1


async def test_a_bug_is_answered_with_an_id_that_is_in_the_log(url, monkeypatch, capsys):
    """And with nothing else of it."""

    async def broken(*given):
        raise ZeroDivisionError("what nobody shall read")

    async with running(url) as bot, asking(bot) as client:
        monkeypatch.setattr("bot.app.api.BotOffice.calls", broken)
        answer = await client.get("/v1/calls", headers={"x-request-id": "mine-1"})
        assert (problem(answer).status, problem(answer).request_id) == (500, "mine-1")
        assert "nobody" not in answer.text
        page = bot.metrics.page().decode()
        assert 'voicebot_api_requests_total{result="failed"} 1.0' in page
    logged = capsys.readouterr().out
    assert "what nobody shall read" in logged and "request=mine-1" in logged


async def test_a_database_that_is_away_is_no_bug(url, monkeypatch):
    """503, and when to ask again."""
    from bot.core.errors import ServiceUnavailable

    def away(*given):
        raise ServiceUnavailable("records", "no connection to db.internal")

    async with running(url) as bot, asking(bot) as client:
        monkeypatch.setattr("bot.records.paging.page", away)
        answer = await client.get("/v1/calls")
        assert (problem(answer).status, answer.headers["retry-after"]) == (503, "6")
        assert "db.internal" not in answer.text


async def test_pages_of_other_origins_may_ask_only_where_that_is_set(url):
    """No CORS headers by default."""
    origin = {"origin": "https://crm.example"}
    async with running(url) as bot, client_of(bot, made_key(bot), **origin) as client:
        answer = await client.get("/v1/status")
        assert "access-control-allow-origin" not in answer.headers
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
    wanted = {"cors": ["https://crm.example"]}
    async with running(url, api=wanted) as bot, client_of(bot, made_key(bot), **origin) as client:
        answer = await client.get("/v1/status")
        assert answer.headers["access-control-allow-origin"] == "https://crm.example"


async def test_a_page_may_go_on_with_a_stream_where_it_was(url):
    """A browser asks beforehand whether it may send the last event's id."""
    asked = {
        "origin": "https://crm.example",
        "access-control-request-method": "GET",
        "access-control-request-headers": "authorization,last-event-id",
    }
    async with running(url, api={"cors": ["https://crm.example"]}) as bot, client_of(bot) as client:
        answer = await client.options("/v1/calls/c/events", headers=asked)
        assert answer.status_code == 200, answer.text


async def test_the_description_is_served_unless_that_is_off(url):
    """For programs and to be read; without a script from elsewhere."""
    async with running(url) as bot, client_of(bot) as client:
        page = await client.get("/docs")
        assert "/v1/calls/{call_id}/say" in page.text and "<script" not in page.text
    async with running(url, api={"docs": False}) as bot, client_of(bot) as client:
        assert (await client.get("/docs")).status_code == 404
        assert (await client.get("/openapi.json")).status_code == 404


@pytest.fixture
def certificate(tmp_path):
    """Files of a certificate for localhost, and what trusts it."""
    ca = trustme.CA()
    return ca, _written(ca, tmp_path)


def _written(ca, folder):
    issued = ca.issue_cert("localhost", "127.0.0.1")
    cert, key, root = folder / "cert.pem", folder / "key.pem", folder / "ca.pem"
    cert.write_bytes(b"".join(each.bytes() for each in issued.cert_chain_pems))
    issued.private_key_pem.write_to_path(key)
    ca.cert_pem.write_to_path(root)
    return {"cert": str(cert), "key": str(key), "ca": str(root)}


async def test_it_speaks_tls_and_reads_a_new_certificate(url, certificate, tmp_path, monkeypatch):
    """Without a restart."""
    monkeypatch.setattr("bot.api.server.LOOK", 0.05)
    ca, files = certificate
    async with running(url, api={"tls": files}) as bot:

        async def serial():
            context = ssl.create_default_context(cafile=files["ca"])
            address = "127.0.0.1", bot.api.port
            _, writer = await asyncio.open_connection(*address, ssl=context)
            found = writer.get_extra_info("peercert")["serialNumber"]
            writer.close()
            return found

        trust = ssl.create_default_context(cafile=files["ca"])
        base = f"https://127.0.0.1:{bot.api.port}"
        async with httpx.AsyncClient(base_url=base, verify=trust) as client:
            assert (await client.get("/openapi.json")).status_code == 200
        before = await serial()
        _written(ca, tmp_path)
        async with asyncio.timeout(30):
            while await serial() == before:
                await asyncio.sleep(0.05)


async def test_files_that_cannot_be_looked_at_for_a_while_do_not_end_the_looking(
    url, certificate, monkeypatch
):
    """The certificate would run out one day."""
    monkeypatch.setattr("bot.api.server.LOOK", 0.02)
    looks = []

    def times(settings):
        looks.append(1)
        if len(looks) == 2:
            raise PermissionError("the folder is being mounted")
        return [1]

    monkeypatch.setattr("bot.api.server._times", times)
    async with running(url, api={"tls": certificate[1]}):
        await eventually(lambda: len(looks) > 3)


@pytest.mark.parametrize(
    ("tls", "named"),
    [
        ({"key": "/no/key.pem"}, "api.tls.cert"),
        ({"cert": "/no/cert.pem"}, "api.tls.key"),
        ({"cert": "/no/cert.pem", "key": "/no/key.pem"}, "cannot be used"),
    ],
)
async def test_a_certificate_that_cannot_be_used_stops_the_start(url, tls, named):
    """And is named."""
    api = {"enabled": True, "port": 0, "tls": tls}
    settings = Settings(audiosocket={"port": 0}, http={"port": 0}, records={"url": url}, api=api)
    with pytest.raises(ConfigError, match=named):
        async with Bot(settings).running():
            pass
    await eventually(lambda: True)
