"""The gateway's RPCs: who may call them, and how each ends."""

import asyncio
import contextlib
from collections.abc import Awaitable
from typing import Any, TypeVar

import grpc
import structlog

from bot.config import GatewaySettings
from bot.core.events import Ending
from bot.gateway.board import Board, not_up
from bot.gateway.desk import Desk, Fault
from bot.gateway.outbox import Overflow
from bot.gateway.stream import Stream
from bot.gateway.tokens import Tokens
from bot.gateway.wire import voice_workflow_pb2 as pb
from bot.gateway.wire.voice_workflow_pb2_grpc import VoiceGatewayServicer

log = structlog.get_logger()

Answer = TypeVar("Answer")
MOST_PENDING = 32
"""Streams that have not said who they are yet."""
COURTESY = 0.2
"""Seconds in which a client that is refused may finish its first message: where a stream ends while
it sends, gRPC's Python client reports that as a fault of its own, and our reason is lost."""


class VoiceGateway(VoiceGatewayServicer):
    """The service of proto/voice_workflow.proto."""

    def __init__(self, settings: GatewaySettings, tokens: Tokens, desk: Desk, board: Board) -> None:
        self._settings = settings
        self._tokens = tokens
        self._desk = desk
        self._board = board
        self._pending = 0

    async def Converse(self, request_iterator: Any, context: Any) -> None:
        """One conversation. It reads by `context.read()`, so that a wait can be cut short."""
        await self._closed(context, self._converse(context))

    async def CallEvents(self, request: pb.CallEventsRequest, context: Any) -> None:
        """What happens in calls."""
        await self._closed(context, self._watch(request, context))

    async def ListCalls(self, request: pb.ListCallsRequest, context: Any) -> pb.ListCallsResponse:
        """The calls that are up."""
        return await self._closed(context, self._list(context))

    async def Hangup(self, request: pb.HangupRequest, context: Any) -> pb.HangupResponse:
        """End a call."""
        await self._closed(context, self._end(request.call_id, Ending.HANG_UP, context))
        return pb.HangupResponse()

    async def Transfer(self, request: pb.TransferRequest, context: Any) -> pb.TransferResponse:
        """Hand a call to a person."""
        await self._closed(context, self._end(request.call_id, Ending.TRANSFER, context))
        return pb.TransferResponse()

    async def _closed(self, context: Any, work: Awaitable[Answer]) -> Answer:
        """Do the work; a fault becomes the RPC's status, is logged and counted."""
        try:
            return await work
        except Fault as fault:
            self._desk.refuse(fault.reason, f"{fault.code.name}: {fault.detail}", context.peer())
            await context.abort(fault.code, fault.detail)
            raise

    async def _converse(self, context: Any) -> None:
        try:
            self._let_in(context)
        except Fault:
            with contextlib.suppress(Exception):
                async with asyncio.timeout(COURTESY):
                    await context.read()
            raise
        stream = Stream(context, self._settings, self._desk)
        self._pending += 1
        try:
            opening = await stream.opening()
        finally:
            self._pending -= 1
        await stream.hold(opening)

    def _let_in(self, context: Any) -> None:
        """Raise `Fault` for a stream that may not even say who it is."""
        self._tokens.caller(context)
        if self._pending >= MOST_PENDING:
            limit = f"{MOST_PENDING} streams already wait for their `open`"
            raise Fault(grpc.StatusCode.RESOURCE_EXHAUSTED, limit, "pending")

    async def _watch(self, request: pb.CallEventsRequest, context: Any) -> None:
        self._tokens.operator(context)
        watcher = self._board.watch(request.call_id)
        log.info("watch began", call=request.call_id or "all", peer=context.peer())
        try:
            async for event in watcher.messages():
                async with asyncio.timeout(self._settings.stalled_timeout):
                    await context.write(event)
        except (TimeoutError, Overflow):
            detail = f"the client has not read for {self._settings.stalled_timeout} s"
            raise Fault(grpc.StatusCode.RESOURCE_EXHAUSTED, detail, "stalled") from None
        finally:
            self._board.leave(watcher)

    async def _list(self, context: Any) -> pb.ListCallsResponse:
        self._tokens.operator(context)
        return pb.ListCallsResponse(calls=[up.info for up in self._board.calls()])

    async def _end(self, call_id: str, ending: Ending, context: Any) -> None:
        self._tokens.operator(context)
        if not self._desk.end(call_id, ending):
            raise not_up(call_id)
        log.info("call ended by an operator", call=call_id, ending=ending.value)
