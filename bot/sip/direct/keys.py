"""Keys that callers press, and ours: telephone events in RTP (RFC 4733), and SIP INFO."""

import re
import struct

from bot.core.numbers import KEYS
from bot.sip.direct.rtp import Packet, Stream

_NAMES = "0123456789*#ABCD"
"""The events 0 to 15 (RFC 4733, table 3)."""
RELAY = "application/dtmf-relay"
PLAIN = "application/dtmf"
PRESSED = 5
"""Packets while a key of ours is down: 0.1 s."""
ENDS = 3
"""How often its end is told (RFC 4733, 2.5.1.4)."""
END = 0x80
VOLUME = 10
"""Below 0 dBm0, in dB."""


class EventEar:
    """
    Hears keys in telephone events: each once, at the first of its packets that comes.

    All packets of a key have the same timestamp; `_heard` is the last one's, with the key.
    """

    def __init__(self) -> None:
        self._heard: tuple[int, int, int] | None = None

    def key(self, packet: Packet) -> str:
        """The key that begins with this packet; empty where none does."""
        if len(packet.payload) < 4:
            return ""
        event = packet.payload[0]
        heard = packet.source, packet.timestamp, event
        if heard == self._heard or event >= len(_NAMES) or self._is_old(packet):
            return ""
        self._heard = heard
        return _NAMES[event]

    def _is_old(self, packet: Packet) -> bool:
        """Whether it belongs to a key before the last one: it came late."""
        if self._heard is None or packet.source != self._heard[0]:
            return False
        return ((packet.timestamp - self._heard[1]) & 0xFFFFFFFF) > 0x80000000


class Press:
    """
    A key of ours as telephone events: a packet every 20 ms, instead of sound (RFC 4733, 2.5.1).

    All of them have the timestamp of the key's beginning, `_began`. `_told` counts them, `_lasted`
    is how long the key is down so far, in samples.
    """

    def __init__(self, key: str) -> None:
        self._event = _NAMES.index(key)
        self._told = self._began = self._lasted = 0

    @property
    def is_over(self) -> bool:
        """Whether all is told."""
        return self._told >= PRESSED + ENDS - 1

    def packet(self, stream: Stream, payload_type: int, now: float) -> bytes:
        """The packet of the next 20 ms, which leave now."""
        stream.beat(now)
        if not self._told:
            self._began = stream.timestamp
        self._told += 1
        if self._told <= PRESSED:
            self._lasted = min(stream.timestamp + stream.step - self._began, 0xFFFF)
        end = END if self._told >= PRESSED else 0
        payload = struct.pack("!BBH", self._event, end | VOLUME, self._lasted)
        return stream.packet(payload_type, self._told == 1, self._began, payload)


def info_key(content_type: str, body: bytes) -> str | None:
    """The key in the body of an INFO; None where it has none (draft-kaplan-dispatch-info-dtmf)."""
    kind = content_type.partition(";")[0].strip().lower()
    text = body.decode("ascii", "replace").strip()
    if kind == RELAY:
        found = re.search(r"^Signal\s*=\s*(\S+)", text, re.MULTILINE | re.IGNORECASE)
        text = found[1] if found else ""
    elif kind != PLAIN:
        return None
    text = text.upper()
    if text.isdigit() and 10 <= int(text) <= 15:
        return _NAMES[int(text)]
    return text if text in KEYS else None
