"""Stands in for the docker command: no images, no isolation, but its words and its lives.

A container is a process in a session of its own, so that it outlives a killed client as a real one
does. The paths inside the image stand for those of a real Asterisk on this machine. State lies in
the folder FAKE_DOCKER: `calls` (one JSON list of words a line), `image`, `containers/NAME`.
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

STATE = Path(os.environ["FAKE_DOCKER"])
TAKES_NO_VALUE = {"--rm", "--read-only", "-it"}


def main(words: list[str]) -> int:
    """Do what docker would do with these words, as far as scripts/asterisk uses it."""
    with (STATE / "calls").open("a") as calls:
        calls.write(json.dumps(words) + "\n")
    if not (STATE / "info").exists():
        _complain("Cannot connect to the Docker daemon. Is it running?")
        return 1
    return COMMANDS[words[0]](words[1:])


def info(_: list[str]) -> int:
    """What the engine says of itself."""
    sys.stdout.write((STATE / "info").read_text())
    return 0


def build(words: list[str]) -> int:
    """Keep the Dockerfile from standard input under its tag."""
    tag = words[words.index("--tag") + 1]
    (STATE / "image").write_text(f"{tag}\n{sys.stdin.read()}")
    return 0


def image(words: list[str]) -> int:
    """`image inspect TAG`: only the one that was built is there."""
    built = STATE / "image"
    return 0 if built.exists() and built.read_text().startswith(f"{words[1]}\n") else 1


def run(words: list[str]) -> int:
    """Run the command in a container of this name, and leave none behind."""
    options, command = _split(words)
    program = _program(command[1:])
    if "--name" not in options:
        return subprocess.run(program).returncode
    note = STATE / "containers" / options["--name"]
    note.parent.mkdir(exist_ok=True)
    if note.exists():
        _complain(f"The container name {note.name} is already in use")
        return 125
    container = subprocess.Popen(program, cwd=options["--workdir"], start_new_session=True)
    note.write_text(str(container.pid))
    status = container.wait()
    note.unlink(missing_ok=True)
    return status


def execute(words: list[str]) -> int:
    """Run the command where the container runs."""
    _, command = _split(words)
    if not (STATE / "containers" / command[0]).exists():
        _complain(f"No such container: {command[0]}")
        return 1
    return subprocess.run(_program(command[1:])).returncode


def container(words: list[str]) -> int:
    """`container inspect NAME`."""
    return 0 if (STATE / "containers" / words[1]).exists() else 1


def remove(words: list[str]) -> int:
    """`rm --force NAME`: kill it and forget it."""
    note = STATE / "containers" / words[1]
    os.kill(int(note.read_text()), signal.SIGKILL)
    note.unlink(missing_ok=True)
    return 0


COMMANDS = {
    "info": info,
    "build": build,
    "image": image,
    "run": run,
    "exec": execute,
    "container": container,
    "rm": remove,
}


def _complain(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def _split(words: list[str]) -> tuple[dict[str, str], list[str]]:
    """The options (the last of each name) and what follows them."""
    options = {}
    rest = list(words)
    while rest[0].startswith("-"):
        name = rest.pop(0)
        options[name] = "" if name in TAKES_NO_VALUE else rest.pop(0)
    return options, rest


def _program(words: list[str]) -> list[str]:
    """The image's `asterisk ...` on this machine: the real program, and its own folders."""
    real = json.loads((STATE / "asterisk").read_text())
    rest = words[1:]
    if "-C" in rest:
        place = rest.index("-C") + 1
        text = Path(rest[place]).read_text()
        for inside, outside in real["paths"].items():
            text = text.replace(f"=> {inside}\n", f"=> {outside}\n")
        inner = STATE / "asterisk.conf"
        inner.write_text(text)
        rest[place] = str(inner)
    return [real["command"], *rest]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
