"""The house without Asterisk: embedded servers, the bot as a program, a client that speaks."""

from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bot.gateway.mic import MicOptions, talk
from scripts.debian_tree import cache_folder
from scripts.house import free_port, start

pytestmark = [pytest.mark.models, pytest.mark.real_time, pytest.mark.timeout(240)]

SPEECH = Path(__file__).parents[1] / "speech/kokoro-hf_alpha_s01.wav"


async def test_the_bot_hears_hindi_over_the_gateway_and_answers_it(tmp_path):
    """A question about an electricity bill, in Opus and in mu-law: heard, and answered."""
    async with AsyncExitStack() as stack:
        speech, model, audio, http, port = (free_port() for _ in range(5))
        ports = ("--speech-port", str(speech), "--llm-port", str(model))
        local = await start(stack, tmp_path, "local", ["local", *ports], {})
        await local.logs("local ready")
        bot = await start(stack, tmp_path, "bot", ["serve"], {
            "BOT_RIVA__URI": f"127.0.0.1:{speech}",
            "BOT_LLM__BASE_URL": f"http://127.0.0.1:{model}/v1",
            "BOT_AUDIOSOCKET__PORT": str(audio),
            "BOT_HTTP__PORT": str(http),
            "BOT_RIVA__TTS__CHUNK_TIMEOUT": "10",
            "BOT_RIVA__TTS__DISK": str(cache_folder() / "speech"),
            "BOT_GATEWAY__ENABLED": "true",
            "BOT_GATEWAY__PORT": str(port),
        })  # fmt: skip
        await bot.logs("phrases ready")
        for codec in ("opus", "mulaw"):
            shown = []
            report = await talk(
                MicOptions(f"127.0.0.1:{port}", codec=codec, wavs=(SPEECH,), seconds=60),
                shown.append,
            )
            heard = " ".join(line for line in shown if line.startswith("you: "))
            said = [line for line in shown if line.startswith("bot: ")]
            assert "बिल" in heard and "बिजली" in heard
            assert len(said) >= 2 and (report.said, report.lost) == (1, 0)
        logged = bot.log.read_text()
    assert "बिल" not in logged, "transcripts are off"
