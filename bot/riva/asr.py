"""
Speech to text by Riva: one StreamingRecognize RPC a call, kept fed, opened again when it breaks.

What is heard while no stream is open waits in a `Backlog` of two seconds.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any, Final, TypeAlias

import grpc
import structlog
from riva.client.proto.riva_asr_pb2 import StreamingRecognizeResponse
from riva.client.proto.riva_asr_pb2_grpc import RivaSpeechRecognitionStub

from bot.config import AsrSettings
from bot.core.audio import FRAME_SECONDS, SAMPLE_BYTES, seconds
from bot.core.errors import ServiceError, ServiceTimeout, ServiceUnavailable
from bot.core.events import Transcript
from bot.core.ports import Heard
from bot.riva import recognition
from bot.riva.backlog import LONGEST, Backlog
from bot.riva.channel import Servers
from bot.riva.errors import FINAL, Status
from bot.signal.resampler import Resampler

SILENCE_PIECE: Final = 0.1
"""Seconds of silence in a message, once the caller's frames have stopped."""
WRITE_SECONDS: Final = 5.0
"""The longest wait for the server to connect and take a message."""
FINISH_SECONDS: Final = 3.0
"""How long the server may take for its last words, after the caller's sound has ended."""
HEALTHY_SECONDS: Final = 10.0
"""A stream that lived this long was no failure when it opened."""
REFUSAL_SECONDS: Final = 2.0
"""A server that refuses `force_eou` does so within this."""
_REFUSALS: Final = (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.UNIMPLEMENTED)

_Call: TypeAlias = "grpc.aio.StreamStreamCall[Any, StreamingRecognizeResponse]"
log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class RivaRecognizer:
    """The `Recognizer` of one call, on a line of `rate` samples a second."""

    def __init__(self, servers: Servers, settings: AsrSettings, rate: int) -> None:
        self._servers = servers
        self._settings = settings
        self._rate = rate

    async def transcripts(self, sound: AsyncIterator[Heard]) -> AsyncGenerator[Transcript, None]:
        """
        Yield interims and finals until `sound` ends and the server has said its last words.

        Raises `ServiceError` when the server refuses our configuration, or after
        `AsrSettings.reconnects` failed reconnections in a row.
        """
        backlog = Backlog(self._settings.sample_rate)
        feeding = asyncio.create_task(self._feed(sound, backlog), name="asr-feed")
        try:
            async with aclosing(self._listen(backlog)) as heard:
                async for transcript in heard:
                    yield transcript
            await feeding
        finally:
            await _end(feeding)
            if backlog.dropped:
                lost = seconds(backlog.dropped, self._settings.sample_rate)
                log.warning("asr_sound_lost", seconds=round(lost, 2))

    async def _feed(self, sound: AsyncIterator[Heard], backlog: Backlog) -> None:
        resampler = Resampler(self._rate, self._settings.sample_rate)
        try:
            async for heard in sound:
                backlog.put(Heard(resampler.feed(heard.pcm), heard.end_of_utterance))
        finally:
            backlog.end()

    async def _listen(self, backlog: Backlog) -> AsyncGenerator[Transcript, None]:
        """Go from stream to stream until the sound ends or the failures are too many."""
        failures = 0
        while True:
            stream = _Stream(self._servers, self._settings, backlog)
            async with aclosing(stream.responses()) as responses:
                async for response in responses:
                    for transcript in recognition.transcripts(response):
                        failures = 0
                        yield transcript
            failures = 1 if stream.age() > HEALTHY_SECONDS else failures + 1
            wait = self._judge(stream, failures)
            if wait is None or backlog.ended:
                return
            await asyncio.sleep(wait)

    def _judge(self, stream: "_Stream", failures: int) -> float | None:
        """Seconds to wait before the next stream; None when it ended well. Raises to give up."""
        trouble = stream.trouble
        if trouble is None:
            return None
        if stream.code in _REFUSALS and stream.forced_lately():
            self._servers.force_eou = False
            log.warning("asr_force_eou_refused", error=str(trouble), remedy="riva.asr.force_eou")
            return 0.0
        if stream.code in FINAL or failures > self._settings.reconnects:
            log.error("asr_gave_up", failures=failures, error=str(trouble))
            raise trouble
        log.warning("asr_reconnects", failures=failures, error=str(trouble))
        return back_off(failures)


def back_off(failures: int) -> float:
    """Seconds to wait before a reconnection: 0.1, 0.4, 1.6, then 2."""
    return min(2.0, 0.1 * 4.0 ** (min(failures, 5) - 1))


class _Stream:
    """
    One StreamingRecognize RPC, from its opening to its end.

    Afterwards, `trouble` is why it ended before the sound did (else None), and `code` the gRPC
    status of that, where there is one.
    """

    def __init__(self, servers: Servers, settings: AsrSettings, backlog: Backlog) -> None:
        self._servers = servers
        self._settings = settings
        self._backlog = backlog
        self._clock = asyncio.get_running_loop().time
        self._opened = self._clock()
        self._sent = self._opened
        self._forced = float("-inf")
        self.trouble: ServiceError | None = None
        self.code: grpc.StatusCode | None = None

    def age(self) -> float:
        """Seconds since the stream was opened."""
        return self._clock() - self._opened

    def forced_lately(self) -> bool:
        """Whether an end of utterance was forced so lately that a refusal is about it."""
        return self._clock() - self._forced < REFUSAL_SECONDS

    async def responses(self) -> AsyncGenerator[StreamingRecognizeResponse, None]:
        """Send what the backlog has, yield what the server answers; end with the stream."""
        stub = RivaSpeechRecognitionStub(self._servers.channel())
        call: _Call = stub.StreamingRecognize(metadata=self._servers.metadata)
        status = Status(call)
        writing = asyncio.create_task(self._write_all(call), name="asr-write")
        try:
            while (response := await self._read(call, status)) is not None:
                yield response
        finally:
            call.cancel()
            await _end(writing)

    async def _read(self, call: _Call, status: Status) -> StreamingRecognizeResponse | None:
        try:
            response = await call.read()
        except grpc.aio.AioRpcError as error:
            self.trouble, self.code = status.error("asr", error), status.code
            return None
        except asyncio.CancelledError:
            if _cancelling():
                raise
            self.trouble = self.trouble or ServiceUnavailable("asr", "our side cut the stream")
            return None
        if response is grpc.aio.EOF:
            if not self._backlog.ended:
                self.trouble = ServiceUnavailable("asr", "the server ended the stream")
            return None
        return response

    async def _write_all(self, call: _Call) -> None:
        """The writer: when the server stops taking messages, end the call and say why."""
        try:
            async with asyncio.timeout(WRITE_SECONDS):
                await call.write(recognition.opening(self._settings))
            await self._write_sound(call)
            await call.done_writing()
            await asyncio.sleep(FINISH_SECONDS)
            self.trouble = ServiceTimeout("asr", "the server did not end the stream")
        except TimeoutError:
            self.trouble = ServiceTimeout(
                "asr", f"the server took nothing for {WRITE_SECONDS:g} s; is it overloaded?"
            )
        except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
            pass  # the stream is over; its reader tells why
        finally:
            call.cancel()

    async def _write_sound(self, call: _Call) -> None:
        patience = self._settings.keep_alive
        while (heard := await self._backlog.take(patience)) is not None:
            if heard.pcm:
                patience = self._settings.keep_alive
            elif not heard.end_of_utterance:  # nothing came for so long
                patience = SILENCE_PIECE
            try:
                await self._write(call, heard)
            except BaseException:
                self._backlog.put_back(heard)
                raise

    async def _write(self, call: _Call, heard: Heard) -> None:
        """Send one piece. An empty one stands for the silence since the piece before it."""
        pcm = heard.pcm or self._silence(heard.end_of_utterance)
        force = heard.end_of_utterance and self._servers.force_eou
        async with asyncio.timeout(WRITE_SECONDS):
            await call.write(recognition.sound(pcm, force))
        self._sent = self._clock()
        if force:
            self._forced = self._sent

    def _silence(self, short: bool) -> bytes:
        passed = FRAME_SECONDS if short else min(self._clock() - self._sent, LONGEST)
        return bytes(int(passed * self._settings.sample_rate) * SAMPLE_BYTES)


def _cancelling() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def _end(task: asyncio.Task[None]) -> None:
    """Cancel a task of ours and wait for it."""
    task.cancel()
    await asyncio.wait((task,))
    if not task.cancelled() and (error := task.exception()):
        log.error("asr_task_failed", task=task.get_name(), error=repr(error))
