"""The gateway's line for the contract of all lines (tests/lines): a client, and a house of it."""

import asyncio
from contextlib import asynccontextmanager, suppress
from uuid import UUID

import grpc

from bot.asterisk.pbx import Refused
from bot.config import GatewaySettings
from bot.gateway.board import Board
from bot.gateway.desk import Fault
from bot.gateway.server import SERVICE, Gateway
from bot.gateway.wire import voice_workflow_pb2 as pb
from tests.asterisk.peer import Desk
from tests.lines.conftest import House
from tests.lines.far_end import LIMIT, MessageEnd, framed


def message(**fields):
    """A framed message."""
    return framed(pb.ConverseRequest(**fields).SerializeToString())


class GatewayEnd(MessageEnd):
    """A client of Converse, below gRPC's own idea of a message."""

    def __init__(self, channel):
        super().__init__()
        self._channel = channel
        self._rpc = channel.stream_stream(f"/{SERVICE}/Converse")()
        self._heard, self._over = [], False
        self._to_say = asyncio.Queue()
        self._saying = asyncio.create_task(self._say())

    async def introduce(self, uuid, rate):
        """The first message, and its answer."""
        self._rate = rate
        self.say(self._open(uuid, rate))
        with suppress(grpc.aio.AioRpcError):
            await self._rpc.read()

    def _open(self, uuid, rate):
        form = pb.AudioFormat(encoding=pb.ENCODING_LINEAR16, sample_rate_hz=rate)
        return message(open=pb.Open(audio_format=form, caller=str(uuid)))

    def sound(self, pcm):
        """One message of sound."""
        return message(audio=pb.Audio(data=pcm))

    def key(self, digit):
        """One key."""
        return message(dtmf=pb.Dtmf(keys=digit))

    def wrong(self, what):
        """What no client may say."""
        return {
            "noise": lambda: framed(b"\x0a\xff\xff\xff\xff\x77" * 9),
            "oversized": lambda: self.sound(bytes(65535)),
            "half a sample": lambda: self.sound(bytes(321)),
            "no such key": lambda: self.key("X"),
            "hello again": lambda: self._open("again", self._rate),
            "another rate": lambda: self._open("again", 24000 - self._rate),
        }[what]()

    def understand(self, data):
        """The sound in one message."""
        response = pb.ConverseResponse.FromString(data)
        return [response.audio.data] if response.HasField("audio") else []

    def say_message(self, data):
        """Send it in its turn."""
        self._to_say.put_nowait(data)

    async def hears(self):
        """The next piece of sound; b"" at an end with OK, None after it or at another end."""
        async with asyncio.timeout(LIMIT):
            while not self._heard and not self._over:
                with suppress(grpc.aio.AioRpcError, asyncio.CancelledError):
                    data = await self._rpc.read()
                    if data is not grpc.aio.EOF:
                        self._heard += self.understand(data)
                        continue
                self._over = True
                if await self._rpc.code() is grpc.StatusCode.OK:
                    return b""
        return self._heard.pop(0) if self._heard else None

    def hang_up(self):
        """Half-close."""
        self._to_say.put_nowait(None)

    def vanish(self):
        """Break the stream off."""
        self._rpc.cancel()

    async def gone(self):
        """Close the channel."""
        self._saying.cancel()
        await asyncio.gather(self._saying, return_exceptions=True)
        await self._channel.close()

    async def _say(self):
        with suppress(grpc.aio.AioRpcError, asyncio.InvalidStateError):
            while (data := await self._to_say.get()) is not None:
                await self._rpc.write(data)
            await self._rpc.done_writing()


class GatewayDesk(Desk):
    """The desk of the contract behind the gateway's; the caller's name is the call's."""

    def admit(self, profile, caller, called, rate):
        """A ticket, or the refusal that the reception would give."""
        try:
            return super().admit(UUID(caller))
        except Refused as refusal:
            raise Fault(grpc.StatusCode.NOT_FOUND, str(refusal), refusal.reason) from None

    def refuse(self, reason, detail, peer):
        """Note the refusal, without the status."""
        super().refuse(reason, detail.partition(": ")[2], peer)


class GatewayHouse(House):
    """A gateway."""

    def __init__(self):
        super().__init__("gateway", GatewayEnd)

    @asynccontextmanager
    async def open(self, talk=None, rate=8000, hello_timeout=5.0):
        """Serve on a free port of loopback; `talk(line)` holds each call."""
        self.rate, self.desk, self._ends = rate, GatewayDesk(talk, rate), []
        settings = GatewaySettings(port=0, open_timeout=hello_timeout)
        self.server = Gateway(settings, self.desk, Board(settings))
        await self.server.start()
        await self._warm()
        try:
            yield self
        finally:
            await self._leave()
            await self.server.stop()

    async def _warm(self):
        """Let gRPC open the descriptors that it keeps for the life of the process."""
        async with grpc.aio.insecure_channel(f"127.0.0.1:{self.server.port}") as channel:
            await channel.channel_ready()

    async def connect(self):
        """A stream without a word."""
        end = self._end(grpc.aio.insecure_channel(f"127.0.0.1:{self.server.port}"))
        self._ends.append(end)
        return end

    async def empty(self):
        """Wait until every client is gone."""
        async with asyncio.timeout(LIMIT):
            while not all(line._ear.gone.is_set() for line in self.desk.lines):
                await asyncio.sleep(0.005)
