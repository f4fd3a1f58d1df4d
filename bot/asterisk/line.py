"""
One connection of Asterisk's as a telephone line, whatever it speaks.

Decides what is read, what is dropped and how the connection ends. It knows nothing of
conversations: the call reads `events()` and sends frames at its own pace.
"""

import asyncio
from abc import ABC, abstractmethod
from typing import Protocol
from uuid import UUID

from bot.asterisk.pbx import Ticket
from bot.core.audio import frame_bytes
from bot.core.handset import Handset

WRITE_AHEAD_FRAMES = 3
"""Frames that may wait in our socket's buffer before new ones are dropped."""
DEAD_AFTER = 10.0
"""Seconds without Asterisk taking a byte after which it is taken for dead."""
LINGER = 1.0
"""Seconds that Asterisk has to close its side after we hung up."""


class Desk(Protocol):
    """What a new connection asks of the bot: whether to talk, and who talks."""

    def admit(self, uuid: UUID) -> Ticket:
        """The ticket of a registered call. Raises `Refused`."""

    def answer(self, line: "Line") -> None:
        """Start the conversation on this line, now."""

    def refuse(self, reason: str, detail: str, peer: str) -> None:
        """Log and count a connection that was turned away."""


class Line(Handset, ABC):
    """
    The caller's line: a `CallTransport` over one TCP connection.

    `_header` goes before a frame of 20 ms; `_blocked_since` is when our socket's buffer last began
    to fill. It presses no keys: Asterisk takes a DTMF message of ours for the end of the call.
    """

    ticket: Ticket

    def __init__(self, ticket: Ticket, transport: asyncio.Transport) -> None:
        super().__init__(ticket)
        self.dropped_out = 0
        self._transport = transport
        self._header = self._header_of(frame_bytes(ticket.rate))
        self._ahead = WRITE_AHEAD_FRAMES * (len(self._header) + frame_bytes(ticket.rate))
        self._blocked_since: float | None = None

    @abstractmethod
    def _header_of(self, length: int) -> bytes:
        """What goes before so many bytes of sound."""

    @abstractmethod
    def _say_goodbye(self) -> None:
        """Tell Asterisk that we hang up; it then closes the connection."""

    def send(self, frame: bytes) -> None:
        """Play one 20 ms frame: header and payload in one write. Never waits."""
        if self._transport.is_closing():
            return
        if self._transport.get_write_buffer_size() > self._ahead:
            self._blocked()
            return
        self._blocked_since = None
        if len(frame) == frame_bytes(self.rate):
            self._transport.write(self._header + frame)
        else:
            self._transport.write(self._header_of(len(frame)) + frame)

    def _blocked(self) -> None:
        """Asterisk doesn't read: drop the frame, and give up after a while."""
        now = asyncio.get_running_loop().time()
        self.dropped_out += 1
        if self._blocked_since is None:
            self._blocked_since = now
        elif now - self._blocked_since > DEAD_AFTER:
            self._transport.abort()

    async def close(self) -> None:
        """
        Give the call back: say goodbye, then wait for Asterisk to close.

        What the caller still says is read and thrown away: closing a socket with unread bytes
        would reset the connection, and a reset makes Asterisk hang the caller up.
        """
        if not self._transport.is_closing():
            self._say_goodbye()
        try:
            async with asyncio.timeout(LINGER):
                await self._ear.gone.wait()
        except TimeoutError:
            self._transport.abort()
