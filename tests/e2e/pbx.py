"""A real Asterisk for one test: free ports, its own folder, gone at the end."""

import random
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from scripts import asterisk_run
from scripts.asterisk_files import Settings, passwords

CRASHES = (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS)
CALLER = """[test-caller]
; A caller without a phone: says what he hears.
exten => caller,1,Answer()
 same => n,Echo()
"""


class Pbx:
    """
    Asterisk with our configuration, as a context manager: ready within a second once cached.

    `sip_port` (UDP on 127.0.0.1) and `accounts` {name: password} are what a softphone needs;
    extension 100 is the bot, 600 an echo, 6001 and 6002 the other phones.
    """

    def __init__(self, bot_url: str, **settings: object) -> None:
        """`settings` are fields of `scripts.asterisk_files.Settings`, such as bot_token, extra."""
        first = _free_rtp_range()
        self.settings = Settings(
            bot_url=bot_url,
            sip_port=_free_udp_port(),
            rtp_ports=(first, first + 199),
            **{"trace": True, "extra": {"extensions_custom.conf": CALLER}, **settings},  # type: ignore[arg-type]
        )
        self.sip_port = self.settings.sip_port
        self.run: Path = Path()
        self._process: subprocess.Popen[bytes] | None = None
        self._forgotten = 0

    def __enter__(self) -> Self:
        self.run = Path(tempfile.mkdtemp(prefix="pbx-"))
        try:
            self._process = asterisk_run.up(self.run, self.settings)
        except BaseException:
            shutil.rmtree(self.run, ignore_errors=True)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        asterisk_run.down(self.run)
        if self._process is not None:
            self._process.wait(timeout=60)
        shutil.rmtree(self.run, ignore_errors=True)
        if self._process is not None and kind is None:
            assert -self._process.returncode not in CRASHES, "Asterisk crashed"

    @property
    def accounts(self) -> dict[str, str]:
        """Softphone names and their passwords."""
        return passwords(self.run, self.settings.accounts)

    def cli(self, command: str) -> str:
        """What the Asterisk console answers, such as to "core show channels"."""
        found = asterisk_run.running(self.run)
        assert found is not None, "Asterisk is gone"
        return asterisk_run.ask(found, self.run, command)

    def channels(self) -> int:
        """How many channels are up."""
        return len(self.cli("core show channels concise").splitlines())

    def log_text(self) -> str:
        """What Asterisk logged so far (since `forget_log`), the dialplan's steps included."""
        logged = (self.run / "log/messages").read_bytes()
        return logged[self._forgotten :].decode(errors="replace")

    def forget_log(self) -> None:
        """Between two tests on one Asterisk: `log_text` starts anew from here."""
        self._forgotten = (self.run / "log/messages").stat().st_size

    def call(self, extension: str = "100", context: str = "from-softphones") -> None:
        """Let a caller without a phone dial an extension; he says back what he hears."""
        self.cli(f"channel originate Local/{extension}@{context} extension caller@test-caller")


def _free_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _free_rtp_range() -> int:
    """An even port from which on nothing seems taken, below where the system picks its own."""
    while True:
        first = random.randrange(12000, 32000, 200)
        try:
            for port in range(first, first + 4):
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return first
