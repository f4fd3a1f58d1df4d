"""
Decides which PostgreSQL the tests run: Debian forky's, in the cache, as an ordinary user.

Its programs look for each other, and for their data, where they lie: wrappers start them, in a
folder with the distribution's layout. PostgreSQL refuses to run as root: root lends it to `nobody`,
in a folder that `nobody` can read.
"""

import os
import pwd
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts import debian_tree
from scripts.debian_tree import Tree, cache_folder

PACKAGES = ("postgresql-18", "libicu*", "libpam0g", "libpq5", "libaudit1", "libcap-ng0")
"""With what is left out of Asterisk's tree, but PostgreSQL needs."""
PROGRAMS = ("postgres", "initdb", "pg_ctl")
PATIENCE = 60
"""Seconds that it may take to start or stop, on a busy machine."""


@contextmanager
def running_postgres() -> Iterator["Server"]:
    """A server with nothing in it, in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="voicebot-postgres-") as name:
        server = Server(Path(name))
        server.start()
        try:
            yield server
        finally:
            server.stop()


class Server:
    """A server that can be stopped and started again, with its data, on the same port."""

    def __init__(self, folder: Path) -> None:
        """Raises TreeError when the packages cannot be had."""
        folder.chmod(0o755)
        self._folder = folder
        self._user = None if os.geteuid() else "nobody"
        tree = debian_tree.ensure(PACKAGES, cache_folder() / "postgres")
        self._programs = _wrappers(self._lent(tree), folder)
        self._data = folder / "own" / "data"
        self._data.parent.mkdir()
        if self._user:
            shutil.chown(self._data.parent, self._user)
        self._run("initdb", "-D", self._data, "-U", "voicebot", "-E", "UTF8", "--no-locale", "-N")
        self.port = _free_port()

    @property
    def url(self) -> str:
        """For `records.url`."""
        return f"postgresql://voicebot@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        sockets = f"-k {shlex.quote(str(self._data.parent))}"
        options = f"-p {self.port} -h 127.0.0.1 {sockets} -F"
        log = self._data.parent / "log"
        self._run("pg_ctl", "start", "-D", self._data, "-l", log, "-t", PATIENCE, "-o", options)

    def stop(self) -> None:
        """Stop it at once, as a crash would."""
        self._run("pg_ctl", "stop", "-D", self._data, "-m", "immediate", "-t", PATIENCE)

    def _lent(self, tree: Tree) -> Tree:
        """The tree; for `nobody`, who cannot look into root's cache, a copy in our folder."""
        if self._user is None:
            return tree
        shutil.copytree(tree.root, self._folder / "tree", symlinks=True, copy_function=_link)
        return Tree(self._folder / "tree")

    def _run(self, program: str, *words: object) -> None:
        command = [str(self._programs / program), *map(str, words)]
        home = {"HOME": str(self._data.parent), "PATH": os.environ["PATH"], "LC_ALL": "C"}
        done = subprocess.run(
            command, user=self._user, group=_group(self._user), extra_groups=_none(self._user),
            env=home, cwd=self._data.parent, stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=PATIENCE + 30,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stdout}\n{done.stderr}")


def _wrappers(tree: Tree, folder: Path) -> Path:
    """The folder of programs that can be started, in the layout that they look for."""
    [real] = tree.root.glob("usr/lib/postgresql/*")
    version = real.name
    programs = folder / "usr/lib/postgresql" / version / "bin"
    programs.mkdir(parents=True)
    (programs.parent / "lib").symlink_to(real / "lib")
    share = folder / "usr/share/postgresql"
    share.mkdir(parents=True)
    (share / version).symlink_to(tree.root / "usr/share/postgresql" / version)
    loader, _, libraries, _ = tree.command("usr/bin/none")
    for name in PROGRAMS:
        words = [loader, "--argv0", str(programs / name), "--library-path", libraries]
        script = f'#!/bin/sh\nexec {shlex.join([*words, str(real / "bin" / name)])} "$@"\n'
        (programs / name).write_text(script)
        (programs / name).chmod(0o755)
    return programs


def _link(source: str, target: str) -> None:
    """A second name for the file, where the file system allows that; else a copy."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _group(user: str | None) -> int | None:
    return pwd.getpwnam(user).pw_gid if user else None


def _none(user: str | None) -> list[int] | None:
    return [] if user else None


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


def main() -> int:
    """Fetch it, and print where it lies."""
    try:
        print(debian_tree.ensure(PACKAGES, cache_folder() / "postgres").root)
    except debian_tree.TreeError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
