#!/usr/bin/env python3
"""Puts `uv` into the cache and prints its path: the wheel from PyPI, checked by sha256.

Runs on a bare Python 3.11 or newer, without pip.
"""

import hashlib
import io
import json
import os
import platform
import sys
import urllib.request
import zipfile
from pathlib import Path

VERSION = "0.13.9"
WHEELS = {
    "x86_64": (
        f"uv-{VERSION}-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
        "d7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19",
    ),
    "aarch64": (
        f"uv-{VERSION}-py3-none-manylinux_2_28_aarch64.whl",
        "ecb6028d79dc96fbeafffe5c8af62a7099487ebc05a701e76714eebcffd06375",
    ),
}
INDEX = os.environ.get("VOICEBOT_PYPI", "https://pypi.org/simple").rstrip("/")


def main() -> int:
    """Print where uv is, fetching it first if need be."""
    target = cache() / f"uv-{VERSION}" / "uv"
    if not target.exists():
        print(f"Fetching uv {VERSION} from PyPI ...", file=sys.stderr)
        try:
            fetch(target)
        except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
            print(f"uv could not be fetched from {INDEX}: {error}", file=sys.stderr)
            return 1
    print(target)
    return 0


def cache() -> Path:
    """The folder for everything that is downloaded once."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(os.environ.get("VOICEBOT_CACHE") or Path(home) / "voicebot")


def fetch(target: Path) -> None:
    """Download this machine's wheel, check it, and unpack the one program we need."""
    machine = platform.machine()
    if machine not in WHEELS:
        raise ValueError(f"no wheel is known for {machine}; install uv yourself")
    name, sha256 = WHEELS[machine]
    accept = {"Accept": "application/vnd.pypi.simple.v1+json"}
    with urllib.request.urlopen(
        urllib.request.Request(f"{INDEX}/uv/", headers=accept), timeout=30
    ) as index:
        files = {file["filename"]: file["url"] for file in json.load(index)["files"]}
    with urllib.request.urlopen(files[name], timeout=60) as answer:
        wheel = answer.read()
    if hashlib.sha256(wheel).hexdigest() != sha256:
        raise ValueError(f"{name} has another sha256 than {sha256}")
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        program = archive.read(f"uv-{VERSION}.data/scripts/uv")
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_suffix(f".{os.getpid()}")
    temporary.write_bytes(program)
    temporary.chmod(0o755)
    temporary.replace(target)


if __name__ == "__main__":
    raise SystemExit(main())
