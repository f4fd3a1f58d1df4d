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
    What we send: each `beat` is the next 20 ms, `timestamp` their first sample, `step` how many.

    `_due` is the loop's time at which the next packet should leave.
    """

    def __init__(self, clock: int) -> None:
        self._source = secrets.randbits(32)
        self._sequence = secrets.randbits(15)
        self.timestamp = secrets.randbits(31)
        self.step = round(clock * FRAME_SECONDS)
        self._clock = clock
        self._due: float | None = None

    def sound(self, payload_type: int, payload: bytes, now: float) -> bytes:
        """The packet of the next 20 ms of sound, which leaves now."""
        talkspurt = self.beat(now)
        return self.packet(payload_type, talkspurt, self.timestamp, payload)

    def beat(self, now: float) -> bool:
        """Go on to the next 20 ms, which leave now; whether sound begins anew with them."""
        if self._due is None:
            self._due = now + FRAME_SECONDS
            return True
        late = now - self._due
        slipped = late > SLIPPED
        self.timestamp += self.step + (round(late * self._clock) if slipped else 0)
        self._due = (now if slipped else self._due) + FRAME_SECONDS
        return slipped

    def packet(self, payload_type: int, marker: bool, timestamp: int, payload: bytes) -> bytes:
        """The next packet, of this timestamp."""
        self._sequence = (self._sequence + 1) & 0xFFFF
        second = payload_type | (0x80 if marker else 0)
        stamp = timestamp & 0xFFFFFFFF
        return _HEAD.pack(_VERSION << 6, second, self._sequence, stamp, self._source) + payload
