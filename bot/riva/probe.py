"""Whether Riva can serve calls: reachable, healthy, with our names, hearing and speaking."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Final

import grpc

from bot.config import RivaSettings
from bot.core.audio import NARROWBAND, frame_bytes
from bot.core.errors import BotError, ConfigError, ServiceError
from bot.core.findings import Finding, failed
from bot.core.ports import Heard
from bot.riva.asr import RivaRecognizer
from bot.riva.channel import Riva, Servers
from bot.riva.tts import RivaSynthesizer
from bot.riva.voices import check_model, check_voice, models, voices

_HEALTH: Final = "/grpc.health.v1.Health/Check"
_SERVING: Final = b"\x08\x01"
"""HealthCheckResponse{status: SERVING}, as grpc.health.v1 writes it."""
_SAMPLE: Final = "नमस्ते।"
_SILENT_FRAMES: Final = 25


async def probe(settings: RivaSettings) -> list[Finding]:
    """
    Check both services, server by server, then their names, then one real use of each.

    Never raises for what is wrong with the servers or the settings: that is what it tells.
    """
    try:
        riva = Riva(settings)
    except ConfigError as error:
        return [failed("riva settings", error, "correct the setting")]
    try:
        findings = await _reached(riva.asr, "riva asr", settings.connect_timeout)
        if riva.tts is not riva.asr:
            findings += await _reached(riva.tts, "riva tts", settings.connect_timeout)
        return [*findings, *await _recognition(riva), *await _synthesis(riva)]
    finally:
        await riva.close()


async def _reached(servers: Servers, name: str, limit: float) -> list[Finding]:
    channels = zip(servers.addresses, servers.channels(), strict=True)
    return [
        await _server(f"{name} at {address}", channel, servers, limit)
        for address, channel in channels
    ]


async def _server(name: str, channel: grpc.aio.Channel, servers: Servers, limit: float) -> Finding:
    try:
        async with asyncio.timeout(limit):
            await channel.channel_ready()
    except TimeoutError:
        remedy = "start it, or correct riva.uri, riva.asr_uri, riva.tts_uri or riva.tls"
        return Finding(name, False, f"no connection within {limit:g} s", remedy)
    # The service's only message is written by hand: its stubs of two packages exclude each other.
    check = channel.unary_unary(_HEALTH, lambda _: b"", lambda answer: answer)
    try:
        answer = await check(None, metadata=servers.metadata, timeout=limit)
    except grpc.aio.AioRpcError as error:
        known = error.code() in (grpc.StatusCode.UNIMPLEMENTED, grpc.StatusCode.NOT_FOUND)
        what = "connected; it tells nothing of its health" if known else error.code().name
        return Finding(name, known, what, "" if known else "see the server's log")
    if answer != _SERVING:
        return Finding(name, False, "connected, not serving", "wait until its models are loaded")
    return Finding(name, True, "connected and serving")


async def _recognition(riva: Riva) -> list[Finding]:
    asr = riva.settings.asr
    try:
        offered = await models(riva.asr)
        check_model(offered, asr.model, asr.language)
        names = ", ".join(offered.get(asr.language, [])) or "not told"
        found = Finding("riva asr model", True, f"{asr.model or 'default'} of: {names}")
    except BotError as error:
        found = failed("riva asr model", error)
    return [found, await _hears(riva)]


async def _hears(riva: Riva) -> Finding:
    settings = riva.settings.asr.model_copy(update={"reconnects": 0})
    recognizer = RivaRecognizer(riva.asr, settings, NARROWBAND)
    try:
        async for _ in recognizer.transcripts(_silence()):
            pass
    except ServiceError as error:
        return failed("riva asr stream", error)
    return Finding("riva asr stream", True, f"takes {settings.language} at {settings.sample_rate}")


async def _silence() -> AsyncGenerator[Heard, None]:
    for _ in range(_SILENT_FRAMES):
        yield Heard(bytes(frame_bytes(NARROWBAND)))
        await asyncio.sleep(0.01)


async def _synthesis(riva: Riva) -> list[Finding]:
    tts = riva.settings.tts
    voice = tts.voice
    try:
        offered = await voices(riva.tts)
        voice = check_voice(offered, tts.voice, tts.language)
        names = ", ".join(offered.get(tts.language, [])) or "not told"
        found = Finding("riva tts voice", True, f"{voice or 'the server picks'} of: {names}")
    except BotError as error:
        found = failed("riva tts voice", error)
    return [found, await _speaks(riva, voice)]


async def _speaks(riva: Riva, voice: str) -> Finding:
    clock = asyncio.get_running_loop().time
    synthesizer = RivaSynthesizer(riva.tts, riva.settings.tts, NARROWBAND, voice)
    started, first, size = clock(), 0.0, 0
    try:
        async for speech in synthesizer.speech(_SAMPLE):
            first = first or clock() - started
            size += len(speech.pcm)
    except ServiceError as error:
        return failed("riva tts speech", error)
    seconds = size / frame_bytes(NARROWBAND) / 50
    what = f"first audio after {first * 1000:.0f} ms, {seconds:.1f} s in all"
    return Finding("riva tts speech", True, what)
