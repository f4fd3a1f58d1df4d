"""
A line over chan_websocket: Asterisk connects to us, a frame leaves every 20 ms as on any line.

Asterisk plays a frame of its queue every 20 ms. Decides how that queue stays short: whatever waits
there is late for the rest of the call, and cannot be recalled without losing it. So sound is paced
by the call, as on any line, and when frames wait all the same, silent ones are left out.
"""

import asyncio

from websockets.frames import CloseCode

from bot.asterisk.connection import Connection
from bot.asterisk.line import Desk, Line
from bot.asterisk.pbx import Ticket
from bot.asterisk.websocket import GET_STATUS, Start, Status, Wire, binary_header
from bot.config import AudioSocketSettings
from bot.core.audio import frame_bytes
from bot.core.errors import ProtocolError

STATUS_FRAMES = 100
"""Frames between two questions how many wait in Asterisk: two seconds."""
CUSHION = 2
"""Frames that may wait there: two clocks of 20 ms tick, and none of the two is exact."""


class WebSocketLine(Line):
    """
    One WebSocket of chan_websocket's.

    `_surplus` is how many silent frames are to be left out, `_count` the frames since the last
    question.
    """

    def __init__(self, ticket: Ticket, transport: asyncio.Transport, wire: Wire) -> None:
        super().__init__(ticket, transport)
        self._wire = wire
        self._silence = bytes(frame_bytes(ticket.rate))
        self._surplus = self._count = 0

    def send(self, frame: bytes) -> None:
        """Play one 20 ms frame, or leave it out where silence is to catch up. Never waits."""
        if self._surplus and frame == self._silence:
            self._surplus -= 1
            return
        super().send(frame)
        self._count += 1
        if self._count >= STATUS_FRAMES and not self._transport.is_closing():
            self._count = 0
            self._transport.write(GET_STATUS)

    def waits(self, frames: int) -> None:
        """So many frames wait in Asterisk."""
        self._surplus = max(0, frames - CUSHION)

    def _header_of(self, length: int) -> bytes:
        return binary_header(length)

    def _say_goodbye(self) -> None:
        self._transport.write(self._wire.close())


class WebSocketConnection(Connection):
    """Reads a WebSocket: a request that names the call, MEDIA_START, then sound and keys."""

    def __init__(self, desk: Desk, settings: AudioSocketSettings, all_: set[Connection]) -> None:
        super().__init__(desk, settings, all_)
        self._wire = Wire(settings.max_frame_bytes)

    def _feed(self, data: memoryview) -> None:
        events = self._wire.feed(data)
        self._send(self._wire.answers())
        for event in events:
            if isinstance(event, Start):
                self._start(event)
            elif self._line is None:
                continue  # some versions send sound before MEDIA_START
            elif isinstance(event, Status):
                assert isinstance(self._line, WebSocketLine)
                self._line.waits(event.waiting)
            else:
                self._line.received(event)
        if self._wire.over:
            self._transport.close()

    def _start(self, start: Start) -> None:
        if self._line is not None:
            raise ProtocolError("a second MEDIA_START")
        assert self._wire.uuid is not None, "messages come after the request"
        self._greet(
            self._wire.uuid, lambda ticket: WebSocketLine(ticket, self._transport, self._wire)
        )
        self._check(start.rate)

    def _refuse(self, reason: str, detail: str) -> None:
        if not self._refused:
            self._send(self._wire.close(CloseCode.POLICY_VIOLATION, reason))
        super()._refuse(reason, detail)

    def _send(self, data: bytes) -> None:
        if data and not self._transport.is_closing():
            self._transport.write(data)
