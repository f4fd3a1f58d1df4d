"""The API as one application: its routes, its description, what stands before it."""

from typing import Any, Final, get_type_hints

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute
from fastapi.telemetry import TelemetryConfig
from starlette.types import ASGIApp

from bot import __version__
from bot.api import calls, following, outbound, rest
from bot.api.docs_page import docs_page
from bot.api.guard import Count, Guard
from bot.api.problems import MEDIA, Problem, add_handlers
from bot.api.visitors import LEAST, Rooms
from bot.config_api import ApiSettings

TITLE: Final = "voicebot"
ABOUT: Final = """Calls of the voice bot, live and past, and what can be done to them. Errors are
`application/problem+json` (RFC 9457) and name the field and the remedy."""
ROUTERS: Final = (calls.router, following.router, outbound.router, rest.router)
NOTHING_TOLD: Final = TelemetryConfig(
    auto_configure=False, tracing=False, metrics=False, logs=False
)
"""FastAPI would tell a collector of its own accord what is asked, where OTEL_* variables are."""
ALWAYS: Final = {
    "401": "No valid key was given.",
    "403": "The key may not do this.",
    "413": "The body is too long.",
    "422": "The request is wrong; `errors` names the fields.",
    "429": "Too many requests; `Retry-After` says when to come again.",
    "503": "The database is away, or too many requests are under way.",
    "504": "It took too long.",
}


def make_app(settings: ApiSettings, rooms: Rooms) -> FastAPI:
    """The application, without what stands before it."""
    app = FastAPI(
        title=TITLE,
        version=__version__,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry=NOTHING_TOLD,
    )
    app.state.rooms = rooms
    add_handlers(app)
    for router in ROUTERS:
        app.include_router(router)
    if settings.docs:
        whole = describe(app)
        page = docs_page(whole)
        app.add_api_route("/openapi.json", lambda: whole, include_in_schema=False)
        app.add_api_route("/docs", lambda: HTMLResponse(page), include_in_schema=False)
    if settings.cors:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.cors),
            allow_methods=["GET", "POST"],
            allow_headers=["authorization", "content-type", "last-event-id"],
            expose_headers=["x-request-id", "retry-after"],
        )
    return app


def guarded(app: FastAPI, settings: ApiSettings, count: Count) -> ASGIApp:
    """The same behind what every request is held to."""
    return Guard(app, settings, count)


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI description: every error of every operation is a problem."""
    whole = get_openapi(title=TITLE, version=__version__, description=ABOUT, routes=app.routes)
    schemas = whole["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= problem.pop("$defs")
    schemas["Problem"] = problem
    for path, operations in whole["paths"].items():
        for method, operation in operations.items():
            _add_problems(operation["responses"])
            operation["x-least-role"] = _least_roles()[method.upper(), path]
    whole["components"]["schemas"] = dict(sorted(schemas.items()))
    return whole


def _least_roles() -> dict[tuple[str, str], str]:
    """What each route's own parameter `visit` says."""
    found: dict[tuple[str, str], str] = {}
    for route in (each for router in ROUTERS for each in router.routes):
        assert isinstance(route, APIRoute)
        visit = get_type_hints(route.endpoint, include_extras=True)["visit"]
        role = LEAST[visit.__metadata__[0].dependency]
        found |= {(method, route.path): role.name.lower() for method in route.methods or ()}
    return found


def _add_problems(responses: dict[str, Any]) -> None:
    for status, meaning in ALWAYS.items():
        responses[status] = {"description": meaning}
    body = {MEDIA: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for status in sorted(responses):
        responses[status] = responses.pop(status)
        if status >= "400":
            responses[status]["content"] = body
