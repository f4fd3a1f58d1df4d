"""Who asks: the key of a request, and the line of the log for what changes something."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any

import structlog
from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from bot.api.access import Access, Key, Role
from bot.api.forward import Forwarder
from bot.api.limits import Seats
from bot.api.office import Office, OrderBook
from bot.api.problems import request_id

BEARER = HTTPBearer(
    auto_error=False,
    scheme_name="key",
    description="A key of `voicebot api-keys add`: `Authorization: Bearer vb_...`.",
)
LEAST: dict[Any, Role] = {}
"""The least role of each dependency that lets somebody in: for the description."""
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Rooms:
    """What routes work with; the application keeps it as `app.state.rooms`."""

    office: Office
    orders: OrderBook
    access: Access
    forwarder: Forwarder
    followers: Seats


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of a valid key."""

    key: Key
    office: Office
    orders: OrderBook
    forwarder: Forwarder
    followers: Seats
    request: Request

    def note(self, what: str, **more: object) -> None:
        """That something was changed, and by whom; `more` holds nothing that callers said."""
        log.info(
            "api: done",
            what=what,
            key=self.key.name,
            key_id=self.key.id,
            request=request_id(self.request),
            peer=_address(self.request),
            **more,
        )


def _least(role: Role) -> Callable[..., Coroutine[Any, Any, Visit]]:
    async def enter(
        request: Request,
        given: Annotated[HTTPAuthorizationCredentials | None, Security(BEARER)],
    ) -> Visit:
        rooms: Rooms = request.app.state.rooms
        token = given.credentials if given else ""
        key = await rooms.access.enter(token, _address(request), role)
        return Visit(key, rooms.office, rooms.orders, rooms.forwarder, rooms.followers, request)

    LEAST[enter] = role
    return enter


def _address(request: Request) -> str:
    return request.client.host if request.client else "?"


Viewer = Annotated[Visit, Depends(_least(Role.VIEWER))]
Operator = Annotated[Visit, Depends(_least(Role.OPERATOR))]
Admin = Annotated[Visit, Depends(_least(Role.ADMIN))]
