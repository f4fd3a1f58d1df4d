"""One box without an exchange: three commands and nothing else, as an office starts them."""

from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from scripts.debian_tree import cache_folder
from scripts.house import free_port, free_udp_port, start
from tests.sip.command import dialled
from tests.sip.sounds import loud, sides

pytestmark = [pytest.mark.models, pytest.mark.real_time, pytest.mark.timeout(900)]

QUESTION = Path(__file__).parents[1] / "speech/kokoro-hf_beta_s01.wav"
"""4.6 s: what is my electricity bill?"""
PHRASES = 300.0
"""Seconds within which a slow machine has synthesized the bot's own phrases."""


@asynccontextmanager
async def office(folder):
    """`voicebot local` and `voicebot serve --sip`: the bot, and where it is called."""
    async with AsyncExitStack() as stack:
        speech, model, audio, http = (free_port() for _ in range(4))
        sip = free_udp_port()
        ports = ["--speech-port", str(speech), "--llm-port", str(model)]
        local = await start(stack, folder, "local", ["local", *ports], {})
        await local.logs("local ready", PHRASES)
        bot = await start(stack, folder, "bot", ["serve", "--sip"], {
            "BOT_RIVA__URI": f"127.0.0.1:{speech}",
            "BOT_LLM__BASE_URL": f"http://127.0.0.1:{model}/v1",
            "BOT_AUDIOSOCKET__PORT": str(audio),
            "BOT_HTTP__PORT": str(http),
            "BOT_SIP__PEERS": '["127.0.0.1"]',
            "BOT_SIP__PORT": str(sip),
            "BOT_LOG__TRANSCRIPTS": "true",
            "BOT_TURNS__IDLE__PROMPTS": "0",  # a silent caller is not asked, but bid goodbye
            "BOT_RIVA__TTS__FIRST_AUDIO_TIMEOUT": "60",
            "BOT_RIVA__TTS__CHUNK_TIMEOUT": "60",
            "BOT_LLM__FIRST_TOKEN_TIMEOUT": "60",
            "BOT_TURNS__FINAL_TIMEOUT": "30",
            "BOT_RIVA__TTS__DISK": str(cache_folder() / "speech"),
        })  # fmt: skip
        await bot.logs("phrases ready", PHRASES)
        yield bot, f"sip:100@127.0.0.1:{sip}"


def turns(bot):
    """What was heard and said."""
    return [row for row in bot.lines() if row.get("event") == "turn"]


async def test_callers_ask_press_keys_and_are_answered(tmp_path):
    """One asks about the bill and hears the amount; both sides are recorded; one presses keys."""
    record = tmp_path / "call.wav"
    async with office(tmp_path) as (bot, uri):
        first = await dialled(uri, "--wav", QUESTION, "--record", record, "--seconds", "280")
        over = await bot.logs("call ended")
        asked = turns(bot)
        second = await dialled(uri, "--dtmf", "1#", "--seconds", "280")
        pressed = "".join(turn["heard"] for turn in turns(bot)[len(asked) :])
    assert (first.code, second.code) == (0, 0), (first, second)
    assert "1 of 1 files said" in first.said
    assert first.said.endswith("end: they hung up\n")
    assert (over["ending"], asked[0]["phrase"]) == ("hang_up", "greeting")
    question = next(turn for turn in asked if "बिजली" in turn["heard"])
    assert "आपका इस महीने का बिल एक हज़ार दो सौ चालीस रुपये है" in question["said"]
    assert [key for key in pressed if key in "1#"] == ["1", "#"]
    caller, bots = sides(record)
    assert len(loud(caller)) > 8000
    assert len(loud(bots)) > 4 * 8000
