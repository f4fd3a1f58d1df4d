"""
The bot's own speech on disk: how a sentence is written, which files go, whom the folder serves.

One file a sentence, named by the digest of its key:

    b"voicebot speech 1\\n"    the format
    32 bytes                  SHA-256 of all that follows
    one line of JSON          "wanted": the key; "words": [[text, end in seconds], ...]
    the rest                  PCM: 16 bits, little-endian, mono, at wanted.rate

Several bots may share a folder: a file appears whole, by one rename, and one that another bot
took away is a sentence not found. A file that is damaged is removed. The digest tells damage, not
intent: whoever may write to the folder decides what the bot says. Its modification time is its
last use; the files not used for longest go first. A folder that fails is complained of once.
"""

import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import structlog

from bot.app.speech_memory import Wanted
from bot.core.ports import Speech, Word

FORMAT: Final = b"voicebot speech 1\n"
DIGEST_BYTES: Final = 32
LONGEST_BYTES: Final = 20_000_000
"""Ten minutes of speech: a larger file is none of ours."""
ABANDONED: Final = 3600.0
"""Seconds after which a file that nobody finished writing is removed."""
ENDING: Final = ".speech"
UNFINISHED: Final = ".part"

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class SpeechFolder:
    """The folder `riva.tts.disk`. Its calls block: use them in a thread. None of them raises."""

    def __init__(self, folder: str, megabytes: float) -> None:
        self.path = Path(folder).expanduser()
        self._limit = round(megabytes * 1e6)
        self._complained = False

    def read(self, key: Wanted) -> Speech | None:
        """The speech, if it is there and whole; it counts as used now."""
        path = self._place(key)
        try:
            if path.stat().st_size > LONGEST_BYTES:
                raise ValueError("too large")
            speech = decoded(path.read_bytes(), key)
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError) as error:
            log.warning("damaged speech removed", file=str(path), error=str(error))
            _remove(path)
            return None
        except OSError as error:
            self._complain(error)
            return None
        with suppress(OSError):
            os.utime(path)
        return speech

    def write(self, key: Wanted, speech: Speech) -> None:
        """Keep the speech, whole or not at all; then make room."""
        content = encoded(key, speech)
        if len(content) > min(self._limit, LONGEST_BYTES):
            return
        path = self._place(key)
        unfinished = path.with_suffix(f".{secrets.token_hex(8)}{UNFINISHED}")
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            unfinished.write_bytes(content)
            unfinished.replace(path)
            self._make_room()
        except OSError as error:
            _remove(unfinished)
            self._complain(error)

    def _place(self, key: Wanted) -> Path:
        return self.path / f"{sha256(_line(key).encode()).hexdigest()[:40]}{ENDING}"

    def _make_room(self) -> None:
        """Take away what was not used for longest, until the rest is within the bound."""
        files = sorted(self._files(), reverse=True)
        held = 0
        for _, size, path in files:
            held += size
            if held > self._limit:
                _remove(path)

    def _files(self) -> Iterator[tuple[float, int, Path]]:
        """Last use, size and path of each of our files; abandoned ones are removed."""
        for path in self.path.iterdir():
            if path.suffix not in (ENDING, UNFINISHED):
                continue
            with suppress(FileNotFoundError):
                status = path.stat()
                if path.suffix == ENDING:
                    yield status.st_mtime, status.st_size, path
                elif time.time() - status.st_mtime > ABANDONED:  # noqa: TID251  a file's clock
                    _remove(path)

    def _complain(self, error: OSError) -> None:
        if not self._complained:
            log.warning(
                "speech not kept on disk",
                folder=str(self.path),
                error=str(error),
                remedy="riva.tts.disk",
            )
        self._complained = True


def encoded(key: Wanted, speech: Speech) -> bytes:
    """The content of a file."""
    words = [[word.text, word.end] for word in speech.words]
    head = json.dumps({"wanted": asdict(key), "words": words}, ensure_ascii=False)
    body = head.encode() + b"\n" + speech.pcm
    return FORMAT + sha256(body).digest() + body


def decoded(content: bytes, key: Wanted) -> Speech:
    """The speech in a file. ValueError says what is wrong with it."""
    if not content.startswith(FORMAT):
        raise ValueError("not in format 1")
    digest, body = content[len(FORMAT) :][:DIGEST_BYTES], content[len(FORMAT) + DIGEST_BYTES :]
    if sha256(body).digest() != digest:
        raise ValueError("its digest is wrong")
    line, _, pcm = body.partition(b"\n")
    head: dict[str, Any] = json.loads(line)
    if head["wanted"] != json.loads(_line(key)):
        raise ValueError("it holds another sentence")
    return Speech(pcm, tuple(Word(text, end) for text, end in head["words"]))


def _line(key: Wanted) -> str:
    return json.dumps(asdict(key), ensure_ascii=False, sort_keys=True)


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()
