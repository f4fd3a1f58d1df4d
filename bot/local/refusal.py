"""Why a request is not served: a gRPC status and a text that names the field and the remedy."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import grpc
import structlog

from bot.core.errors import BotError

log = structlog.get_logger()


class Refused(BotError):
    """The request ends with this status."""

    def __init__(self, status: grpc.StatusCode, text: str) -> None:
        super().__init__(text)
        self.status = status


def invalid(text: str) -> Refused:
    """Say that the client must change something."""
    return Refused(grpc.StatusCode.INVALID_ARGUMENT, text)


def unavailable(text: str) -> Refused:
    """Say that the server lacks something."""
    return Refused(grpc.StatusCode.UNAVAILABLE, text)


class Seats:
    """How many requests of one kind may be served at once."""

    def __init__(self, count: int, kind: str) -> None:
        self._count = count
        self._kind = kind
        self._taken = 0

    @contextmanager
    def one(self) -> Iterator[None]:
        """Take a seat for the time of the block. Raise Refused where all are taken."""
        if self._taken >= self._count:
            raise Refused(
                grpc.StatusCode.RESOURCE_EXHAUSTED,
                f"all {self._count} {self._kind} are in use: try again later",
            )
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1


@asynccontextmanager
async def statuses(context: Any) -> AsyncIterator[None]:
    """End the RPC with the status of what the block raises; also out of a task group."""
    try:
        yield
    except (Refused, BotError, ExceptionGroup) as error:
        refusal = _refusal(error)
        if refusal is None:
            log.exception("speech server failed")
            refusal = Refused(grpc.StatusCode.INTERNAL, "internal error: see the server's log")
    else:
        return
    await context.abort(refusal.status, str(refusal))


def _refusal(error: BaseException) -> Refused | None:
    """Find what to tell the client; None for a bug of ours."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, BotError):
        return Refused(grpc.StatusCode.INTERNAL, str(error))
    if isinstance(error, BaseExceptionGroup):
        found = [_refusal(one) for one in error.exceptions]
        return next((one for one in found if one is not None), None)
    return None
