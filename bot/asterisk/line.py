"""
One AudioSocket connection as a telephone line.

Decides what is read, what is dropped and how the connection ends. It knows nothing of
conversations: the call reads `events()` and sends frames at its own pace.
"""

import asyncio
import socket
from collections import deque
from collections.abc import AsyncGenerator, Callable
from typing import Protocol, cast
from uuid import UUID

from bot.asterisk.audiosocket import HANGUP, RATES, Decoder, Kind, Message, audio_header, call_id
from bot.asterisk.audiosocket import key as digit_key
from bot.asterisk.pbx import Refused, Ticket
from bot.config import AudioSocketSettings
from bot.core.audio import frame_bytes
from bot.core.errors import ProtocolError
from bot.core.events import Audio, Digit, LineEvent

HEARING_FRAMES = 25
"""Frames of caller audio that may wait to be read: after a stall, older sound is stale."""
WRITE_AHEAD_FRAMES = 3
"""Frames that may wait in our socket's buffer before new ones are dropped."""
DEAD_AFTER = 10.0
"""Seconds without Asterisk taking a byte after which it is taken for dead."""
READ_BYTES = 4096
"""Read from the socket at once: twelve frames. A buffer of our own: asyncio would make a new one
for each frame, 256 KiB long, and that takes longer than all that we do with the bytes."""
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


class Line:
    """
    The caller's line: a `CallTransport` over one TCP connection.

    State: `_events` holds what was received and not read yet, `_arrived` wakes the reader,
    `_gone` is set once the connection is lost, `_blocked_since` is when our socket's buffer
    last began to fill.
    """

    def __init__(self, ticket: Ticket, transport: asyncio.Transport) -> None:
        self.ticket = ticket
        self.dropped_in = self.dropped_out = 0
        self._transport = transport
        self._header = audio_header(ticket.rate, frame_bytes(ticket.rate))
        self._ahead = WRITE_AHEAD_FRAMES * (len(self._header) + frame_bytes(ticket.rate))
        self._events: deque[LineEvent] = deque()
        self._waiting_frames = 0
        self._arrived = asyncio.Event()
        self._gone = asyncio.Event()
        self._blocked_since: float | None = None

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
            self._transport.write(audio_header(self.rate, len(frame)) + frame)

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
        Give the call back: message 0x00, then wait for Asterisk to close.

        What the caller still says is read and thrown away: closing a socket with unread bytes
        would reset the connection, and a reset makes Asterisk hang the caller up.
        """
        if not self._transport.is_closing():
            self._transport.write(HANGUP)
            self._transport.write_eof()
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


class Connection(asyncio.BufferedProtocol):
    """
    Reads one TCP connection: first a UUID, then sound and keys.

    `_line` is None until the UUID was admitted. Every way out closes the transport.
    """

    def __init__(
        self,
        desk: Desk,
        settings: AudioSocketSettings,
        full: bool,
        left: Callable[["Connection"], None],
    ) -> None:
        """`full`: refuse at once. `left` is called when the connection is over."""
        self._desk = desk
        self._full = full
        self._settings = settings
        self._left = left
        self._decoder = Decoder(settings.max_frame_bytes)
        self._buffer = memoryview(bytearray(READ_BYTES))
        self._line: Line | None = None
        self._refused = False

    @property
    def pending(self) -> bool:
        """Whether we still wait for the UUID."""
        return self._line is None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Set the socket up and wait for the UUID, no longer than the hello time-out."""
        self._transport = cast(asyncio.Transport, transport)
        self._peer = str(self._transport.get_extra_info("peername"))
        sock: socket.socket = self._transport.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(DEAD_AFTER * 1000))
        self._transport.set_write_buffer_limits(high=0)
        loop = asyncio.get_running_loop()
        self._hello = loop.call_later(self._settings.hello_timeout, self._no_hello)
        if self._full:
            limit = self._settings.max_pending
            self._refuse("pending", f"{limit} connections already wait for their UUID")

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the next bytes go."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Pass on what the bytes say; a peer that breaks the protocol loses the connection."""
        if self._refused:
            return
        try:
            for message in self._decoder.feed(self._buffer[:nbytes]):
                self._take(message)
        except ProtocolError as error:
            self._refuse("protocol", str(error))
        except Refused as refusal:
            self._refuse(refusal.reason, str(refusal))

    def _take(self, message: Message) -> None:
        if self._line is None:
            self._greet(message)
        elif message.kind in RATES:
            if RATES[message.kind] != self._line.rate:
                raise ProtocolError(
                    f"{RATES[message.kind]} Hz audio on a call registered at {self._line.rate} Hz;"
                    " the dialplan's c(...) and the registration's `format` must agree"
                )
            self._line.received(Audio(message.payload))
        elif message.kind is Kind.DTMF:
            self._line.received(Digit(digit_key(message)))
        elif message.kind in (Kind.HANGUP, Kind.ERROR):
            self._transport.close()
        else:
            raise ProtocolError("a second UUID")

    def _greet(self, message: Message) -> None:
        if message.kind is not Kind.UUID:
            raise ProtocolError(f"the first message is 0x{message.kind:02x}, not a UUID")
        ticket = self._desk.admit(call_id(message))
        self._hello.cancel()
        self._line = Line(ticket, self._transport)
        self._desk.answer(self._line)

    def eof_received(self) -> bool:
        """Asterisk closed its side: the call is over. Closing ours leaves no CLOSE-WAIT."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the line, forget the connection."""
        self._hello.cancel()
        if self._line is not None:
            self._line.lost()
        elif not self._refused:
            self._desk.refuse("no-uuid", "closed before its UUID", self._peer)
        self._left(self)

    def _no_hello(self) -> None:
        self._refuse("hello-timeout", f"no UUID within {self._settings.hello_timeout} s")

    def _refuse(self, reason: str, detail: str) -> None:
        if not self._refused:
            self._refused = True
            self._desk.refuse(reason, detail, self._peer)
        self._transport.close()
