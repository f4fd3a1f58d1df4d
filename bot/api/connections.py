"""How many connections there may be, and how long one may ask nothing: calls need theirs."""

import asyncio
from typing import ClassVar, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD: Final = 5.0
"""Seconds that the head of a request may take."""
IDLE: Final = 128
"""Connections beyond two for each request that may be under way (`api.parallel`)."""


class Connection(H11Protocol):
    """One connection. `_late` waits for the rest of a request's head."""

    most: ClassVar[int] = 0
    """Connections at once; one too many is closed as it comes."""
    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """It is there."""
        super().connection_made(transport)
        if len(self.connections) > self.most:
            transport.close()
        self._expect()

    def data_received(self, data: bytes) -> None:
        """Some of a request came."""
        super().data_received(data)
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        super().connection_lost(exc)
        self._waits_no_more()

    def _expect(self) -> None:
        if self.conn.their_state is not h11.IDLE:
            self._waits_no_more()
        elif self._late is None:
            self._late = self.loop.call_later(HEAD, self.transport.close)

    def _waits_no_more(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


def connections(parallel: int) -> type[Connection]:
    """The connections of a server that answers so many requests at once."""

    class Bounded(Connection):
        most = 2 * parallel + IDLE

    return Bounded
