"""Who may do what: tokens, TLS, health, reflection; and grpcurl as an independent client."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import grpc
import pytest
import trustme
from riva.client.proto import health_pb2, health_pb2_grpc

from bot.config import GatewaySettings
from bot.core.errors import ConfigError
from bot.gateway.board import Board
from bot.gateway.client import ClientTls, GatewayClient, GatewayError
from bot.gateway.server import SERVICE, Gateway
from tests.gateway.bots import LINEAR, client_of, conversing, running, until

pytestmark = pytest.mark.real_time

Code = grpc.StatusCode
KIOSK, BOSS = "kiosk-token-0123456789", "boss-token-0123456789"
TOKENS = {"tokens": {"kiosk": KIOSK}, "operators": {"boss": BOSS}}
NOTHING = (0, "{ }")
PROTO = Path(__file__).parents[2] / "proto"


async def refused(work):
    """The status of an RPC that fails."""
    with pytest.raises(GatewayError) as error:
        await work
    return error.value.code


async def talks(bot, token):
    """A conversation up to its first sound."""
    async with client_of(bot, token=token) as client, client.converse(LINEAR) as conversation:
        return await until(conversation, "audio")


async def lists(bot, token):
    """The calls that are up."""
    async with client_of(bot, token=token) as client:
        return await client.calls()


async def test_each_kind_of_token_opens_its_own_doors():
    """None, or an unknown one: UNAUTHENTICATED; one of the other kind: PERMISSION_DENIED."""
    async with running(gateway=TOKENS) as bot:
        assert await talks(bot, KIOSK)
        assert await lists(bot, BOSS) is not None
        for token in ("", "wrong", KIOSK[:-1]):
            assert await refused(talks(bot, token)) is Code.UNAUTHENTICATED
            assert await refused(lists(bot, token)) is Code.UNAUTHENTICATED
        assert await refused(talks(bot, BOSS)) is Code.PERMISSION_DENIED
        assert await refused(lists(bot, KIOSK)) is Code.PERMISSION_DENIED
        async with client_of(bot, token=KIOSK) as client:
            assert await refused(client.hang_up("x")) is Code.PERMISSION_DENIED
            assert await refused(client.transfer("x")) is Code.PERMISSION_DENIED
            assert await refused(anext(client.events())) is Code.PERMISSION_DENIED
        async with client_of(bot, token=BOSS) as client:
            assert await refused(client.hang_up("x")) is Code.NOT_FOUND
            assert await refused(client.transfer("x")) is Code.NOT_FOUND
            assert await refused(anext(client.events("x"))) is Code.NOT_FOUND


async def test_the_tokens_are_in_no_log(capfd):
    """Neither the right ones nor the wrong ones that clients send."""
    async with running(gateway=TOKENS) as bot:
        await talks(bot, KIOSK)
        await refused(talks(bot, "a-wrong-token-123"))
    logged = "".join(capfd.readouterr())
    assert "unauthorized" in logged
    assert KIOSK not in logged and "a-wrong-token-123" not in logged


async def test_watches_are_bounded():
    """One too many is RESOURCE_EXHAUSTED; one that ends makes room."""
    async with (
        running(gateway={"watchers": 1}) as bot,
        conversing(bot) as conversation,
        client_of(bot) as client,
    ):
        events = client.events(conversation.call_id)
        assert (await anext(events)).began.call_id == conversation.call_id
        assert await refused(anext(client.events())) is Code.RESOURCE_EXHAUSTED
        await events.aclose()
        async with asyncio.timeout(10):
            while bot.board._watching:
                await asyncio.sleep(0.01)
        assert await anext(client.events())


WRONG = [
    ({"host": "0.0.0.0"}, "gateway.tokens: empty"),
    ({"tokens": {"kiosk": "short"}}, "gateway.tokens.kiosk: shorter than 16"),
    ({"operators": {"boss": "short"}}, "gateway.operators.boss: shorter than 16"),
    ({"tls": {"cert": "x.pem"}}, "gateway.tls.key: empty"),
    ({"tls": {"key": "x.pem"}}, "gateway.tls.key is set, but gateway.tls.cert is not"),
    ({"tls": {"cert": "/none.pem", "key": "/none.pem"}}, "gateway.tls.key: cannot read /none"),
    ({"tls": {"cert": __file__, "key": __file__}}, "gateway.tls.key: .* is not a PEM file"),
    ({"host": "192.0.2.1", "tokens": {"a": KIOSK}}, "gateway.host/port .*BOT_GATEWAY__PORT"),
]


@pytest.mark.parametrize(("settings", "text"), WRONG)
async def test_settings_that_cannot_work_are_named(settings, text):
    """With the remedy."""
    wrong = GatewaySettings(port=0, **settings)
    with pytest.raises(ConfigError, match=text):
        await Gateway(wrong, desk=None, board=Board(wrong)).start()


@pytest.fixture
def files(tmp_path):
    """Writes an authority, the server's certificate and a client's into a folder."""

    def write():
        authority = trustme.CA()
        server, client = authority.issue_cert("localhost"), authority.issue_cert("kiosk")
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        for name, cert in (("server", server), ("client", client)):
            cert.private_key_pem.write_to_path(tmp_path / f"{name}.key")
            cert.cert_chain_pems[0].write_to_path(tmp_path / f"{name}.pem")
        return tmp_path

    return write


def served(folder, **more):
    """TLS settings of these files."""
    return {"cert": str(folder / "server.pem"), "key": str(folder / "server.key"), **more}


async def greeted(bot, tls):
    """A conversation over TLS up to its first sound."""
    address = f"localhost:{bot.gateway.port}"
    async with (
        GatewayClient(address, tls=tls, timeout=5) as client,
        client.converse(LINEAR) as conversation,
    ):
        return await until(conversation, "audio")


async def test_tls_and_a_certificate_of_the_client_where_one_is_wanted(files):
    """With it the bot talks; without it, or without TLS, there is no connection."""
    folder = files()
    ca = folder / "ca.pem"
    own = ClientTls(ca=ca, cert=folder / "client.pem", key=folder / "client.key")
    async with running(gateway={"tls": served(folder, client_ca=str(ca))}) as bot:
        assert await greeted(bot, own)
        assert await refused(greeted(bot, ClientTls(ca=ca))) is Code.UNAVAILABLE
        assert await refused(greeted(bot, None)) is Code.UNAVAILABLE


async def test_a_new_certificate_needs_no_restart(files):
    """Connections made after the files changed get it."""
    folder = files()
    async with running(gateway={"tls": served(folder)}) as bot:
        assert await greeted(bot, ClientTls(ca=folder / "ca.pem"))
        files()
        assert await greeted(bot, ClientTls(ca=folder / "ca.pem"))


async def test_health_says_whether_calls_may_come():
    """Serving, then draining; watchers are told. A service that there is not is NOT_FOUND."""
    status = health_pb2.HealthCheckResponse.ServingStatus
    async with (
        running() as bot,
        grpc.aio.insecure_channel(f"127.0.0.1:{bot.gateway.port}") as channel,
    ):
        stub = health_pb2_grpc.HealthStub(channel)
        for name in ("", SERVICE):
            answer = await stub.Check(health_pb2.HealthCheckRequest(service=name))
            assert answer.status == status.Value("SERVING")
        with pytest.raises(grpc.aio.AioRpcError, match="NOT_FOUND"):
            await stub.Check(health_pb2.HealthCheckRequest(service="no.such"))
        watch = stub.Watch(health_pb2.HealthCheckRequest())
        assert (await watch.read()).status == status.Value("SERVING")
        bot.drain()
        assert (await watch.read()).status == status.Value("NOT_SERVING")


async def curl(address, *words, options=(), said=None):
    """Run grpcurl against the gateway; its exit code and what it printed."""
    program = Path(sys.executable).with_name("grpcurl")
    given = ("-d", "@") if said else ()
    process = await asyncio.create_subprocess_exec(
        program, "-plaintext", *options, *given, address, *words,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    async with asyncio.timeout(60):
        out, _ = await process.communicate(said.encode() if said else b"")
    return process.returncode, " ".join(out.decode().split())


async def test_grpcurl_lists_and_calls_the_gateway():
    """By reflection: its services and methods; a whole conversation; a refusal's status."""
    async with running(gateway={"operators": {"boss": BOSS}}) as bot:
        address = f"127.0.0.1:{bot.gateway.port}"
        assert SERVICE in (await curl(address, "list"))[1].split()
        listed = (await curl(address, "list", SERVICE))[1].split()
        assert f"{SERVICE}.Converse" in listed and f"{SERVICE}.Transfer" in listed
        said = json.dumps({"open": {"audioFormat": {"encoding": "ENCODING_MULAW"}}})
        code, out = await curl(address, f"{SERVICE}/Converse", said=said)
        assert code == 0 and '"ENDING_CALLER_LEFT"' in out and '"opened"' in out
        code, out = await curl(address, f"{SERVICE}/ListCalls")
        assert code and "Code: Unauthenticated" in out
        bearer = ("-H", f"authorization: Bearer {BOSS}")
        assert await curl(address, f"{SERVICE}/ListCalls", options=bearer) == NOTHING
        code, out = await curl(
            address, f"{SERVICE}/Hangup", options=bearer, said='{"callId": "none"}'
        )
        assert code and "Code: NotFound" in out


async def test_without_reflection_the_protocol_file_is_enough():
    """Nothing is listed, but who has proto/ can call."""
    async with running(gateway={"reflection": False}) as bot:
        address = f"127.0.0.1:{bot.gateway.port}"
        code, out = await curl(address, "list")
        assert code and "does not support the reflection API" in out
        file = ("-import-path", str(PROTO), "-proto", "voice_workflow.proto")
        assert await curl(address, f"{SERVICE}/ListCalls", options=file) == NOTHING
