"""`voicebot doctor`: every neighbour, well and not."""

import asyncio
import socket

import pytest

from bot.app.doctor import examine
from bot.asterisk.probe import probe
from bot.config import AudioSocketSettings, HttpSettings, LlmSettings, RivaSettings, Settings
from tests.nim.fakes import FakeNim, said, saying
from tests.nim.fakes import serving as nim_serving
from tests.riva.fakes import FakeRecognition, FakeSynthesis, audio, heard
from tests.riva.fakes import serving as riva_serving

pytestmark = pytest.mark.real_time


class SipServer(asyncio.DatagramProtocol):
    """Answers each request with this status line, as chan_pjsip does."""

    def __init__(self, status="SIP/2.0 401 Unauthorized"):
        self.status, self.requests = status, []

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        self.requests.append(data.decode())
        answer = f"{self.status}\r\nServer: Asterisk PBX 22.10.1\r\n\r\n"
        self.transport.sendto(answer.encode(), addr)


async def sip_server():
    """A SIP server on loopback; its transport, protocol and port."""
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(SipServer, local_addr=("127.0.0.1", 0))
    return transport, server, transport.get_extra_info("sockname")[1]


async def hears(stream, requests, context):
    async for _ in requests:
        pass
    yield heard(("", True))


async def speaks(stream, requests, context):
    async for _ in requests:
        yield audio(b"\1\0" * 800)


async def test_all_is_well():
    """Every line says ok, and who answered."""
    recognition, synthesis = FakeRecognition(hears), FakeSynthesis(speaks)
    recognition.models = (("conformer-hi", {"language_code": "hi-IN", "type": "online"}),)
    synthesis.voices = ({"language_code": "hi-IN", "voice_name": "Aria"},)
    transport, server, port = await sip_server()
    async with (
        riva_serving(recognition, synthesis) as uri,
        nim_serving(FakeNim(saying(said("जी।")))) as url,
    ):
        settings = Settings(
            audiosocket=AudioSocketSettings(port=0),
            http=HttpSettings(port=0),
            riva=RivaSettings(uri=uri),
            llm=LlmSettings(base_url=url, model="m"),
        )
        findings = await examine(settings, f"127.0.0.1:{port}")
    transport.close()
    wrong = [f for f in findings if not f.ok and f.name != "clock"]  # a busy machine is not ours
    assert wrong == []
    assert any("Asterisk PBX 22.10.1" in f.what for f in findings)
    assert any("Aria" in f.what for f in findings)
    assert server.requests[0].startswith("OPTIONS sip:127.0.0.1")


async def test_all_is_down_and_every_line_says_what_to_do():
    """Nothing answers: no exception, and a remedy for each."""
    with socket.create_server(("127.0.0.1", 0)) as probe_socket:
        closed = probe_socket.getsockname()[1]
    settings = Settings(
        audiosocket=AudioSocketSettings(host="203.0.113.1"),
        http=HttpSettings(port=0),
        riva=RivaSettings(uri=f"127.0.0.1:{closed}", connect_timeout=0.3),
        llm=LlmSettings(base_url=f"http://127.0.0.1:{closed}/v1"),
    )
    findings = await examine(settings, f"127.0.0.1:{closed}")
    wrong = {f.name: f.remedy for f in findings if not f.ok and f.name != "clock"}
    assert "BOT_AUDIOSOCKET__HOST" in wrong["port of audiosocket, 203.0.113.1:9092"]
    assert any(name.startswith("asterisk at") for name in wrong)
    assert any(name.startswith("riva") for name in wrong)
    assert any(name.startswith("llm") for name in wrong)
    assert all(wrong.values())


async def test_an_asterisk_that_refuses_strangers_is_alive():
    """401 is an answer, too."""
    transport, _, port = await sip_server()
    finding = await probe("127.0.0.1", port)
    transport.close()
    assert finding.ok
    assert finding.what == "answers '401 Unauthorized', Asterisk PBX 22.10.1"
