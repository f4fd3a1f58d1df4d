"""
A scripted Riva: hears words whenever there is sound, speaks a tone, and notes when.

Interim words come as the caller speaks, the final ones a fixed time after `force_eou`, the first
sound a fixed time after a sentence.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import grpc
import numpy as np
from riva.client.proto.riva_asr_pb2 import (
    RivaSpeechRecognitionConfigResponse,
    SpeechRecognitionAlternative,
    StreamingRecognitionResult,
    StreamingRecognizeResponse,
)
from riva.client.proto.riva_asr_pb2_grpc import (
    RivaSpeechRecognitionServicer,
    add_RivaSpeechRecognitionServicer_to_server,
)
from riva.client.proto.riva_tts_pb2 import RivaSynthesisConfigResponse, SynthesizeSpeechResponse
from riva.client.proto.riva_tts_pb2_grpc import (
    RivaSpeechSynthesisServicer,
    add_RivaSpeechSynthesisServicer_to_server,
)

from bench.turn_overhead.notes import Notes
from bench.turn_overhead.script import Delays, sound, tag_in, tag_text, utterance

LOUD = 300.0
"""RMS of a piece of sound that has speech in it."""
INTERIM_BYTES = 6400
"""Loud sound (16 kHz) from one interim to the next: 0.2 s."""
STABILITY = 0.5
"""Of interims: the bot begins an answer on those that sound finished, else on the final words."""
PIECE = 3200
"""Bytes of synthesized sound in one message: 0.2 s."""
PIECE_SECONDS = 0.010
"""Between two of them."""


class Recognition(RivaSpeechRecognitionServicer):
    """Numbers the streams as they are opened."""

    def __init__(self, delays: Delays, notes: Notes) -> None:
        self._delays, self._notes = delays, notes
        self._streams = 0

    async def StreamingRecognize(self, requests: AsyncIterator[Any], context: Any) -> None:
        """One call."""
        number, self._streams = self._streams, self._streams + 1
        stream = _Stream(number)
        async for request in requests:
            came = time.monotonic()
            force = request.runtime_config.get("force_eou") == "true"
            if not force or any(request.audio_content):  # else the bot's own, having no other
                stream.bytes += len(request.audio_content)
            if force:
                await self._finish(stream, came, context)
            elif stream.hears_more(request.audio_content):
                await context.write(_heard(stream.interim(), False))

    async def _finish(self, stream: "_Stream", came: float, context: Any) -> None:
        tag, heard = (stream.number, stream.utterances), stream.close()
        await asyncio.sleep(came + self._delays.final - time.monotonic())
        text = f"{tag_text(tag)} {utterance(tag).words}" if heard else ""
        if heard:
            self._notes.add("heard", tag, forced=came, bytes=stream.bytes, final=time.monotonic())
        await context.write(_heard(text, True))

    async def GetRivaSpeechRecognitionConfig(self, request: Any, context: Any) -> Any:
        """No list of models: the bot believes that the server has the one it wants."""
        return RivaSpeechRecognitionConfigResponse()


class _Stream:
    """`bytes` and `utterances` so far; `_loud` counts the loud bytes of the present one."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.bytes = self.utterances = 0
        self._loud = 0

    def hears_more(self, pcm: bytes) -> bool:
        """Take sound; say whether new words are due."""
        if not pcm or np.sqrt(np.mean(np.frombuffer(pcm, "<i2").astype(float) ** 2)) < LOUD:
            return False
        before, self._loud = self._loud, self._loud + len(pcm)
        return before // INTERIM_BYTES < self._loud // INTERIM_BYTES

    def interim(self) -> str:
        """The words so far: one more each time."""
        tag = (self.number, self.utterances)
        words = utterance(tag).words.split()
        return " ".join([tag_text(tag), *words[: self._loud // INTERIM_BYTES]])

    def close(self) -> bool:
        """The utterance is over; return whether there was any."""
        heard, self._loud = self._loud > 0, 0
        self.utterances += heard
        return heard


def _heard(text: str, final: bool) -> StreamingRecognizeResponse:
    alternative = SpeechRecognitionAlternative(transcript=text, confidence=0.9)
    result = StreamingRecognitionResult(
        alternatives=[alternative], is_final=final, stability=1.0 if final else STABILITY
    )
    return StreamingRecognizeResponse(results=[result])


class Synthesis(RivaSpeechSynthesisServicer):
    """Says every sentence as a tone; the tag of its text is in its first samples."""

    def __init__(self, delays: Delays, notes: Notes) -> None:
        self._delays, self._notes = delays, notes

    async def SynthesizeOnline(self, requests: AsyncIterator[Any], context: Any) -> None:
        """One sentence."""
        async for request in requests:
            came = time.monotonic()
            tag = tag_in(request.text)
            pcm = sound(tag) if request.sample_rate_hz == 8000 else sound(None) * 2
            await asyncio.sleep(came + self._delays.first_audio - time.monotonic())
            if tag is not None:
                self._notes.add("spoken", tag, asked=came, audio=time.monotonic())
            for at in range(0, len(pcm), PIECE):
                await context.write(SynthesizeSpeechResponse(audio=pcm[at : at + PIECE]))
                await asyncio.sleep(PIECE_SECONDS)

    async def GetRivaSynthesisConfig(self, request: Any, context: Any) -> Any:
        """No list of voices."""
        return RivaSynthesisConfigResponse()


async def start(delays: Delays, notes: Notes) -> tuple["grpc.aio.Server", int]:
    """Both services on one free port."""
    server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
    add_RivaSpeechRecognitionServicer_to_server(Recognition(delays, notes), server)
    add_RivaSpeechSynthesisServicer_to_server(Synthesis(delays, notes), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    return server, port
