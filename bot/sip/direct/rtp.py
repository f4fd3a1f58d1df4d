"""RTP packets and our stream of them: sequence numbers and timestamps (RFC 3550, 5.1). No I/O."""

import secrets
import struct
from dataclasses import dataclass

from bot.core.audio import FRAME_SECONDS

_HEAD = struct.Struct("!BBHII")
_VERSION = 2
SLIPPED = 3 * FRAME_SECONDS
"""Later than this our clock stood still: the timestamp says so, instead of the next sound seeming
early for the rest of the call."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet."""

    payload_type: int
    sequence: int
    timestamp: int
    source: int
    marker: bool
    payload: bytes


def parsed(data: bytes) -> Packet | None:
    """Read a packet; None for what is none (RFC 3550, A.1), such as RTCP or STUN."""
    if len(data) < _HEAD.size:
        return None
    first, second, sequence, timestamp, source = _HEAD.unpack_from(data)
    if first >> 6 != _VERSION or 200 <= second <= 207:
        return None
    start, end = _HEAD.size + 4 * (first & 0x0F), len(data)
    if first & 0x10:  # a header extension
        if len(data) < start + 4:
            return None
        start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4])
    if first & 0x20:  # padding, whose length is the last byte
        end -= data[-1]
    if start > end:
        return None
    marker, kind = second >> 7 == 1, second & 0x7F
    return Packet(kind, sequence, timestamp, source, marker, data[start:end])


class Stream:
    """
    What we send: each `sound` is the next 20 ms.

    `_due` is the loop's time at which the next packet should leave.
    """

    def __init__(self, clock: int) -> None:
        self._source = secrets.randbits(32)
        self._sequence = secrets.randbits(15)
        self._timestamp = secrets.randbits(31)
        self._step = round(clock * FRAME_SECONDS)
        self._clock = clock
        self._due: float | None = None

    def sound(self, payload_type: int, payload: bytes, now: float) -> bytes:
        """The packet of the next 20 ms of sound, which leaves now."""
        late = 0.0 if self._due is None else now - self._due
        talkspurt = self._due is None or late > SLIPPED
        if late > SLIPPED:
            self._timestamp += round(late * self._clock)
            self._due = now
        packet = self._packet(payload_type, talkspurt, self._timestamp, payload)
        self._timestamp += self._step
        self._due = (now if self._due is None else self._due) + FRAME_SECONDS
        return packet

    def _packet(self, payload_type: int, marker: bool, timestamp: int, payload: bytes) -> bytes:
        self._sequence = (self._sequence + 1) & 0xFFFF
        second = payload_type | (0x80 if marker else 0)
        stamp = timestamp & 0xFFFFFFFF
        return _HEAD.pack(_VERSION << 6, second, self._sequence, stamp, self._source) + payload
