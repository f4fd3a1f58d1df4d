"""`docker compose up`, and a softphone dials at once: its three programs as plain processes."""

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.local.models import models_folder
from bot.sip.softphone import Account, Softphone
from bot.sip.wavs import spoken
from scripts.house import free_port
from tests.deploy.compose_file import NVIDIA, ROOT, image_of, services
from tests.deploy.containers import asterisk_variables, becomes_healthy, started

pytestmark = [
    pytest.mark.asterisk,
    pytest.mark.deploy,
    pytest.mark.models,
    pytest.mark.real_time,
    pytest.mark.timeout(420),
]
MODELS_READY = 180.0
ANSWER = 60.0
"""Seconds within which two cores that do everything have answered."""


@dataclass
class Line:
    """What came up: where a softphone finds it, and the bot's log."""

    server: str
    password: str
    log: Path

    def turns(self) -> list[dict[str, Any]]:
        """What the bot noted of each turn."""
        rows = [json.loads(row) for row in self.log.read_text().splitlines() if row[:1] == "{"]
        return [row for row in rows if row.get("event") == "turn"]

    async def ended(self, turns: int) -> None:
        """Wait for the end of so many turns."""
        async with asyncio.timeout(ANSWER):
            while len(self.turns()) < turns:
                await asyncio.sleep(0.1)


@asynccontextmanager
async def line(folder: Path) -> AsyncIterator[Line]:
    """The services in the order in which compose.yaml makes them wait for each other."""
    ports = {"speech": free_port(), "llm": free_port(), "http": free_port()}
    async with AsyncExitStack() as up:
        enter = up.enter_async_context
        state = Path(up.enter_context(tempfile.TemporaryDirectory(prefix="run-")))
        exchange = asterisk_variables(state, f"http://127.0.0.1:{ports['http']}")
        for name, words, check, variables, place in _containers(ports, exchange, folder):
            place.mkdir(exist_ok=True)
            await enter(started(words, place, variables))
            within = MODELS_READY if name == "local" else 30.0
            await becomes_healthy(check, variables, place, within)
        password = (state / "passwords/6001").read_text().strip()
        server = f"127.0.0.1:{exchange['ASTERISK_SIP_PORT']}"
        yield Line(server, password, folder / "bot/output")


def _containers(ports: dict[str, int], exchange: dict[str, str], folder: Path) -> list[Any]:
    """Of each: name, command, health check, variables, the folder that it runs in."""
    local, bot = image_of("local"), image_of("bot")
    address = {"riva-asr": "speech", "riva-tts": "speech", "llm": "llm"}

    def here(value: str) -> str:
        for name, port in NVIDIA.items():
            value = value.replace(f"{name}:{port}", f"127.0.0.1:{ports[address[name]]}")
        return value

    def checked(stage: Any) -> list[str]:
        words: list[str] = stage.words("HEALTHCHECK")
        told = (
            words[-1].replace("/50051", f"/{ports['speech']}").replace("/8000", f"/{ports['llm']}")
        )
        return [*words[:-1], told]

    models = {"VOICEBOT_CACHE": str(models_folder().parent), "HOME": str(folder)}
    listening = ["--speech-port", str(ports["speech"]), "--llm-port", str(ports["llm"])]
    asks = {
        name: here(value)
        for name, value in {**bot.variables(), **services()["bot"]["environment"]}.items()
        if name.startswith("BOT_")
    }
    asks |= {
        "BOT_HTTP__PORT": str(ports["http"]),
        "BOT_AUDIOSOCKET__PORT": str(free_port()),
        "BOT_LOG__TRANSCRIPTS": "true",  # for this test
        "BOT_RIVA__TTS__DISK": str(folder / "speech"),
    }
    state = Path(exchange["ASTERISK_RUN"])
    up = [exchange["ASTERISK_PROGRAM"], *image_of("asterisk").words("HEALTHCHECK")[1:]]
    up[2] = up[2].replace("/var/lib/voicebot-asterisk", str(state))
    start = ["sh", str(ROOT / "asterisk/container/start.sh")]
    return [
        ("local", [*_command(local), *listening], checked(local), models, folder / "local"),
        ("bot", _command(bot), checked(bot), asks, folder / "bot"),
        ("asterisk", start, up, exchange, state),
    ]


def _command(stage: Any) -> list[str]:
    words: list[str] = stage.words("ENTRYPOINT") + stage.words("CMD")
    return words


async def test_a_softphone_dials_and_is_answered_to_the_point(tmp_path: Path) -> None:
    """Greeted, it asks about its bill, and hears an answer about it; nothing is cut off."""
    async with line(tmp_path) as up:
        async with Softphone(Account("6001", up.password, up.server)) as phone:
            call = await phone.dial("100", "PCMA")
            assert call.answered_at is not None
            await up.ended(1)
            await call.play(spoken(ROOT / "tests/speech/kokoro-hf_beta_s01.wav", call.rate))
            await up.ended(2)
            await call.hang_up()
        greeting, answer = up.turns()[:2]
    assert not greeting["cut"] and not answer["cut"]
    assert "बिल" in answer["heard"] and "बिल" in answer["said"], answer
