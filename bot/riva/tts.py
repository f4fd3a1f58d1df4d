"""
Text to speech by Riva: one SynthesizeOnline RPC a sentence, with a deadline on every wait.

One RPC a sentence because older servers silently lose a second text on the same stream. The RPC of
a reply's first sentence is opened while the model still writes it.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any, Final, TypeAlias

import grpc
import structlog
from riva.client.proto.riva_tts_pb2 import SynthesizeSpeechRequest, SynthesizeSpeechResponse
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
RECONNECT_SECONDS: Final = 0.6
"""For which the second RPC waits for a connection: gRPC tries again after 0.2 s, then after 0.3."""
AHEAD_SECONDS: Final = 2.0
"""An RPC that was opened ahead waits so long for its sentence."""

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
        self._ahead: _Rpc | None = None

    def warm(self) -> None:
        """
        Open the next sentence's RPC. Not where requests are traced: it has no span yet.

        Without a sentence it is cancelled after `AHEAD_SECONDS`.
        """
        if self._ahead is None and self._servers.metadata == self._servers.fixed:
            self._ahead = ahead = _Rpc(self._servers)
            asyncio.get_running_loop().call_later(AHEAD_SECONDS, self._forget, ahead)

    async def speech(self, sentence: str) -> AsyncGenerator[Speech, None]:
        """
        Yield the sentence's audio as it comes, and the words known so far.

        A sentence without a letter or digit yields nothing. `first_audio_timeout` covers all
        tries; a failure before the first audio is tried once more, on the next server, or once
        the only one is connected again.
        """
        text = clean(sentence)
        if not any(letter.isalnum() for letter in text):
            return
        deadline = asyncio.get_running_loop().time() + self._settings.first_audio_timeout
        for attempt in range(1, TRIES + 1):
            utterance = _Utterance(self._settings, self._rate, self._voice)
            async with aclosing(utterance.pieces(self._rpc(), text, deadline)) as pieces:
                async for piece in pieces:
                    yield piece
            if utterance.trouble is None:
                return
            if attempt == TRIES or not utterance.may_retry():
                raise utterance.trouble
            log.warning("tts_tries_again", error=str(utterance.trouble))
            await self._servers.reconnected(RECONNECT_SECONDS)

    def _rpc(self) -> "_Rpc":
        """The one that was opened ahead, if it still lives."""
        ahead, self._ahead = self._ahead, None
        return _Rpc(self._servers) if ahead is None or ahead.call.done() else ahead

    def _forget(self, ahead: "_Rpc") -> None:
        if self._ahead is ahead:
            self._ahead = None
            ahead.call.cancel()


class _Rpc:
    """An open RPC, whose text follows."""

    def __init__(self, servers: Servers) -> None:
        self._message = asyncio.get_running_loop().create_future()
        stub = RivaSpeechSynthesisStub(servers.channel())
        self.call: _Call = stub.SynthesizeOnline(
            self._messages(), metadata=servers.metadata, timeout=RPC_SECONDS
        )
        self.status = Status(self.call)

    def send(self, message: SynthesizeSpeechRequest) -> None:
        """The only one."""
        self._message.set_result(message)

    async def _messages(self) -> AsyncIterator[SynthesizeSpeechRequest]:
        yield await self._message


class _Utterance:
    """One sentence by one RPC. Afterwards `trouble` is why it failed, else None."""

    def __init__(self, settings: TtsSettings, rate: int, voice: str) -> None:
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

    async def pieces(self, rpc: _Rpc, text: str, deadline: float) -> AsyncGenerator[Speech, None]:
        """Yield the audio for `text`; the first of it is due at `deadline` of the loop."""
        rpc.send(request(text, self._settings, self._asked, self._voice))
        clock = asyncio.get_running_loop().time
        try:
            while (response := await self._read(rpc, deadline)) is not None:
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
            rpc.call.cancel()
        if self.trouble is None and not self._spoken:
            self.trouble = ServiceUnavailable(
                "tts", f"empty audio for {len(text)} characters (voice {self._voice or 'any'})"
            )

    async def _read(self, rpc: _Rpc, deadline: float) -> SynthesizeSpeechResponse | None:
        try:
            async with asyncio.timeout_at(deadline):
                response = await rpc.call.read()
        except TimeoutError:
            self.trouble = ServiceTimeout("tts", self._late())
            return None
        except grpc.aio.AioRpcError as error:
            self.trouble, self._code = rpc.status.error("tts", error), rpc.status.code
            return None
        return None if response is grpc.aio.EOF else response

    def _late(self) -> str:
        if self._spoken:
            wait = self._settings.chunk_timeout
            return f"no more audio for {wait:g} s (riva.tts.chunk_timeout)"
        wait = self._settings.first_audio_timeout
        return f"no audio within {wait:g} s (riva.tts.first_audio_timeout)"
