"""
Riva's speech recognition service on the embedded recogniser: requests checked, results written.

Messages and rules are those of nvidia.riva.asr (riva_asr.proto of nvidia-riva-client 2.28).
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import grpc
from riva.client.proto import riva_asr_pb2 as pb
from riva.client.proto import riva_asr_pb2_grpc as rpc

from bot.local.asr import Hints, SpeechDecoder
from bot.local.endpoint import EndPointing
from bot.local.listening import Detector, Heard, Listening, ListeningSettings
from bot.local.refusal import Refused, Seats, invalid, statuses, unavailable
from bot.local.sound_in import SoundFormat, SoundIn
from bot.local.workers import Workers

LANGUAGE = "hi-IN"
_IDLE_SECONDS = 120.0
_LONGEST_HISTORY_MS = 10_000
_BLOCK = 32_000
"""Bytes of a whole recording taken at once: the loop is shared with the streams."""


class Recognition(rpc.RivaSpeechRecognitionServicer):  # type: ignore[misc]  # No types in grpc.
    """The service. Without a decoder, every request is refused with `missing`."""

    def __init__(
        self,
        decoder: SpeechDecoder | None,
        workers: Workers,
        detectors: Callable[[], Detector],
        *,
        missing: str = "",
        streams: int = 32,
    ) -> None:
        self._decoder = decoder
        self._workers = workers
        self._detectors = detectors
        self._missing = missing
        self._seats = Seats(streams, "recognition streams")

    async def StreamingRecognize(self, _requests: Any, context: Any) -> None:
        """Hear a stream: its config first, then sound; interims and finals go back."""
        async with statuses(context):
            with self._seats.one():
                first = await _next(context)
                if first is None or first.WhichOneof("streaming_request") != "streaming_config":
                    raise invalid("the first message of a stream must be its streaming_config")
                await self._serve(first.streaming_config, context)

    async def Recognize(self, request: Any, context: Any) -> Any:
        """Write down a whole recording, one result for each utterance in it."""
        async with statuses(context):
            with self._seats.one():
                sound, listening = self._ear(request.config, interims=False)
                heard = await self._whole(sound, listening, request.audio)
                results = [_offline_result(one, request.config) for one in heard if one.text]
                return pb.RecognizeResponse(results=results, id=request.id)

    async def GetRivaSpeechRecognitionConfig(self, request: Any, context: Any) -> Any:
        """List the model, once as Riva lists streaming and once as offline models."""
        async with statuses(context):
            decoder = self._ready()
            if request.model_name not in ("", decoder.name):
                raise invalid(f"model_name {request.model_name} is unknown: {decoder.name} is not")
            config = pb.RivaSpeechRecognitionConfigResponse.Config
            return pb.RivaSpeechRecognitionConfigResponse(
                model_config=[
                    config(model_name=decoder.name, parameters=_parameters(kind))
                    for kind in ("online", "offline")
                ]
            )

    async def _serve(self, config: Any, context: Any) -> None:
        sound, listening = self._ear(config.config, interims=config.interim_results)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_write(listening, config.config, context))
                await _hear(sound, listening, context)
                listening.end()
        finally:
            listening.drop()

    async def _whole(self, sound: SoundIn, listening: Listening, audio: bytes) -> list[Heard]:
        try:
            async with asyncio.TaskGroup() as tasks:
                heard = tasks.create_task(_all(listening))
                for at in range(0, len(audio), _BLOCK):
                    listening.hear(sound.feed(audio[at : at + _BLOCK]))
                    await _until_free(listening)
                listening.end()
        finally:
            listening.drop()
        return heard.result()

    def _ear(self, config: Any, *, interims: bool) -> tuple[SoundIn, Listening]:
        decoder = self._ready()
        _check_model(config, decoder.name)
        sound = SoundIn(
            SoundFormat(config.encoding, config.sample_rate_hertz, config.audio_channel_count)
        )
        settings = ListeningSettings(end_pointing(config), _hints(config), interims)
        return sound, Listening(settings, decoder, self._workers, self._detectors())

    def _ready(self) -> SpeechDecoder:
        if self._decoder is None:
            raise unavailable(self._missing)
        return self._decoder


async def _next(context: Any) -> Any:
    """Give the client's next message; None at the end of its stream."""
    try:
        async with asyncio.timeout(_IDLE_SECONDS):
            message = await context.read()
    except TimeoutError as error:
        raise Refused(
            grpc.StatusCode.ABORTED,
            f"no audio for {_IDLE_SECONDS:.0f} s: send silence to keep the stream",
        ) from error
    return None if message is grpc.aio.EOF else message


async def _hear(sound: SoundIn, listening: Listening, context: Any) -> None:
    while (message := await _next(context)) is not None:
        if message.WhichOneof("streaming_request") == "streaming_config":
            raise invalid("streaming_config may only be the first message of a stream")
        if message.audio_content:
            listening.hear(sound.feed(message.audio_content))
        if message.runtime_config.get("force_eou", "").lower() == "true":
            listening.end_utterance()
        await _until_free(listening)


async def _until_free(listening: Listening) -> None:
    """Let others have the loop, and the decoder catch up."""
    await asyncio.sleep(0)
    await listening.room()


async def _write(listening: Listening, config: Any, context: Any) -> None:
    async for heard in listening.transcripts():
        result = pb.StreamingRecognitionResult(
            alternatives=[_alternative(heard, config)],
            is_final=heard.final,
            stability=heard.stability,
            channel_tag=1,
            audio_processed=heard.seconds,
        )
        await context.write(pb.StreamingRecognizeResponse(results=[result]))


async def _all(listening: Listening) -> list[Heard]:
    return [heard async for heard in listening.transcripts() if heard.final]


def _offline_result(heard: Heard, config: Any) -> Any:
    return pb.SpeechRecognitionResult(
        alternatives=[_alternative(heard, config)], channel_tag=1, audio_processed=heard.seconds
    )


def _alternative(heard: Heard, config: Any) -> Any:
    words = heard.words if config.enable_word_time_offsets else ()
    return pb.SpeechRecognitionAlternative(
        transcript=heard.text,
        confidence=heard.confidence,
        language_code=[LANGUAGE],
        words=[
            pb.WordInfo(
                word=word.text,
                start_time=word.start_ms,
                end_time=word.end_ms,
                confidence=heard.confidence,
                language_code=LANGUAGE,
            )
            for word in words
        ],
    )


def _parameters(kind: str) -> dict[str, str]:
    return {
        "language_code": LANGUAGE,
        "type": kind,
        "streaming": str(kind == "online"),
        "sample_rate": "16000",
        "decoder_type": "whisper",
        "model_family": "embedded",
    }


def _check_model(config: Any, model: str) -> None:
    """Raise Refused, in Riva's words, for another model or language than ours."""
    language = config.language_code or LANGUAGE
    if language != LANGUAGE or config.model not in ("", model):
        raise invalid(
            "Unavailable model requested given these parameters: "
            f"language_code={language}; model={config.model or 'any'}; "
            f"available: language_code={LANGUAGE}; model={model}"
        )


def _hints(config: Any) -> Hints:
    contexts: Sequence[Any] = config.speech_contexts
    phrases = [phrase for context in contexts for phrase in context.phrases]
    return Hints(tuple(phrases), max((context.boost for context in contexts), default=0.0))


def end_pointing(config: Any) -> EndPointing:
    """Take the rule from the request's endpointing_config; what it leaves open is ours."""
    asked, ours = config.endpointing_config, EndPointing()
    extra = config.custom_configuration
    onset = _share(extra.get("neural_vad.onset"), "neural_vad.onset", ours.onset)
    return EndPointing(
        start_ms=_history(asked, "start_history", ours.start_ms),
        start_share=_share(asked.start_threshold, "start_threshold", ours.start_share),
        stop_ms=_history(asked, "stop_history", ours.stop_ms),
        stop_share=_share(asked.stop_threshold, "stop_threshold", ours.stop_share),
        pause_ms=_history(asked, "stop_history_eou", ours.pause_ms),
        pause_share=_share(asked.stop_threshold_eou, "stop_threshold_eou", ours.pause_share),
        onset=onset,
        offset=_share(extra.get("neural_vad.offset"), "neural_vad.offset", onset),
    )


def _history(asked: Any, name: str, ours: int) -> int:
    value = int(getattr(asked, name))
    if value > _LONGEST_HISTORY_MS:
        raise invalid(f"endpointing_config.{name} {value} must be at most {_LONGEST_HISTORY_MS} ms")
    return value if value > 0 else ours


def _share(asked: str | float | None, name: str, ours: float) -> float:
    try:
        value = float(asked or 0.0)
    except ValueError as error:
        raise invalid(f"{name} {asked} must be a number from 0 to 1") from error
    if value > 1:
        raise invalid(f"{name} {value:g} must be at most 1")
    return value if value > 0 else ours
