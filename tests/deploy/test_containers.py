"""What the containers of compose.yaml run, started as plain processes with its environment."""

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.sip.softphone import Account, Softphone
from scripts.asterisk_program import find_program
from scripts.house import free_port, free_udp_port
from tests.deploy.compose_file import NVIDIA, ROOT, image_of, services
from tests.e2e.fake_bot import FakeBot, FakeLine

pytestmark = [pytest.mark.deploy, pytest.mark.real_time]


@asynccontextmanager
async def _process(
    words: list[str], folder: Path, variables: dict[str, str]
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A container's command with a container's environment: nothing of this shell's but PATH."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    with (folder / "output").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *words, cwd=folder, stdout=log, stderr=log, env={"PATH": path, **variables}
        )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _healthy(check: list[str], variables: dict[str, str]) -> bool:
    """What the engine would find: whether the health check's command ends well."""
    asked = await asyncio.create_subprocess_exec(
        *check,
        env={"PATH": os.environ["PATH"], **variables},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return await asked.wait() == 0


async def _becomes_healthy(check: list[str], variables: dict[str, str], folder: Path) -> None:
    for _ in range(300):
        if await _healthy(check, variables):
            return
        await asyncio.sleep(0.1)
    raise AssertionError((folder / "output").read_text())


def _on_this_machine(variables: dict[str, str]) -> dict[str, str]:
    """The same variables, with a port that nobody has in place of each other container."""
    nobody = f"127.0.0.1:{free_port()}"
    names = "|".join([*NVIDIA, "bot"])
    return {
        name: re.sub(rf"(?<![\w.-])(?:{names}):\d+", nobody, value)
        for name, value in variables.items()
    }


async def test_the_bots_container_becomes_healthy_and_ends_when_it_is_told(tmp_path: Path) -> None:
    """Its servers may be down: it is ready for calls, and drains on the engine's SIGTERM."""
    image = image_of("bot")
    variables = {
        **{name: value for name, value in image.variables().items() if name != "PATH"},
        **_on_this_machine(services()["bot"]["environment"]),
        "BOT_HTTP__PORT": str(free_port()),
        "BOT_AUDIOSOCKET__PORT": str(free_port()),
        "BOT_RIVA__TTS__DISK": str(tmp_path / "speech"),
    }
    command = image.words("ENTRYPOINT") + image.words("CMD")
    check = image.words("HEALTHCHECK")
    assert not await _healthy(check, variables)
    async with _process(command, tmp_path, variables) as process:
        await _becomes_healthy(check, variables, tmp_path)
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 20) == 0
    assert '"draining"' in (tmp_path / "output").read_text()
    assert not await _healthy(check, variables)


@pytest.fixture
def state() -> Iterator[Path]:
    """Asterisk's volume, with a path short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="run-") as folder:
        yield Path(folder)


def _asterisk_variables(state: Path, bot_url: str) -> dict[str, str]:
    """The file's environment, on free ports of this machine, with this machine's Asterisk."""
    program = find_program()
    first = free_udp_port() // 200 * 200
    return {
        **services()["asterisk"]["environment"],
        "ASTERISK_BOT_URL": bot_url,
        "ASTERISK_BIND": "127.0.0.1",
        "ASTERISK_SIP_PORT": str(free_udp_port()),
        "ASTERISK_RTP": f"{first}-{first + 99}",
        "ASTERISK_RUN": str(state),
        "ASTERISK_TEMPLATES": str(ROOT / "asterisk"),
        "ASTERISK_MODULES": str(program.modules),
        "ASTERISK_DATA": str(program.data),
        "ASTERISK_PROGRAM": program.command,
    }


@pytest.mark.asterisk
async def test_a_softphone_dials_100_at_asterisks_container(state: Path) -> None:
    """Made at its first start, the password lets a phone in; the bot is asked, heard, and hears."""
    with FakeLine() as line, FakeBot() as bot:
        bot.script([f"dial {line.address}"])
        variables = _asterisk_variables(state, bot.url)
        start = str(ROOT / "asterisk/container/start.sh")
        check = [variables["ASTERISK_PROGRAM"], *image_of("asterisk").words("HEALTHCHECK")[1:]]
        check[2] = check[2].replace("/var/lib/voicebot-asterisk", str(state))
        async with _process(["sh", start], state, variables) as process:
            await _becomes_healthy(check, {}, state)
            password = (state / "passwords/6001").read_text().strip()
            server = f"127.0.0.1:{variables['ASTERISK_SIP_PORT']}"
            async with Softphone(Account("6001", password, server)) as phone:
                call = await phone.dial("100", "PCMA")
                assert call.answered_at is not None
                await call.hears(10.0, after=call.answered_at)
                assert line.line().startswith("call ")
                assert line.line() == "audio 0x10 320"
                await call.hang_up()
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), 20) == 0
        told = (state / "output").read_text()
        assert "ERROR" not in told, told
