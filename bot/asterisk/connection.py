"""One TCP connection of Asterisk's: who is let in, how long one may wait, how it is turned away."""

import asyncio
import socket
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import cast
from uuid import UUID

from bot.asterisk.line import DEAD_AFTER, Desk, Line
from bot.asterisk.pbx import Refused, Ticket
from bot.config import AudioSocketSettings
from bot.core.errors import ProtocolError

READ_BYTES = 4096
"""Read from the socket at once: twelve frames. A buffer of our own: asyncio would make a new one
for each frame, 256 KiB long, and that takes longer than all that we do with the bytes."""


class Connection(asyncio.BufferedProtocol, ABC):
    """
    Reads one TCP connection: first the call's UUID, then sound and keys.

    `_line` is None until the UUID was admitted. Every way out closes the transport.
    """

    def __init__(
        self,
        desk: Desk,
        settings: AudioSocketSettings,
        all_: set["Connection"],
    ) -> None:
        """`all_`: the connections there are; this one adds itself, and goes when it is over."""
        self._desk = desk
        self._settings = settings
        self._all = all_
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
        waiting, limit = sum(one.pending for one in self._all), self._settings.max_pending
        self._all.add(self)
        if waiting >= limit:
            self._refuse("pending", f"{limit} connections already wait for their UUID")

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the next bytes go."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Pass on what the bytes say; a peer that breaks the protocol loses the connection."""
        if self._refused:
            return
        try:
            self._feed(self._buffer[:nbytes])
        except ProtocolError as error:
            self._refuse("protocol", str(error))
        except Refused as refusal:
            self._refuse(refusal.reason, str(refusal))

    @abstractmethod
    def _feed(self, data: memoryview) -> None:
        """What the bytes say. Raises ProtocolError and `Refused`."""

    def _greet(self, uuid: UUID, line: Callable[[Ticket], Line]) -> None:
        """The call has said who it is: let it in. Raises `Refused`."""
        ticket = self._desk.admit(uuid)
        self._hello.cancel()
        self._line = line(ticket)
        self._desk.answer(self._line)

    def _check(self, rate: int) -> None:
        """Raise ProtocolError when sound of this rate, in hertz, is not what was registered."""
        if self._line is not None and rate != self._line.rate:
            raise ProtocolError(
                f"{rate} Hz audio on a call registered at {self._line.rate} Hz;"
                " the dialplan's c(...) and the registration's `format` must agree"
            )

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
        self._all.discard(self)

    def _no_hello(self) -> None:
        self._refuse("hello-timeout", f"no UUID within {self._settings.hello_timeout} s")

    def _refuse(self, reason: str, detail: str) -> None:
        if not self._refused:
            self._refused = True
            self._desk.refuse(reason, detail, self._peer)
        self._transport.close()
