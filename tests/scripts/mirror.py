"""A Debian mirror of three tiny packages on loopback, for the installer's tests."""

import gzip
import hashlib
import subprocess
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self


class Mirror:
    """Serves `folder`; `url` is what VOICEBOT_DEBIAN_MIRROR takes. Unsigned."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: list[str] = []
        handler = partial(_handler(self.asked), directory=str(folder))
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.architecture = _line("dpkg", "--print-architecture")
        self._entries: list[str] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def add(self, name: str, files: dict[str, str], depends: str = "") -> Path:
        """Put a package into the pool; a file with "#!" is made executable."""
        built = self.folder / "build" / name
        (built / "DEBIAN").mkdir(parents=True)
        control = f"Package: {name}\nVersion: 1:2.0-1\nArchitecture: {self.architecture}\n"
        control += "Maintainer: nobody <n@example.org>\nDescription: test\n"
        control += f"Depends: {depends}\n" if depends else ""
        (built / "DEBIAN/control").write_text(control)
        for path, text in files.items():
            (built / path).parent.mkdir(parents=True, exist_ok=True)
            (built / path).write_text(text)
            (built / path).chmod(0o755 if text.startswith("#!") else 0o644)
        deb = self.folder / "pool" / f"{name}_2.0-1_{self.architecture}.deb"
        deb.parent.mkdir(exist_ok=True)
        _line("dpkg-deb", "--root-owner-group", "-b", str(built), str(deb))
        data = deb.read_bytes()
        self._entries.append(
            f"{control}Filename: pool/{deb.name}\nSize: {len(data)}\n"
            f"SHA256: {hashlib.sha256(data).hexdigest()}\n"
        )
        return deb

    def publish(self) -> None:
        """Write the list of packages and the release file over it."""
        text = "\n".join(self._entries).encode()
        place = f"main/binary-{self.architecture}/Packages"
        release = "Suite: testing\nCodename: forky\nComponents: main\n"
        release += f"Architectures: {self.architecture}\nDate: Fri, 30 Oct 2026 08:08:01 UTC\n"
        release += "SHA256:\n"
        for name, data in ((place, text), (f"{place}.gz", gzip.compress(text))):
            listed = self.folder / "dists/forky" / name
            listed.parent.mkdir(parents=True, exist_ok=True)
            listed.write_bytes(data)
            release += f" {hashlib.sha256(data).hexdigest()} {len(data)} {name}\n"
        (self.folder / "dists/forky/Release").write_text(release)


def _line(*words: str) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()


def _handler(asked: list[str]) -> type[SimpleHTTPRequestHandler]:
    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            asked.append(self.path)

    return Handler
