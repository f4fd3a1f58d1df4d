"""
What chan_websocket says over a WebSocket, without I/O: bytes in, events out, and our answers.

Asterisk is the client; its URI ends in `/calls/UUID`. Binary messages are 16-bit little-endian
PCM, text messages are JSON: the dial string has `f(json)`. Source: Asterisk's
channels/chan_websocket.c and res/res_http_websocket.c (22.10); the framing is RFC 6455 and done by
the library `websockets`.
"""

import json
import logging
import struct
from dataclasses import dataclass
from uuid import UUID

from websockets.exceptions import PayloadTooBig
from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from bot.core.audio import NARROWBAND, WIDEBAND
from bot.core.errors import ProtocolError
from bot.core.events import Audio, Digit

PATH = "/calls/"
"""Before the call's UUID, in the URI that Asterisk is told to connect to."""
RATES = {"slin": NARROWBAND, "slin16": WIDEBAND}
"""Samples a second of each format that a call may have."""
GET_STATUS = b'\x81\x18{"command":"GET_STATUS"}'
"""The message that asks how many frames wait in Asterisk: a whole text frame of 24 bytes."""

_KEYS = frozenset("0123456789*#ABCD")
_BINARY_HEADER = struct.Struct("!BBH")
_SILENT = logging.getLogger(f"{__name__}.library")
_SILENT.disabled = True  # we log what it would say ourselves, once a connection


@dataclass(frozen=True, slots=True)
class Start:
    """MEDIA_START: Asterisk is ready for sound at this rate, in hertz."""

    rate: int


@dataclass(frozen=True, slots=True)
class Status:
    """STATUS: how many frames wait in Asterisk's queue for their 20 ms."""

    waiting: int


WireEvent = Start | Status | Audio | Digit


def binary_header(length: int) -> bytes:
    """The header of a binary message from server to client: 126 to 65535 bytes, one frame."""
    return _BINARY_HEADER.pack(0x82, 126, length)


class Wire:
    """
    One WebSocket, seen from the server.

    `uuid` is the call that the URI names, once the request is in; `_asked` says whether it is.
    """

    def __init__(self, max_message: int) -> None:
        """`max_message`: a longer message ends the connection, in bytes."""
        self.uuid: UUID | None = None
        self._asked = False
        self._protocol = ServerProtocol(max_size=max_message, logger=_SILENT)

    def feed(self, data: bytes | memoryview) -> list[WireEvent]:
        """Take received bytes; return what they complete. Raises ProtocolError."""
        protocol = self._protocol
        protocol.receive_data(data)  # type: ignore[arg-type]  # it is added to a bytearray
        events: list[WireEvent] = []
        for event in protocol.events_received():
            if isinstance(event, Frame):
                self._frame(event, events)
            elif isinstance(event, Request):
                self._request(event)
        wrong = protocol.handshake_exc or protocol.parser_exc
        if isinstance(wrong, PayloadTooBig):
            raise ProtocolError(f"message too long: {wrong}")
        if wrong is not None:
            raise ProtocolError(str(wrong))
        return events

    def answers(self) -> bytes:
        """What the protocol wants sent now: the handshake's answer, a pong, a close."""
        return b"".join(self._protocol.data_to_send())

    @property
    def over(self) -> bool:
        """Whether Asterisk has closed the WebSocket: the connection can go."""
        return self._protocol.eof_sent

    def close(self, code: int = CloseCode.NORMAL_CLOSURE, reason: str = "") -> bytes:
        """The bytes that end it from our side; none where it is over."""
        protocol = self._protocol
        if protocol.state is State.OPEN:
            protocol.send_close(code, reason[:120])
        elif protocol.state is State.CONNECTING and self._asked and not protocol.eof_sent:
            protocol.send_response(protocol.reject(403, f"{reason}\n"))
        return self.answers()

    def _request(self, request: Request) -> None:
        self._asked, path = True, request.path
        try:
            self.uuid = UUID(path.removeprefix(PATH)) if path.startswith(PATH) else None
        except ValueError:
            self.uuid = None
        if self.uuid is None:
            raise ProtocolError(f"the URI's path is {path[:64]!r}, not {PATH}UUID")
        self._protocol.send_response(self._protocol.accept(request))

    def _frame(self, frame: Frame, events: list[WireEvent]) -> None:
        if frame.opcode is Opcode.CONT or not frame.fin:
            raise ProtocolError("a message in pieces, which Asterisk does not send")
        if frame.opcode is Opcode.BINARY:
            if len(frame.data) % 2:
                raise ProtocolError(f"{len(frame.data)} bytes of sound: samples have two")
            if frame.data:
                events.append(Audio(bytes(frame.data)))
        elif frame.opcode is Opcode.TEXT:
            event = _said(bytes(frame.data))
            if event is not None:
                events.append(event)


def _said(text: bytes) -> WireEvent | None:
    """The event of a text message; None for one that does not concern us."""
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        raise ProtocolError(
            f"text message {text[:40]!r} is not a JSON object; the dial string needs f(json)"
        )
    match fields.get("event"):
        case "MEDIA_START":
            return _start(fields)
        case "DTMF_END":
            return _digit(fields)
        case "STATUS":
            waiting = fields.get("queue_length")
            return Status(waiting) if isinstance(waiting, int) else None
    return None


def _start(fields: dict[str, object]) -> Start:
    name = fields.get("format")
    if not isinstance(name, str) or name not in RATES:
        raise ProtocolError(
            f"format {str(name)[:16]!r}: the dial string needs c(slin) or c(slin16)"
        )
    return Start(RATES[name])


def _digit(fields: dict[str, object]) -> Digit:
    key = fields.get("digit")
    if not isinstance(key, str) or key not in _KEYS:
        raise ProtocolError(f"DTMF_END with digit {str(key)[:16]!r}, which is not one key")
    return Digit(key)
