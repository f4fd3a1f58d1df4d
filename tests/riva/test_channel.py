"""How the bot reaches its Riva servers."""

import asyncio

import grpc
import pytest
import trustme
from structlog.testing import capture_logs

from bot.config import RivaSettings
from bot.core.errors import ConfigError, ServiceUnavailable
from bot.riva.channel import Riva, Servers, addresses
from bot.riva.tts import RivaSynthesizer
from tests.riva.fakes import FakeSynthesis, audio, serving, settings


async def _say(stream, requests, context):
    async for _ in requests:
        yield audio(b"ab")


async def spoken(riva):
    """The audio of one sentence."""
    synthesizer = RivaSynthesizer(riva.tts, riva.settings.tts, 8000)
    return b"".join([speech.pcm async for speech in synthesizer.speech("नमस्ते")])


@pytest.mark.parametrize(
    "uri", ["", "localhost", "http://riva:50051", "riva:0", "riva:99999", "a b:1"]
)
def test_a_wrong_address_is_named(uri):
    """The message has the setting, the value and the right form."""
    with pytest.raises(ConfigError, match=r"riva\.uri: .*host:port"):
        addresses(uri, "riva.uri")


def test_addresses_are_separated_by_commas():
    """Names, IPv4 and IPv6 addresses, with blanks between."""
    assert addresses("riva:50051, 10.0.0.1:1,[::1]:2", "riva.uri") == (
        "riva:50051",
        "10.0.0.1:1",
        "[::1]:2",
    )


def test_one_address_is_one_set_of_channels():
    """Both services share their channels where their addresses agree."""
    riva = Riva(RivaSettings(uri="a:1"))
    assert riva.asr is riva.tts
    riva = Riva(RivaSettings(uri="a:1", tts_uri="b:1"))
    assert (riva.asr.addresses, riva.tts.addresses) == (("a:1",), ("b:1",))


def test_the_wrong_field_is_named():
    """A wrong `tts_uri` is not reported as `uri`."""
    with pytest.raises(ConfigError, match=r"riva\.tts_uri"):
        Riva(RivaSettings(uri="a:1", tts_uri="b"))


def test_a_wrong_metadata_name_is_named():
    """gRPC would fail each call with it; the start says so instead."""
    with pytest.raises(ConfigError, match=r"riva\.metadata: 'a b'"):
        Servers("a:1", RivaSettings(metadata={"a b": "x"}))


@pytest.mark.parametrize(
    ("tls", "message"),
    [
        ({"enabled": True, "ca": "/nowhere.pem"}, r"riva\.tls\.ca: cannot read /nowhere.pem: No"),
        ({"enabled": True, "cert": "a.pem"}, r"riva\.tls\.key: empty"),
        ({"enabled": True, "key": "a.pem"}, r"riva\.tls\.cert: empty"),
        ({"ca": "a.pem"}, r"riva\.tls\.ca is set but riva\.tls\.enabled is false"),
        ({"enabled": True, "ca": __file__}, r"riva\.tls\.ca: .* is not a PEM file"),
    ],
)
def test_a_wrong_certificate_is_named(tls, message):
    """Each wrong file is told by its setting."""
    with pytest.raises(ConfigError, match=message):
        Servers("a:1", RivaSettings(tls=tls))


@pytest.mark.real_time
async def test_metadata_goes_with_each_call():
    """Keys of hosted endpoints reach the server."""
    fake = FakeSynthesis(_say)
    async with serving(synthesis=fake) as uri:
        metadata = {"authorization": "Bearer k", "Function-Id": "f"}
        riva = Riva(settings(uri, metadata=metadata))
        await spoken(riva)
        await riva.close()
    sent = fake.streams[0].metadata
    assert (sent["authorization"], sent["function-id"]) == ("Bearer k", "f")


@pytest.mark.parametrize("name", ["authorization", "X-Api-Key", "access-token"])
def test_a_key_does_not_leave_this_machine_in_the_clear(name):
    """Refused with the setting and both remedies; the value is not told."""
    given = {"metadata": {name: "Bearer hush"}}
    with pytest.raises(ConfigError, match=r"riva\.metadata\..*without encryption") as refused:
        Servers("127.0.0.1:1, riva:50051", RivaSettings(**given), "riva.asr_uri")
    told = str(refused.value)
    assert "riva:50051 (riva.asr_uri)" in told and "hush" not in told
    assert "riva.tls.enabled=true" in told and "riva.tls.plain_keys=true" in told


@pytest.mark.parametrize(
    ("uri", "given"),
    [
        ("riva:1", {"metadata": {"authorization": "k"}, "tls": {"enabled": True}}),
        ("riva:1", {"metadata": {"authorization": "k"}, "tls": {"plain_keys": True}}),
        ("riva:1", {"metadata": {"function-id": "f"}}),
        ("127.0.0.1:1,[::1]:2,localhost:3", {"metadata": {"authorization": "k"}}),
    ],
)
def test_a_key_goes_where_it_may(uri, given):
    """By TLS, with leave, to this machine; and what is no key goes anywhere."""
    assert Servers(uri, RivaSettings(**given)).fixed


@pytest.mark.real_time
async def test_tls_with_a_client_certificate(tmp_path):
    """A server that demands our certificate gets it; without it the call fails clearly."""
    authority = trustme.CA()
    files = {name: tmp_path / f"{name}.pem" for name in ("ca", "cert", "key")}
    authority.cert_pem.write_to_path(files["ca"])
    client = authority.issue_cert("bot")
    client.cert_chain_pems[0].write_to_path(files["cert"])
    client.private_key_pem.write_to_path(files["key"])
    server = authority.issue_cert("localhost")
    credentials = grpc.ssl_server_credentials(
        [(server.private_key_pem.bytes(), server.cert_chain_pems[0].bytes())],
        root_certificates=authority.cert_pem.bytes(),
        require_client_auth=True,
    )
    paths = {name: str(path) for name, path in files.items()}
    async with serving(synthesis=FakeSynthesis(_say), credentials=credentials) as uri:
        riva = Riva(settings(uri, tls={"enabled": True, **paths}))
        assert await spoken(riva) == b"ab"
        await riva.close()
        riva = Riva(settings(uri, tls={"enabled": True, "ca": paths["ca"]}))
        with pytest.raises(ServiceUnavailable, match=r"riva\.tls"):
            await spoken(riva)
        await riva.close()


@pytest.mark.real_time
async def test_two_servers_are_used_in_turn_and_a_dead_one_is_passed_over():
    """Work is shared; when one dies, nobody hears it."""
    first, second = FakeSynthesis(_say), FakeSynthesis(_say)
    async with serving(synthesis=second) as there:
        async with serving(synthesis=first) as here:
            riva = Riva(settings(f"{here},{there}"))
            for _ in range(4):
                await spoken(riva)
            assert (len(first.streams), len(second.streams)) == (2, 2)
        with capture_logs() as logs:
            for _ in range(4):
                assert await spoken(riva) == b"ab"
        assert len(logs) <= 1
        assert len(second.streams) == 6
        await riva.close()


@pytest.mark.real_time
async def test_a_server_that_comes_back_is_used_again():
    """A channel finds its server again by itself."""
    fake = FakeSynthesis(_say)
    async with serving(synthesis=fake) as uri:
        riva = Riva(settings(uri))
        await spoken(riva)
    with pytest.raises(ServiceUnavailable):
        await spoken(riva)
    async with serving(synthesis=fake, port=int(uri.rpartition(":")[2])):
        for _ in range(100):
            try:
                await spoken(riva)
                break
            except ServiceUnavailable:
                await asyncio.sleep(0.05)
        assert len(fake.streams) == 2
        await riva.close()


async def test_each_service_adds_metadata_of_its_own():
    """NVIDIA's hosted endpoints share an address and a key, but have a function id each."""
    riva = Riva(
        RivaSettings(
            metadata={"authorization": "Bearer k"},
            asr={"metadata": {"function-id": "a"}},
            tts={"metadata": {"function-id": "t"}},
        )
    )
    assert riva.asr.metadata == (("authorization", "Bearer k"), ("function-id", "a"))
    assert riva.tts.metadata == (("authorization", "Bearer k"), ("function-id", "t"))
    await riva.close()


async def connected(servers):
    """Wait until every channel is."""
    while any(c.get_state() is not grpc.ChannelConnectivity.READY for c in servers.channels()):
        await asyncio.sleep(0.01)


@pytest.mark.real_time
async def test_waking_connects_both_services_before_the_first_sentence():
    """To every server of each, without an RPC."""
    async with serving() as one, serving() as two, serving() as three:
        riva = Riva(settings(f"{one},{two}", tts_uri=three))
        riva.wake()
        async with asyncio.timeout(5):
            await connected(riva.asr)
            await connected(riva.tts)
        await riva.close()


@pytest.mark.real_time
async def test_waking_in_vain_raises_nothing():
    """Nobody is there: the call will tell."""
    riva = Riva(settings("127.0.0.1:1"))
    riva.wake()
    riva.wake()
    await riva.close()
