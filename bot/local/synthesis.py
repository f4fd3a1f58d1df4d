"""
Riva's speech synthesis service on the embedded voices: requests checked, sound written.

Messages and rules are those of nvidia.riva.tts (riva_tts.proto of nvidia-riva-client 2.28).
Voices are listed as Riva does: `voice_name` and `subvoices` make full names "Kokoro.hf_alpha".
"""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Any

import grpc
import structlog
from riva.client.proto import riva_tts_pb2 as pb
from riva.client.proto import riva_tts_pb2_grpc as rpc
from riva.client.proto.riva_audio_pb2 import AudioEncoding

from bot.core.audio import SAMPLE_BYTES
from bot.local.refusal import Seats, invalid, statuses, unavailable
from bot.local.speaking import Manner, Piece, Speaker, Voice
from bot.local.tts import Voices
from bot.signal.g711 import alaw_encoded, ulaw_encoded

log = structlog.get_logger()

LANGUAGE = "hi-IN"
ESPEAK_ALIAS = "espeak-hi"
_SLOWEST, _FASTEST = 8_000, 48_000
_LONGEST_TEXT = 4_000
"""Letters."""
_MESSAGE_SECONDS = 0.25
_SPEEDS = (0.5, 2.0)
_NOTHING_TO_SAY = "text holds nothing that can be spoken"
_ENCODERS: dict[int, Callable[[bytes], bytes]] = {
    AudioEncoding.ENCODING_UNSPECIFIED: bytes,
    AudioEncoding.LINEAR_PCM: bytes,
    AudioEncoding.MULAW: ulaw_encoded,
    AudioEncoding.ALAW: alaw_encoded,
}


class Synthesis(rpc.RivaSpeechSynthesisServicer):  # type: ignore[misc]  # No types in grpc.
    """The service. `voices` in order of preference; none: every request fails with `missing`."""

    def __init__(
        self,
        voices: Sequence[Voices],
        speaker: Speaker,
        *,
        missing: str = "",
        known: Sequence[str] = (),
        requests: int = 32,
    ) -> None:
        """`known` are full names of voices that lack here: the first voice stands in for them."""
        self._voices = voices
        self._speaker = speaker
        self._missing = missing
        self._known = set(known)
        self._seats = Seats(requests, "synthesis requests")

    async def Synthesize(self, request: Any, context: Any) -> Any:
        """Give all the sound of a text in one message."""
        async with statuses(context):
            with self._seats.one():
                sound, meta = bytearray(), pb.SynthesizeSpeechResponseMetadata(text=request.text)
                async with aclosing(self._say(request)) as pieces:
                    async for piece in pieces:
                        sound += piece.pcm
                        _add(meta, piece, request)
                return pb.SynthesizeSpeechResponse(
                    audio=_ENCODERS[request.encoding](bytes(sound)), meta=meta, id=request.id
                )

    async def SynthesizeOnline(self, _requests: Any, context: Any) -> None:
        """Give the sound of one or more texts as it is made."""
        async with statuses(context):
            with self._seats.one():
                while (request := await context.read()) is not grpc.aio.EOF:
                    await self._stream(request, context)

    async def GetRivaSynthesisConfig(self, request: Any, context: Any) -> Any:
        """List the voices."""
        async with statuses(context):
            listed = [one for one in self._ready() if request.model_name in ("", one.model)]
            if not listed:
                models = ", ".join(one.model for one in self._voices)
                raise invalid(f"model_name {request.model_name} is unknown; known: {models}")
            config = pb.RivaSynthesisConfigResponse.Config
            return pb.RivaSynthesisConfigResponse(
                model_config=[
                    config(model_name=one.model, parameters=_parameters(one)) for one in listed
                ]
            )

    async def _stream(self, request: Any, context: Any) -> None:
        """Write one text's sound. Its word times count from its own beginning."""
        manner = self._manner(request)
        step = round(_MESSAGE_SECONDS * manner.rate) * SAMPLE_BYTES
        async with aclosing(self._say(request)) as pieces:
            async for piece in pieces:
                meta = pb.SynthesizeSpeechResponseMetadata(text=piece.clause)
                _add(meta, piece, request)
                for at in range(0, len(piece.pcm), step):
                    sound = _ENCODERS[request.encoding](piece.pcm[at : at + step])
                    await context.write(
                        pb.SynthesizeSpeechResponse(audio=sound, meta=meta, id=request.id)
                    )
                    meta = None

    async def _say(self, request: Any) -> AsyncGenerator[Piece, None]:
        manner = self._manner(request)
        some = False
        async with aclosing(self._speaker.say(request.text, manner)) as pieces:
            async for piece in pieces:
                some = True
                yield piece
        if not some:
            raise invalid(_NOTHING_TO_SAY)

    def _manner(self, request: Any) -> Manner:
        voice = self.voice(request.voice_name)
        if request.language_code not in ("", LANGUAGE):
            raise invalid(
                "Unavailable model requested given these parameters: "
                f"language_code={request.language_code}; available: language_code={LANGUAGE}"
            )
        if len(request.text) > _LONGEST_TEXT:
            raise invalid(
                f"text has {len(request.text)} letters, at most {_LONGEST_TEXT} are taken"
            )
        if request.encoding not in _ENCODERS:
            name = AudioEncoding.Name(request.encoding)
            raise invalid(f"encoding {name} is not supported: use LINEAR_PCM, MULAW or ALAW")
        rate = request.sample_rate_hz or voice.voices.rate
        if not _SLOWEST <= rate <= _FASTEST:
            raise invalid(f"sample_rate_hz {rate} must be from {_SLOWEST} to {_FASTEST}")
        return Manner(voice, rate, _speed(request.custom_configuration.get("speed", "1")))

    def voice(self, name: str) -> Voice:
        """Find the voice by its full or short name; the first one where no name is given."""
        every = [Voice(family, one) for family in self._ready() for one in family.names]
        for voice in every:
            if name in ("", voice.full_name, voice.name, voice.voices.family):
                return voice
            if name == ESPEAK_ALIAS and voice.voices.family == "espeak":
                return voice
        if name in self._known or f"Kokoro.{name}" in self._known:
            log.warning("voice missing", voice=name, instead=every[0].full_name)
            return every[0]
        names = ", ".join(voice.full_name for voice in every)
        raise invalid(f"voice_name {name} is unknown; known (case matters): {names}")

    def _ready(self) -> Sequence[Voices]:
        if not self._voices:
            raise unavailable(self._missing)
        return self._voices


def _speed(asked: str) -> float:
    try:
        speed = float(asked)
    except ValueError:
        speed = 0.0
    if not _SPEEDS[0] <= speed <= _SPEEDS[1]:
        raise invalid(f"custom_configuration speed {asked} must be a number from 0.5 to 2")
    return speed


def _add(meta: Any, piece: Piece, request: Any) -> None:
    """Tell what was spoken: processed text, durations, and word times if they were asked for."""
    meta.processed_text = f"{meta.processed_text} {piece.clause}".strip()
    meta.predicted_durations.extend(piece.durations)
    if request.enable_word_time_offsets:
        meta.words.extend(
            pb.WordTiming(
                word=word.text, start_time=round(word.start * 1000), end_time=round(word.end * 1000)
            )
            for word in piece.words
        )


def _parameters(voices: Voices) -> dict[str, str]:
    subvoices = ",".join(f"{name}:{number}" for number, name in enumerate(voices.names))
    return {
        "language_code": LANGUAGE,
        "voice_name": voices.family,
        "subvoices": subvoices,
        "sample_rate": str(voices.rate),
        "model_family": "embedded",
    }
