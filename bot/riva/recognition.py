"""
The messages of Riva's StreamingRecognize: settings in, transcripts out.

Source: `riva/proto/riva_asr.proto` of nvidia-riva-client 2.28.
"""

from collections.abc import Iterator
from typing import Final

from riva.client.proto.riva_asr_pb2 import (
    EndpointingConfig,
    RecognitionConfig,
    SpeechContext,
    StreamingRecognitionConfig,
    StreamingRecognitionResult,
    StreamingRecognizeRequest,
    StreamingRecognizeResponse,
)
from riva.client.proto.riva_audio_pb2 import AudioEncoding

from bot.config import AsrSettings, EndpointingSettings
from bot.core.events import Transcript

_FORCE_EOU: Final = {"force_eou": "true"}


def opening(settings: AsrSettings) -> StreamingRecognizeRequest:
    """The first message of a stream. Fields left to the server are left out."""
    config = RecognitionConfig(
        encoding=AudioEncoding.LINEAR_PCM,
        sample_rate_hertz=settings.sample_rate,
        language_code=settings.language,
        max_alternatives=1,
        profanity_filter=settings.profanity_filter,
        speech_contexts=[
            SpeechContext(phrases=boost.phrases, boost=boost.boost) for boost in settings.boosts
        ],
        audio_channel_count=1,
        enable_automatic_punctuation=settings.punctuation,
        model=settings.model,
        verbatim_transcripts=settings.verbatim,
        custom_configuration=settings.custom,
        endpointing_config=_endpointing(settings.endpointing),
    )
    streaming = StreamingRecognitionConfig(config=config, interim_results=True)
    return StreamingRecognizeRequest(streaming_config=streaming)


def sound(pcm: bytes, force_eou: bool) -> StreamingRecognizeRequest:
    """A message of audio; `force_eou` asks for the end of the utterance after it."""
    runtime = _FORCE_EOU if force_eou else None
    return StreamingRecognizeRequest(audio_content=pcm, runtime_config=runtime)


def transcripts(response: StreamingRecognizeResponse) -> Iterator[Transcript]:
    """
    What one response says.

    Riva splits an interim into a stable and an unstable result: they are joined, and are as stable
    as the least stable one. Each final stands alone; an empty final is told, an empty interim not.
    """
    interim: list[StreamingRecognitionResult] = []
    for result in response.results:
        if not result.is_final:
            interim.append(result)
            continue
        yield from _joined(interim)
        interim = []
        yield Transcript(_clean(_words(result)), True, result.stability, _confidence(result))
    yield from _joined(interim)


def _joined(results: list[StreamingRecognitionResult]) -> Iterator[Transcript]:
    text = _clean("".join(_words(result) for result in results))
    if text:
        stability = min(result.stability for result in results)
        yield Transcript(text, False, stability, _confidence(results[0]))


def _words(result: StreamingRecognitionResult) -> str:
    return result.alternatives[0].transcript if result.alternatives else ""


def _confidence(result: StreamingRecognitionResult) -> float:
    return result.alternatives[0].confidence if result.alternatives else 0.0


def _clean(text: str) -> str:
    return " ".join(text.split())


def _endpointing(settings: EndpointingSettings) -> EndpointingConfig | None:
    chosen = {name: value for name, value in settings.model_dump().items() if value >= 0}
    return EndpointingConfig(**chosen) if chosen else None
