"""
The events of a live call as they happen: server-sent events (WHATWG HTML, section 9.2).

They are read from the records, where each bot writes them within a fraction of a second: so it does
not matter which bot has the call.
"""

import asyncio
from collections.abc import AsyncGenerator
from typing import Annotated, Final

from fastapi import APIRouter, Header
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from starlette.types import Receive, Scope, Send

from bot.api.calls import ORDERED, Id
from bot.api.limits import Seats
from bot.api.models import Followed
from bot.api.problems import AGAIN, Refusal
from bot.api.visitors import Viewer, Visit
from bot.core.errors import ServiceError

LOOK: Final = 0.5
"""Seconds between two looks for new events."""
SIGN: Final = 15.0
"""Seconds without an event after which a comment shows that the stream lives."""
LONGEST: Final = 540.0
"""Seconds after which a stream ends, and its client comes again where it was."""

router = APIRouter(prefix="/v1/calls", tags=["calls"])


@router.get(
    "/{call_id}/events",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Events: `id`, `event` (the kind), `data` (as `Happening`); at last"
            ' `event: ended` with `{"outcome": ...}`.',
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
        404: ORDERED[404],
    },
)
async def follow_call(
    visit: Viewer,
    call_id: Id,
    last_event_id: Annotated[
        str,
        Header(pattern=r"^[0-9a-f]{0,32}$", description="Go on after this event."),
    ] = "",
) -> StreamingResponse:
    """
    What happens in a call, as server-sent events, from its beginning until it is over.

    A stream ends after nine minutes: come again with the last `id` as `Last-Event-ID`. Pages use
    `fetch`: `EventSource` cannot send a key.
    """
    first = await visit.office.happenings(visit.key, call_id, last_event_id)
    if visit.followers.taken:
        detail = "So many streams are open already (api.followers)."
        raise Refusal(503, "busy", detail, "Ask again later.", AGAIN)
    return _Seated(visit.followers, _stream(visit, call_id, last_event_id, first))


class _Seated(StreamingResponse):
    """A stream that has a seat from the moment it is let in until it is over."""

    def __init__(self, seats: Seats, stream: AsyncGenerator[str, None]) -> None:
        super().__init__(stream, media_type="text/event-stream")
        self._seats = seats
        seats.enter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._seats.leave()


async def _stream(
    visit: Visit, call_id: str, after: str, first: tuple[list[Followed], str]
) -> AsyncGenerator[str, None]:
    loop = asyncio.get_running_loop()
    over, told = loop.time() + LONGEST, loop.time()
    found, outcome = first
    try:
        while loop.time() < over:
            for each in found:
                yield _sent(each.event.kind, each.event, each.id)
                after, told = each.id, loop.time()
            if not found and outcome != "up":
                yield f'event: ended\ndata: {{"outcome": "{outcome}"}}\n\n'
                return
            if loop.time() - told >= SIGN:
                yield ": still here\n\n"
                told = loop.time()
            await asyncio.sleep(LOOK)
            await visit.still()
            found, outcome = await visit.office.happenings(visit.key, call_id, after)
    except (ServiceError, Refusal):
        return  # the client comes again, and is told why


def _sent(kind: str, event: BaseModel, id: str) -> str:
    return f"id: {id}\nevent: {kind}\ndata: {event.model_dump_json()}\n\n"
