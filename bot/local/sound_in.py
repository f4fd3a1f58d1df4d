"""
What the bytes of a client's audio are: its encoding and rate, made 16 kHz PCM piece by piece.

Takes 16-bit LINEAR_PCM, MULAW and ALAW at 8 to 48 kHz, mono. A WAV header at the beginning, which
NVIDIA's clients send along, is skipped and believed where the request says nothing.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, gcd

from riva.client.proto.riva_audio_pb2 import AudioEncoding

from bot.core.audio import NARROWBAND, SAMPLE_BYTES, WIDEBAND
from bot.local.refusal import invalid
from bot.signal.g711 import alaw_decoded, ulaw_decoded
from bot.signal.resampler import Resampler
from bot.signal.whole import resample_whole

SLOWEST, FASTEST = 8_000, 48_000
_WAV_ENCODINGS = {
    1: AudioEncoding.LINEAR_PCM,
    6: AudioEncoding.ALAW,
    7: AudioEncoding.MULAW,
    0xFFFE: AudioEncoding.LINEAR_PCM,
}
_MARGIN = 256
"""Input samples that the resampling filter looks at on both sides, and more."""


@dataclass(frozen=True, slots=True)
class SoundFormat:
    """What a client said about its audio; 0 where it said nothing."""

    encoding: int
    rate: int
    channels: int = 1


class SoundIn:
    """One stream of a client's audio."""

    def __init__(self, stated: SoundFormat) -> None:
        """Raise Refused for audio that cannot be taken."""
        self._stated = stated
        self._convert: Callable[[bytes], bytes] | None = None
        self._odd = b""
        _checked(stated)

    def feed(self, content: bytes) -> bytes:
        """Take the next bytes, give what they are as 16-bit PCM at 16 kHz."""
        if self._convert is None:
            content = self._begin(content)
        assert self._convert is not None
        return self._convert(content)

    def _begin(self, content: bytes) -> bytes:
        header = wav_header(content)
        found, start = header or (SoundFormat(0, 0), 0)
        encoding = found.encoding or self._stated.encoding or AudioEncoding.LINEAR_PCM
        rate = found.rate or self._stated.rate or WIDEBAND
        channels = found.channels if header else self._stated.channels
        _checked(SoundFormat(encoding, rate, channels))
        self._convert = self._converter(encoding, _to_wideband(rate))
        return content[start:]

    def _converter(
        self, encoding: int, resample: Callable[[bytes], bytes]
    ) -> Callable[[bytes], bytes]:
        if encoding == AudioEncoding.MULAW:
            return lambda coded: resample(ulaw_decoded(coded))
        if encoding == AudioEncoding.ALAW:
            return lambda coded: resample(alaw_decoded(coded))
        return lambda pcm: resample(self._whole_samples(pcm))

    def _whole_samples(self, pcm: bytes) -> bytes:
        sound = self._odd + pcm
        whole = len(sound) - len(sound) % SAMPLE_BYTES
        self._odd = sound[whole:]
        return sound[:whole]


def wav_header(content: bytes) -> tuple[SoundFormat, int] | None:
    """The format that a WAV header states and where its sound begins; None for other bytes."""
    if len(content) < 12 or content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        return None
    place, stated = 12, SoundFormat(0, 0)
    while place + 8 <= len(content):
        name, size = content[place : place + 4], *struct.unpack_from("<I", content, place + 4)
        place += 8
        if name == b"data":
            return stated, place
        if name == b"fmt " and place + 16 <= len(content):
            code, channels, rate = struct.unpack_from("<HHI", content, place)
            bits = struct.unpack_from("<H", content, place + 14)[0]
            stated = SoundFormat(_wav_encoding(code, bits), rate, channels)
        place += size + size % 2
    return stated, len(content)


def _wav_encoding(code: int, bits: int) -> int:
    if code not in _WAV_ENCODINGS or bits != (8 if code in (6, 7) else 16):
        raise invalid(
            f"WAV with format {code} and {bits} bits a sample is not supported: "
            "send 16-bit PCM, or 8-bit mu-law or A-law"
        )
    return int(_WAV_ENCODINGS[code])


def _checked(stated: SoundFormat) -> None:
    known = (0, AudioEncoding.LINEAR_PCM, AudioEncoding.MULAW, AudioEncoding.ALAW)
    if stated.encoding not in known:
        name = AudioEncoding.Name(stated.encoding)
        raise invalid(f"encoding {name} is not supported: use LINEAR_PCM, MULAW or ALAW")
    if stated.rate and not SLOWEST <= stated.rate <= FASTEST:
        raise invalid(f"sample_rate_hertz {stated.rate} must be from {SLOWEST} to {FASTEST}")
    if stated.channels > 1:
        raise invalid(f"audio_channel_count {stated.channels} is not supported: send mono")


def _to_wideband(rate: int) -> Callable[[bytes], bytes]:
    if rate in (NARROWBAND, WIDEBAND):
        return Resampler(rate, WIDEBAND).feed
    return _Blocks(rate).feed


class _Blocks:
    """Any other rate, in blocks that overlap by more than the filter's reach."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        step = rate // gcd(rate, WIDEBAND)
        self._margin = step * ceil(_MARGIN / step)
        """Input samples; a whole number of outputs."""
        self._block = step * ceil(rate // 10 / step)
        self._sound = bytes(self._margin * SAMPLE_BYTES)

    def feed(self, pcm: bytes) -> bytes:
        self._sound += pcm
        made = []
        whole = (self._block + 2 * self._margin) * SAMPLE_BYTES
        while len(self._sound) >= whole:
            made.append(self._inner(self._sound[:whole]))
            self._sound = self._sound[self._block * SAMPLE_BYTES :]
        return b"".join(made)

    def _inner(self, sound: bytes) -> bytes:
        outside = self._margin * WIDEBAND // self._rate * SAMPLE_BYTES
        inside = self._block * WIDEBAND // self._rate * SAMPLE_BYTES
        return resample_whole(sound, self._rate, WIDEBAND)[outside : outside + inside]
