"""
The AudioSocket wire format, without I/O: bytes in, messages out.

A message is one byte of kind, two bytes of length (big-endian), then the payload; PCM payloads
are 16-bit little-endian. Source: Asterisk's include/asterisk/res_audiosocket.h and
res/res_audiosocket.c (22.10).
"""

import struct
from dataclasses import dataclass
from enum import IntEnum
from uuid import UUID

from bot.core.audio import NARROWBAND, WIDEBAND
from bot.core.errors import ProtocolError

_HEADER = struct.Struct("!BH")


class Kind(IntEnum):
    """The kinds of message that a call at 8 or 16 kHz uses."""

    HANGUP = 0x00
    UUID = 0x01
    DTMF = 0x03
    AUDIO_8K = 0x10
    AUDIO_16K = 0x12
    ERROR = 0xFF


RATES = {Kind.AUDIO_8K: NARROWBAND, Kind.AUDIO_16K: WIDEBAND}
"""Samples a second of each kind of audio."""

_KINDS = {kind.value: kind for kind in Kind}
_KEYS = frozenset(b"0123456789*#ABCD")


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it is on the wire."""

    kind: Kind
    payload: bytes = b""


HANGUP = _HEADER.pack(Kind.HANGUP, 0)
"""The message by which the bot gives the call back to the dialplan."""


def encode(message: Message) -> bytes:
    """The message's bytes: header and payload in one piece, to be sent in one piece."""
    return _HEADER.pack(message.kind, len(message.payload)) + message.payload


def audio_header(rate: int, length: int) -> bytes:
    """The header of an audio message of `length` bytes at 8000 or 16000 samples a second."""
    return _HEADER.pack(Kind.AUDIO_16K if rate == WIDEBAND else Kind.AUDIO_8K, length)


def call_id(message: Message) -> UUID:
    """The UUID of a call's first message. Raises ProtocolError when it isn't 16 bytes."""
    if len(message.payload) != 16:
        raise ProtocolError(f"UUID of {len(message.payload)} bytes, not 16")
    return UUID(bytes=message.payload)


def key(message: Message) -> str:
    """The key of a DTMF message: one of 0-9 * # A-D. Raises ProtocolError for anything else."""
    if len(message.payload) != 1 or message.payload[0] not in _KEYS:
        raise ProtocolError(f"DTMF payload {message.payload[:8]!r} is not one key")
    return message.payload.decode("ascii")


class Decoder:
    """Turns bytes, cut anywhere, into messages."""

    def __init__(self, max_payload: int = 8192) -> None:
        """`max_payload`: a longer message is refused as soon as its header is in, in bytes."""
        self._max = max_payload
        self._buffer = bytearray()

    def feed(self, data: bytes | memoryview) -> list[Message]:
        """Take received bytes; return the messages they complete. Raises ProtocolError."""
        buffer = self._buffer
        buffer += data
        messages: list[Message] = []
        start = 0
        while len(buffer) - start >= _HEADER.size:
            kind, length = self._header(start)
            end = start + _HEADER.size + length
            if len(buffer) < end:
                break
            messages.append(Message(kind, bytes(buffer[start + _HEADER.size : end])))
            start = end
        del buffer[:start]
        return messages

    def _header(self, start: int) -> tuple[Kind, int]:
        number, length = _HEADER.unpack_from(self._buffer, start)
        kind = _KINDS.get(number)
        if kind is None:
            raise ProtocolError(f"unknown message kind 0x{number:02x}")
        if length > self._max:
            raise ProtocolError(f"message of {length} bytes; the limit is {self._max}")
        return kind, length
