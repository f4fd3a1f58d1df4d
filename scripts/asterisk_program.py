"""Decides which Asterisk is run: the host's, if recent and complete, else Debian's in the cache."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from scripts import debian_tree

CONFIGURATION = Path(__file__).resolve().parent.parent / "asterisk"
OLDEST = (22, 5)  # Earlier ones lose AudioSocket frames or lack DTMF on it.


class AsteriskError(Exception):
    """Asterisk cannot run as asked. The message says why and what to do."""


@dataclass(frozen=True)
class Program:
    """An Asterisk that can be started. `source` is "host" or "tree"."""

    command: str
    modules: Path
    data: Path
    source: str
    version: str


def find_program(source: str = "auto") -> Program:
    """The host's Asterisk if it is recent and complete, else Debian's in the cache."""
    if source in ("auto", "host"):
        found, reason = host_program(os.environ.get("VOICEBOT_ASTERISK") or "asterisk")
        if found is not None:
            return found
        if source == "host":
            raise AsteriskError(f"The host's Asterisk cannot be used: {reason}")
    try:
        tree = debian_tree.ensure()
    except debian_tree.TreeError as error:
        raise AsteriskError(str(error)) from error
    command = str(debian_tree.cache_folder() / "bin/asterisk")
    return Program(command, tree.asterisk_modules, tree.asterisk_data, "tree", _version(command))


def host_program(name: str) -> tuple[Program | None, str]:
    """The host's own Asterisk, or None and the reason why not."""
    command = shutil.which(name)
    if command is None:
        return None, "there is none"
    version = _version(command)
    if _numbers(version) < OLDEST:
        return None, f"{command} is {version}, older than {'.'.join(map(str, OLDEST))}"
    modules = _host_modules()
    if modules is None:
        return None, "its modules were not found (name their folder in VOICEBOT_ASTERISK_MODULES)"
    absent = [name for name in wanted_modules() if not (modules / name).exists()]
    if absent:
        return None, f"{modules} lacks {', '.join(absent)}"
    data = next((p for p in _host_data() if (p / "documentation").is_dir()), None)
    if data is None:
        return None, "its documentation folder was not found"
    return Program(command, modules, data, "host", version), ""


def wanted_modules() -> list[str]:
    """The modules that our modules.conf loads."""
    text = (CONFIGURATION / "modules.conf.in").read_text()
    return re.findall(r"^(?:load|require) = (\S+)", text, re.MULTILINE)


def _host_modules() -> Path | None:
    if chosen := os.environ.get("VOICEBOT_ASTERISK_MODULES"):
        return Path(chosen)
    places = [
        *sorted(Path("/usr/lib").glob("*-linux-gnu*/asterisk/modules")),
        *(Path(p) / "asterisk/modules" for p in ("/usr/lib", "/usr/lib64", "/usr/local/lib")),
    ]
    return next((place for place in places if (place / "chan_pjsip.so").exists()), None)


def _host_data() -> list[Path]:
    return [Path("/usr/share/asterisk"), Path("/var/lib/asterisk")]


def _version(command: str) -> str:
    done = subprocess.run([command, "-V"], capture_output=True, text=True, timeout=30)
    return done.stdout.strip().removeprefix("Asterisk ") or "unknown"


def _numbers(version: str) -> tuple[int, ...]:
    found = re.search(r"(\d+)\.(\d+)", version)
    return (int(found[1]), int(found[2])) if found else (0, 0)
