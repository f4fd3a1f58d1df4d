"""The house in one box: embedded servers, the bot as a program by SIP, and a phone that dials."""

import asyncio
import socket
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bot.sip.dial import DialOptions, dial
from bot.sip.phone_call import Ending
from scripts.debian_tree import cache_folder
from scripts.house import free_port, start

pytestmark = [pytest.mark.models, pytest.mark.real_time, pytest.mark.timeout(240)]

SPEECH = Path(__file__).parents[1] / "speech/kokoro-hf_alpha_s01.wav"


def free_udp_port():
    """A UDP port that nobody has at the moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def test_a_hindi_caller_is_heard_and_answered_without_an_exchange(tmp_path):
    """A question about an electricity bill over A-law: greeted, heard, answered; then SIGTERM."""
    async with AsyncExitStack() as stack:
        speech, model, audio, http = (free_port() for _ in range(4))
        sip = free_udp_port()
        ports = ("--speech-port", str(speech), "--llm-port", str(model))
        local = await start(stack, tmp_path, "local", ["local", *ports], {})
        await local.logs("local ready")
        bot = await start(stack, tmp_path, "bot", ["serve", "--sip"], {
            "BOT_RIVA__URI": f"127.0.0.1:{speech}",
            "BOT_LLM__BASE_URL": f"http://127.0.0.1:{model}/v1",
            "BOT_AUDIOSOCKET__PORT": str(audio),
            "BOT_HTTP__PORT": str(http),
            "BOT_RIVA__TTS__CHUNK_TIMEOUT": "10",
            "BOT_RIVA__TTS__DISK": str(cache_folder() / "speech"),
            "BOT_SIP__PEERS": '["127.0.0.1"]',
            "BOT_SIP__PORT": str(sip),
            "BOT_LOG__TRANSCRIPTS": "true",
        })  # fmt: skip
        await bot.logs("phrases ready")
        record = tmp_path / "call.wav"
        report = await dial(
            DialOptions(f"sip:100@127.0.0.1:{sip}", wavs=(SPEECH,), record=record, seconds=40)
        )
        turns = [row for row in bot.lines() if row.get("event") == "turn"]
        bot.process.terminate()
        async with asyncio.timeout(10):
            await bot.process.wait()
    assert (report.said, report.ending) == (1, Ending.WE)
    assert report.first_sound is not None
    assert report.first_sound < 1.0
    assert record.stat().st_size > 1_000_000
    assert any("बिल" in row.get("heard", "") for row in turns)
    assert bot.process.returncode == 0
