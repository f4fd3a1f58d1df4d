"""
Brings up all that a call needs on this machine: embedded servers, bot, Asterisk.

Each program runs by itself, as a user would start it, and logs into one folder; when the block
ends, all of them are stopped.
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripts import asterisk_run
from scripts.asterisk_files import Settings, passwords
from scripts.debian_tree import cache_folder

Say = Callable[[str], None]
START = 120.0
"""Seconds that one program may take to be ready."""
STOP = 10.0


class HouseError(Exception):
    """Something could not be brought up; the message says what, and where its log is."""


@dataclass
class Program:
    """A program of ours under way: its process, and the log that it writes."""

    name: str
    process: asyncio.subprocess.Process
    log: Path

    def lines(self) -> Iterator[dict[str, Any]]:
        """The JSON lines logged so far."""
        for line in self.log.read_text(encoding="utf-8").splitlines():
            with contextlib.suppress(ValueError):
                row = json.loads(line)
                if isinstance(row, dict):
                    yield row

    async def logs(self, event: str, within: float = START) -> dict[str, Any]:
        """Wait for this event in the log. Raises HouseError when the program ends before."""
        deadline = time.monotonic() + within
        while True:
            for row in self.lines():
                if row.get("event") == event:
                    return row
            if self.process.returncode is not None:
                raise HouseError(f"{self.name} stopped; its log is {self.log}:\n{self._tail()}")
            if time.monotonic() > deadline:
                raise HouseError(f"{self.name} is not ready after {within:g} s; see {self.log}")
            await asyncio.sleep(0.05)

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End the program: asked first, then made to."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(how)
            try:
                await asyncio.wait_for(self.process.wait(), STOP)
            except TimeoutError:
                self.process.kill()
                await self.process.wait()

    def _tail(self) -> str:
        return "\n".join(self.log.read_text(encoding="utf-8").splitlines()[-5:])


@dataclass
class House:
    """What is up, and where."""

    folder: Path
    bind: str = "127.0.0.1"
    sip_port: int = 0
    http_port: int = 0
    accounts: dict[str, str] = field(default_factory=dict)
    bot: Program = field(init=False)

    def turns(self) -> list[dict[str, Any]]:
        """The turns that the bot logged, oldest first."""
        return [row for row in self.bot.lines() if row.get("event") == "turn"]


@asynccontextmanager
async def house(
    folder: Path,
    say: Say,
    bind: str = "127.0.0.1",
    sip_port: int = 0,
    bot: Mapping[str, str] | None = None,
    local: tuple[str, ...] = (),
) -> AsyncIterator[House]:
    """
    Everything up, on free ports. `bot` holds more BOT_* variables, `local` more words.

    Raises HouseError or AsteriskError, with all that was started stopped again.
    """
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    up = House(folder, bind, sip_port or free_udp_port(), free_port())
    async with AsyncExitStack() as stack:
        began = time.monotonic()
        speech, model, audio = free_port(), free_port(), free_port()
        ports = ("--speech-port", str(speech), "--llm-port", str(model))
        servers = await start(stack, folder, "local", ["local", *ports, *local], {})
        await servers.logs("local ready")
        say(f"speech and language servers are up ({time.monotonic() - began:.1f} s)")
        began = time.monotonic()
        up.bot = await start(stack, folder, "bot", ["serve"], {
            "BOT_RIVA__URI": f"127.0.0.1:{speech}",
            "BOT_LLM__BASE_URL": f"http://127.0.0.1:{model}/v1",
            "BOT_AUDIOSOCKET__PORT": str(audio),
            "BOT_HTTP__PORT": str(up.http_port),
            "BOT_LOG__TRANSCRIPTS": "true",
            "BOT_RIVA__TTS__CHUNK_TIMEOUT": "10",  # a CPU that is busy speaks slowly
            "BOT_RIVA__TTS__DISK": str(cache_folder() / "speech"),
            **(bot or {}),
        })  # fmt: skip
        await up.bot.logs("ready")
        say(f"the bot is ready ({time.monotonic() - began:.1f} s)")
        await up.bot.logs("phrases ready")
        say(f"its own phrases are synthesized ({time.monotonic() - began:.1f} s)")
        began = time.monotonic()
        await _asterisk(stack, up)
        say(f"Asterisk is up ({time.monotonic() - began:.1f} s)")
        yield up


async def start(
    stack: AsyncExitStack, folder: Path, name: str, words: list[str], variables: Mapping[str, str]
) -> Program:
    """Start `voicebot WORDS` with these variables; the stack stops it."""
    log = folder / f"{name}.log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", *words,
            stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output,
            env={**os.environ, **variables},
        )  # fmt: skip
    program = Program(name, process, log)
    stack.push_async_callback(program.stop)
    return program


async def _asterisk(stack: AsyncExitStack, up: House) -> None:
    first = 10_000 if up.bind != "127.0.0.1" else 20_000
    settings = Settings(
        bot_url=f"http://127.0.0.1:{up.http_port}",
        bind=up.bind,
        sip_port=up.sip_port,
        rtp_ports=(first, first + 399),
    )
    run = up.folder / "asterisk"
    await asyncio.to_thread(asterisk_run.up, run, settings)
    stack.push_async_callback(asyncio.to_thread, asterisk_run.down, run)
    up.accounts = passwords(run, settings.accounts)


def free_port() -> int:
    """A TCP port that nobody has, at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def free_udp_port() -> int:
    """A UDP port that nobody has, at this moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
