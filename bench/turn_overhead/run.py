"""One run: services, bot and callers, each a process on its core; from their notes, the turns."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.process import busy_seconds, cpu_seconds
from bench.turn_overhead import measure, nim, setups
from bench.turn_overhead.measure import Turn
from bench.turn_overhead.script import Delays
from bench.turn_overhead.stalls import Stall, Watch

READY = 60.0
"""Seconds that a bot may take to start and to make its own phrases."""
STOP = 15.0


@dataclass(frozen=True, slots=True)
class Cores:
    """Which core the bot has, and which ones everybody else."""

    bot: int
    rest: frozenset[int]


@dataclass(frozen=True, slots=True)
class Found:
    """What one run gave: its turns, how many were begun, and how busy the cores were."""

    turns: list[Turn]
    begun: int
    cpu: float
    """Share of its core that the bot used, 0 to 1."""
    others: float
    """Share of the bot's core that others used."""
    late: list[float]
    """By how much (s) the services' loop woke too late."""
    callers_late: list[float]
    """By how much (s) the callers' frames left too late."""
    stalls: list[Stall] | None
    """When the bot's core stood still; None where nobody may see it."""
    seconds: float
    """How long it was watched."""
    lost: int
    """Frames of the callers that the bot threw away: its hops, counted by frames, are then too
    long from there on."""


def cores() -> Cores:
    """The bot has the first core for itself."""
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) < 2:
        raise SystemExit("two cores are needed: one for the bot, one for services and callers")
    return Cores(allowed[0], frozenset(allowed[1:]))


def run(setup: str, calls: int, turns: int, seconds: float, delays: Delays, at: Cores) -> Found:
    """Everything up, the calls held, everything down again."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="turn-overhead-")))
        services = stack.enter_context(_services(delays, setup in setups.WHOLE, at))
        log = folder / "bot.log"
        settings = {**_settings(calls, services.ports), **setups.variables(setup)}
        bot = stack.enter_context(_bot(settings, log, at))
        ready = _await(bot, log, "ready")
        _await(bot, log, "phrases ready")
        watch = stack.enter_context(_watch(at))
        before, began = _usage(bot, at), time.monotonic()
        words = ["--calls", str(calls), "--turns", str(turns), "--seconds", str(seconds)]
        held = _callers([str(ready["audiosocket"]), *words], seconds, at)
        spent = [b - a for a, b in zip(before, _usage(bot, at), strict=True)]
        passed = time.monotonic() - began
        stalls = watch.stop()
        noted = services.stop()
        _stop(bot)
        rows = list(_lines(log))
    weights, early = setups.weights(setup), setup == setups.EARLY
    found = list(measure.turns(held["calls"], noted["rows"], rows, weights, early, stalls))
    return Found(
        found,
        sum(len(call["turns"]) for call in held["calls"]),
        spent[0] / passed,
        max(0.0, spent[1] - spent[0]) / passed,
        noted["late"],
        held["late"],
        stalls,
        passed,
        sum(row.get("dropped_in", 0) for row in rows),
    )


def _settings(calls: int, ports: Mapping[str, int]) -> dict[str, str]:
    return {
        "BOT_AUDIOSOCKET__PORT": "0",
        "BOT_AUDIOSOCKET__ADMISSION": "open",
        "BOT_AUDIOSOCKET__MAX_CALLS": str(calls + 1),
        "BOT_HTTP__PORT": "0",
        "BOT_RIVA__URI": f"127.0.0.1:{ports['riva']}",
        "BOT_LLM__BASE_URL": f"http://127.0.0.1:{ports['nim']}/v1",
        "BOT_LLM__MODEL": nim.MODEL,
        "BOT_LOG__TRANSCRIPTS": "true",
        "BOT_PHRASES__GREETING": "नमस्ते।",
    }


class _Services:
    """The services' process, and their ports."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        assert process.stdout
        line = process.stdout.readline()
        if not line:
            raise SystemExit("the services did not start")
        self.ports: dict[str, int] = json.loads(line)

    def stop(self) -> dict[str, Any]:
        """End them; return what they noted."""
        output, _ = self._process.communicate(timeout=STOP)
        noted: dict[str, Any] = json.loads(output)
        return noted


@contextmanager
def _services(delays: Delays, whole: bool, at: Cores) -> Iterator[_Services]:
    words = [f"--{name}={value}" for name, value in asdict(delays).items()]
    words += ["--whole"] if whole else []
    command = [sys.executable, "-m", "bench.turn_overhead.services", *words]
    pipe = subprocess.PIPE
    with _pinned(at.rest):
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
    with process:
        try:
            yield _Services(process)
        finally:
            process.kill()


@contextmanager
def _bot(settings: Mapping[str, str], log: Path, at: Cores) -> "Iterator[subprocess.Popen[bytes]]":
    own = {key: value for key, value in os.environ.items() if not key.startswith("BOT_")}
    with log.open("wb") as output, _pinned({at.bot}):
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", "serve"],
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, env={**own, **settings},
        )  # fmt: skip
    with process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def _watch(at: Cores) -> Iterator[Watch]:
    with _pinned({at.bot}):
        watch = Watch()
    try:
        yield watch
    finally:
        watch.kill()


@contextmanager
def _pinned(cores: frozenset[int] | set[int]) -> Iterator[None]:
    """A process started in here inherits these cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _callers(words: list[str], seconds: float, at: Cores) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.turn_overhead.callers", *words]
    with _pinned(at.rest):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    with process:
        try:
            output, _ = process.communicate(timeout=2 * seconds + STOP)
        finally:
            process.kill()
    if process.returncode:
        raise SystemExit("the callers failed; see above")
    held: dict[str, Any] = json.loads(output)
    return held


def _usage(bot: "subprocess.Popen[bytes]", at: Cores) -> tuple[float, float]:
    """Processor seconds of the bot, and of everybody on its core."""
    return cpu_seconds(bot.pid), busy_seconds(at.bot)


def _await(bot: "subprocess.Popen[bytes]", log: Path, event: str) -> dict[str, Any]:
    """The line of the bot's log that tells this."""
    deadline = time.monotonic() + READY
    while time.monotonic() < deadline and bot.poll() is None:
        for row in _lines(log):
            if row.get("event") == event:
                return row
        time.sleep(0.05)
    raise SystemExit(f"the bot did not log {event!r}:\n{log.read_text(encoding='utf-8')[-2000:]}")


def _lines(log: Path) -> Iterator[dict[str, Any]]:
    for line in log.read_text(encoding="utf-8").splitlines():
        if line.startswith("{") and line.endswith("}"):
            row: dict[str, Any] = json.loads(line)
            yield row


def _stop(bot: "subprocess.Popen[bytes]") -> None:
    """As Kubernetes does; its last log lines are then written."""
    bot.terminate()
    bot.wait(timeout=STOP)
