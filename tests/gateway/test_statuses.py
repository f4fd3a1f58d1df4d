"""How a stream ends that is no conversation: with the right status, and nothing left behind."""

import asyncio
import sys
from contextlib import asynccontextmanager, suppress

import grpc
import pytest

from bot.gateway.client import GatewayClient, GatewayError
from bot.gateway.wire import voice_workflow_pb2 as pb
from bot.gateway.wire.voice_workflow_pb2_grpc import VoiceGatewayStub
from tests.gateway.bots import (
    LINEAR,
    client_of,
    conversing,
    eventually,
    running,
    to_the_end,
    until,
)

pytestmark = pytest.mark.real_time

Code = grpc.StatusCode
OPEN = pb.ConverseRequest(open=pb.Open(audio_format=LINEAR))


def audio(data=bytes(320), sequence=0):
    """A message of sound."""
    return pb.ConverseRequest(audio=pb.Audio(data=data, sequence=sequence))


def opening(encoding, rate=0, **more):
    """A first message."""
    return pb.ConverseRequest(
        open=pb.Open(audio_format=pb.AudioFormat(encoding=encoding, sample_rate_hz=rate), **more)
    )


@asynccontextmanager
async def raw(bot):
    """A stub without our client's manners."""
    async with grpc.aio.insecure_channel(f"127.0.0.1:{bot.gateway.port}") as channel:
        yield VoiceGatewayStub(channel)


async def status(bot, *requests, metadata=()):
    """Send these and read to the end; its status and details."""
    async with raw(bot) as stub, asyncio.timeout(20):
        rpc = stub.Converse(metadata=metadata)
        for request in requests:
            try:
                await rpc.write(request)
            except (asyncio.InvalidStateError, grpc.aio.AioRpcError):
                break
        with suppress(grpc.aio.AioRpcError):
            while await rpc.read() is not grpc.aio.EOF:
                pass
        return await rpc.code(), await rpc.details()


WRONG = [
    ([audio()], Code.FAILED_PRECONDITION, "`audio` before `open`"),
    ([pb.ConverseRequest(dtmf=pb.Dtmf(keys="1"))], Code.FAILED_PRECONDITION, "`dtmf` before"),
    ([pb.ConverseRequest()], Code.FAILED_PRECONDITION, "an empty request before"),
    ([OPEN, OPEN], Code.FAILED_PRECONDITION, "a second `open`"),
    ([OPEN, audio(sequence=1), audio(sequence=3)], Code.FAILED_PRECONDITION, "3 after 1"),
    ([OPEN, audio(sequence=1), audio(sequence=1)], Code.FAILED_PRECONDITION, "1 after 1"),
    ([OPEN, pb.ConverseRequest()], Code.INVALID_ARGUMENT, "request: empty"),
    ([OPEN, audio(b"odd")], Code.INVALID_ARGUMENT, "audio.data: half a sample"),
    ([OPEN, audio(bytes(320 * 21))], Code.INVALID_ARGUMENT, "over 400 ms"),
    ([OPEN, audio(bytes(40_000))], Code.RESOURCE_EXHAUSTED, "gateway.max_message_bytes"),
    ([OPEN, audio(bytes(400_000))], Code.RESOURCE_EXHAUSTED, "larger than max"),
    ([audio(bytes(40_000))], Code.RESOURCE_EXHAUSTED, "gateway.max_message_bytes"),
    ([OPEN, pb.ConverseRequest(dtmf=pb.Dtmf(keys="1x"))], Code.INVALID_ARGUMENT, "dtmf.keys"),
    ([OPEN, pb.ConverseRequest(dtmf=pb.Dtmf(keys="1" * 33))], Code.INVALID_ARGUMENT, "dtmf.keys"),
    ([opening(0)], Code.INVALID_ARGUMENT, "encoding: say LINEAR16, MULAW, ALAW or OPUS"),
    ([opening(77)], Code.INVALID_ARGUMENT, "encoding: say"),
    ([opening(pb.ENCODING_MULAW, 16_000)], Code.INVALID_ARGUMENT, "MULAW has 8000, not 16000"),
    ([opening(pb.ENCODING_OPUS, 44_100)], Code.INVALID_ARGUMENT, "8000 or 16000, not 44100"),
    ([opening(pb.ENCODING_OPUS), audio(b"\xff" * 9)], Code.INVALID_ARGUMENT, "no Opus packet"),
    ([opening(pb.ENCODING_OPUS), audio(b"")], Code.INVALID_ARGUMENT, "an empty packet"),
    ([opening(1, profile="bank")], Code.NOT_FOUND, "open.profile"),
]


async def test_messages_that_cannot_be_meant_so_end_the_stream_and_the_call():
    """Each with its status, and a text that names the field; the bot forgets the call."""
    async with running() as bot:
        for requests, code, text in WRONG:
            got, detail = await status(bot, *requests)
            assert (got, text in detail) == (code, True), (requests, got, detail)
        await eventually(lambda: bot.reception.active == 0)
        page = bot.metrics.page().decode()
        assert 'voicebot_refusals_total{reason="protocol"}' in page


async def test_a_client_that_says_nothing_is_not_waited_for():
    """No `open` in time."""
    async with running(gateway={"open_timeout": 0.2}) as bot:
        assert await status(bot) == (Code.DEADLINE_EXCEEDED, "no `open` within 0.2 s")


async def test_without_its_library_opus_is_unimplemented(monkeypatch):
    """And the text names the remedy."""
    monkeypatch.setitem(sys.modules, "bot.gateway.opus", None)
    async with running() as bot:
        code, detail = await status(bot, opening(pb.ENCODING_OPUS))
        assert code is Code.UNIMPLEMENTED and "voicebot[opus]" in detail


async def test_a_full_bot_and_one_that_drains_say_so():
    """RESOURCE_EXHAUSTED: later; UNAVAILABLE: elsewhere. The call that is up stays up."""
    async with running() as bot:
        bot.reception.audiosocket = bot.settings.audiosocket.model_copy(update={"max_calls": 1})
        async with conversing(bot) as conversation:
            code, detail = await status(bot, OPEN)
            assert (code, detail) == (Code.RESOURCE_EXHAUSTED, "all 1 lines are busy")
            bot.drain()
            code, detail = await status(bot, OPEN)
            assert (code, detail) == (Code.UNAVAILABLE, "the bot is shutting down")
            assert await until(conversation, "audio")


async def test_a_client_that_does_not_read_is_left():
    """Its sound is dropped at first, then its stream ends; the bot goes on."""
    wide = pb.AudioFormat(encoding=pb.ENCODING_LINEAR16, sample_rate_hz=16_000)
    async with running(gateway={"stalled_timeout": 0.3}) as bot:
        async with client_of(bot) as client, client.converse(wide) as conversation:
            await eventually(lambda: bot.reception.active == 0)
            with pytest.raises(GatewayError, match="the client has not read for 0.3 s") as error:
                await to_the_end(conversation)
            assert error.value.code is Code.RESOURCE_EXHAUSTED
        page = bot.metrics.page().decode()
        assert 'voicebot_refusals_total{reason="stalled"} 1.0' in page
        assert 'voicebot_frames_dropped_total{direction="out"} 0.0' not in page


class Wire:
    """A TCP connection through us, that can be cut without a word."""

    def __init__(self, port):
        self._port = port
        self._up = asyncio.Event()
        self._up.set()
        self._tasks = set()

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._join, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *error):
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self):
        """From now on nothing passes, and nobody is told."""
        self._up.clear()

    async def _join(self, reader, writer):
        there, back = await asyncio.open_connection("127.0.0.1", self._port)
        for source, sink in ((reader, back), (there, writer)):
            self._tasks.add(asyncio.create_task(self._pass(source, sink)))

    async def _pass(self, source, sink):
        try:
            while data := await source.read(65536):
                await self._up.wait()
                sink.write(data)
                await sink.drain()
        except ConnectionError:
            pass
        finally:
            sink.close()


async def test_a_client_that_vanished_is_noticed_by_its_silence():
    """No FIN, no reset: the keep-alive's question stays unanswered, and the call is over."""
    limits = {"keepalive": 1, "keepalive_timeout": 0.5}
    async with running(gateway=limits) as bot, Wire(bot.gateway.port) as wire:
        async with (
            GatewayClient(f"127.0.0.1:{wire.port}") as client,
            client.converse(LINEAR) as conversation,
        ):
            await until(conversation, "audio")
            wire.cut()
            await eventually(lambda: bot.reception.active == 0)
        assert b'voicebot_calls_total{ending="caller_left"} 1.0' in bot.metrics.page()


async def test_a_client_that_breaks_off_ends_its_call_at_once():
    """Its channel closed, or its deadline passed: as a hang-up."""
    async with running() as bot:
        async with conversing(bot) as conversation:
            await until(conversation, "audio")
        await eventually(lambda: bot.reception.active == 0)
        async with raw(bot) as stub:
            rpc = stub.Converse(timeout=0.5)
            await rpc.write(OPEN)
            assert await rpc.code() is Code.DEADLINE_EXCEEDED
            await eventually(lambda: bot.reception.active == 0)
        assert b'voicebot_calls_total{ending="caller_left"} 2.0' in bot.metrics.page()
