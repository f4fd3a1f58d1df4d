"""Decides how Asterisk runs in a container: which engines will do, what image, what is left over.

The image holds Debian forky's Asterisk and nothing of ours. A script in the cache,
`<cache>/bin/asterisk-docker`, stands for the program: it mounts the run directory at its own path
and names the container after it, so whoever starts, asks and stops Asterisk need not know.
"""

import hashlib
import json
import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from scripts.debian_tree import cache_folder
from scripts.private_apt import Say

DOCKERFILE = Path(__file__).resolve().parent.parent / "asterisk/Dockerfile"
WRAPPER = Path(__file__).with_suffix(".sh")
# Inside the image, on every kind of machine (the Dockerfile sees to it).
MODULES = Path("/usr/lib/asterisk/modules")
DATA = Path("/usr/share/asterisk")

ANSWER_SECONDS = 5.0
REMOVE_SECONDS = 20.0
BUILD_SECONDS = 1800.0


class DockerError(Exception):
    """A container cannot be built or removed. The message says why and what to do."""


class NoEngineError(DockerError):
    """No engine here will do; the message is the reason, to be put after a colon."""


def ensure(say: Say) -> Path:
    """The script that stands for Asterisk, with its image built if the engine has none."""
    docker = engine()
    image = image_name()
    if _docker(docker, "image", "inspect", image).returncode:
        _build(docker, image, say)
    return _write_wrapper(docker, image)


def engine() -> str:
    """The docker command whose engine runs containers on this very host's network."""
    docker = shutil.which("docker")
    if docker is None:
        raise NoEngineError("there is no docker command")
    done = _docker(docker, "info", "--format", "{{json .}}")
    try:
        told = json.loads(done.stdout)
    except ValueError:
        told = {}
    if done.returncode or not (isinstance(told, dict) and told.get("ServerVersion")):
        raise NoEngineError(f"no Docker Engine answers ({_last_line(done)})")
    if reason := _elsewhere(told):
        raise NoEngineError(f"{reason}, so phones would not reach it")
    return docker


def image_name() -> str:
    """The image's name and tag: another Dockerfile is another image."""
    return f"voicebot-asterisk:{hashlib.sha256(DOCKERFILE.read_bytes()).hexdigest()[:12]}"


def container_name(run: Path) -> str:
    """The container of a run directory, as the script in the cache names it."""
    return f"voicebot-{hashlib.sha256(os.fsencode(run)).hexdigest()[:16]}"


def left_over(run: Path) -> bool:
    """Whether the run directory's container is there, such as after its client was killed."""
    if shutil.which("docker") is None:
        return False
    return _docker("docker", "container", "inspect", container_name(run)).returncode == 0


def remove(run: Path) -> bool:
    """Take the run directory's container away, running or not; whether there was one."""
    if not left_over(run):
        return False
    done = _docker("docker", "rm", "--force", container_name(run), seconds=REMOVE_SECONDS)
    if done.returncode and left_over(run):
        raise DockerError(f"The container {container_name(run)} stays: {_last_line(done)}")
    return True


def _elsewhere(told: dict[str, Any]) -> str | None:
    """Why "the host's network" is not this host's with such an engine, or None."""
    if "name=rootless" in (told.get("SecurityOptions") or []):
        return "the engine is rootless and has a network of its own"
    if "Docker Desktop" in str(told.get("OperatingSystem")):
        return "the engine is Docker Desktop and runs in a virtual machine"
    return None


def _build(docker: str, image: str, say: Say) -> None:
    """Build from the Dockerfile alone: nothing of this host goes in."""
    say(f"Building the image {image} with Docker (once, some minutes).")
    words = ("build", "--target", "debian", "--tag", image, "-")
    done = _docker(docker, *words, stdin=DOCKERFILE.read_text(), seconds=BUILD_SECONDS)
    if done.returncode:
        lines = "\n".join(f"  {line}" for line in done.stderr.strip().splitlines()[-8:])
        raise DockerError(
            f"Docker cannot build {DOCKERFILE}:\n{lines}\nCheck that the engine reaches the "
            "network: it fetches debian:forky from Docker Hub and packages from Debian."
        )


def _write_wrapper(docker: str, image: str) -> Path:
    text = WRAPPER.read_text()
    text = text.replace("@DOCKER@", shlex.quote(docker)).replace("@IMAGE@", shlex.quote(image))
    target = cache_folder() / "bin/asterisk-docker"
    if not (target.exists() and target.read_text() == text):
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=target.parent, delete=False) as fresh:
            fresh.write(text)
        os.chmod(fresh.name, 0o755)
        os.replace(fresh.name, target)
    return target


def _docker(
    docker: str, *words: str, stdin: str = "", seconds: float | None = None
) -> subprocess.CompletedProcess[str]:
    """Run one docker command; one that takes too long (ANSWER_SECONDS) has failed."""
    command = [docker, *words]
    seconds = seconds or ANSWER_SECONDS
    try:
        return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=seconds)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 124, "", f"no answer within {seconds:g} s")


def _last_line(done: subprocess.CompletedProcess[str]) -> str:
    lines = done.stderr.strip().splitlines()
    return lines[-1] if lines else f"docker ended with {done.returncode}"
