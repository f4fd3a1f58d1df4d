"""Who asks: the key of a request, and the line of the log for what changes something."""

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

import structlog
from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from bot.api.access import Access, Key, Role
from bot.api.forward import Forwarder
from bot.api.limits import Seats
from bot.api.office import Office, OrderBook
from bot.api.problems import peer, request_id

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
    """One request of a valid key. `still`: the key, if it still is valid. Raises `Refusal`."""

    key: Key
    office: Office
    orders: OrderBook
    forwarder: Forwarder
    followers: Seats
    request: Request
    still: Callable[[], Awaitable[Key]]

    def note(self, what: str, **more: object) -> None:
        """That something was changed, and by whom; `more` holds nothing that callers said."""
        log.info(
            "api: done",
            what=what,
            key=self.key.name,
            key_id=self.key.id,
            request=request_id(self.request),
            peer=peer(self.request),
            **more,
        )


def _least(role: Role) -> Callable[..., Coroutine[Any, Any, Visit]]:
    async def enter(
        request: Request,
        given: Annotated[HTTPAuthorizationCredentials | None, Security(BEARER)],
    ) -> Visit:
        rooms: Rooms = request.app.state.rooms
        token = given.credentials if given else ""
        address = peer(request)
        key = await rooms.access.enter(token, address, role)
        still = partial(rooms.access.valid, token, address)
        return Visit(
            key, rooms.office, rooms.orders, rooms.forwarder, rooms.followers, request, still
        )

    LEAST[enter] = role
    return enter


Viewer = Annotated[Visit, Depends(_least(Role.VIEWER))]
Operator = Annotated[Visit, Depends(_least(Role.OPERATOR))]
Admin = Annotated[Visit, Depends(_least(Role.ADMIN))]
