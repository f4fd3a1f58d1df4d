"""The demo, as the README's reader runs it: embedded models, bot, Asterisk, softphone."""

import asyncio
import sys
import wave

import pytest

pytestmark = [
    pytest.mark.asterisk,
    pytest.mark.models,
    pytest.mark.real_time,
    pytest.mark.timeout(420),
]


async def demo(*words):
    """Run the demo; its exit code and what it printed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "scripts.demo", *words,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    printed, _ = await asyncio.wait_for(process.communicate(), 400)
    return process.returncode, printed.decode()


async def test_the_demo_holds_a_conversation_in_hindi(tmp_path):
    """What was said is recognised, answered to the point, interrupted once; sound and picture."""
    code, printed = await demo("--out", str(tmp_path / "demo"))
    assert code == 0, printed
    caller = [line for line in printed.splitlines() if line.startswith("  caller")]
    bot = [line for line in printed.splitlines() if line.startswith("  bot")]
    assert len(caller) == 4, printed
    assert "बिजली" in caller[0] and "बिल" in caller[0], printed
    assert "बिल" in bot[1], printed
    assert "[keys: 1]" in caller[3], printed
    assert printed.count("[interrupted]") == 1, printed
    assert "the bot fell silent" in printed
    with wave.open(str(tmp_path / "demo/call.wav")) as sound:
        assert (sound.getnchannels(), sound.getframerate()) == (2, 8000)
        assert sound.getnframes() > 10 * 8000
    page = (tmp_path / "demo/call.html").read_text()
    assert "barge_in at" in page
    assert "बिल" in page
