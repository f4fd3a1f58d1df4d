"""
Text to speech by Riva: one SynthesizeOnline RPC a sentence, with a deadline on every wait.

One RPC a sentence because older servers silently lose a second text on the same stream.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final, TypeAlias

import grpc
import structlog
from riva.client.proto.riva_tts_pb2 import SynthesizeSpeechResponse
from riva.client.proto.riva_tts_pb2_grpc import RivaSpeechSynthesisStub

from bot.config import TtsSettings
from bot.core.errors import ServiceError, ServiceTimeout, ServiceUnavailable
from bot.core.ports import Speech
from bot.riva.channel import Servers
from bot.riva.errors import FINAL, Status
from bot.riva.synthesis import Sound, Words, clean, request

TRIES: Final = 2
"""RPCs for one sentence, as long as none of its audio was given out."""
RPC_SECONDS: Final = 300.0
"""The longest RPC. Playing the sentence counts, since that holds up the stream."""

_Call: TypeAlias = "grpc.aio.StreamStreamCall[Any, SynthesizeSpeechResponse]"
log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class RivaSynthesizer:
    """
    The `Synthesizer` of one call, on a line of `rate` samples a second.

    `voice` is what `voices.check_voice` chose; empty leaves it to the server.
    """

    def __init__(self, servers: Servers, settings: TtsSettings, rate: int, voice: str = "") -> None:
        self._servers = servers
        self._settings = settings
        self._rate = rate
        self._voice = voice or settings.voice

    async def speech(self, sentence: str) -> AsyncGenerator[Speech, None]:
        """
        Yield the sentence's audio as it comes, and the words known so far.

        A sentence without a letter or digit yields nothing. `first_audio_timeout` covers all
        tries; a failure before the first audio is tried once more, on the next server.
        """
        text = clean(sentence)
        if not any(letter.isalnum() for letter in text):
            return
        deadline = asyncio.get_running_loop().time() + self._settings.first_audio_timeout
        for attempt in range(1, TRIES + 1):
            utterance = _Utterance(self._servers, self._settings, self._rate, self._voice)
            async with aclosing(utterance.pieces(text, deadline)) as pieces:
                async for piece in pieces:
                    yield piece
            if utterance.trouble is None:
                return
            if attempt == TRIES or not utterance.may_retry():
                raise utterance.trouble
            log.warning("tts_tries_again", error=str(utterance.trouble))


class _Utterance:
    """One RPC. Afterwards `trouble` is why it failed, else None."""

    def __init__(self, servers: Servers, settings: TtsSettings, rate: int, voice: str) -> None:
        self._servers = servers
        self._settings = settings
        self._asked = settings.sample_rate or rate
        self._sound = Sound(self._asked, rate)
        self._words = Words()
        self._voice = voice
        self._spoken = False
        self._code: grpc.StatusCode | None = None
        self.trouble: ServiceError | None = None

    def may_retry(self) -> bool:
        """Whether nothing was given out yet and another try could do better."""
        timed_out = isinstance(self.trouble, ServiceTimeout)
        return not self._spoken and not timed_out and self._code not in FINAL

    async def pieces(self, text: str, deadline: float) -> AsyncGenerator[Speech, None]:
        """Yield the audio for `text`; the first of it is due at `deadline` of the loop."""
        message = request(text, self._settings, self._asked, self._voice)
        stub = RivaSpeechSynthesisStub(self._servers.channel())
        call: _Call = stub.SynthesizeOnline(
            iter((message,)), metadata=self._servers.metadata, timeout=RPC_SECONDS
        )
        status = Status(call)
        clock = asyncio.get_running_loop().time
        try:
            while (response := await self._read(call, status, deadline)) is not None:
                self._words.add(response.meta.words)
                pcm = self._sound.feed(response.audio)
                if pcm:
                    self._spoken = True
                    yield Speech(pcm, self._words.known)
                if response.audio:
                    deadline = clock() + self._settings.chunk_timeout
            if self.trouble is None and (pcm := self._sound.end()):
                self._spoken = True
                yield Speech(pcm, self._words.known)
        finally:
            call.cancel()
        if self.trouble is None and not self._spoken:
            self.trouble = ServiceUnavailable(
                "tts", f"empty audio for {len(text)} characters (voice {self._voice or 'any'})"
            )

    async def _read(
        self, call: _Call, status: Status, deadline: float
    ) -> SynthesizeSpeechResponse | None:
        try:
            async with asyncio.timeout_at(deadline):
                response = await call.read()
        except TimeoutError:
            self.trouble = ServiceTimeout("tts", self._late())
            return None
        except grpc.aio.AioRpcError as error:
            self.trouble, self._code = status.error("tts", error), status.code
            return None
        return None if response is grpc.aio.EOF else response

    def _late(self) -> str:
        if self._spoken:
            wait = self._settings.chunk_timeout
            return f"no more audio for {wait:g} s (riva.tts.chunk_timeout)"
        wait = self._settings.first_audio_timeout
        return f"no audio within {wait:g} s (riva.tts.first_audio_timeout)"
