"""
The gateway's client: one channel, its conversations, and what operators may do.

    async with GatewayClient("bot.example.com:443", token=token, tls=ClientTls()) as client:
        async with client.converse(pb.AudioFormat(encoding=pb.ENCODING_OPUS)) as conversation:
            await conversation.say(pcm)
            async for event in conversation.events(): ...

Every failure is a `GatewayError`, with the status of the RPC.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import grpc
from riva.client.proto import health_pb2, health_pb2_grpc

from bot.core.errors import ConfigError, ServiceError
from bot.gateway.desk import Fault
from bot.gateway.formats import Codec, agreed, codec
from bot.gateway.wire import voice_workflow_pb2 as pb
from bot.gateway.wire.voice_workflow_pb2_grpc import VoiceGatewayStub

_OPTIONS = (
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    # What the network holds back for us is late: half a second of PCM at 16 kHz, at most.
    ("grpc.http2.lookahead_bytes", 16_384),
    ("grpc.http2.bdp_probe", 0),
)


class GatewayError(ServiceError):
    """The gateway refused, or cannot be reached. `code` is the RPC's status."""

    def __init__(self, code: grpc.StatusCode, detail: str) -> None:
        super().__init__("gateway", f"{code.name}: {detail}")
        self.code = code


@dataclass(frozen=True, slots=True)
class ClientTls:
    """TLS to the gateway. `ca` None: the system's roots. `cert` and `key`: our own certificate."""

    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    name: str = ""
    """The name in the server's certificate, where it is reached by another one (a tunnel)."""


class GatewayClient:
    """A connection to a gateway. Use it as `async with`, on one loop."""

    def __init__(
        self, address: str, token: str = "", tls: ClientTls | None = None, timeout: float = 10.0
    ) -> None:
        """`address`: host:port. `timeout`: seconds for what is answered at once."""
        self._address = address
        self._metadata = (("authorization", f"Bearer {token}"),) if token else ()
        self._tls = tls
        self._timeout = timeout

    async def __aenter__(self) -> Self:
        """Open the channel; it connects when it is used. Raises ConfigError for a certificate."""
        if self._tls is None:
            self._channel = grpc.aio.insecure_channel(self._address, _OPTIONS)
        else:
            options = list(_OPTIONS)
            named = [("grpc.ssl_target_name_override", self._tls.name)] if self._tls.name else []
            self._channel = grpc.aio.secure_channel(
                self._address, _credentials(self._tls), [*options, *named]
            )
        self._stub: Any = VoiceGatewayStub(self._channel)  # type: ignore[no-untyped-call]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the channel, and what is left of its RPCs."""
        await self._channel.close()

    @asynccontextmanager
    async def converse(
        self,
        audio_format: pb.AudioFormat,
        profile: str = "",
        caller: str = "",
        called: str = "",
    ) -> AsyncGenerator[Conversation, None]:
        """Hold a conversation; leaving the block hangs up. Raises GatewayError, ConfigError."""
        opening = pb.Open(profile=profile, audio_format=audio_format, caller=caller, called=called)
        with _errors():
            coding = codec(agreed(audio_format))
            rpc = self._stub.Converse(metadata=self._metadata, wait_for_ready=False)
            try:
                opened = await self._opened(rpc, opening)
            except BaseException:
                rpc.cancel()
                raise
        conversation = Conversation(rpc, opened, coding)
        try:
            yield conversation
        finally:
            conversation.leave()

    async def _opened(self, rpc: Any, opening: pb.Open) -> pb.Opened:
        try:
            async with asyncio.timeout(self._timeout):
                await _write(rpc, pb.ConverseRequest(open=opening))
                first = await rpc.read()
        except TimeoutError:
            code = grpc.StatusCode.DEADLINE_EXCEEDED
            raise GatewayError(code, f"no answer within {self._timeout} s") from None
        if first is grpc.aio.EOF:
            raise GatewayError(await rpc.code(), await rpc.details())
        opened: pb.Opened = first.opened
        return opened

    async def serves(self) -> bool:
        """Whether the gateway takes calls; it asks nobody's token for that."""
        with _errors():
            stub = health_pb2_grpc.HealthStub(self._channel)
            question = health_pb2.HealthCheckRequest()
            answer = await stub.Check(question, timeout=self._timeout)
        return bool(answer.status == health_pb2.HealthCheckResponse.ServingStatus.Value("SERVING"))

    async def calls(self) -> list[pb.CallInfo]:
        """The calls that are up."""
        return list((await self._ask("ListCalls", pb.ListCallsRequest())).calls)

    async def hang_up(self, call_id: str) -> None:
        """End a call."""
        await self._ask("Hangup", pb.HangupRequest(call_id=call_id))

    async def transfer(self, call_id: str) -> None:
        """Hand a call to a person."""
        await self._ask("Transfer", pb.TransferRequest(call_id=call_id))

    async def events(self, call_id: str = "") -> AsyncGenerator[pb.CallEventsResponse, None]:
        """Watch one call, or all."""
        rpc = self._stub.CallEvents(pb.CallEventsRequest(call_id=call_id), metadata=self._metadata)
        try:
            with _errors():
                async for event in rpc:
                    yield event
        finally:
            rpc.cancel()

    async def _ask(self, name: str, request: object) -> Any:
        with _errors():
            ask = getattr(self._stub, name)
            return await ask(request, metadata=self._metadata, timeout=self._timeout)


class Conversation:
    """
    One conversation that is up.

    `_said` counts our messages of sound; `_writing` is held for each message, `_reading` the read
    that is under way. Whoever waits here may be cancelled and come back: gRPC itself would end
    the whole stream then.
    """

    def __init__(self, rpc: Any, opened: pb.Opened, coding: Codec) -> None:
        self._rpc = rpc
        self._codec = coding
        self._said = 0
        self._writing = asyncio.Lock()
        self._reading: asyncio.Task[Any] | None = None
        self.call_id: str = opened.call_id
        self.rate: int = opened.audio_format.sample_rate_hz
        self.ended: pb.Ended | None = None

    async def say(self, frame: bytes) -> None:
        """Send 20 ms of PCM at `rate`. Does nothing once the conversation has ended."""
        if self.ended is not None:
            return
        self._said += 1
        audio = pb.Audio(data=self._codec.encode(frame), sequence=self._said)
        await self.send(pb.ConverseRequest(audio=audio))

    async def press(self, keys: str) -> None:
        """Press keys."""
        await self.send(pb.ConverseRequest(dtmf=pb.Dtmf(keys=keys)))

    async def send(self, request: pb.ConverseRequest) -> None:
        """Send any message."""
        await _whole(self._write(_write(self._rpc, request)))

    async def hang_up(self) -> None:
        """Say that we are done; the events that are under way still come, then the end."""
        await _whole(self._write(self._rpc.done_writing()))

    async def _write(self, work: Awaitable[None]) -> None:
        with _errors():
            async with self._writing:
                await work

    def heard(self, audio: pb.Audio) -> bytes:
        """A message's sound as PCM."""
        return self._codec.decode(audio.data)

    async def events(self) -> AsyncGenerator[pb.ConverseResponse, None]:
        """Yield what the bot does, to the end. Raises GatewayError where that is no good one."""
        while (response := await self._next()) is not grpc.aio.EOF:
            if response.WhichOneof("response") == "ended":
                self.ended = response.ended
                await self.hang_up()
            yield response
        code = await self._rpc.code()
        if code is not grpc.StatusCode.OK:
            raise GatewayError(code, await self._rpc.details())

    async def _next(self) -> Any:
        """The next message; one that nobody waited for to the end is not lost."""
        if self._reading is None:
            self._reading = asyncio.create_task(self._read())
        await asyncio.wait([self._reading])
        read, self._reading = self._reading, None
        return read.result()

    async def _read(self) -> Any:
        with _errors():
            return await self._rpc.read()

    def leave(self) -> None:
        """End the stream, whatever is under way."""
        self._rpc.cancel()
        if self._reading is not None:
            self._reading.add_done_callback(_seen)


async def _whole(work: Coroutine[Any, Any, None]) -> None:
    """Do this to its end, even where who waits for it is cancelled."""
    task = asyncio.create_task(work)
    task.add_done_callback(_seen)
    await asyncio.wait([task])
    task.result()


def _seen(task: asyncio.Task[Any]) -> None:
    """Nobody need ask how it ended."""
    if not task.cancelled():
        task.exception()


async def _write(rpc: Any, request: pb.ConverseRequest) -> None:
    """Write; where the stream is over, raise the status that it ended with."""
    try:
        await rpc.write(request)
    except asyncio.InvalidStateError:
        raise GatewayError(await rpc.code(), await rpc.details()) from None


@contextmanager
def _errors() -> Iterator[None]:
    """Turn gRPC's errors into ours."""
    try:
        yield
    except grpc.aio.AioRpcError as error:
        detail = error.details() or ""
        if "SendMessageOperation" in (error.debug_error_string() or ""):
            detail = "the stream ended while we were sending; its status is lost"
        raise GatewayError(error.code(), detail) from error
    except Fault as fault:
        raise ConfigError(fault.detail.replace("this server", "this client")) from fault


def _credentials(tls: ClientTls) -> grpc.ChannelCredentials:
    if (tls.cert is None) is not (tls.key is None):
        raise ConfigError("--cert and --key: a certificate of our own needs both")
    return grpc.ssl_channel_credentials(_pem(tls.ca), _pem(tls.key), _pem(tls.cert))


def _pem(path: Path | None) -> bytes | None:
    if path is None:
        return None
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
