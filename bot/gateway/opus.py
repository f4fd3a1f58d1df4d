"""
Opus (RFC 6716), packet by packet, by libopus. Needs the extra `opus`.

Speech at 24 kbit/s: a packet of 20 ms has about 55 bytes. The complexity is a compromise: the
highest costs up to twice the time, on a loop that all calls share.
"""

import opuslib_next  # type: ignore[import-untyped]
from opuslib_next.exceptions import OpusError  # type: ignore[import-untyped]

from bot.core.audio import SAMPLE_BYTES, frame_bytes

BITS_A_SECOND = 24_000
COMPLEXITY = 5
LONGEST_PACKET = 0.120
"""Seconds; section 3.2 of the RFC."""


class Opus:
    """Both directions of one conversation, at the line's rate."""

    def __init__(self, rate: int) -> None:
        """`rate`: 8000 or 16000."""
        self._encoder = opuslib_next.Encoder(rate, 1, "voip")
        self._encoder.bitrate = BITS_A_SECOND
        self._encoder.complexity = COMPLEXITY
        self._decoder = opuslib_next.Decoder(rate, 1)
        self._frame = frame_bytes(rate) // SAMPLE_BYTES
        self._longest = round(LONGEST_PACKET * rate)

    def decode(self, data: bytes) -> bytes:
        """One packet as PCM. Raises ValueError for bytes that are no packet."""
        if not data:
            raise ValueError("an empty packet")
        try:
            return bytes(self._decoder.decode(data, self._longest))
        except OpusError as error:
            raise ValueError("no Opus packet") from error

    def encode(self, frame: bytes) -> bytes:
        """20 ms of PCM as one packet."""
        return bytes(self._encoder.encode(frame, self._frame))
