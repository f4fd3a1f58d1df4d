"""
The embedded speech server: Riva's gRPC services on small models on this machine's CPU.

It decides which engines run and where it listens. What is missing is said once, clearly, and the
rest goes on: without Kokoro espeak-ng speaks, without Whisper recognition is UNAVAILABLE.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import structlog
from riva.client.proto import health_pb2_grpc, riva_asr_pb2_grpc, riva_tts_pb2_grpc

from bot.core.errors import BotError, ConfigError
from bot.local import models
from bot.local.asr import HindiWhisper, SpeechDecoder, WhisperSettings
from bot.local.espeak import Espeak, EspeakMissing
from bot.local.health import Health
from bot.local.listening import Detector
from bot.local.recognition import Recognition
from bot.local.speaking import Manner, Speaker
from bot.local.synthesis import Synthesis
from bot.local.tts import KOKORO_VOICES, EspeakVoice, Kokoro, Voices
from bot.local.workers import Workers
from bot.signal.silero import silero

log = structlog.get_logger()

ASR_SERVICE = "nvidia.riva.asr.RivaSpeechRecognition"
TTS_SERVICE = "nvidia.riva.tts.RivaSpeechSynthesis"
_LARGEST_MESSAGE = 64 << 20
_GRACE_SECONDS = 2.0
_OTHER_MODEL_WINDOW_SECONDS = 30.0
_GRPC_OPTIONS = (
    ("grpc.max_receive_message_length", _LARGEST_MESSAGE),
    ("grpc.max_send_message_length", _LARGEST_MESSAGE),
    ("grpc.so_reuseport", 0),
    # Clients may keep their connection alive with a ping every 5 s.
    ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
    ("grpc.keepalive_permit_without_calls", 1),
)


@dataclass(frozen=True, slots=True)
class SpeechOptions:
    """How to run the embedded speech server."""

    host: str = "127.0.0.1"
    port: int = 50051
    """0: any free one."""
    cache: Path | None = None
    """The cache folder; None: as the environment says."""
    fetch: bool = True
    """Fetch missing model files before serving."""
    asr_model: Path | None = None
    """A folder of another faster-whisper model, which decodes Hindi directly."""
    asr_threads: int = 2
    """Cores for recognition: so many decodes at once on one core each (see `asr_workers`)."""
    asr_workers: int = 0
    """Decodes at once; 0: as many as threads, but one for another `asr_model`, which is slower."""
    tts_threads: int = 2
    """Cores for one clause; clauses are made one after the other."""
    streams: int = 32
    """Recognition streams at once, and as many synthesis requests."""
    prepare: Sequence[str] = ()
    """Texts to make in the first voice while nothing else is to do: greeting, fixed replies."""
    prepare_rate: int = 16_000
    progress: Callable[[str], None] | None = None
    """Takes lines of news while files are fetched; None: standard error."""
    decoder: SpeechDecoder | None = None
    """In the place of Whisper: for tests, or another model."""
    voices: Sequence[Voices] | None = None
    """In the place of Kokoro and espeak-ng."""
    detectors: Callable[[], Detector] | None = None
    """Makes a stream's voice detector, in the place of silero."""

    @property
    def decodes(self) -> int:
        """Decodes at once."""
        return self.asr_workers or (1 if self.asr_model else self.asr_threads)


@dataclass(slots=True)
class _Engines:
    """What could be loaded, and why the rest could not."""

    decoder: SpeechDecoder | None = None
    voices: Sequence[Voices] = ()
    asr_missing: str = ""
    tts_missing: str = ""
    complaints: list[str] = field(default_factory=list)


class RunningServer:
    """A server that listens. Stop it with `await stop()`."""

    def __init__(
        self, server: grpc.aio.Server, health: Health, workers: Sequence[Workers], port: int
    ) -> None:
        self.port = port
        self._server = server
        self._health = health
        self._workers = workers
        self._preparing: asyncio.Task[None] | None = None

    def prepare(self, speaker: Speaker, texts: Sequence[str], manner: Manner) -> None:
        """Make texts in the background."""
        self._preparing = asyncio.create_task(_prepared(speaker, texts, manner))

    async def prepared(self) -> None:
        """Wait until the fixed texts are made."""
        if self._preparing is not None:
            await asyncio.wait([self._preparing])

    async def stop(self, grace: float = _GRACE_SECONDS) -> None:
        """Take no new requests, give running ones `grace` seconds, and end the threads."""
        if self._preparing is not None:
            self._preparing.cancel()
            await asyncio.wait([self._preparing])
        self._health.stop()
        await self._server.stop(grace)
        for workers in self._workers:
            await workers.close()

    async def wait(self) -> None:
        """Serve until somebody calls `stop`."""
        await self._server.wait_for_termination()


async def serve(options: SpeechOptions) -> RunningServer:
    """
    Load the models, listen, and give the running server.

    Raise ConfigError where the port cannot be had. Missing models are no error: see the log and
    the health service.
    """
    engines = await asyncio.to_thread(load_engines, options)
    for complaint in engines.complaints:
        log.warning("speech server lacks something", reason=complaint)
    hearing = Workers(options.decodes, "asr")
    talking = Workers(1, "tts")
    speaker = Speaker(talking)
    health = Health({ASR_SERVICE: engines.decoder is not None, TTS_SERVICE: bool(engines.voices)})
    synthesis = Synthesis(
        engines.voices,
        speaker,
        missing=engines.tts_missing,
        known=[f"Kokoro.{name}" for name in KOKORO_VOICES],
        requests=options.streams,
    )
    recognition = Recognition(
        engines.decoder,
        hearing,
        options.detectors or silero,
        missing=engines.asr_missing,
        streams=options.streams,
    )
    server = grpc.aio.server(options=_GRPC_OPTIONS)
    riva_asr_pb2_grpc.add_RivaSpeechRecognitionServicer_to_server(recognition, server)
    riva_tts_pb2_grpc.add_RivaSpeechSynthesisServicer_to_server(synthesis, server)
    health_pb2_grpc.add_HealthServicer_to_server(health, server)
    port = _listen(server, options)
    await server.start()
    running = RunningServer(server, health, (hearing, talking), port)
    if options.prepare and engines.voices:
        manner = Manner(synthesis.voice(""), options.prepare_rate)
        running.prepare(speaker, options.prepare, manner)
    return running


def load_engines(options: SpeechOptions) -> _Engines:
    """Fetch and load the models: seconds. What fails is noted, not raised."""
    engines = _Engines(options.decoder, options.voices or ())
    if options.fetch and (options.decoder is None or options.voices is None):
        _fetch(options, engines)
    if options.decoder is None:
        _load_decoder(options, engines)
    if options.voices is None:
        _load_voices(options, engines)
    if options.detectors is None:
        silero()  # Loads the network now and not in the first stream.
    return engines


def _fetch(options: SpeechOptions, engines: _Engines) -> None:
    files = [] if options.decoder or options.asr_model else list(models.WHISPER_FILES)
    files += [] if options.voices is not None else list(models.KOKORO_FILES)
    try:
        models.fetch_all(options.progress or _to_stderr, cache=options.cache, files=files)
    except (models.ModelFileError, OSError) as error:
        engines.complaints.append(str(error))


def _load_decoder(options: SpeechOptions, engines: _Engines) -> None:
    try:
        engines.decoder = HindiWhisper(_whisper_settings(options))
    except BotError as error:
        engines.asr_missing = f"recognition is not available: {error}"
        engines.complaints.append(engines.asr_missing)


def _whisper_settings(options: SpeechOptions) -> WhisperSettings:
    workers = options.decodes
    threads = max(1, options.asr_threads // workers)
    if options.asr_model is not None:
        return WhisperSettings(
            options.asr_model,
            options.asr_model.name,
            threads,
            workers,
            through_urdu=False,
            window_seconds=_OTHER_MODEL_WINDOW_SECONDS,
        )
    folder = models.require(models.WHISPER_FILES, options.cache)
    return WhisperSettings(folder / "whisper-base", threads=threads, workers=workers)


def _load_voices(options: SpeechOptions, engines: _Engines) -> None:
    try:
        espeak = Espeak(cache=options.cache)
    except EspeakMissing as error:
        engines.tts_missing = f"synthesis is not available: {error}"
        engines.complaints.append(engines.tts_missing)
        return
    engines.voices = [EspeakVoice(espeak)]
    try:
        folder = models.require(models.KOKORO_FILES, options.cache) / "kokoro"
        engines.voices = [Kokoro(folder, espeak, options.tts_threads), EspeakVoice(espeak)]
    except BotError as error:
        engines.complaints.append(f"espeak-ng speaks in Kokoro's place: {error}")


def _listen(server: grpc.aio.Server, options: SpeechOptions) -> int:
    address = f"{options.host}:{options.port}"
    try:
        port: int = server.add_insecure_port(address)
    except RuntimeError as error:
        raise ConfigError(
            f"the embedded speech server cannot listen on {address} ({error}): "
            "is another server running there? choose another port"
        ) from error
    return port


async def _prepared(speaker: Speaker, texts: Sequence[str], manner: Manner) -> None:
    try:
        await speaker.prepare(texts, manner)
    except BotError as error:
        log.warning("fixed texts not prepared", error=str(error))


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201  # Progress for the person who waits.


def run(options: SpeechOptions) -> None:
    """Serve until SIGINT or SIGTERM. Raise ConfigError where the port cannot be had."""
    asyncio.run(_run(options))


async def _run(options: SpeechOptions) -> None:
    running = await serve(options)
    _to_stderr(f"embedded speech server on {options.host}:{running.port} (pid {os.getpid()})")
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked.set)
    await asked.wait()
    await running.stop()
