"""
One connection of Asterisk's as a telephone line, whatever it speaks.

Decides what is read, what is dropped and how the connection ends. It knows nothing of
conversations: the call reads `events()` and sends frames at its own pace.
"""

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import AsyncGenerator
from typing import Protocol
from uuid import UUID

from bot.asterisk.pbx import Ticket
from bot.core.audio import frame_bytes
from bot.core.events import Audio, LineEvent

HEARING_FRAMES = 25
"""Frames of caller audio that may wait to be read: after a stall, older sound is stale."""
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


class Line(ABC):
    """
    The caller's line: a `CallTransport` over one TCP connection.

    `_header` goes before a frame of 20 ms. State: `_events` holds what was received and not read
    yet, `_arrived` wakes the reader, `_gone` is set once the connection is lost, `_blocked_since`
    is when our socket's buffer last began to fill.
    """

    def __init__(self, ticket: Ticket, transport: asyncio.Transport) -> None:
        self.ticket = ticket
        self.dropped_in = self.dropped_out = 0
        self._transport = transport
        self._header = self._header_of(frame_bytes(ticket.rate))
        self._ahead = WRITE_AHEAD_FRAMES * (len(self._header) + frame_bytes(ticket.rate))
        self._events: deque[LineEvent] = deque()
        self._waiting_frames = 0
        self._arrived = asyncio.Event()
        self._gone = asyncio.Event()
        self._blocked_since: float | None = None

    @abstractmethod
    def _header_of(self, length: int) -> bytes:
        """What goes before so many bytes of sound."""

    @abstractmethod
    def _say_goodbye(self) -> None:
        """Tell Asterisk that we hang up; it then closes the connection."""

    @property
    def rate(self) -> int:
        """Samples a second, both ways."""
        return self.ticket.rate

    async def events(self) -> AsyncGenerator[LineEvent, None]:
        """Yield the caller's sound and keys until the connection ends."""
        while True:
            while self._events:
                event = self._events.popleft()
                if isinstance(event, Audio):
                    self._waiting_frames -= 1
                yield event
            if self._gone.is_set():
                return
            self._arrived.clear()
            await self._arrived.wait()

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
                await self._gone.wait()
        except TimeoutError:
            self._transport.abort()

    def received(self, event: LineEvent) -> None:
        """Queue what the caller did; of sound, only the newest half second is kept."""
        if isinstance(event, Audio):
            self._waiting_frames += 1
            if self._waiting_frames > HEARING_FRAMES:
                self._drop_oldest_frame()
        self._events.append(event)
        self._arrived.set()

    def _drop_oldest_frame(self) -> None:
        oldest = next(i for i, event in enumerate(self._events) if isinstance(event, Audio))
        del self._events[oldest]
        self._waiting_frames -= 1
        self.dropped_in += 1

    def lost(self) -> None:
        """The connection is gone; let the reader finish."""
        self._gone.set()
        self._arrived.set()
