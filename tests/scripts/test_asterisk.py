"""`scripts/asterisk`: what it starts, says and leaves behind."""

import os
import re
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts import asterisk_program, asterisk_run
from scripts.asterisk_files import Settings, passwords, render
from scripts.asterisk_program import AsteriskError, Program
from tests.e2e.pbx import Pbx

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Program("/bin/false", Path("/modules"), Path("/data"), "host", "22.10.1")


@pytest.fixture
def run() -> Iterator[Path]:
    """A run directory with a path short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="run-") as folder:
        yield Path(folder)


def script(run: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run `scripts/asterisk COMMAND --run-dir RUN ...` as a user does."""
    command = [sys.executable, str(ROOT / "scripts/asterisk"), words[0], "--run-dir", str(run)]
    return subprocess.run([*command, *words[1:]], capture_output=True, text=True, timeout=100)


def test_passwords_are_made_once_and_are_never_a_default(run: Path) -> None:
    """Each account gets its own long password, kept for its owner alone."""
    first = passwords(run, ("6001", "6002"))
    assert passwords(run, ("6001", "6002")) == first
    assert len(set(first.values())) == 2
    assert all(len(word) >= 20 for word in first.values())
    assert stat.S_IMODE((run / "passwords.json").stat().st_mode) == 0o600


def test_an_account_more_keeps_the_others_passwords(run: Path) -> None:
    """Phones that are set up stay so."""
    before = passwords(run, ("6001",))
    assert passwords(run, ("6001", "6003"))["6001"] == before["6001"]


def test_files_of_configuration_are_for_their_owner_alone(run: Path) -> None:
    """Passwords and the token stand in them."""
    render(run, PROGRAM, Settings(bot_token="secret"))
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (run / "etc").iterdir()}
    assert modes == {0o600}


def test_rendering_the_same_again_changes_nothing(run: Path) -> None:
    """So that `up` can tell whether a restart is due."""
    assert render(run, PROGRAM, Settings())
    assert not render(run, PROGRAM, Settings())
    assert render(run, PROGRAM, Settings(sip_port=5070))


def test_nothing_is_left_to_fill_in(run: Path) -> None:
    """Every @NAME@ of the templates has a value."""
    render(run, PROGRAM, Settings(external="203.0.113.5"))
    for path in (run / "etc").iterdir():
        assert not re.search("@[A-Z_]+@", path.read_text()), path


def test_a_setting_cannot_smuggle_in_a_line(run: Path) -> None:
    """A line break in a setting would be a line of configuration."""
    with pytest.raises(AsteriskError, match="FALLBACK"):
        render(run, PROGRAM, Settings(fallback="a,s,1\n[evil]"))


def test_a_stale_file_is_not_read_again(run: Path) -> None:
    """A trunk that is no longer given is gone at the next start."""
    render(run, PROGRAM, Settings(extra={"pjsip_trunk.conf": "; a trunk\n"}))
    render(run, PROGRAM, Settings())
    assert not (run / "etc/pjsip_trunk.conf").exists()


def a_host_asterisk(folder: Path, version: str, monkeypatch: pytest.MonkeyPatch) -> str:
    command = folder / "asterisk"
    command.write_text(f"#!/bin/sh\necho Asterisk {version}\n")
    command.chmod(0o755)
    monkeypatch.setenv("VOICEBOT_ASTERISK_MODULES", str(folder))
    return str(command)


@pytest.mark.parametrize("version", ["20.6.0~dfsg", "22.4.1", "unknown"])
def test_an_old_asterisk_of_the_host_is_not_used(
    version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before 22.5 its AudioSocket loses audio."""
    found, reason = asterisk_program.host_program(a_host_asterisk(tmp_path, version, monkeypatch))
    assert found is None
    assert "older than 22.5" in reason


def test_a_host_asterisk_without_a_needed_module_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason names what it lacks; what the line `websocket` alone needs is no reason."""
    command = a_host_asterisk(tmp_path, "22.5.0", monkeypatch)
    for name in asterisk_program.wanted_modules():
        if name not in ("func_curl.so", "chan_websocket.so"):
            (tmp_path / name).touch()
    found, reason = asterisk_program.host_program(command)
    assert found is None
    assert reason == f"{tmp_path} lacks func_curl.so"


def test_a_file_left_by_a_dead_asterisk_names_nobody(run: Path) -> None:
    """A process number that another program has now is not taken for ours."""
    (run / "running.json").write_text(
        f'{{"pid": {os.getpid()}, "command": "x", "source": "x", "version": "x", "sip": "x"}}'
    )
    assert asterisk_run.running(run) is None
    assert not asterisk_run.down(run)


def test_a_run_directory_too_long_for_a_socket_is_named(run: Path) -> None:
    """Instead of an Asterisk that cannot be asked anything."""
    with pytest.raises(AsteriskError, match="shorter --run-dir"):
        asterisk_run.start(run / ("x" * 90), PROGRAM, Settings())


def test_status_without_an_asterisk_says_so(run: Path) -> None:
    """And leaves with 3, as the status of a service does."""
    done = script(run, "status")
    assert (done.returncode, "not up" in done.stdout) == (3, True)


@pytest.mark.asterisk
def test_up_status_cli_and_down_tell_the_truth(run: Path) -> None:
    """Up twice is up once; other settings restart it; down leaves no process."""
    ports = ("--sip-port", "25160", "--rtp", "25200-25299")
    assert "Asterisk is up." in script(run, "up", *ports).stdout
    first = asterisk_run.running(run)
    assert first is not None
    assert "already up" in script(run, "up", *ports).stdout
    assert asterisk_run.running(run) == first
    assert "SIP on udp 127.0.0.1:25160" in script(run, "status").stdout
    assert "0 active channels" in script(run, "cli", "core", "show", "channels").stdout
    script(run, "up", "--sip-port", "25161", "--rtp", "25200-25299")
    second = asterisk_run.running(run)
    assert second is not None
    assert second.pid != first.pid
    assert "is down" in script(run, "down").stdout
    assert not Path(f"/proc/{second.pid}/exe").exists() or asterisk_run.running(run) is None
    assert "was not up" in script(run, "down").stdout


@pytest.mark.asterisk
def test_our_configuration_loads_without_a_complaint() -> None:
    """No ERROR and no WARNING; every module that we name is there and runs."""
    with Pbx("http://127.0.0.1:9") as pbx:
        complaints = [
            line for line in pbx.log_text().splitlines() if " ERROR[" in line or " WARNING[" in line
        ]
        assert complaints == []
        modules = pbx.cli("module show")
        for name in asterisk_program.wanted_modules():
            assert any(
                line.startswith(name) and "Running" in line and "Not Running" not in line
                for line in modules.splitlines()
            ), name


@pytest.mark.asterisk
def test_nothing_but_sip_listens(run: Path) -> None:
    """No manager interface, no HTTP: one UDP port on loopback."""
    with Pbx("http://127.0.0.1:9") as pbx:
        assert "HTTP Server Status" not in pbx.cli("http show status") or "Disabled" in pbx.cli(
            "http show status"
        )
        assert "127.0.0.1" in pbx.cli("pjsip show transports")
