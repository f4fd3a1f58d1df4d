"""
A cluster that is not there: deploy scripts run with the real kubectl against a stand-in API.

Helm is a small program that writes down its words; what needs no cluster (`template`, `version`)
the real one does. Of kubectl only `exec` and `logs` are stood in for. On the PATH is nothing else
but the common tools that the scripts name.
"""

import base64
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml

from scripts import deploy_tools
from tests.deploy.fake_api import FakeApi, Thing

ROOT = Path(__file__).resolve().parents[2]
TOOLS = (
    *("awk", "base64", "basename", "bash", "cat", "comm", "cp", "cut", "dirname", "env", "grep"),
    *("head", "mktemp", "od", "paste", "rm", "sed", "sleep", "sort", "tail", "tr", "wc"),
)

KEY = "nvapi-abcdefghijklmnopqrstuvwxyz0123456789"
SPEECH_UP = """ok     port of http, 0.0.0.0:8080: taken: by a running bot
WRONG  asterisk at 127.0.0.1:5060: [Errno 111] Connection refused
       -> start it
ok     riva asr model: parakeet
ok     riva tts voice: Magpie-Multilingual.HI-IN.Aria
ok     llm model: meta/llama-3.1-8b-instruct
"""
"""What a bot's doctor says where speech and model are as a call needs them."""

RECORD = r"""#!/bin/bash
folder=$(dirname "$0")/..
{ printf '%s\0' NAME "$@"; echo; } >>"$folder/calls"
env >>"$folder/environments"
"""
KUBECTL = r"""
for word; do
    case $word in
        exec) exec cat "$folder/exec" ;;
        logs) exec cat "$folder/logs" ;;
    esac
done
exec REAL "$@"
"""
HELM = r"""
case $1 in
    template) exec REAL "$@" ;;
    version) cat "$folder/helm-version" ;;
    get) if [ -e "$folder/values" ]; then cat "$folder/values"; else exit 1; fi ;;
    upgrade) [ ! -e "$folder/helm-fails" ] || exit 1; echo "Release \"$3\" has been upgraded." ;;
    uninstall) echo "release \"$2\" uninstalled" ;;
    *) exit 2 ;;
esac
"""


@dataclass
class Done:
    """One script's end."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """All that it printed."""
        return self.out + self.err


class Cluster:
    """
    The API, the programs and what they were asked; a context manager around a test.

    `api.things` is what the cluster holds. `without` removes a program from the PATH.
    """

    def __init__(self, folder: Path, *things: Thing) -> None:
        self.folder = folder
        self.api = FakeApi(things)
        self._bin = folder / "bin"
        self._bin.mkdir()
        for tool in TOOLS:
            found = shutil.which(tool)
            assert found is not None, f"the scripts need {tool}"
            (self._bin / tool).symlink_to(found)
        (self._bin / "python3").symlink_to(sys.executable)
        self._program("kubectl", KUBECTL, deploy_tools.kubectl())
        self._program("helm", HELM, deploy_tools.helm())
        self.says("helm-version", "v4.3.1")
        self.says("exec", "")
        self.says("logs", "")

    def _program(self, name: str, text: str, real: Path) -> None:
        program = self._bin / name
        text = RECORD.replace("NAME", name) + text.replace("REAL", str(real))
        program.write_text(text)
        program.chmod(0o755)

    def __enter__(self) -> Self:
        self.api.__enter__()
        (self.folder / "kubeconfig").write_text(self.api.kubeconfig())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.api.__exit__(kind, error, trace)

    def without(self, program: str) -> None:
        """As if this was not installed."""
        (self._bin / program).unlink()

    def says(self, file: str, text: str) -> None:
        """What a program answers: `exec`, `logs`, `helm-version`, `values`."""
        (self.folder / file).write_text(text)

    def run(self, script: str, *words: str, stdin: str = "", trace: bool = False,
            **variables: str) -> Done:  # fmt: skip
        """Run one of scripts/ with these words and variables."""
        command = ["bash", *(["-x"] if trace else []), str(ROOT / "scripts" / script), *words]
        environment = {
            "PATH": str(self._bin),
            "HOME": str(self.folder),
            "TMPDIR": str(self._temporary()),
            "KUBECONFIG": str(self.folder / "kubeconfig"),
            **variables,
        }
        done = subprocess.run(
            command, input=stdin, env=environment, capture_output=True, text=True, timeout=60
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def _temporary(self) -> Path:
        folder = self.folder / "tmp"
        folder.mkdir(exist_ok=True)
        return folder

    def left_behind(self) -> list[str]:
        """Temporary files that a script did not take away."""
        return os.listdir(self._temporary())

    def calls(self, program: str) -> list[list[str]]:
        """The words of each call of kubectl or helm, in order."""
        try:
            lines = (self.folder / "calls").read_text().split("\0\n")
        except FileNotFoundError:
            return []
        called = [line.split("\0") for line in lines if line]
        return [words[1:] for words in called if words[0] == program]

    def releases(self) -> list[list[str]]:
        """The words of each `helm upgrade`."""
        return [words for words in self.calls("helm") if words[0] == "upgrade"]

    def seen(self) -> str:
        """All that a process list or a program's environment would have shown."""
        texts = [(self.folder / name) for name in ("calls", "environments")]
        return "".join(path.read_text() for path in texts if path.exists())


def node(name: str = "gpu-1", **allocatable: str) -> Thing:
    """A node with these resources besides its processors."""
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}},
        "status": {
            "allocatable": {"cpu": "32", "memory": "256Gi", **allocatable},
            "addresses": [
                {"type": "InternalIP", "address": "10.0.0.5"},
                {"type": "Hostname", "address": name},
            ],
        },
    }


def thing(api_version: str, kind: str, name: str, namespace: str = "", **rest: Any) -> Thing:
    """An object of which only the name matters."""
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **rest}


def crd(name: str) -> Thing:
    """That the cluster knows such a kind."""
    return thing("apiextensions.k8s.io/v1", "CustomResourceDefinition", name)


def namespace(level: str = "baseline") -> Thing:
    """The namespace of the release, as deploy_infra.sh makes it."""
    made = thing("v1", "Namespace", "voicebot")
    made["metadata"]["labels"] = {"pod-security.kubernetes.io/enforce": level}
    return made


def manifests(text: str) -> list[Thing]:
    """The objects in what a dry run printed."""
    return [each for each in yaml.safe_load_all(text) if each]


def claims(cluster: Cluster) -> None:
    """As if deploy_infra.sh had run."""
    for name in ("asr-models", "tts-models", "llm-models"):
        cluster.api.put(thing("v1", "PersistentVolumeClaim", name, "voicebot"))


def secret(cluster: Cluster, name: str) -> dict[str, str]:
    """A secret's values, decoded."""
    data = cluster.api.things["secrets", "voicebot", name]["data"]
    return {key: base64.b64decode(value).decode() for key, value in data.items()}
