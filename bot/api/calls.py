"""The routes of calls: which there were, what was said, what shall be done."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import JSONResponse, StreamingResponse

from bot.api.access import Role, not_allowed
from bot.api.models import Accepted, Call, CallPage, Outcome, Say, Transfer
from bot.api.office import Filter, HangUp, Order, instant
from bot.api.problems import Refusal, no_such_call
from bot.api.visitors import Operator, Viewer, Visit

router = APIRouter(prefix="/v1/calls", tags=["calls"])
Id = Annotated[
    str,
    Path(
        pattern=r"^[A-Za-z0-9._-]{1,64}$",
        description="The call's id, whole.",
        examples=["0792b720-4c72-4cc6-8a64-d45cf85b7a80"],
    ),
]
ORDERED: dict[int | str, dict[str, Any]] = {
    404: {"description": "No such call is recorded, or none that this key may see."},
    409: {"description": "The call is over, or nothing more can be done to it."},
    502: {"description": "Another bot has the call, and does not answer."},
}


@router.get("")
async def list_calls(
    visit: Viewer,
    since: Annotated[datetime | None, Query(description="That began then or later.")] = None,
    until: Annotated[datetime | None, Query(description="That began before.")] = None,
    number: Annotated[
        str,
        Query(
            max_length=64,
            pattern=r"^[ -~]*$",
            description="Of this caller, or to this number. Not for viewers.",
        ),
    ] = "",
    profile: Annotated[
        str,
        Query(max_length=64, pattern=r"^[A-Za-z0-9_-]*$", description="That it answered."),
    ] = "",
    outcome: Annotated[Outcome | None, Query(description="That stand so; `up`: live ones.")] = None,
    cursor: Annotated[
        str,
        Query(pattern=r"^([0-9]{1,16}\.[A-Za-z0-9._-]{1,64})?$", description="A page's `next`."),
    ] = "",
    limit: Annotated[
        int, Query(ge=1, le=1000, description="Calls of one page; `api.page` is the most.")
    ] = 50,
) -> CallPage:
    """Calls, live and past, the latest first; all that is given must fit."""
    if number and not visit.key.sees_numbers:
        raise not_allowed("A viewer's key cannot look for numbers", Role.OPERATOR)
    wanted = Filter(
        instant(since), instant(until), number.strip(), profile, outcome or "", cursor, limit
    )
    return await visit.office.calls(visit.key, wanted)


@router.get("/{call_id}", responses={404: ORDERED[404]})
async def show_call(visit: Viewer, call_id: Id) -> Call:
    """All that is known of one call: turns, fields, events, intervals."""
    call = await visit.office.call(visit.key, call_id)
    if call is None:
        raise no_such_call()
    return call


@router.get(
    "/{call_id}/recording",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Stereo, the caller left and the bot right.",
            "content": {
                "audio/wav": {"schema": {"type": "string", "format": "binary"}},
                "audio/ogg": {"schema": {"type": "string", "format": "binary"}},
            },
        },
        404: {"description": "There is no such call, or no recording of it."},
    },
)
async def fetch_recording(visit: Operator, call_id: Id) -> Response:
    """The sound of a call that is over."""
    sound = await visit.office.recording(visit.key, call_id)
    if sound is None:
        raise Refusal(
            404,
            "no-recording",
            "There is no recording of this call.",
            "Calls with `recorded: true` have one; recordings.enabled makes them.",
        )
    visit.note("recording fetched", call=call_id)
    headers = {"content-length": str(sound.size)}
    return StreamingResponse(sound.pieces, media_type=sound.media, headers=headers)


@router.post("/{call_id}/hangup", status_code=202, response_model=Accepted, responses=ORDERED)
async def hang_up(visit: Operator, call_id: Id) -> Any:
    """End the call. The caller hears nothing more; say goodbye first with `say`."""
    return await _ordered(visit, call_id, HangUp(), Accepted(call=call_id, order="hang_up"))


@router.post("/{call_id}/transfer", status_code=202, response_model=Accepted, responses=ORDERED)
async def transfer(visit: Operator, call_id: Id, where: Transfer) -> Any:
    """Hand the caller to a person: the bot leaves, the exchange puts them through."""
    return await _ordered(visit, call_id, where, Accepted(call=call_id, order="transfer"))


@router.post("/{call_id}/say", status_code=202, response_model=Accepted, responses=ORDERED)
async def say(visit: Operator, call_id: Id, what: Say) -> Any:
    """
    Tell the caller something, in the bot's voice; the model knows afterwards that it was said.

    It waits until nobody speaks, and is dropped when the call ends first. At most five wait.
    """
    return await _ordered(visit, call_id, what, Accepted(call=call_id, order="say"))


async def _ordered(visit: Visit, call_id: str, order: Order, done: Accepted) -> Any:
    """Have it done here, or by the bot that has the call."""
    elsewhere = await visit.office.order(visit.key, call_id, order)
    if elsewhere is not None:
        told = await visit.forwarder.forward(visit.request, elsewhere.url)
        if told.status_code == HTTPStatus.ACCEPTED:
            visit.note(done.order, call=call_id, passed_on=elsewhere.url)
        return told
    visit.note(done.order, call=call_id)
    return JSONResponse(done.model_dump(), 202)
