"""
Decides how one Asterisk of ours is started, questioned and stopped, all below its run directory.

It runs as the present user with every folder below the run directory, so several stand side by
side, and none meets an Asterisk of the host. A process is ours when its command line names our
asterisk.conf: a number in a stale file never ends somebody else's process.
"""

import json
import os
import signal
import subprocess
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from scripts import asterisk_docker
from scripts.asterisk_files import Settings, render, write_private
from scripts.asterisk_program import AsteriskError, Program, find_program

READY_SECONDS = 30.0
STOP_SECONDS = 10.0
# A Unix socket's path may have 107 bytes; Asterisk's is <run directory>/asterisk.ctl.
LONGEST_RUN_DIRECTORY = 90


def default_run_directory() -> Path:
    """Where the instance of `scripts/asterisk up` lives: the user's state, not a checkout."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state"
    return Path(state).resolve() / "voicebot/asterisk"


@dataclass(frozen=True)
class Running:
    """What `<run>/running.json` says of a live instance. `sip` is its address and port."""

    pid: int
    command: str
    source: str
    version: str
    sip: str


def up(run: Path, settings: Settings, source: str = "auto") -> subprocess.Popen[bytes] | None:
    """Bring an instance up; None when it already runs just so. Other settings restart it."""
    program = find_program(source)
    before = running(run)
    changed = render(run, program, settings)
    if before is not None:
        if not changed and before.command == program.command and answers(before, run):
            return None
        down(run)
    return start(run, program, settings)


def down(run: Path) -> bool:
    """Stop the instance, by asking and then by force; whether there was one."""
    found = running(run)
    if found is not None:
        ask(found, run, "core stop now")
        if not _gone(found, run, STOP_SECONDS):
            os.kill(found.pid, signal.SIGKILL)
            _gone(found, run, STOP_SECONDS)
    swept = _sweep(run)
    (run / "running.json").unlink(missing_ok=True)
    return found is not None or swept


def running(run: Path) -> Running | None:
    """The live instance of a run directory, or None."""
    found = _noted(run)
    if found is None:
        return None
    try:
        words = Path(f"/proc/{found.pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return None
    return found if os.fsencode(run / "etc/asterisk.conf") in words else None


def orphaned(run: Path) -> bool:
    """Whether a container goes on though its docker command was killed; `up` and `down` end it."""
    noted = _noted(run)
    return noted is not None and noted.source == "docker" and asterisk_docker.left_over(run)


def _noted(run: Path) -> Running | None:
    """What was last started here, whether it lives or not."""
    try:
        return Running(**json.loads((run / "running.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _sweep(run: Path) -> bool:
    """Remove the container that outlived its docker command; whether there was one."""
    try:
        return orphaned(run) and asterisk_docker.remove(run)
    except asterisk_docker.DockerError as error:
        raise AsteriskError(str(error)) from error


def ask(found: Running, run: Path, command: str) -> str:
    """What Asterisk answers to a console command; "" when it does not answer."""
    words = [found.command, "-C", str(run / "etc/asterisk.conf"), "-rnx", command]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        return ""
    return done.stdout if done.returncode == 0 else ""


def answers(found: Running, run: Path) -> bool:
    """Whether the instance is fully up, by its own word."""
    return "fully booted" in ask(found, run, "core waitfullybooted")


def start(run: Path, program: Program, settings: Settings) -> subprocess.Popen[bytes]:
    """Start Asterisk on the rendered files and wait until it answers calls."""
    if len(os.fsencode(run)) > LONGEST_RUN_DIRECTORY:
        raise AsteriskError(f"{run}: choose a shorter --run-dir (a socket's path is limited)")
    _sweep(run)
    (run / "log/messages").unlink(missing_ok=True)
    with (run / "log/console").open("wb") as console:
        process = subprocess.Popen(
            [program.command, "-fn", "-C", str(run / "etc/asterisk.conf")],
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=console,
            cwd=run,
            start_new_session=True,
        )
    sip = f"{settings.bind}:{settings.sip_port}"
    running = Running(process.pid, program.command, program.source, program.version, sip)
    write_private(run / "running.json", json.dumps(asdict(running)))
    _wait_ready(run, process)
    return process


def _wait_ready(run: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AsteriskError(f"Asterisk stopped at once:\n{_log(run)}")
        if "Asterisk Ready" in (run / "log/console").read_text(errors="replace"):
            return
        time.sleep(0.02)
    process.kill()
    process.wait()
    _sweep(run)
    raise AsteriskError(f"Asterisk was not ready after {READY_SECONDS:.0f} s:\n{_log(run)}")


def _gone(found: Running, run: Path, seconds: float) -> bool:
    """Whether the process ended in time (a child of ours is reaped by who started it)."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if running(run) != found:
            return True
        time.sleep(0.02)
    return False


def _log(run: Path) -> str:
    lines = (run / "log/console").read_text(errors="replace").splitlines()
    telling = [line for line in lines if "ERROR" in line or "WARNING" in line]
    return "\n".join(f"  {line}" for line in (telling or lines)[-8:])


def console(found: Running, run: Path) -> int:
    """Asterisk's own console on this terminal, until the user leaves it."""
    return subprocess.run([found.command, "-C", str(run / "etc/asterisk.conf"), "-rvvv"]).returncode
