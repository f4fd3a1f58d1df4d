"""
How sound becomes files: a thread takes pieces out of a bounded queue and writes them.

A slow disk costs pieces, which are counted and become silence in the file; a full one costs the
recording; neither costs a caller's sound. A file is `.part` until its call is over; one that a
crash left is finished by the next start.
"""

import contextlib
import queue
import threading
import time
import wave
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import structlog

from bot.config_records import RecordingSettings
from bot.core.audio import SAMPLE_BYTES, frame_bytes
from bot.core.errors import BotError, ConfigError
from bot.records.sound import Piece
from bot.records.storage import Storage, folder_name

PART: Final = ".part"
LEFT_OVER: Final = 600.0
"""Seconds without a change after which a `.part` belongs to no bot any more."""
LONGEST_GAP: Final = 3000
"""Frames of silence written for pieces that were lost: a minute."""
AGAIN: Final = 30.0
"""Seconds before what could not be moved is tried again."""
GRACE: Final = 3.0

Told = Callable[[str, int], None]
"""Hears of recordings that were "kept" or "failed", and of pieces "dropped", from any thread."""
Kept = Callable[[str, str], None]
"""Hears a call's id and its recording's name, once that is in its last place."""
log = structlog.get_logger()


class SoundFile(Protocol):
    """A file of two sides."""

    def write(self, both: "np.ndarray[Any, Any]") -> None:
        """Samples of 16 bits, shape (n, 2). Raises OSError or RuntimeError."""

    def close(self) -> None:
        """It is whole."""


class SoundFiles:
    """
    Writes for all calls of the process. `put` never waits; `close` ends the threads.

    `_open` are the files of the calls that are up: the file, its path, the frames in it. None: it
    could not be written. `_finished` are those that are to be moved.
    """

    def __init__(
        self, settings: RecordingSettings, storage: Storage, told: Told, kept: Kept
    ) -> None:
        """Raises ConfigError where the extra for Opus is missing."""
        self._folder = Path(settings.folder)
        self._ending = ".opus" if settings.format == "opus" else ".wav"
        self._make = _opus_file() if settings.format == "opus" else WavFile
        self._storage, self._told, self._kept = storage, told, kept
        self._pieces: queue.Queue[Piece | None] = queue.Queue(settings.queue)
        self._open: dict[str, tuple[SoundFile, Path, int] | None] = {}
        self._finished: set[Path] = set()
        self._wake, self._closing = threading.Event(), threading.Event()
        self._threads = [
            threading.Thread(target=work, name=name, daemon=True)
            for work, name in ((self._write_all, "recordings"), (self._move_all, "recordings-move"))
        ]
        for thread in self._threads:
            thread.start()

    def put(self, piece: Piece) -> None:
        """Take a piece; drop it when too many wait."""
        try:
            self._pieces.put_nowait(piece)
        except queue.Full:
            self._told("dropped", 1)

    def close(self) -> None:
        """Write what waits, but not for longer than `GRACE`. Blocks: use it in a thread."""
        with contextlib.suppress(queue.Full):
            self._pieces.put(None, timeout=GRACE)
        self._threads[0].join(GRACE)
        self._closing.set()
        self._wake.set()
        self._threads[1].join(GRACE)

    # The thread that writes.

    def _write_all(self) -> None:
        while (piece := self._pieces.get()) is not None:
            try:
                self._write(piece)
            except (OSError, RuntimeError) as error:
                self._open[piece.call_id] = None
                self._told("failed", 1)
                log.warning("recording failed", call=piece.call_id, error=str(error))
            if piece.last:
                self._finish(piece.call_id)
        for call_id in list(self._open):
            self._finish(call_id)

    def _write(self, piece: Piece) -> None:
        if piece.call_id not in self._open:
            path = self._new_path(piece.call_id)
            self._open[piece.call_id] = self._make(path, piece.rate), path, 0
        opened = self._open[piece.call_id]
        if opened is None:
            return
        file, path, written = opened
        size = frame_bytes(piece.rate)
        gap = bytes(min(max(piece.at - written, 0), LONGEST_GAP) * size)
        file.write(_both(gap + piece.left, gap + piece.right))
        self._open[piece.call_id] = file, path, piece.at + len(piece.right) // size

    def _finish(self, call_id: str) -> None:
        opened = self._open.pop(call_id, None)
        if opened is None:
            return
        file, path, _ = opened
        with contextlib.suppress(OSError, RuntimeError):
            file.close()
            self._finished.add(path.rename(path.with_suffix("")))
            self._wake.set()

    def _new_path(self, call_id: str) -> Path:
        folder = self._folder / folder_name(call_id)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ").replace(".", "-")
        return folder / f"{name}{self._ending}{PART}"

    # The thread that moves.

    def _move_all(self) -> None:
        self._adopt()
        while True:
            self._wake.wait(AGAIN)
            self._wake.clear()
            try:
                for path in sorted(self._finished):
                    self._move(path)
                    self._finished.discard(path)
            except BotError as error:
                log.warning("recording not moved", error=str(error))
            if self._closing.is_set():
                return

    def _move(self, path: Path) -> None:
        name = f"{path.parent.name}/{path.name}"
        self._storage.keep(path, name)
        self._kept(path.parent.name, name)
        self._told("kept", 1)

    def _adopt(self) -> None:
        """Finish what a bot left that crashed; take what is still on its way."""
        now = time.time()  # noqa: TID251 - the file system's clock
        for path in list(self._folder.glob(f"*/*{PART}")):
            with contextlib.suppress(OSError):
                if now - path.stat().st_mtime > LEFT_OVER:
                    self._finished.add(path.rename(path.with_suffix("")))
        if self._storage.elsewhere:
            for ending in (".wav", ".opus"):
                self._finished |= set(self._folder.glob(f"*/*{ending}"))
        self._wake.set()


class WavFile:
    """A WAV file whose head is right after each write, so that a crash leaves one that plays."""

    def __init__(self, path: Path, rate: int) -> None:
        """Raises OSError."""
        self._file = wave.open(str(path), "wb")  # noqa: SIM115
        self._file.setnchannels(2)
        self._file.setsampwidth(SAMPLE_BYTES)
        self._file.setframerate(rate)

    def write(self, both: "np.ndarray[Any, Any]") -> None:
        """Raises OSError."""
        self._file.writeframes(both.astype("<i2").tobytes())

    def close(self) -> None:
        """Raises OSError."""
        self._file.close()


def _opus_file() -> Callable[[Path, int], SoundFile]:
    """What makes files of Opus in Ogg. Raises ConfigError."""
    try:
        import soundfile
    except (ImportError, OSError) as error:
        raise ConfigError(
            "recordings.format is opus, but the package soundfile is missing; install"
            " voicebot[recordings], or use wav"
        ) from error

    def make(path: Path, rate: int) -> SoundFile:
        file: SoundFile = soundfile.SoundFile(str(path), "w", rate, 2, format="OGG", subtype="OPUS")
        return file

    return make


def _both(left: bytes, right: bytes) -> "np.ndarray[Any, Any]":
    sides = [np.frombuffer(side, "<i2") for side in (left, right)]
    return np.stack(sides, axis=1)
