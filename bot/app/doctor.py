"""`voicebot doctor`: is each neighbour well, and if not, what is to be done?"""

import asyncio
import errno
import socket

from bot.asterisk import probe as asterisk
from bot.config import Settings
from bot.core.findings import Finding
from bot.nim import probe as nim
from bot.riva import probe as riva

TICKS = 50
TICK = 0.020
LATE = 0.010
"""Seconds: a clock that wakes us later than this makes a call's sound stutter."""


async def examine(settings: Settings, sip: str) -> list[Finding]:
    """
    Check ports, clock, Asterisk (`sip` is its host:port), Riva and the language model.

    Never raises for what is wrong with them: that is what the findings tell.
    """
    host, _, port = sip.rpartition(":")
    findings = [
        _port("audiosocket", settings.audiosocket.host, settings.audiosocket.port),
        _port("http", settings.http.host, settings.http.port),
        await _clock(),
        await asterisk.probe(host or sip, int(port) if host and port.isdigit() else 5060),
    ]
    return [*findings, *await riva.probe(settings.riva), *await nim.probe(settings.llm)]


def _port(name: str, host: str, port: int) -> Finding:
    """Whether we could listen here; a bot that is up already is fine, too."""
    label = f"port of {name}, {host}:{port}"
    try:
        socket.create_server((host, port)).close()
        return Finding(label, True, "free")
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return Finding(label, True, "taken: by a running bot, or set another port")
        remedy = f"set BOT_{name.upper()}__HOST and BOT_{name.upper()}__PORT to an address of ours"
        return Finding(label, False, str(error.strerror), remedy)


async def _clock() -> Finding:
    """How late 20 ms timers come: this is the clock of every call."""
    loop = asyncio.get_running_loop()
    late = []
    for _ in range(TICKS):
        due = loop.time() + TICK
        await asyncio.sleep(TICK)
        late.append(loop.time() - due)
    late.sort()
    worst = late[-2]
    what = f"timers come {1000 * late[TICKS // 2]:.1f} ms late, at worst {1000 * worst:.1f} ms"
    remedy = "" if worst < LATE else "give the bot a processor of its own (other load, CPU limits)"
    return Finding("clock", worst < LATE, what, remedy)
