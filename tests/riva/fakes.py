"""Riva's two services on loopback, scripted: each RPC runs the next script of a list."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import grpc
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

from bot.config import RivaSettings
from bot.core.ports import Heard


@dataclass
class Stream:
    """What one RPC of the bot sent, and how it ended."""

    config: object = None
    audio: bytes = b""
    forced_at: list[int] = field(default_factory=list)
    """Bytes of audio received when `force_eou` came."""
    metadata: dict[str, str] = field(default_factory=dict)
    requests: list[object] = field(default_factory=list)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    cancelled: bool = False


class _Scripted:
    def __init__(self, *scripts):
        self.scripts = list(scripts)
        self.streams = []

    async def _run(self, requests, context):
        stream = Stream(metadata=dict(context.invocation_metadata()))
        self.streams.append(stream)
        script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
        try:
            async for response in script(stream, _noted(requests, stream), context):
                yield response
        except (asyncio.CancelledError, GeneratorExit):
            stream.cancelled = True
            raise
        finally:
            stream.ended.set()


async def _noted(requests, stream):
    async for request in requests:
        stream.requests.append(request)
        if hasattr(request, "streaming_config"):
            if request.WhichOneof("streaming_request") == "streaming_config":
                stream.config = request.streaming_config
                continue
            stream.audio += request.audio_content
            if request.runtime_config.get("force_eou") == "true":
                stream.forced_at.append(len(stream.audio))
        yield request


class FakeRecognition(_Scripted, RivaSpeechRecognitionServicer):
    """StreamingRecognize by script; the models it offers in `models`."""

    models: tuple[tuple[str, dict[str, str]], ...] = ()

    async def StreamingRecognize(self, request_iterator, context):
        async for response in self._run(request_iterator, context):
            yield response

    async def GetRivaSpeechRecognitionConfig(self, request, context):
        kind = RivaSpeechRecognitionConfigResponse.Config
        configs = [kind(model_name=name, parameters=values) for name, values in self.models]
        return RivaSpeechRecognitionConfigResponse(model_config=configs)


class FakeSynthesis(_Scripted, RivaSpeechSynthesisServicer):
    """SynthesizeOnline by script; the voices it offers in `voices`."""

    voices: tuple[dict[str, str], ...] = ()

    async def SynthesizeOnline(self, request_iterator, context):
        async for response in self._run(request_iterator, context):
            yield response

    async def GetRivaSynthesisConfig(self, request, context):
        kind = RivaSynthesisConfigResponse.Config
        configs = [kind(model_name="m", parameters=values) for values in self.voices]
        return RivaSynthesisConfigResponse(model_config=configs)


@asynccontextmanager
async def serving(recognition=None, synthesis=None, credentials=None, port=0):
    """Run a server with these services; yield its `host:port`."""
    for _ in range(10):
        server, bound = await _started(recognition, synthesis, credentials, port)
        if await _reachable(bound):
            break
        # Seen twice in 15,000 tests, with gRPC 1.85: it has a port, and nobody listens there.
        await server.stop(0)
    try:
        yield f"127.0.0.1:{bound}" if credentials is None else f"localhost:{bound}"
    finally:
        await server.stop(0)


async def _started(recognition, synthesis, credentials, port):
    server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
    if recognition is not None:
        add_RivaSpeechRecognitionServicer_to_server(recognition, server)
    if synthesis is not None:
        add_RivaSpeechSynthesisServicer_to_server(synthesis, server)
    if credentials is None:
        bound = server.add_insecure_port(f"127.0.0.1:{port}")
    else:
        bound = server.add_secure_port(f"localhost:{port}", credentials)
    await server.start()
    return server, bound


async def _reachable(port):
    try:
        _, writer = await asyncio.open_connection("localhost", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


def settings(uri, asr=None, tts=None, **more):
    """Settings for a server at `uri`."""
    return RivaSettings(uri=uri, asr=asr or {}, tts=tts or {}, **more)


def heard(*parts):
    """A response of results given as (text, final) or (text, final, stability)."""
    results = [
        StreamingRecognitionResult(
            alternatives=[SpeechRecognitionAlternative(transcript=text, confidence=0.5)],
            is_final=final,
            stability=stability[0] if stability else 0.0,
        )
        for text, final, *stability in parts
    ]
    return StreamingRecognizeResponse(results=results)


def audio(pcm, words=()):
    """A response of audio, with words as (text, end in ms)."""
    response = SynthesizeSpeechResponse(audio=pcm)
    for text, end in words:
        response.meta.words.add(word=text, end_time=end)
    return response


async def speaking(frames, seconds=0.005, frame=b"\x01\x00" * 160, eou_at=()):
    """The caller's sound: `frames` frames of 8 kHz, one each `seconds`."""
    for number in range(frames):
        yield Heard(frame, number in eou_at)
        await asyncio.sleep(seconds)


async def for_ever(seconds=0.005, frame=b"\x01\x00" * 160):
    """A caller who never stops."""
    while True:
        yield Heard(frame)
        await asyncio.sleep(seconds)
