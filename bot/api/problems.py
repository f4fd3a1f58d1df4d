"""What is answered when something cannot be done: RFC 9457, with the field and the remedy."""

from http import HTTPStatus
from typing import Annotated, Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from bot.core.errors import BotError, ServiceError

MEDIA: Final = "application/problem+json"
AGAIN: Final = 5
"""Seconds after which to ask again for what cannot be had just now."""
FIELDS: Final = 20
"""Wrong fields that are named in one answer."""
LOGGED: Final = 100
"""Letters of a path that are logged."""
log = structlog.get_logger()


class WrongField(BaseModel):
    """A part of the request that is wrong."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    field: Annotated[str, Field(examples=["body.text"])]
    """Where: `query.since`, `path.call_id`, `body.text`."""
    message: Annotated[str, Field(examples=["String should have at most 1000 characters"])]
    """What it should be."""


class Problem(BaseModel):
    """Why something could not be done (RFC 9457)."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    type: Annotated[str, Field(examples=["urn:voicebot:problem:call-not-up"])]
    """A name that programs can rely on."""
    title: Annotated[str, Field(examples=["Conflict"])]
    status: Annotated[int, Field(examples=[409])]
    detail: Annotated[str, Field(examples=["This call is over."])]
    """What is wrong, in words."""
    remedy: Annotated[str, Field(examples=["GET /v1/calls?outcome=up lists those that are up."])]
    """What to do about it."""
    request_id: Annotated[str, Field(examples=["0f8a6a3c-2b1d-4e5f-9a7b-6c5d4e3f2a1b"])]
    """The header `x-request-id` of the answer; it is in the bot's log."""
    errors: list[WrongField] = []
    """The wrong fields, where fields are wrong."""


class Refusal(Exception):
    """The request is not done."""

    def __init__(
        self, status: int, name: str, detail: str, remedy: str, retry_after: float | None = None
    ) -> None:
        """`name` becomes the problem's `type`; `retry_after`: seconds."""
        super().__init__(detail)
        self.status, self.name, self.detail, self.remedy = status, name, detail, remedy
        self.retry_after = retry_after


def no_such_call() -> Refusal:
    """There is no such call, or none that this key may see."""
    return Refusal(
        404, "no-such-call", "No such call is recorded.", "GET /v1/calls lists the calls."
    )


def answer(
    request_id: str, refusal: Refusal, errors: list[WrongField] | None = None
) -> JSONResponse:
    """The problem as an answer."""
    problem = Problem(
        type=f"urn:voicebot:problem:{refusal.name}",
        title=HTTPStatus(refusal.status).phrase,
        status=refusal.status,
        detail=refusal.detail,
        remedy=refusal.remedy,
        request_id=request_id,
        errors=errors or [],
    )
    headers = {}
    if refusal.retry_after is not None:
        headers["retry-after"] = str(max(1, round(refusal.retry_after + 0.5)))
    if refusal.status == HTTPStatus.UNAUTHORIZED:
        headers["www-authenticate"] = 'Bearer realm="voicebot"'
    return JSONResponse(problem.model_dump(), refusal.status, headers, MEDIA)


def add_handlers(app: FastAPI) -> None:
    """Have each error of this application answered as a problem."""
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(ServiceError, _unavailable)
    app.add_exception_handler(BotError, _wrong)
    app.add_exception_handler(Exception, _bug)


def request_id(request: Request) -> str:
    """The name of this request in our log."""
    return str(request.scope.get("state", {}).get("request_id", ""))


def peer(request: Request) -> str:
    """The address from which it comes."""
    return request.client.host if request.client else "?"


def _told(
    request: Request, refusal: Refusal, errors: list[WrongField] | None = None
) -> JSONResponse:
    """The answer, and a line of the log; what was given is in neither."""
    log.info(
        "api: refused",
        reason=refusal.name,
        request=request_id(request),
        path=request.scope["path"][:LOGGED],
        peer=peer(request),
    )
    return answer(request_id(request), refusal, errors)


async def _refused(request: Request, error: Any) -> JSONResponse:
    return _told(request, error)


async def _invalid(request: Request, error: Any) -> JSONResponse:
    """What was given is not repeated: it may be private."""
    wrong = [
        WrongField(field=".".join(map(str, each["loc"])), message=str(each["msg"]))
        for each in error.errors()[:FIELDS]
    ]
    named = "; ".join(f"{each.field}: {each.message}" for each in wrong)
    refusal = Refusal(422, "invalid-request", named, "Correct the fields; see /openapi.json.")
    return _told(request, refusal, wrong)


async def _http(request: Request, error: Any) -> JSONResponse:
    name = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
    remedy = "See /openapi.json for what can be asked, and how."
    refused = _told(request, Refusal(error.status_code, name, f"{error.detail}.", remedy))
    refused.headers.update(error.headers or {})
    return refused


async def _wrong(request: Request, error: Any) -> JSONResponse:
    """Our own messages name what is wrong, and end with the remedy."""
    what, _, remedy = str(error).partition("; ")
    refusal = Refusal(422, "invalid-request", what, remedy or "See /openapi.json.")
    return _told(request, refusal)


async def _unavailable(request: Request, error: Any) -> JSONResponse:
    log.warning("api: no answer", request=request_id(request), error=str(error))
    detail = f"The service {error.service} does not answer."
    refusal = Refusal(503, "unavailable", detail, "Try again later.", AGAIN)
    return _told(request, refusal)


async def _bug(request: Request, error: Exception) -> JSONResponse:
    remedy = "Report it with the request id; the bot's log has the trace."
    return answer(request_id(request), Refusal(500, "bug", "This is a fault of the bot.", remedy))
