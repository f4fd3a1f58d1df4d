"""compose.yaml as the real docker-compose understands it, and the images that it names."""

import json
import os
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

from scripts import deploy_tools
from tests.deploy.dockerfiles import Stage, stages

ROOT = Path(__file__).resolve().parents[2]
OURS = {"bot": ("Dockerfile", "bot"), "local": ("Dockerfile", "local"),
        "asterisk": ("asterisk/Dockerfile", "voicebot-asterisk")}  # fmt: skip
NVIDIA = {"riva-asr": 50051, "riva-tts": 50051, "llm": 8000}
"""The services of NVIDIA's containers, and the port of each that the bot asks."""


@cache
def composed(profile: str = "", **variables: str) -> dict[str, Any]:
    """The file as docker-compose understands it, with these variables in the shell."""
    words = [str(deploy_tools.compose()), "--project-directory", str(ROOT)]
    words += ["--profile", profile] if profile else []
    environment = {"PATH": os.environ["PATH"], "HOME": "/nowhere", **variables}
    done = subprocess.run(
        [*words, "config", "--format", "json"],
        capture_output=True, text=True, cwd=ROOT, env=environment, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def services(profile: str = "") -> dict[str, Any]:
    """The services that come up."""
    found: dict[str, Any] = composed(profile)["services"]
    return found


def image_of(service: str) -> Stage:
    """The stage of a Dockerfile that a service of ours is built from."""
    file, target = OURS[service]
    return stages(ROOT / file)[target]
