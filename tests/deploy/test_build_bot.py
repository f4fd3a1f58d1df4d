"""`scripts/build_bot.sh`: what it tells Docker, and what it says where it cannot.

Docker is a stand-in here (a shell script that writes down its words): no image is built.
"""

import json
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BASH = shutil.which("bash") or "bash"
FAKE = """#!/bin/sh
printf '%s ' "$@" >> "{log}"
echo >> "{log}"
case "$*" in {failing}) exit 1 ;; esac
"""


class Docker:
    """A `docker` that answers yes, but to the words in `failing` (patterns of the shell)."""

    def __init__(self, path: Path, *failing: str) -> None:
        self.path = path
        self.log = path.parent / "docker.log"
        self.log.write_text("")
        command = path / "docker"
        patterns = "|".join(failing) or "never"
        command.write_text(FAKE.format(log=self.log, failing=patterns))
        command.chmod(0o755)

    def told(self, verb: str) -> list[str]:
        """Every command that began so."""
        return [line.strip() for line in self.log.read_text().splitlines() if line.startswith(verb)]


def build(*words: str, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the script as a user does. `path` is all there is on the PATH."""
    variables = {"PATH": str(path)} if path else dict(os.environ)
    return subprocess.run(
        [BASH, "scripts/build_bot.sh", *words],
        cwd=ROOT, env=variables, capture_output=True, text=True, timeout=100,
    )  # fmt: skip


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A PATH without docker; its `git` knows of no uncommitted changes."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("basename", "cat", "dirname", "mkdir", "sed", "sh"):
        place = shutil.which(name)
        assert place is not None
        (folder / name).symlink_to(place)
    git = folder / "git"
    git.write_text(
        '#!/bin/sh\ncase "$*" in *rev-parse*) echo 4f2a9c1d00;; *log*) echo 1700000000;; esac\n'
    )
    git.chmod(0o755)
    return folder


@pytest.fixture
def docker(bare: Path) -> Docker:
    """A Docker without a builder of ours, and a registry without our images."""
    return Docker(bare, '"buildx imagetools inspect"*', '"buildx inspect"*')


def test_a_build_for_this_machine_is_what_compose_wants(docker: Docker) -> None:
    """Three images, loaded into Docker, tagged as compose.yaml names them."""
    assert build(path=docker.path).returncode == 0
    lines = docker.told("buildx build")
    tags = [line.split()[3] for line in lines]
    assert tags == ["voicebot:latest", "voicebot:latest-local", "voicebot-asterisk:latest"]
    assert all("--load" in line and "--sbom" not in line for line in lines)
    assert not docker.told("buildx create")


def test_what_is_pushed_has_both_platforms_and_says_what_is_in_it(docker: Docker) -> None:
    """SBOM and provenance, version and commit; by a builder that can."""
    done = build("--push", "--registry", "registry.example:5000/bank", path=docker.path)
    assert done.returncode == 0, done.stderr
    assert docker.told("login") == ["login registry.example:5000"]
    assert docker.told("buildx create") == [
        "buildx create --name voicebot --driver docker-container"
    ]
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    first, *rest = docker.told("buildx build")
    assert len(rest) == 2
    for words in (
        f"--tag registry.example:5000/bank/voicebot:{version}-4f2a9c1",
        f"--build-arg VERSION={version}",
        "--build-arg REVISION=4f2a9c1d00",
        "--platform linux/amd64,linux/arm64",
        "--builder voicebot --sbom=true --provenance=mode=max --push",
        "--build-arg EXTRAS=sip otel gateway opus postgres --target bot",
    ):
        assert words in first


def test_a_tag_that_is_there_is_not_pushed_again(bare: Path) -> None:
    """The same command twice changes nothing the second time, not even the builder."""
    docker = Docker(bare)
    done = build("--push", "--registry", "r.example/bank", "--only", "bot", path=docker.path)
    assert done.returncode == 0
    assert "left as it is" in done.stdout
    assert not docker.told("buildx build") + docker.told("buildx create")


def test_archives_are_for_registries_out_of_reach(docker: Docker, tmp_path: Path) -> None:
    """One archive an image, with both platforms."""
    folder = tmp_path / "archives"
    assert (
        build("--oci", str(folder), "--tag", "1", "--only", "asterisk", path=docker.path).returncode
        == 0
    )
    assert (
        f"--output type=oci,dest={folder}/voicebot-asterisk-1.tar" in docker.told("buildx build")[0]
    )
    assert folder.is_dir()


def test_digests_pin_the_base_images(docker: Docker) -> None:
    """Each goes to the image that it belongs to."""
    one, two = "sha256:" + "a" * 64, "sha256:" + "b" * 64
    build("--python-digest", one, "--debian-digest", two, path=docker.path)
    bot, local, asterisk = docker.told("buildx build")
    assert f"PYTHON_DIGEST={one}" in bot and f"PYTHON_DIGEST={one}" in local
    assert f"DEBIAN_DIGEST={two}" in asterisk and "PYTHON_DIGEST" not in asterisk


def test_a_dry_run_asks_no_docker(bare: Path) -> None:
    """It prints each command, on a machine without Docker, too."""
    done = build("--dry-run", "--push", "--registry", "r.example", path=bare)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("would run: docker buildx build") == 3


@pytest.mark.parametrize(
    ("failing", "words", "what", "remedy"),
    [
        ("info", (), "no Docker Engine answers", "docker info"),
        ('"buildx version"', (), "docker has no buildx", "docker-buildx"),
        (
            "login*",
            ("--push", "--registry", "r.example"),
            "not logged in to r.example",
            "docker login r.example",
        ),
    ],
)
def test_what_is_missing_is_said_before_anything_is_built(
    bare: Path, failing: str, words: tuple[str, ...], what: str, remedy: str
) -> None:
    """One line says what is wrong, the next what to do."""
    docker = Docker(bare, failing)
    done = build(*words, path=bare)
    assert done.returncode == 1
    assert what in done.stderr and remedy in done.stderr
    assert not docker.told("buildx build")


def test_without_docker_it_says_where_to_get_it(bare: Path) -> None:
    """The first thing that is checked."""
    done = build(path=bare)
    assert done.returncode == 1
    assert "docs.docker.com/engine/install" in done.stderr


def test_changes_that_are_not_committed_are_not_pushed(docker: Docker) -> None:
    """An image in a registry names the commit that it is made of."""
    git = docker.path / "git"
    git.write_text(git.read_text().replace("esac", "*status*) echo ' M bot/cli.py';; esac"))
    done = build("--push", "--registry", "r.example", path=docker.path)
    assert done.returncode == 1
    assert "commit them" in done.stderr
    assert not docker.told("buildx")


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("--push",), "--push needs --registry"),
        (("--push", "--registry", "r.example", "--oci", "x"), "one of them"),
        (("--registry", "bank"), "such as docker.io/bank"),
        (("--only", "bot,kamailio"), "of bot, local, asterisk"),
        (("--platform", "linux/riscv64"), "linux/amd64, linux/arm64 or both"),
        (("--platform", "linux/amd64,linux/arm64"), "add --push or --oci"),
        (("--python-digest", "latest"), "64 hexadecimal digits"),
        (("--tag", "a b"), "letters, digits"),
        (("--tag",), "--tag needs a value"),
        (("--fast",), "--fast is no option"),
    ],
)
def test_wrong_words_are_refused_with_the_right_ones(words: tuple[str, ...], what: str) -> None:
    """Before Docker is asked for anything."""
    done = build(*words)
    assert done.returncode == 2
    assert what in done.stderr


def test_help_names_every_option() -> None:
    """What the script reads stands in its help."""
    text = (ROOT / "scripts/build_bot.sh").read_text()
    options = [
        line.split(")")[0].strip()
        for line in text.splitlines()
        if line.startswith("            --") and "=" not in line.split(")")[0]
    ]
    shown = build("--help").stdout
    assert options
    assert all(option in shown for option in options)


def test_the_list_of_packages_needs_no_docker(tmp_path: Path) -> None:
    """CycloneDX from uv.lock: what is in the bot's image, and nothing of the embedded servers."""
    done = build("--sbom", str(tmp_path), "--extras", "sip")
    assert done.returncode == 0, done.stderr
    names = {}
    for image in ("bot", "local"):
        listed = json.loads((tmp_path / f"voicebot-{image}.cdx.json").read_text())
        assert listed["specVersion"] == "1.5"
        names[image] = {part["name"] for part in listed["components"]}
    assert {"grpcio", "baresip-python"} <= names["bot"]
    assert not {"faster-whisper", "pytest"} & names["bot"]
    assert {"grpcio", "faster-whisper"} <= names["local"]


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_every_package_of_the_images_has_a_wheel_for_both_machines(
    tmp_path: Path, machine: str
) -> None:
    """The images' Python, no compiler: what has no wheel could not be installed there."""
    build("--sbom", str(tmp_path), "--extras", "sip")
    version = re.search(r"^FROM python:3\.(\d+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert version is not None
    own = re.compile(
        rf"-(cp3{version[1]}|(?:py2\.)?py3|cp3\d+-abi3)-.*(none-any|manylinux[^/]*{machine})"
    )
    for image in ("bot", "local"):
        listed = json.loads((tmp_path / f"voicebot-{image}.cdx.json").read_text())
        for part in listed["components"]:
            wheels = [one["url"] for one in part["externalReferences"]]
            assert any(own.search(url) for url in wheels), f"{part['name']} {part['version']}"
