"""Decides how packages of Debian forky are fetched and checked: by apt-get, in folders of its own.

apt-get brings what a hand-written client would lack: signatures, hashes, dependency resolution,
retries, proxies. It runs as an ordinary user on an empty package database, so that it sees
nothing of the host's packages, and only downloads. Unpacking is not decided here.
"""

import fnmatch
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

SUITE = "forky"
MIRROR = "https://deb.debian.org/debian"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")

NEEDLESS = [
    line
    for line in Path(__file__).with_name("debian_needless.txt").read_text().splitlines()
    if not line.startswith("#")
]

Say = Callable[[str], None]


class TreeError(Exception):
    """The packages cannot be had. The message says why and what to do."""


class NoAptError(TreeError):
    """This host has no apt-get or no dpkg-deb."""


def fetch(packages: tuple[str, ...], folder: Path, say: Say) -> list[Path]:
    """
    Download `packages` and what they need into `folder`; the .deb files, checked by apt.

    Among `packages`, a pattern ("libicu*") names what is needless elsewhere, but needed here.
    """
    missing = [name for name in ("apt-get", "dpkg-deb") if shutil.which(name) is None]
    if missing:
        raise NoAptError(
            f"Unpacking Debian's packages needs {' and '.join(missing)}, which Debian and Ubuntu "
            "have. Elsewhere, install Asterisk 22.5 or newer by your system's own means."
        )
    _lay_out(folder)
    _update(folder, say)
    wanted = _closure(packages, folder)
    say(f"Fetching {len(wanted)} packages of Debian {SUITE}.")
    return _download(wanted, folder, say)


def _lay_out(folder: Path) -> None:
    for name in ("state/lists/partial", "cache/archives/partial", "etc/preferences.d", "debs"):
        (folder / name).mkdir(parents=True)
    (folder / "state/status").write_text("")
    options = [
        f'Dir::Etc "{folder}/etc"; Dir::Etc::Parts "/dev/null"; Dir::Etc::main "/dev/null";',
        f'Dir::Etc::sourcelist "{folder}/etc/sources.list"; Dir::Etc::sourceparts "/dev/null";',
        f'Dir::State "{folder}/state"; Dir::State::status "{folder}/state/status";',
        f'Dir::Cache "{folder}/cache"; APT::Sandbox::User "{_user()}";',
        'Acquire::Languages "none"; Acquire::Retries "2"; APT::Install-Recommends "false";',
        'Acquire::http::Timeout "20"; Acquire::https::Timeout "20";',
        *_host_network_settings(),
    ]
    (folder / "apt.conf").write_text("\n".join(options) + "\n")


def _user() -> str:
    """Root's apt would else hand the download to a user that may not write in our cache."""
    return "root" if os.geteuid() == 0 else ""


def _host_network_settings() -> list[str]:
    """The host's own proxies and certificates for apt, which hold for us too."""
    done = subprocess.run(["apt-config", "dump"], capture_output=True, text=True)
    kept = re.compile(r"Acquire::(https?::|ForceIPv)[^ ]* ")
    return [line for line in done.stdout.splitlines() if kept.match(line) and "Timeout" not in line]


def _update(folder: Path, say: Say) -> None:
    """Fetch the list of packages: signed where this host can check it, else over HTTPS only."""
    mirror = os.environ.get("VOICEBOT_DEBIAN_MIRROR", MIRROR).rstrip("/")
    say(f"Fetching the list of packages from {mirror}.")
    keyring = _keyring(folder)
    if keyring is not None:
        trouble = _try_update(folder, mirror, f"signed-by={keyring}", say)
        if trouble is not None and mirror == MIRROR and not _unknown_key(trouble):
            plain = mirror.replace("https:", "http:")  # Safe: the signature is checked.
            say(f"No answer by HTTPS, trying {plain}.")
            trouble = _try_update(folder, plain, f"signed-by={keyring}", say)
        if trouble is None:
            return
        if not _unknown_key(trouble):
            raise TreeError(_no_list(mirror, trouble))
    say("Debian's signature cannot be checked here (install debian-archive-keyring to have it")
    say("checked): trusting the mirror, whose checksums are still verified.")
    trouble = _try_update(folder, mirror, "trusted=yes", say)
    if trouble is not None:
        raise TreeError(_no_list(mirror, trouble))


def _keyring(folder: Path) -> Path | None:
    """Debian's keys: the chosen file, the host's, or the ones the host's own archive offers."""
    chosen = os.environ.get("VOICEBOT_DEBIAN_KEYRING")
    if chosen == "none":
        return None
    if chosen:
        if not Path(chosen).is_file():
            raise TreeError(f"VOICEBOT_DEBIAN_KEYRING: there is no file {chosen}")
        return Path(chosen).resolve()
    if KEYRING.is_file():
        return KEYRING
    return _keyring_from_host_archive(folder / "keys")


def _keyring_from_host_archive(folder: Path) -> Path | None:
    """Ubuntu carries Debian's keys in a package of its own, signed by Ubuntu."""
    folder.mkdir()
    words = ["apt-get", "download", "debian-archive-keyring"]
    subprocess.run(words, cwd=folder, capture_output=True, timeout=120)
    for deb in folder.glob("*.deb"):
        subprocess.run(["dpkg-deb", "-x", deb, folder], capture_output=True)
    found = folder / KEYRING.relative_to("/")
    return found if found.is_file() else None


def _try_update(folder: Path, mirror: str, options: str, say: Say) -> str | None:
    """None when the list is there, else what apt-get said."""
    (folder / "etc/sources.list").write_text(f"deb [{options}] {mirror} {SUITE} main\n")
    trouble = _apt(folder, "update")
    if trouble is not None and re.search(r"is expired|not valid anymore", trouble, re.IGNORECASE):
        say("The mirror's list is older than its own time limit; using it all the same.")
        trouble = _apt(folder, "-o", "Acquire::Check-Valid-Until=false", "update")
    return trouble


def _apt(folder: Path, *words: str) -> str | None:
    """Run apt-get; None when all went well, else its complaints."""
    done = _run(folder, "-q", "-o", "APT::Update::Error-Mode=any", *words)
    return None if done.returncode == 0 else done.stderr.strip() or done.stdout.strip()


def _run(folder: Path, *words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "APT_CONFIG": str(folder / "apt.conf"), "LC_ALL": "C.UTF-8"}
    return subprocess.run(
        ["apt-get", *words], capture_output=True, text=True, env=environment, cwd=cwd
    )


def _unknown_key(trouble: str) -> bool:
    return re.search(r"NO_PUBKEY|Missing key", trouble) is not None


def _no_list(mirror: str, trouble: str) -> str:
    last = [line for line in trouble.splitlines() if line.startswith(("E:", "W:", "Err"))]
    return (
        f"Debian's list of packages cannot be fetched from {mirror}.\n"
        + "\n".join(f"  {line}" for line in last[:3] or [trouble[-300:]])
        + "\nCheck the network (a proxy goes in https_proxy), or name another mirror in "
        "VOICEBOT_DEBIAN_MIRROR, or install Asterisk 22.5 or newer on this machine."
    )


def _closure(packages: tuple[str, ...], folder: Path) -> list[str]:
    """NAME=VERSION of the packages and all they depend on, less the needless ones."""
    done = _run(folder, "-s", "install", *(name for name in packages if "*" not in name))
    found = re.findall(r"^Inst (\S+) \((\S+)", done.stdout, re.MULTILINE)
    if done.returncode or not found:
        raise TreeError(f"The mirror lacks what is needed: {done.stderr.strip()}")
    return [f"{name}={version}" for name, version in found if not _needless(name, packages)]


def _needless(name: str, needed: tuple[str, ...]) -> bool:
    return _any(name, NEEDLESS) and not _any(name, needed)


def _any(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def _download(wanted: list[str], folder: Path, say: Say) -> list[Path]:
    """apt-get checks each file's size and sha256 against the signed list."""
    target = folder / "debs"
    step = 20
    for start in range(0, len(wanted), step):
        done = _run(folder, "-q", "download", *wanted[start : start + step], cwd=target)
        if done.returncode:
            raise TreeError(f"A package could not be fetched:\n{done.stderr.strip()}")
        say(f"  {min(start + step, len(wanted))} of {len(wanted)}, {_megabytes(target):.0f} MB")
    return sorted(target.glob("*.deb"))


def _megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.glob("*.deb")) / 1e6
