#!/usr/bin/env python3
"""Decides how programs of a newer Debian run here, without root and without touching the host.

`apt-get`, with directories of its own, fetches the packages of Debian forky and checks their
signatures; `dpkg-deb` unpacks them in the cache. Nothing is installed on the host: no root, no
chroot. Small wrappers in `<cache>/bin` start the programs through the tree's own loader, so they
stay at one path whatever the tree is called. A manifest of every file, written last, tells a
whole tree from a damaged one. Runs on plain python3 >= 3.11.

Environment: VOICEBOT_CACHE (default ${XDG_CACHE_HOME:-~/.cache}/voicebot), VOICEBOT_DEBIAN_MIRROR
(default https://deb.debian.org/debian), VOICEBOT_DEBIAN_KEYRING (a file; "none" trusts the mirror).
"""

import argparse
import contextlib
import fcntl
import fnmatch
import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts import private_apt
from scripts.private_apt import Say, TreeError

__all__ = ["PACKAGES", "Tree", "TreeError", "cache_folder", "damage", "ensure"]

PACKAGES = ("asterisk", "espeak-ng")
PROGRAMS = {"asterisk": "usr/sbin/asterisk", "espeak-ng": "usr/bin/espeak-ng"}
LAYOUT = 1  # Raise it when what is unpacked, or how, changes: older trees are then built anew.

# Read by nobody here: manuals, sounds and the data of programs that are not run.
UNREAD = ("usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/lintian", "var", "etc")


@dataclass(frozen=True)
class Tree:
    """Unpacked packages. `root` holds usr/; programs are started by the tree's own loader."""

    root: Path

    @property
    def libraries(self) -> Path:
        """The folder of the C library, usr/lib/<machine>-linux-gnu."""
        found = sorted(self.root.glob("usr/lib/*-linux-gnu"))
        if not found:
            raise TreeError(f"{self.root} holds no C library: remove it and try again")
        return found[0]

    @property
    def asterisk_modules(self) -> Path:
        """Where Asterisk's modules lie (its astmoddir)."""
        return self.libraries / "asterisk" / "modules"

    @property
    def asterisk_data(self) -> Path:
        """Where Asterisk's documentation and the like lie (its astdatadir)."""
        return self.root / "usr/share/asterisk"

    def loader(self) -> Path:
        """The tree's own program loader, ld-linux-*.so.*."""
        found = sorted(self.libraries.glob("ld-linux*.so.*"))
        if not found:
            raise TreeError(f"{self.libraries} holds no program loader: remove the tree")
        return found[0]

    def command(self, program: str) -> list[str]:
        """The words that start `program`, a path inside the tree such as "usr/bin/espeak-ng"."""
        libraries = f"{self.libraries}:{self.libraries / 'pulseaudio'}"
        return [str(self.loader()), "--library-path", libraries, str(self.root / program)]

    def environment(self) -> dict[str, str]:
        """What the tree's programs need to find their data."""
        data = sorted(self.root.glob("usr/**/espeak-ng-data"))
        return {"ESPEAK_DATA_PATH": str(data[0].parent)} if data else {}


def cache_folder() -> Path:
    """Where everything fetched is kept, outside any checkout."""
    if chosen := os.environ.get("VOICEBOT_CACHE"):
        return Path(chosen).expanduser().resolve()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache").resolve() / "voicebot"


def ensure(
    packages: tuple[str, ...] = PACKAGES, cache: Path | None = None, say: Say | None = None
) -> Tree:
    """
    A whole tree of `packages`, fetched if the cache has none; wrappers in `<cache>/bin`.

    A second call only checks sizes and times of the files (milliseconds). Raises `TreeError`
    with the remedy when the packages cannot be had.
    """
    cache = cache or cache_folder()
    say = say or _to_stderr
    with _locked(cache):
        kept = _kept_trees(cache)
        for tree in kept:
            trouble = damage(tree, packages)
            if trouble is None:
                write_wrappers(tree, cache)
                return tree
            say(f"The tree in {tree.root} is not usable ({trouble}): building it anew.")
        tree = _build(packages, cache, say)
        for old in kept:
            shutil.rmtree(old.root, ignore_errors=True)
        write_wrappers(tree, cache)
        return tree


def damage(tree: Tree, packages: tuple[str, ...] = (), thorough: bool = False) -> str | None:
    """
    What is wrong with the tree, or None. `thorough` reads every byte, else sizes and times.

    An altered file shows by its size or time of change; only `thorough` finds a bad disk.
    """
    try:
        manifest = json.loads((tree.root / "manifest.json").read_text())
        if manifest["layout"] != LAYOUT:
            return "made by another version"
        absent = [name for name in packages if not fnmatch.filter(manifest["packages"], name)]
        if absent:
            return f"without {', '.join(absent)}"
        return _changed_file(tree.root, manifest["files"], thorough)
    except (OSError, ValueError, KeyError, TypeError):
        return "no manifest"


def write_wrappers(tree: Tree, cache: Path) -> None:
    """Shell scripts `<cache>/bin/NAME`, at the same path whatever the tree is called."""
    folder = cache / "bin"
    folder.mkdir(parents=True, exist_ok=True)
    for name, program in PROGRAMS.items():
        if not (tree.root / program).exists():
            continue
        exports = "".join(f"export {k}={shlex.quote(v)}\n" for k, v in tree.environment().items())
        text = f'#!/bin/sh\n{exports}exec {shlex.join(tree.command(program))} "$@"\n'
        target = folder / name
        if target.exists() and target.read_text() == text:
            continue
        fresh = folder / f".{name}.new"
        fresh.write_text(text)
        fresh.chmod(0o755)
        fresh.replace(target)


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


@contextlib.contextmanager
def _locked(cache: Path) -> Iterator[None]:
    """One builder at a time; the others wait and find its tree."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "debian.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _kept_trees(cache: Path) -> list[Tree]:
    return [Tree(path) for path in sorted((cache / "debian").glob("tree-*")) if path.is_dir()]


def _changed_file(root: Path, files: dict[str, list[Any]], thorough: bool) -> str | None:
    for name, (size, changed, sha256) in files.items():
        try:
            status = os.stat(root / name)
        except OSError:
            return f"{name} is missing"
        if [status.st_size, status.st_mtime_ns] != [size, changed]:
            return f"{name} was altered"
        if thorough and _sha256(root / name) != sha256:
            return f"{name} holds other bytes than were unpacked"
    return None


def _build(packages: tuple[str, ...], cache: Path, say: Say) -> Tree:
    (cache / "debian").mkdir(exist_ok=True)
    for left_over in (cache / "debian").glob("build-*"):
        shutil.rmtree(left_over, ignore_errors=True)
    workshop = Path(tempfile.mkdtemp(prefix="build-", dir=cache / "debian"))
    try:
        debs = private_apt.fetch(packages, workshop / "apt", say)
        say(f"Unpacking {len(debs)} packages.")
        tree = Tree(workshop / "tree")
        _unpack(debs, tree.root)
        _try_programs(tree)
        _write_manifest(tree.root, debs)
        final = cache / "debian" / f"tree-{workshop.name.removeprefix('build-')}"
        tree.root.rename(final)
        say(f"Ready in {final}.")
        return Tree(final)
    finally:
        shutil.rmtree(workshop, ignore_errors=True)


def _unpack(debs: list[Path], root: Path) -> None:
    root.mkdir()
    with ThreadPoolExecutor(2) as workers:
        list(workers.map(lambda deb: _unpack_one(deb, root), debs))
    for name in UNREAD:
        shutil.rmtree(root / name, ignore_errors=True)


def _unpack_one(deb: Path, root: Path) -> None:
    done = subprocess.run(["dpkg-deb", "-x", deb, root], capture_output=True, text=True)
    if done.returncode:
        raise TreeError(f"{deb.name} cannot be unpacked: {done.stderr.strip()}")


def _try_programs(tree: Tree) -> None:
    """A library left out by mistake shows here, not in the first call."""
    for name, option in (("asterisk", "-V"), ("espeak-ng", "--version")):
        program = PROGRAMS[name]
        if not (tree.root / program).exists():
            continue
        environment = {**os.environ, **tree.environment()}
        words = [*tree.command(program), option]
        done = subprocess.run(words, capture_output=True, text=True, env=environment, timeout=30)
        if done.returncode:
            raise TreeError(f"{name} does not start from the tree: {done.stderr.strip()}")


def _write_manifest(root: Path, debs: list[Path]) -> None:
    files = {}
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.is_symlink():
            status = path.stat()
            name = str(path.relative_to(root))
            files[name] = [status.st_size, status.st_mtime_ns, _sha256(path)]
    packages = {}
    for deb in debs:
        name, version, _ = deb.name.split("_", 2)
        packages[name] = {"version": version.replace("%3a", ":"), "sha256": _sha256(deb)}
    manifest = {"layout": LAYOUT, "packages": packages, "files": files}
    (root / "manifest.json").write_text(json.dumps(manifest, indent=0))


def _sha256(path: Path) -> str:
    with path.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()


def main(words: list[str] | None = None) -> int:
    """Command line: build or check the tree, print where a program's wrapper is."""
    parser = argparse.ArgumentParser(description="Programs of a newer Debian, in the cache.")
    parser.add_argument("program", nargs="?", choices=sorted(PROGRAMS), help="print its wrapper")
    parser.add_argument("--check", action="store_true", help="read every byte of the tree")
    parser.add_argument("--renew", action="store_true", help="fetch the newest packages")
    chosen = parser.parse_args(words)
    cache = cache_folder()
    try:
        if chosen.renew:
            with _locked(cache):
                for tree in _kept_trees(cache):
                    shutil.rmtree(tree.root)
        tree = ensure(cache=cache)
        trouble = damage(tree, thorough=True) if chosen.check else None
    except TreeError as error:
        print(error, file=sys.stderr)
        return 1
    if trouble:
        print(f"{tree.root}: {trouble}. Remove this folder and run again.", file=sys.stderr)
        return 1
    print(cache / "bin" / chosen.program if chosen.program else tree.root)
    return 0


if __name__ == "__main__":
    sys.exit(main())
