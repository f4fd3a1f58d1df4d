"""A container of compose.yaml, started as a plain process with its environment."""

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from scripts.asterisk_program import find_program
from scripts.house import free_udp_port
from tests.deploy.compose_file import ROOT, services


@asynccontextmanager
async def started(
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


async def healthy(check: list[str], variables: dict[str, str]) -> bool:
    """What the engine would find: whether the health check's command ends well."""
    asked = await asyncio.create_subprocess_exec(
        *check,
        env={"PATH": os.environ["PATH"], **variables},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return await asked.wait() == 0


async def becomes_healthy(
    check: list[str], variables: dict[str, str], folder: Path, within: float = 30.0
) -> None:
    """Wait for it; else fail with what the container printed."""
    for _ in range(round(within / 0.1)):
        if await healthy(check, variables):
            return
        await asyncio.sleep(0.1)
    raise AssertionError((folder / "output").read_text())


def asterisk_variables(state: Path, bot_url: str) -> dict[str, str]:
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
