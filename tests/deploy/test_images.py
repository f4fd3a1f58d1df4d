"""The images: what their Dockerfiles promise; what Asterisk's start script writes and refuses."""

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from scripts.asterisk_files import Settings, passwords, render
from scripts.asterisk_program import Program
from tests.deploy.dockerfiles import Stage, ignored, stages

ROOT = Path(__file__).resolve().parents[2]
BOT, ASTERISK = ROOT / "Dockerfile", ROOT / "asterisk/Dockerfile"
START = ROOT / "asterisk/container/start.sh"
SHELL = [START, ROOT / "asterisk/container/pick.sh", ROOT / "scripts/build_bot.sh"]
IMAGES = [
    pytest.param(BOT, "bot", id="bot"),
    pytest.param(BOT, "local", id="local"),
    pytest.param(ASTERISK, "voicebot-asterisk", id="asterisk"),
]


def _stage(dockerfile: Path, name: str) -> Stage:
    return stages(dockerfile)[name]


def _run(words: list[str], **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], **variables}
    return subprocess.run(words, capture_output=True, text=True, env=environment, timeout=60)


# ---- the Dockerfiles ---------------------------------------------------------------------------


@pytest.mark.parametrize("dockerfile", [BOT, ASTERISK], ids=["bot", "asterisk"])
def test_hadolint_has_nothing_to_say(dockerfile: Path) -> None:
    """Style and safety of the Dockerfiles are judged by hadolint."""
    done = _run([str(Path(sys.executable).with_name("hadolint")), str(dockerfile)])
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("script", SHELL, ids=lambda path: path.name)
def test_shellcheck_has_nothing_to_say(script: Path) -> None:
    """The scripts of the images and of their build are judged by shellcheck."""
    done = subprocess.run(
        [Path(sys.executable).with_name("shellcheck"), "-x", script],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("dockerfile", [BOT, ASTERISK], ids=["bot", "asterisk"])
def test_base_images_are_exact_and_can_be_pinned_to_their_bytes(dockerfile: Path) -> None:
    """A tag that names one release, and a build argument for the digest."""
    known = stages(dockerfile)
    outside = [stage.base for stage in known.values() if stage.base not in known]
    assert outside
    for base in outside:
        found = re.fullmatch(r"(\w+):([\w.-]+)\$\{(\w+_DIGEST):\+@\}\$\{\3\}", base)
        assert found, base
        assert re.search(r"\d+\.\d+\.\d+|\d{8}", found[2]), f"{base} is a moving tag"


@pytest.mark.parametrize(("dockerfile", "name"), IMAGES)
def test_an_image_says_what_it_is_and_runs_as_nobody_special(dockerfile: Path, name: str) -> None:
    """A numeric user that is not root, a health check, labels by the OCI's names."""
    stage = _stage(dockerfile, name)
    assert re.fullmatch(r"[1-9]\d{4}:[1-9]\d{4}", stage.last("USER"))
    assert "CMD [" in stage.last("HEALTHCHECK")
    kinds = ("title", "description", "version", "revision", "source", "licenses", "base.name")
    assert {f"org.opencontainers.image.{kind}" for kind in kinds} == stage.labels().keys()


@pytest.mark.parametrize(("dockerfile", "name"), IMAGES)
def test_the_label_names_the_base_image(dockerfile: Path, name: str) -> None:
    """So that a scanner may ask whether there is a newer one."""
    known = stages(dockerfile)
    base = known[name].base
    base = known[base].base if base in known else base
    label = known[name].labels()["org.opencontainers.image.base.name"]
    assert label == "docker.io/library/" + base.partition("$")[0]


def test_the_images_extras_are_the_projects() -> None:
    """What the bot's image is built with is in pyproject.toml, in both places that say it."""
    packages = _stage(BOT, "bot-packages")
    default = packages.last("ARG").removeprefix("EXTRAS=").strip('"').split()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert set(default) | {"local"} <= project["optional-dependencies"].keys()
    script = (ROOT / "scripts/build_bot.sh").read_text()
    assert f"EXTRAS='{' '.join(default)}'" in script


def test_the_bots_own_address_is_all_that_its_image_sets() -> None:
    """Settings belong to whoever runs it; but nobody reaches a container's loopback."""
    settings = {k: v for k, v in _stage(BOT, "bot").variables().items() if k.startswith("BOT_")}
    assert settings == {
        "BOT_HTTP__HOST": "0.0.0.0",
        "BOT_AUDIOSOCKET__HOST": "0.0.0.0",
        "BOT_GATEWAY__HOST": "0.0.0.0",
    }


# ---- what goes in ------------------------------------------------------------------------------


def _context(folder: Path) -> set[str]:
    """The tracked files of `folder` that its .dockerignore leaves to the engine."""
    patterns = [
        line
        for line in (folder / ".dockerignore").read_text().splitlines()
        if line and not line.startswith("#")
    ]
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=folder, capture_output=True, text=True, check=True
    )
    others = {".git/config", ".venv/bin/python", "bot/__pycache__/cli.pyc", "secrets.env"}
    files = set(tracked.stdout.strip("\0").split("\0")) | others
    return {path for path in files if not ignored(patterns, path)}


def test_the_bots_context_is_exactly_what_is_copied() -> None:
    """Nothing of tests, caches, history or secrets reaches the engine; and nothing is missing."""
    sources = {
        word.rstrip("/")
        for stage in stages(BOT).values()
        for text in stage.all("COPY")
        if not text.startswith("--from")
        for word in text.split()[:-1]
    }
    left = _context(ROOT)
    for path in left:
        assert any(path == source or path.startswith(source + "/") for source in sources), path
    for source in sources:
        assert any(path == source or path.startswith(source + "/") for path in left), source
    assert not [path for path in left if path.endswith(".pyc")]


def test_asterisks_context_holds_what_start_sh_reads() -> None:
    """Every template and the sounds; no example of a trunk, which start.sh would take for ours."""
    left = _context(ROOT / "asterisk")
    templates = {path.name for path in (ROOT / "asterisk").glob("*.conf*") if path.is_file()}
    assert {path for path in templates if not path.endswith(".example")} <= left
    assert not [path for path in left if path.endswith(".example")]
    assert {"sounds/hi/bot-apology.sln16", "container/logger.conf.in"} <= left


# ---- Asterisk's configuration in the container -------------------------------------------------


@pytest.fixture
def run() -> Iterator[Path]:
    """A run directory with a path short enough for a socket."""
    with TemporaryDirectory(prefix="run-") as folder:
        yield Path(folder)


def _start(run: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """What the container does at its start, up to becoming Asterisk."""
    own = {"ASTERISK_RUN": str(run), "ASTERISK_TEMPLATES": str(ROOT / "asterisk")}
    return _run(["sh", str(START), "--render"], **own, **variables)


def _settings(text: str) -> list[str]:
    """What a file sets, without comments and blank lines."""
    return [line for line in text.splitlines() if line.strip() and not line.startswith(";")]


def test_the_container_writes_what_scripts_asterisk_writes(run: Path, tmp_path: Path) -> None:
    """One configuration, whichever way Asterisk is started; only the log goes elsewhere."""
    program = Program(
        "asterisk", Path("/usr/lib/asterisk/modules"), Path("/usr/share/asterisk"), "", ""
    )
    settings = Settings(
        bot_url="https://bot.example:8443/",
        bot_token="a.b-c_d/e+f=",
        bind="10.0.0.9",
        external="203.0.113.7",
        sip_port=5070,
        rtp_ports=(12000, 12099),
        accounts=("6001", "anita"),
        agents="PJSIP/6002&PJSIP/anita",
        fallback="bot-agents,6002,1",
    )
    other = tmp_path / "other"
    render(other, program, settings)
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    for name, word in passwords(other, settings.accounts).items():
        (secrets / name).write_text(word)
    done = _start(
        run,
        ASTERISK_BOT_URL=settings.bot_url,
        ASTERISK_BOT_TOKEN=settings.bot_token,
        ASTERISK_BIND=settings.bind,
        ASTERISK_EXTERNAL=settings.external,
        ASTERISK_SIP_PORT="5070",
        ASTERISK_RTP="12000-12099",
        ASTERISK_ACCOUNTS="6001 anita",
        ASTERISK_PASSWORDS=str(secrets),
        ASTERISK_AGENTS=settings.agents,
        ASTERISK_FALLBACK=settings.fallback,
        ASTERISK_SOUNDS=str(settings.sounds),
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert {p.name for p in (run / "etc").iterdir()} == {p.name for p in (other / "etc").iterdir()}
    for ours in (run / "etc").iterdir():
        if ours.name != "logger.conf":
            theirs = (other / "etc" / ours.name).read_text().replace(str(other), str(run))
            assert _settings(ours.read_text()) == _settings(theirs), ours.name
        assert ours.stat().st_mode & 0o077 == 0, f"{ours.name} may be read by others"


def test_passwords_are_made_once_and_kept(run: Path) -> None:
    """There is no default password; phones that are set up stay so over restarts."""
    assert _start(run).returncode == 0
    first = {path.name: path.read_text() for path in (run / "passwords").iterdir()}
    assert _start(run).returncode == 0
    assert first == {path.name: path.read_text() for path in (run / "passwords").iterdir()}
    assert first.keys() == {"6001", "6002"}
    assert len(set(first.values())) == 2
    assert all(len(word.strip()) >= 20 for word in first.values())


def test_a_token_may_come_from_a_mounted_file(run: Path, tmp_path: Path) -> None:
    """A secret in the environment is read by whoever may inspect the container."""
    (tmp_path / "token").write_text("hush-1\n")
    assert _start(run, ASTERISK_BOT_TOKEN_FILE=str(tmp_path / "token")).returncode == 0
    assert "BOT_TOKEN = hush-1\n" in (run / "etc/bot_local.conf").read_text()


def test_mounted_files_are_added_and_replace_ours(run: Path, tmp_path: Path) -> None:
    """A trunk, a dialplan of one's own, or any file of ours that does not suit."""
    (tmp_path / "pjsip_trunk.conf").write_text("[trunk]\n")
    (tmp_path / "udptl.conf").write_text("; mine\n")
    assert _start(run, ASTERISK_EXTRA=str(tmp_path)).returncode == 0
    assert (run / "etc/pjsip_trunk.conf").read_text() == "[trunk]\n"
    assert (run / "etc/udptl.conf").read_text() == "; mine\n"


def test_without_networks_of_its_own_every_phone_is_told_the_external_address(run: Path) -> None:
    """Behind a container engine's NAT no phone reaches the container's own address."""
    assert _start(run, ASTERISK_EXTERNAL="192.0.2.1", ASTERISK_LOCAL_NETS="").returncode == 0
    text = (run / "etc/pjsip_local.conf").read_text()
    assert "external_media_address = 192.0.2.1" in text
    assert "local_net" not in text


@pytest.mark.parametrize(
    ("variable", "value", "remedy"),
    [
        ("ASTERISK_BOT_URL", "bot:8080", "such as http://bot:8080"),
        ("ASTERISK_BOT_URL", "http://bot;system", "such as http://bot:8080"),
        ("ASTERISK_BOT_URL", "http://bot\nBOT_TRANSFERS = all", "such as http://bot:8080"),
        ("ASTERISK_BIND", "eth0", "such as 0.0.0.0"),
        ("ASTERISK_SIP_PORT", "sip", "such as 5060"),
        ("ASTERISK_RTP", "10000", "such as 10000-10399"),
        ("ASTERISK_RTP", "20000-10000", "between 1024 and 65535"),
        ("ASTERISK_EXTERNAL", "my host", "the address that phones send to"),
        ("ASTERISK_LOCAL_NETS", "home", "such as 10.0.0.0/8"),
        ("ASTERISK_ACCOUNTS", "6001;6002", "blanks between"),
        ("ASTERISK_ACCOUNTS", "../6001", "blanks between"),
        ("ASTERISK_AGENTS", "6002|6003", "PJSIP/6002&PJSIP/6003"),
        ("ASTERISK_FALLBACK", "agents", "context,extension,priority"),
        ("ASTERISK_PHONE_NETS", "", "with a blank between"),
        ("ASTERISK_PHONE_NETS", "10.0.0.0/8;permit=0.0.0.0/0", "with a blank between"),
        ("ASTERISK_METRICS", "8088", "such as 0.0.0.0:8088"),
        ("ASTERISK_METRICS", "eth0:8088", "such as 0.0.0.0:8088"),
        ("ASTERISK_DIALS", "91x", "such as 91[0-9]{10}"),
        ("ASTERISK_CALLER_ID", "bank", "such as +918040001000"),
        ("ASTERISK_ARI", "8088", "such as 127.0.0.1:8088"),
        ("ASTERISK_ARI_NETS", "all", "with a blank between"),
        ("ASTERISK_ARI_PASSWORD_FILE", "/nowhere", "mount the secret"),
        ("ASTERISK_TRACE", "on", "give yes or no"),
        ("ASTERISK_BOT_TOKEN", "a b", "choose another one"),
        ("ASTERISK_BOT_TOKEN_FILE", "/nowhere", "mount the secret"),
        ("ASTERISK_PASSWORDS", "/nowhere", "leave 6001 out of ASTERISK_ACCOUNTS"),
    ],
)
def test_a_wrong_value_stops_the_start(run: Path, variable: str, value: str, remedy: str) -> None:
    """The message names the variable and says what to give; nothing is half configured."""
    done = _start(run, **{variable: value})
    assert done.returncode == 2
    assert variable in done.stderr
    assert remedy in done.stderr
    assert not (run / "etc/pjsip_local.conf").exists()


def test_a_password_that_is_short_is_refused(run: Path, tmp_path: Path) -> None:
    """Accounts of four digits and a guessable password are what attackers look for."""
    (tmp_path / "6001").write_text("6001")
    done = _start(run, ASTERISK_PASSWORDS=str(tmp_path), ASTERISK_ACCOUNTS="6001")
    assert done.returncode == 2
    assert "the password of account 6001 is shorter than 8 letters" in done.stderr


def test_calls_go_out_only_with_a_password(run: Path) -> None:
    """Without it nothing starts; with it, ARI is there for the networks that are named."""
    refused = _start(run, ASTERISK_DIALS="91[0-9]{10}")
    assert refused.returncode == 2 and "ASTERISK_ARI_PASSWORD" in refused.stderr
    done = _start(
        run,
        ASTERISK_DIALS="91[0-9]{10}|1800[0-9]{6}",
        ASTERISK_ARI_PASSWORD="long-and-secret",
        ASTERISK_ARI="10.0.0.9:8089",
        ASTERISK_ARI_NETS="10.0.0.0/8 ::1/128",
    )
    assert (done.returncode, done.stderr) == (0, "")
    ari = _settings((run / "etc/ari.conf").read_text())
    assert "enabled = yes" in ari and "password = long-and-secret" in ari
    assert ari[-2:] == ["deny = 0.0.0.0/0,::/0", "permit = 10.0.0.0/8,::1/128"]
    assert "bindaddr = 10.0.0.9" in (run / "etc/http.conf").read_text()
    assert "load = res_ari_channels.so" in (run / "etc/modules.conf").read_text()
    known = (run / "etc/bot_local.conf").read_text()
    assert "BOT_DIALS = 91[0-9]{10}|1800[0-9]{6}" in known


def test_the_documented_variables_are_those_that_are_read() -> None:
    """docs/images.md and start.sh name the same variables."""
    read = set(re.findall(r"\$\{?(ASTERISK_[A-Z_]+)", START.read_text()))
    page = (ROOT / "docs/images.md").read_text()
    told = set(re.findall(r"`(ASTERISK_[A-Z_]+)`", page))
    told |= {"ASTERISK" + name for name in re.findall(r"`(_[A-Z]+)`", page)}
    assert read == told
