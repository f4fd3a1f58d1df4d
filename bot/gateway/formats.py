"""How the sound of a conversation is coded: the format that a client asks for, made a codec."""

from typing import Protocol

import grpc

from bot.core.audio import NARROWBAND, SAMPLE_BYTES, WIDEBAND
from bot.gateway.desk import Fault
from bot.gateway.wire import voice_workflow_pb2 as pb
from bot.signal.g711 import alaw_decoded, alaw_encoded, ulaw_decoded, ulaw_encoded

_DEFAULT_RATES = {
    pb.ENCODING_LINEAR16: WIDEBAND,
    pb.ENCODING_MULAW: NARROWBAND,
    pb.ENCODING_ALAW: NARROWBAND,
    pb.ENCODING_OPUS: WIDEBAND,
}
_RATES = {
    pb.ENCODING_LINEAR16: (NARROWBAND, WIDEBAND),
    pb.ENCODING_MULAW: (NARROWBAND,),
    pb.ENCODING_ALAW: (NARROWBAND,),
    pb.ENCODING_OPUS: (NARROWBAND, WIDEBAND),
}


class Codec(Protocol):
    """One conversation's coding. PCM is 16-bit little-endian, mono."""

    def decode(self, data: bytes) -> bytes:
        """One message's sound as PCM. Raises ValueError for bytes that are none of this coding."""

    def encode(self, frame: bytes) -> bytes:
        """20 ms of PCM as one message."""


def agreed(wanted: pb.AudioFormat) -> pb.AudioFormat:
    """The format with nothing left open. Raises `Fault` for one that there is not."""
    encoding, rate = wanted.encoding, wanted.sample_rate_hz
    if encoding not in _RATES:
        raise _invalid("open.audio_format.encoding: say LINEAR16, MULAW, ALAW or OPUS")
    rate = rate or _DEFAULT_RATES[encoding]
    if rate not in _RATES[encoding]:
        name = pb.Encoding.Name(encoding).removeprefix("ENCODING_")
        allowed = " or ".join(str(each) for each in _RATES[encoding])
        raise _invalid(f"open.audio_format.sample_rate_hz: {name} has {allowed}, not {rate}")
    return pb.AudioFormat(encoding=encoding, sample_rate_hz=rate)


def codec(audio_format: pb.AudioFormat) -> Codec:
    """A codec for an agreed format. Raises `Fault` for Opus where its library is missing."""
    match audio_format.encoding:
        case pb.ENCODING_MULAW:
            return _MuLaw()
        case pb.ENCODING_ALAW:
            return _ALaw()
        case pb.ENCODING_OPUS:
            return _opus(audio_format.sample_rate_hz)
        case _:
            return _Linear()


class _Linear:
    def decode(self, data: bytes) -> bytes:
        if len(data) % SAMPLE_BYTES:
            raise ValueError("half a sample")
        return data

    def encode(self, frame: bytes) -> bytes:
        return frame


class _MuLaw:
    def decode(self, data: bytes) -> bytes:
        return ulaw_decoded(data)

    def encode(self, frame: bytes) -> bytes:
        return ulaw_encoded(frame)


class _ALaw:
    def decode(self, data: bytes) -> bytes:
        return alaw_decoded(data)

    def encode(self, frame: bytes) -> bytes:
        return alaw_encoded(frame)


def _opus(rate: int) -> Codec:
    try:
        from bot.gateway.opus import Opus
    except ImportError as error:
        raise Fault(
            grpc.StatusCode.UNIMPLEMENTED,
            "open.audio_format.encoding: this server has no Opus; install voicebot[opus] there,"
            " or use LINEAR16, MULAW or ALAW",
            "bad-request",
        ) from error
    return Opus(rate)


def _invalid(detail: str) -> Fault:
    return Fault(grpc.StatusCode.INVALID_ARGUMENT, detail, "bad-request")
