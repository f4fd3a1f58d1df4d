"""What the containers of compose.yaml run, started as plain processes with its environment."""

import asyncio
import re
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.sip.softphone import Account, Softphone
from scripts.house import free_port
from tests.deploy.compose_file import NVIDIA, ROOT, image_of, services
from tests.deploy.containers import asterisk_variables, becomes_healthy, healthy, started
from tests.e2e.fake_bot import FakeBot, FakeLine

pytestmark = [pytest.mark.deploy, pytest.mark.real_time]


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
    assert not await healthy(check, variables)
    async with started(command, tmp_path, variables) as process:
        await becomes_healthy(check, variables, tmp_path)
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 20) == 0
    assert '"draining"' in (tmp_path / "output").read_text()
    assert not await healthy(check, variables)


@pytest.fixture
def state() -> Iterator[Path]:
    """Asterisk's volume, with a path short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="run-") as folder:
        yield Path(folder)


@pytest.mark.asterisk
async def test_a_softphone_dials_100_at_asterisks_container(state: Path) -> None:
    """Made at its first start, the password lets a phone in; the bot is asked, heard, and hears."""
    with FakeLine() as line, FakeBot() as bot:
        bot.script([f"dial {line.address}"])
        variables = asterisk_variables(state, bot.url)
        start = str(ROOT / "asterisk/container/start.sh")
        check = [variables["ASTERISK_PROGRAM"], *image_of("asterisk").words("HEALTHCHECK")[1:]]
        check[2] = check[2].replace("/var/lib/voicebot-asterisk", str(state))
        async with started(["sh", start], state, variables) as process:
            await becomes_healthy(check, {}, state)
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
