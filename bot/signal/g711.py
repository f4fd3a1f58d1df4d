"""
ITU-T G.711: the two 8-bit companding laws of the telephone network.

A-law (RTP name PCMA) is India's and Europe's, mu-law (PCMU) North America's and Japan's. PCM is
16-bit signed little-endian; one byte of G.711 is one sample. Half a sample is a ValueError.
"""

from bot.signal.audioops import audioop

_BYTES = 2

ALAW_SILENCE = b"\xd5"
"""One sample of silence in A-law."""
ULAW_SILENCE = b"\xff"
"""One sample of silence in mu-law."""


def alaw_encoded(pcm: bytes) -> bytes:
    """16-bit PCM as A-law: half as many bytes."""
    _check(pcm)
    coded: bytes = audioop.lin2alaw(pcm, _BYTES)
    return coded


def alaw_decoded(coded: bytes) -> bytes:
    """A-law as 16-bit PCM: twice as many bytes."""
    pcm: bytes = audioop.alaw2lin(coded, _BYTES)
    return pcm


def ulaw_encoded(pcm: bytes) -> bytes:
    """16-bit PCM as mu-law: half as many bytes."""
    _check(pcm)
    coded: bytes = audioop.lin2ulaw(pcm, _BYTES)
    return coded


def ulaw_decoded(coded: bytes) -> bytes:
    """Mu-law as 16-bit PCM: twice as many bytes."""
    pcm: bytes = audioop.ulaw2lin(coded, _BYTES)
    return pcm


def _check(pcm: bytes) -> None:
    if len(pcm) % _BYTES:
        raise ValueError(f"16-bit PCM must have an even number of bytes, not {len(pcm)}")
