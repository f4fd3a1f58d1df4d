"""HTTP to the model's server: what is sent, when it is tried again, which connections are kept."""

import asyncio
import json
import ssl
from contextlib import asynccontextmanager

import openai
import pytest
import trustme

from bot.core.errors import ServiceTimeout, ServiceUnavailable
from bot.core.ports import Message
from bot.nim import wire
from bot.nim.chat import NimChat
from tests.nim.fakes import FakeNim, refusing, said, saying, settings
from tests.nim.test_chat import HISTORY, chatting, reply

pytestmark = pytest.mark.real_time

CHUNK = b'data: {"choices": [{"delta": {"content": "%s"}}]}\n\n'
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
GOOD = CHUNK % "जी।".encode() + b"data: [DONE]\n\n"


def chunked(*pieces):
    """The pieces in HTTP's chunks, without the last."""
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)


WHOLE = HEAD + chunked(GOOD) + b"0\r\n\r\n"


class Raw:
    """A server that answers each request by its next script; None: it hangs up instead."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.connections, self.requests, self.heads = 0, [], []

    async def serve(self, reader, writer):
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.heads.append(head.decode())
                fields = dict(
                    line.lower().split(b": ", 1) for line in head.split(b"\r\n") if b": " in line
                )
                self.requests.append(await reader.readexactly(int(fields[b"content-length"])))
                answer = self.answers.pop(0)
                if answer is None:
                    return
                writer.write(answer)
                await writer.drain()
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()


@asynccontextmanager
async def talking(raw, tls=None, host="127.0.0.1", **more):
    """A chat with this server."""
    server = await asyncio.start_server(raw.serve, host, 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    scheme = "https" if tls else "http"
    chat = NimChat(settings(f"{scheme}://localhost:{port}/v1" if tls else
                            f"http://127.0.0.1:{port}/v1", **more))  # fmt: skip
    try:
        yield chat
    finally:
        await chat.server.close()
        server.close()


async def test_what_is_sent_is_what_the_openai_package_would_send():
    """The same path, body and credentials."""
    raw = Raw(WHOLE, WHOLE)
    server = await asyncio.start_server(raw.serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    chat = NimChat(settings(url, api_key="secret", system_prompt="तुम", tools=False))
    await reply(chat)
    await chat.server.close()
    async with openai.AsyncOpenAI(base_url=url, api_key="secret") as client:
        stream = await client.chat.completions.create(
            model="m", stream=True, temperature=0.3, max_tokens=256,
            messages=[{"role": "system", "content": "तुम"},
                      *({"role": each.role, "content": each.content} for each in HISTORY)],
        )  # fmt: skip
        assert [chunk.choices[0].delta.content async for chunk in stream] == ["जी।"]
    server.close()
    ours, theirs = raw.requests
    assert json.loads(ours) == json.loads(theirs)
    our_head, their_head = ({line.lower() for line in head.split("\r\n")} for head in raw.heads)
    assert raw.heads[0].split("\r\n")[0] == raw.heads[1].split("\r\n")[0]
    for line in ("authorization: bearer secret", "content-type: application/json",
                 "accept: application/json"):  # fmt: skip
        assert line in our_head and line in their_head


async def test_a_connection_that_the_server_closed_meanwhile_costs_no_answer():
    """Idle connections are closed at the other end at any time: at once, a new one is tried."""
    raw = Raw(WHOLE, None, WHOLE)
    async with talking(raw) as chat:
        clock = asyncio.get_running_loop().time
        assert (await reply(chat))[0] == "जी।"
        began = clock()
        assert (await reply(chat))[0] == "जी।"
        assert clock() - began < wire.PAUSE
    assert raw.connections == 2 and len(raw.requests) == 3


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_what_may_pass_is_tried_once_more(status):
    """A server that is full or restarts."""
    fake = FakeNim(refusing(status), saying(said("जी।")))
    async with chatting(fake) as chat:
        assert await reply(chat) == ("जी।", [])
    assert len(fake.requests) == 2


async def test_what_will_not_pass_is_not_tried_again():
    """A wrong key stays wrong."""
    fake = FakeNim(refusing(401), saying(said("जी।")))
    async with chatting(fake) as chat:
        with pytest.raises(ServiceUnavailable, match=r"HTTP 401: no; check llm\.api_key"):
            await reply(chat)
    assert len(fake.requests) == 1


async def test_a_full_server_says_when_to_come_again(monkeypatch):
    """By Retry-After, in seconds; not for longer than a caller waits."""
    waits = []

    async def sleep(seconds):
        waits.append(seconds)

    full = b"HTTP/1.1 429 Too Many\r\nretry-after: %s\r\ncontent-length: 2\r\n\r\n{}"
    for told, waited in ((b"1", 1.0), (b"3600", wire.LONGEST_PAUSE), (b"soon", wire.PAUSE)):
        async with talking(Raw(full % told, WHOLE)) as chat:
            await chat.server.wire()
            with monkeypatch.context() as patch:
                patch.setattr(wire.asyncio, "sleep", sleep)
                assert (await reply(chat))[0] == "जी।"
        assert waits.pop() == waited


@pytest.mark.parametrize(
    ("events", "told"),
    [
        (b'data: {"error": {"message": "out of memory"}}\n\n', "HTTP 200: out of memory"),
        (b'data: {"error": "gone"}\n\n', "HTTP 200: gone"),
        (b"data: nonsense\n\n", "llm.base_url"),
        (b"data: [1]\n\n", "no chunk of an answer"),
    ],
)
async def test_an_answer_that_is_none_is_told(events, told):
    """In its middle, too."""
    raw = Raw(HEAD + chunked(CHUNK % "एक ".encode(), events))
    async with talking(raw) as chat:
        with pytest.raises(ServiceUnavailable, match=told):
            await reply(chat)


async def test_a_connection_is_kept_though_the_end_of_the_answer_comes_in_pieces():
    """The last bytes of HTTP come after the last of the answer."""

    class Slow(Raw):
        async def serve(self, reader, writer):
            self.connections += 1
            for _ in range(2):
                await reader.readuntil(b"}")
                writer.write(HEAD + chunked(GOOD))
                await asyncio.sleep(0.02)
                writer.write(b"0\r\n\r\n")
            writer.close()

    raw = Slow()
    async with talking(raw, tools=False) as chat:
        assert (await reply(chat))[0] == "जी।"
        assert (await reply(chat))[0] == "जी।"
    assert raw.connections == 1


async def test_a_server_that_never_ends_its_answer_holds_up_nobody():
    """All was said: that counts, and the connection goes."""
    raw = Raw(HEAD + chunked(GOOD), HEAD + chunked(GOOD))
    async with talking(raw, token_timeout=20.0) as chat:
        async with asyncio.timeout(10):
            assert (await reply(chat))[0] == "जी।"
            assert (await reply(chat))[0] == "जी।"
    assert raw.connections == 2


async def test_an_answer_may_end_without_saying_so():
    """Not every server sends [DONE]."""
    raw = Raw(HEAD + chunked(CHUNK % "जी।".encode()) + b"0\r\n\r\n")
    async with talking(raw) as chat:
        assert (await reply(chat))[0] == "जी।"


async def test_a_server_is_trusted_by_its_certificate(monkeypatch, tmp_path):
    """By an authority of one's own in SSL_CERT_FILE; else it is refused."""
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(server)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    async with talking(Raw(WHOLE), tls=server, host="localhost") as chat:
        with pytest.raises(ServiceUnavailable, match=r"(?i)certificate"):
            await reply(chat)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    async with talking(Raw(WHOLE), tls=server, host="localhost") as chat:
        assert (await reply(chat))[0] == "जी।"


async def test_certificates_that_cannot_be_read_are_told(monkeypatch, tmp_path):
    """As a fault of the service: the call goes on with an apology."""
    (tmp_path / "ca.pem").write_text("none")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    chat = NimChat(settings("https://model.example/v1"))
    with pytest.raises(ServiceUnavailable, match=r"https://model.example/v1: .*(PEM|CERT|cert)"):
        await reply(chat)


@pytest.mark.parametrize("url", ["127.0.0.1:8000/v1", "ftp://x/v1", "http://", "http://[/v1"])
async def test_what_is_no_address_is_told(url):
    """With what one looks like."""
    chat = NimChat(settings(url))
    with pytest.raises(ServiceUnavailable, match=r"such as http://nim:8000/v1|Invalid IPv6"):
        await reply(chat)


async def test_a_proxy_is_used_where_the_environment_says_so(monkeypatch):
    """HTTP_PROXY, else ALL_PROXY, but for the hosts of NO_PROXY."""
    proxy = Raw(WHOLE)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    monkeypatch.setenv("no_proxy", "model.inside")
    chat = NimChat(settings("http://model.example/v1"))
    assert (await reply(chat))[0] == "जी।"
    await chat.server.close()
    assert proxy.heads[0].startswith("POST http://model.example/v1/chat/completions ")
    server.close()
    assert wire.network("http://model.inside/v1").proxy is None
    monkeypatch.delenv("http_proxy")
    monkeypatch.setenv("all_proxy", "http://other:3128")
    assert wire.network("http://model.example/v1").proxy == "http://other:3128"


async def test_a_server_that_takes_no_connection_is_a_time_out(monkeypatch):
    """As behind a firewall that drops: the caller's patience is not all used up."""

    async def never(*_, **__):
        await asyncio.sleep(30)

    chat = NimChat(settings("http://127.0.0.1:9/v1", first_token_timeout=0.3))
    await chat.server.wire()
    monkeypatch.setattr(asyncio.get_running_loop(), "sock_connect", never)
    monkeypatch.setattr("aiohttp.connector.aiohappyeyeballs.start_connection", never)
    with pytest.raises(ServiceTimeout, match="no answer from"):
        await anext(chat.reply([Message("user", "जी")]))
    await chat.server.close()
