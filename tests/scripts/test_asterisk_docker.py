"""Asterisk in a container: which source is taken, what docker is told, what is left behind.

The engine is a stand-in (fake_docker.py): no test here proves what a real one does with the words.
"""

import hashlib
import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts import asterisk_docker, asterisk_program, asterisk_run, debian_tree
from scripts.asterisk_docker import DockerError, NoEngineError
from scripts.asterisk_files import Settings
from scripts.asterisk_program import AsteriskError, find_program
from scripts.private_apt import NoAptError, TreeError

ROOT = Path(__file__).resolve().parents[2]
ENGINE = {"ServerVersion": "28.2.2", "OperatingSystem": "Fedora", "SecurityOptions": []}


class FakeDocker:
    """The stand-in's state, and what it was told."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.asterisk("/bin/echo", {})

    def engine(self, **told: object) -> None:
        """An engine answers from now on; `told` is what it says otherwise than ENGINE."""
        (self.state / "info").write_text(json.dumps({**ENGINE, **told}))

    def asterisk(self, command: str, paths: dict[str, str]) -> None:
        """What the image's Asterisk is on this machine."""
        (self.state / "asterisk").write_text(json.dumps({"command": command, "paths": paths}))

    def calls(self, verb: str) -> list[list[str]]:
        """All that docker was told to `verb`."""
        lines = (self.state / "calls").read_text().splitlines()
        return [words for words in map(json.loads, lines) if words[0] == verb]


@pytest.fixture
def run() -> Iterator[Path]:
    """A run directory with a path short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="run-") as folder:
        yield Path(folder)


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with what every host has, but no apt-get, no docker and no Asterisk; a new cache."""
    folder = tmp_path / "tools"
    folder.mkdir()
    for name in ("cut", "id", "sed", "sh", "sha256sum"):
        place = next(p for p in (Path("/usr/bin"), Path("/bin")) if (p / name).exists())
        (folder / name).symlink_to(place / name)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("VOICEBOT_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("VOICEBOT_ASTERISK", raising=False)
    return folder


@pytest.fixture
def docker(tools: Path, tmp_path: Path) -> FakeDocker:
    """A docker command; its engine answers once the test says so."""
    state = tmp_path / "docker"
    state.mkdir()
    command = tools / "docker"
    words = shlex.join([sys.executable, str(Path(__file__).with_name("fake_docker.py"))])
    command.write_text(
        f'#!/bin/sh\nexport FAKE_DOCKER={shlex.quote(str(state))}\nexec {words} "$@"\n'
    )
    command.chmod(0o755)
    return FakeDocker(state)


def script(run: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run `scripts/asterisk COMMAND --run-dir RUN ...` as a user does."""
    command = [sys.executable, str(ROOT / "scripts/asterisk"), words[0], "--run-dir", str(run)]
    return subprocess.run([*command, *words[1:]], capture_output=True, text=True, timeout=100)


def values(words: list[str], option: str) -> list[str]:
    """What `option` was given, each time."""
    return [words[at + 1] for at, word in enumerate(words) if word == option]


def test_the_image_is_built_once_and_named_after_its_dockerfile(docker: FakeDocker) -> None:
    """From the Dockerfile alone, without any file of this host beside it."""
    docker.engine()
    said: list[str] = []
    wrapper = asterisk_docker.ensure(said.append)
    assert asterisk_docker.ensure(said.append) == wrapper
    text = (ROOT / "asterisk/Dockerfile").read_bytes()
    name = f"voicebot-asterisk:{hashlib.sha256(text).hexdigest()[:12]}"
    assert docker.calls("build") == [["build", "--target", "debian", "--tag", name, "-"]]
    assert (docker.state / "image").read_text() == f"{name}\n{text.decode()}"
    assert len(said) == 1


def test_a_build_that_fails_shows_dockers_last_words(docker: FakeDocker) -> None:
    """Mostly the engine has no network; that is what to look at."""
    docker.engine()
    (docker.state / "image").mkdir()
    with pytest.raises(DockerError, match=r"IsADirectoryError[\s\S]*Docker Hub"):
        asterisk_docker.ensure(print)


def test_paths_are_the_same_inside_and_the_user_too(docker: FakeDocker, run: Path) -> None:
    """The container has the run directory, the sounds to read, the host's network, no rights."""
    docker.engine()
    wrapper = asterisk_docker.ensure(print)
    (run / "etc").mkdir()
    (run / "etc/asterisk.conf").touch()
    (run / "etc/bot_local.conf").write_text("BOT_URL = x\nBOT_SOUNDS = /a folder/hi\n")
    subprocess.run([wrapper, "-fn", "-C", run / "etc/asterisk.conf"], check=True)
    words = docker.calls("run")[-1]
    assert values(words, "--mount") == [
        f"type=bind,source={run},target={run}",
        "type=bind,source=/a folder/hi,target=/a folder/hi,readonly",
    ]
    assert values(words, "--user") == [f"{os.getuid()}:{os.getgid()}"]
    assert values(words, "--network") == ["host"]
    assert values(words, "--cap-drop") == ["ALL"]
    assert values(words, "--name") == [asterisk_docker.container_name(run)]
    conf = str(run / "etc/asterisk.conf")
    assert words[-5:] == [asterisk_docker.image_name(), "asterisk", "-fn", "-C", conf]


def test_no_image_is_ever_looked_for_elsewhere(docker: FakeDocker) -> None:
    """A name that our build did not make is not fetched from a stranger."""
    docker.engine()
    subprocess.run([asterisk_docker.ensure(print), "-V"], check=True)
    assert values(docker.calls("run")[-1], "--pull") == ["never"]


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"SecurityOptions": ["name=seccomp,profile=builtin", "name=rootless"]}, "rootless"),
        ({"OperatingSystem": "Docker Desktop"}, "virtual machine"),
        ({"ServerVersion": ""}, "no Docker Engine answers"),
    ],
)
def test_an_engine_with_another_network_than_ours_is_refused(
    told: dict[str, object], reason: str, docker: FakeDocker
) -> None:
    """Phones would not reach an Asterisk in it: said before the first silent call."""
    docker.engine(**told)
    with pytest.raises(NoEngineError, match=reason):
        asterisk_docker.engine()


def test_an_engine_that_is_down_is_told_in_its_own_words(docker: FakeDocker) -> None:
    """`docker info` knows best what is wrong."""
    with pytest.raises(AsteriskError, match="in a container: no Docker Engine answers .Cannot"):
        find_program("docker")


def test_an_engine_that_hangs_is_not_waited_for(
    tools: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`docker info` gets its seconds and no more."""
    (tools / "docker").write_text("#!/bin/sh\nexec /bin/sleep 60\n")
    (tools / "docker").chmod(0o755)
    monkeypatch.setattr(asterisk_docker, "ANSWER_SECONDS", 0.2)
    with pytest.raises(NoEngineError, match="no answer within"):
        asterisk_docker.engine()


def test_auto_takes_docker_where_there_is_no_apt(docker: FakeDocker) -> None:
    """Host, then tree, then container."""
    docker.engine()
    found = find_program("auto")
    assert found.source == "docker"
    assert found.modules == Path("/usr/lib/asterisk/modules")
    assert found.command == str(debian_tree.cache_folder() / "bin/asterisk-docker")


def test_auto_prefers_the_hosts_own(
    docker: FakeDocker, tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A recent and complete Asterisk of the host needs nothing else."""
    docker.engine()
    (tools / "asterisk").write_text("#!/bin/sh\necho Asterisk 22.10.1\n")
    (tools / "asterisk").chmod(0o755)
    for name in asterisk_program.wanted_modules():
        (tmp_path / name).touch()
    (tmp_path / "documentation").mkdir()
    monkeypatch.setenv("VOICEBOT_ASTERISK_MODULES", str(tmp_path))
    monkeypatch.setattr(asterisk_program, "_host_data", lambda: [tmp_path])
    assert find_program("auto").source == "host"
    assert not (docker.state / "calls").exists()


def test_auto_prefers_the_tree_to_docker(
    docker: FakeDocker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where apt-get is, no engine is asked."""
    docker.engine()
    root = tmp_path / "tree"
    (root / "usr/lib/x86_64-linux-gnu").mkdir(parents=True)
    command = tmp_path / "cache/bin/asterisk"
    command.parent.mkdir(parents=True)
    command.write_text("#!/bin/sh\necho Asterisk 22.10.1\n")
    command.chmod(0o755)
    monkeypatch.setattr(debian_tree, "ensure", lambda: debian_tree.Tree(root))
    assert find_program("auto").source == "tree"
    assert not (docker.state / "calls").exists()


def test_a_tree_that_cannot_be_fetched_is_said_not_replaced(
    docker: FakeDocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With apt-get at hand, a trouble of the network is the thing to mend."""
    docker.engine()

    def unreachable() -> debian_tree.Tree:
        raise TreeError("the mirror does not answer")

    monkeypatch.setattr(debian_tree, "ensure", unreachable)
    with pytest.raises(AsteriskError, match="the mirror does not answer"):
        find_program("auto")
    assert not (docker.state / "calls").exists()


def test_a_host_with_nothing_is_told_what_is_missing_and_three_remedies(tools: Path) -> None:
    """One message, no traceback."""
    with pytest.raises(AsteriskError) as caught:
        find_program("auto")
    message = str(caught.value)
    assert "the host's own: there is none" in message
    assert "apt-get and dpkg-deb are not both here" in message
    assert "a container: there is no docker command" in message
    assert message.count("\n  install ") == 3


def test_the_tree_alone_still_says_that_it_needs_apt(tools: Path) -> None:
    """`--source tree` insists on it."""
    with pytest.raises(AsteriskError, match="needs apt-get and dpkg-deb") as caught:
        find_program("tree")
    assert isinstance(caught.value.__cause__, NoAptError)


def test_a_container_of_another_run_directory_is_left_alone(docker: FakeDocker, run: Path) -> None:
    """`down` removes only what it started itself."""
    docker.engine()
    (docker.state / "containers").mkdir()
    other = docker.state / "containers" / asterisk_docker.container_name(run / "other")
    other.write_text("1")
    note = {"pid": 1, "command": "x", "source": "docker", "version": "x", "sip": "x"}
    (run / "running.json").write_text(json.dumps(note))
    assert not asterisk_run.down(run)
    assert docker.calls("rm") == []


@pytest.fixture(scope="session")
def real_asterisk() -> tuple[str, dict[str, str]]:
    """The tree's Asterisk, and where it has the folders that the image has."""
    tree = debian_tree.ensure()
    paths = {
        str(asterisk_docker.MODULES): str(tree.asterisk_modules),
        str(asterisk_docker.DATA): str(tree.asterisk_data),
    }
    return str(debian_tree.cache_folder() / "bin/asterisk"), paths


@pytest.fixture
def asterisk_image(real_asterisk: tuple[str, dict[str, str]], docker: FakeDocker) -> FakeDocker:
    """An engine whose image holds a real Asterisk."""
    docker.asterisk(*real_asterisk)
    docker.engine()
    return docker


@pytest.mark.asterisk
def test_up_status_cli_and_down_through_docker(asterisk_image: FakeDocker, run: Path) -> None:
    """As with any other source; `core stop now` ends the container, nothing has to be forced."""
    ports = ("--source", "docker", "--sip-port", "25170", "--rtp", "25300-25399")
    done = script(run, "up", *ports)
    assert "Asterisk is up." in done.stdout, done.stderr
    assert "already up" in script(run, "up", *ports).stdout
    assert "(docker), process" in script(run, "status").stdout
    assert "0 active channels" in script(run, "cli", "core", "show", "channels").stdout
    assert "is down" in script(run, "down").stdout
    assert list((asterisk_image.state / "containers").iterdir()) == []
    assert asterisk_image.calls("rm") == []
    assert "was not up" in script(run, "down").stdout


@pytest.mark.asterisk
def test_a_killed_docker_client_leaves_no_container_for_long(
    asterisk_image: FakeDocker, run: Path
) -> None:
    """Status tells of the container that goes on; the next `up` replaces it, `down` removes it."""
    settings = Settings(sip_port=25171, rtp_ports=(25400, 25499))
    for _ in range(2):
        process = asterisk_run.up(run, settings, "docker")
        assert process is not None
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert "its container goes on" in script(run, "status").stdout
    assert len(asterisk_image.calls("rm")) == 1
    assert "is down" in script(run, "down").stdout
    assert len(asterisk_image.calls("rm")) == 2
    assert list((asterisk_image.state / "containers").iterdir()) == []
    assert script(run, "status").returncode == 3
