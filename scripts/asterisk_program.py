"""Decides which Asterisk is run: the host's, if recent and complete, else Debian's.

Debian's comes as packages unpacked in the cache, where the host has apt-get; else in a container.
"""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from scripts import asterisk_docker, debian_tree
from scripts.asterisk_docker import DockerError, NoEngineError
from scripts.private_apt import NoAptError, TreeError

CONFIGURATION = Path(__file__).resolve().parent.parent / "asterisk"
OLDEST = (22, 5)  # Earlier ones lose AudioSocket frames or lack DTMF on it.
# An Asterisk that is older than 22.6 has none of these, and serves all but the line `websocket`.
WEBSOCKET = ("res_http_websocket.so", "res_websocket_client.so", "chan_websocket.so")
# Metrics are an extended module, which not every distribution builds.
DISPENSABLE = (*WEBSOCKET, "res_prometheus.so")
SOURCES = ("auto", "host", "tree", "docker")
NONE_HERE = """No Asterisk can be run here:
  the host's own: {host}
  Debian's packages in the cache: apt-get and dpkg-deb are not both here
  a container: {docker}
Do one of these:
  install Asterisk 22.5 or newer by your system's own means (VOICEBOT_ASTERISK names an odd place);
  install apt-get and dpkg-deb, as Debian and Ubuntu have them: they need no root here;
  install Docker Engine, start it, and see that `docker info` answers you."""


class AsteriskError(Exception):
    """Asterisk cannot run as asked. The message says why and what to do."""


@dataclass(frozen=True)
class Program:
    """An Asterisk that can be started. `source` is "host", "tree" or "docker"."""

    command: str
    modules: Path
    data: Path
    source: str
    version: str


def find_program(source: str = "auto") -> Program:
    """The Asterisk of one source; by "auto" the first of host, tree, docker that can be had."""
    try:
        if source == "tree":
            return _tree_program()
        if source == "docker":
            return _docker_program()
        found, no_host = host_program(os.environ.get("VOICEBOT_ASTERISK") or "asterisk")
        if found is not None:
            return found
        if source == "host":
            raise AsteriskError(f"The host's Asterisk cannot be used: {no_host}")
        return _tree_or_docker(no_host)
    except NoEngineError as error:
        raise AsteriskError(f"Asterisk cannot run in a container: {error}") from error
    except (TreeError, DockerError) as error:
        raise AsteriskError(str(error)) from error


def _tree_or_docker(no_host: str) -> Program:
    """The tree where apt-get is, which needs no engine; a trouble with it is not papered over."""
    try:
        return _tree_program()
    except NoAptError:
        pass
    try:
        return _docker_program()
    except NoEngineError as error:
        raise AsteriskError(NONE_HERE.format(host=no_host, docker=error)) from error


def _tree_program() -> Program:
    tree = debian_tree.ensure()
    command = str(debian_tree.cache_folder() / "bin/asterisk")
    return Program(command, tree.asterisk_modules, tree.asterisk_data, "tree", _version(command))


def _docker_program() -> Program:
    command = str(asterisk_docker.ensure(_to_stderr))
    modules, data = asterisk_docker.MODULES, asterisk_docker.DATA
    return Program(command, modules, data, "docker", _version(command))


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
    needed = [name for name in wanted_modules() if name not in DISPENSABLE]
    absent = [name for name in needed if not (modules / name).exists()]
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
    try:
        done = subprocess.run([command, "-V"], capture_output=True, text=True, timeout=30)
    except subprocess.TimeoutExpired:
        return "unknown"
    return done.stdout.strip().removeprefix("Asterisk ") or "unknown"


def _numbers(version: str) -> tuple[int, ...]:
    found = re.search(r"(\d+)\.(\d+)", version)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
