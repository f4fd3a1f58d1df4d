"""`voicebot local`: both embedded servers in one process, until SIGTERM."""

import asyncio
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

import structlog

from bot.config import LlmSettings
from bot.local import assistant_server, models, speech_server

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class LocalOptions:
    """Where to listen and what to run. Ports of 0 are chosen by the system."""

    host: str = "127.0.0.1"
    speech_port: int = 50051
    llm_port: int = 8000
    llm_url: str | None = None
    """Another OpenAI-compatible server that the bot uses: no assistant is started."""
    asr_model: Path | None = None
    asr_threads: int = 2
    tts_threads: int = 2
    script: Path | None = None
    verify: bool = False


def fetch(verify: bool) -> None:
    """Fetch the model files that are missing or altered. Raises ModelFileError."""
    models.fetch_all(_tell, verify=verify)


async def run(options: LocalOptions) -> None:
    """
    Serve until SIGTERM or SIGINT. Raises ConfigError when a port is taken.

    The assistant also answers to the name of the model that the bot asks for by default, so that
    an address is all that changes when a NIM takes its place.
    """
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    speech = await speech_server.serve(_speech(options))
    assistant = None
    try:
        if options.llm_url is None:
            assistant = await assistant_server.serve(
                assistant_server.AssistantOptions(
                    host=options.host,
                    port=options.llm_port,
                    models=(assistant_server.MODEL, LlmSettings().model),
                    script=options.script,
                )
            )
        url = options.llm_url if assistant is None else assistant.url
        log.info("local ready", riva=f"{options.host}:{speech.port}", llm=url)
        await stopped.wait()
    finally:
        await speech.stop()
        if assistant is not None:
            await assistant.stop()


def _speech(options: LocalOptions) -> speech_server.SpeechOptions:
    if options.verify:
        models.fetch_all(_tell, verify=True)
    return speech_server.SpeechOptions(
        host=options.host,
        port=options.speech_port,
        asr_model=options.asr_model,
        asr_threads=options.asr_threads,
        tts_threads=options.tts_threads,
    )


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201
