"""`voicebot dial` as a user runs it: a process, its exit code, and what it prints."""

import asyncio
import os
import signal
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass

MOST = 300.0
"""Seconds that the command may take at most, on a slow machine."""


@dataclass(frozen=True)
class Dialled:
    """How the command ended, and its words on both outputs."""

    code: int
    said: str


@asynccontextmanager
async def dialling(uri, *words, password=""):
    """The process of `voicebot dial URI WORDS...`, ended with the block."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "dial", uri, *map(str, words),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "VOICEBOT_SIP_PASSWORD": password},
        preexec_fn=_as_from_a_terminal,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def _as_from_a_terminal():
    """What runs in the background of a shell would never hear of Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


async def ended(process):
    """Wait for its end."""
    async with asyncio.timeout(MOST):
        said, _ = await process.communicate()
    assert process.returncode is not None
    return Dialled(process.returncode, said.decode())


async def dialled(uri, *words, password=""):
    """Run the command to its end."""
    async with dialling(uri, *words, password=password) as process:
        return await ended(process)
