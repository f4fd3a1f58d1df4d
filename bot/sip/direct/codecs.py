"""The codings of a call's sound in RTP: G.711 of both laws, and L16 (RFC 3551, 4.5)."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bot.core.audio import NARROWBAND, WIDEBAND
from bot.signal.g711 import alaw_decoded, alaw_encoded, ulaw_decoded, ulaw_encoded


def _swapped(pcm: bytes) -> bytes:
    """Little-endian samples as big-endian ones, and back. Half a sample at the end is dropped."""
    return np.frombuffer(pcm, "<i2", count=len(pcm) // 2).byteswap().tobytes()


@dataclass(frozen=True, slots=True)
class Codec:
    """
    One coding. `clock` is samples a second, of the sound as of RTP's timestamps.

    `payload_type` is the static one, or that which our offers give it.
    """

    name: str
    clock: int
    payload_type: int
    encode: Callable[[bytes], bytes]
    decode: Callable[[bytes], bytes]

    @property
    def rtpmap(self) -> str:
        """Its name in SDP."""
        return f"{self.name}/{self.clock}"


CODECS = {
    "PCMA": Codec("PCMA", NARROWBAND, 8, alaw_encoded, alaw_decoded),
    "PCMU": Codec("PCMU", NARROWBAND, 0, ulaw_encoded, ulaw_decoded),
    "L16": Codec("L16", NARROWBAND, 96, _swapped, _swapped),
    "L16/16000": Codec("L16", WIDEBAND, 97, _swapped, _swapped),
}
"""By the names of the setting `sip.codecs`."""
EVENTS_PAYLOAD_TYPE = 101
"""That which our offers give to telephone-event; most of the world uses it."""
STATIC = {0: ("PCMU", 8000), 8: ("PCMA", 8000), 13: ("CN", 8000)}
"""Payload types that need no rtpmap (RFC 3551, table 4)."""
