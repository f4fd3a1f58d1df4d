"""
One conversation's stream: what the client may send and when, and with which status it ends.

It joins an RPC and a `GatewayLine`; the rules are those of proto/voice_workflow.proto.
"""

import asyncio
from typing import Any

import grpc
import structlog
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

from bot.config import GatewaySettings
from bot.gateway.desk import Desk, Fault
from bot.gateway.formats import agreed, codec
from bot.gateway.line import LINGER, GatewayLine
from bot.gateway.outbox import Overflow
from bot.gateway.wire import voice_workflow_pb2 as pb

KEYS = frozenset("0123456789*#ABCD")
MOST_KEYS = 32
FRAME_MS = 20

_Code = grpc.StatusCode
log = structlog.get_logger()


class Stream:
    """
    A `Converse` RPC from `open` to its end.

    `_counted` is the sequence number of the client's last sound; `_fault` is why the reader gave
    up, where it did.
    """

    def __init__(self, context: Any, settings: GatewaySettings, desk: Desk) -> None:
        self._context = context
        self._settings = settings
        self._desk = desk
        self._counted = 0
        self._fault: Fault | None = None

    async def opening(self) -> pb.Open:
        """What the client says first. Raises `Fault`."""
        try:
            async with asyncio.timeout(self._settings.open_timeout):
                request = await self._received()
        except TimeoutError:
            limit = f"no `open` within {self._settings.open_timeout} s"
            raise Fault(_Code.DEADLINE_EXCEEDED, limit, "hello-timeout") from None
        if request is grpc.aio.EOF:
            raise Fault(_Code.FAILED_PRECONDITION, "closed before `open`")
        kind = request.WhichOneof("request")
        if kind != "open":
            raise Fault(_Code.FAILED_PRECONDITION, f"{_name(kind)} before `open`: send that first")
        opening: pb.Open = request.open
        return opening

    async def hold(self, opening: pb.Open) -> None:
        """
        Hold the conversation to its end. Raises `Fault`.

        When all is said, the client has a moment to close its side: a stream that is closed while
        the other side sends looks broken to it. Cancelled when the client is gone; the call then
        ends as with a hang-up.
        """
        line = self._answered(opening)
        reading = asyncio.create_task(self._read(line))
        try:
            await self._write(line)
            line.left.set()
            await asyncio.wait([reading], timeout=LINGER)
        finally:
            reading.cancel()
            line.lost()
            line.left.set()
        if self._fault is not None:
            raise self._fault

    def _answered(self, opening: pb.Open) -> GatewayLine:
        audio_format = agreed(opening.audio_format)
        coding = codec(audio_format)
        rate = audio_format.sample_rate_hz
        ticket = self._desk.admit(opening.profile, opening.caller, opening.called, rate)
        line = GatewayLine(ticket, coding)
        opened = pb.Opened(
            call_id=ticket.caller.call_id, audio_format=audio_format, frame_ms=FRAME_MS
        )
        line.outbox.put_event(pb.ConverseResponse(opened=opened))
        self._desk.answer(line)
        return line

    # Reading.

    async def _read(self, line: GatewayLine) -> None:
        """Pass on what the client sends; a fault ends the stream."""
        try:
            while (request := await self._received()) is not grpc.aio.EOF:
                if not line.left.is_set():
                    self._take(line, request)
        except Fault as fault:
            self._fault = fault
            line.outbox.close()
        except Exception:
            log.exception("stream failed", call=line.ticket.caller.call_id)
            self._fault = Fault(_Code.INTERNAL, "a fault of the gateway's own", "bug")
            line.outbox.close()
        finally:
            line.lost()

    async def _received(self) -> Any:
        """The next message, or EOF. Raises `Fault` for one that is none, or too long."""
        try:
            request = await self._context.read()
        except DecodeError:
            raise _invalid("request: not a message of this protocol") from None
        if request is not grpc.aio.EOF:
            size, most = request.ByteSize(), self._settings.max_message_bytes
            if size > most:
                detail = f"a message of {size} bytes; at most {most} (gateway.max_message_bytes)"
                raise Fault(_Code.RESOURCE_EXHAUSTED, detail)
        return request

    def _take(self, line: GatewayLine, request: pb.ConverseRequest) -> None:
        match request.WhichOneof("request"):
            case "audio":
                self._count(request.audio.sequence)
                try:
                    line.heard(request.audio.data)
                except ValueError as error:
                    raise _invalid(f"audio.data: {error}") from None
            case "dtmf":
                line.pressed(_keys(request.dtmf.keys))
            case "open":
                raise Fault(_Code.FAILED_PRECONDITION, "a second `open`")
            case _:
                raise _invalid("request: empty, or newer than this server")

    def _count(self, sequence: int) -> None:
        if sequence and sequence != self._counted + 1:
            raise Fault(
                _Code.FAILED_PRECONDITION,
                f"audio.sequence: {sequence} after {self._counted}; messages are out of order",
            )
        self._counted = sequence

    # Writing.

    async def _write(self, line: GatewayLine) -> None:
        """Send what the call says until it is over. Raises `Fault` for a client that is stuck."""
        limit = self._settings.stalled_timeout
        try:
            async for message in line.outbox.messages():
                if self._fault is not None:
                    return
                async with asyncio.timeout(limit):
                    await self._context.write(message)
        except (TimeoutError, Overflow):
            detail = f"the client has not read for {limit} s"
            raise Fault(_Code.RESOURCE_EXHAUSTED, detail, "stalled") from None


def _keys(keys: str) -> str:
    if not 0 < len(keys) <= MOST_KEYS or not KEYS.issuperset(keys):
        raise _invalid(f"dtmf.keys: 1 to {MOST_KEYS} of 0-9, *, # and A-D")
    return keys


def _name(kind: str | None) -> str:
    return f"`{kind}`" if kind else "an empty request"


def _invalid(detail: str) -> Fault:
    return Fault(_Code.INVALID_ARGUMENT, detail)
