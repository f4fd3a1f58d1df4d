"""
Where recordings are kept: in a folder, or in S3-compatible storage.

Each call has a folder of its own under its id: a call that two bots had has two recordings, and to
delete a call's sound is to delete its folder.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from bot.config_records import RecordingSettings, S3Settings
from bot.core.errors import ConfigError, ServiceUnavailable

TIMEOUTS = {"connect_timeout": 5, "read_timeout": 30, "retries": {"total_max_attempts": 2}}


PIECE = 65_536
"""Bytes read at once."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A recording that is read: its size in bytes, and its pieces, each of which blocks."""

    size: int
    pieces: Iterator[bytes]


class Storage(Protocol):
    """The last place of recordings. Its methods block, and raise ServiceUnavailable."""

    elsewhere: bool
    """Whether finished files that lie in the folder are still on their way."""

    def keep(self, path: Path, name: str) -> None:
        """Take the finished file under this name (`CALL/TIME.wav`)."""

    def remove(self, call_id: str) -> None:
        """Delete all recordings of this call; that there are none is no error."""

    def read(self, name: str) -> Sound | None:
        """The recording of this name; None where it is gone."""


def open_storage(settings: RecordingSettings) -> Storage:
    """The storage that the settings want. Raises ConfigError."""
    folder = Folder(Path(settings.folder))
    return S3(settings.s3, folder) if settings.s3.bucket else folder


def remover(settings: RecordingSettings) -> Callable[[str], None]:
    """Removes a call's sound, also where recording was turned off since. Raises ConfigError."""
    if settings.enabled or settings.s3.bucket or Path(settings.folder).is_dir():
        return open_storage(settings).remove
    return lambda call_id: None


def reader(settings: RecordingSettings) -> Callable[[str], Sound | None]:
    """Reads recordings by name, also where recording was turned off since. Raises ConfigError."""
    if settings.enabled or settings.s3.bucket or Path(settings.folder).is_dir():
        return open_storage(settings).read
    return lambda name: None


def folder_name(call_id: str) -> str:
    """The call's id, as a name of a folder and nothing else."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", call_id) or "_"


class Folder:
    """A folder of this machine, or one that several share. Files are made where they stay."""

    elsewhere = False

    def __init__(self, folder: Path) -> None:
        """Raises ConfigError."""
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise ConfigError(
                f"recordings.folder: {folder} cannot be made ({error.strerror}); name another"
            ) from error

    def keep(self, path: Path, name: str) -> None:
        """It is there already."""

    def remove(self, call_id: str) -> None:
        """Delete the call's folder."""
        try:
            shutil.rmtree(self.folder / folder_name(call_id))
        except FileNotFoundError:
            pass
        except OSError as error:
            raise ServiceUnavailable("recordings", str(error)) from error

    def read(self, name: str) -> Sound | None:
        """Open it, if it is there and in the folder."""
        path = (self.folder / name).resolve()
        if not path.is_relative_to(self.folder.resolve()):
            return None
        try:
            file = path.open("rb")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ServiceUnavailable("recordings", str(error)) from error
        return Sound(path.stat().st_size, _pieces(file))


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while piece := file.read(PIECE):
            yield piece


class S3:
    """A bucket; until a file is there, it waits in the folder."""

    elsewhere = True

    def __init__(self, settings: S3Settings, waiting: Folder) -> None:
        """Raises ConfigError."""
        try:
            import boto3
            from botocore.config import Config
            from botocore.exceptions import BotoCoreError, ClientError
        except ImportError as error:
            raise ConfigError(
                f"recordings.s3.bucket is set, but the package {error.name} is missing; install"
                " voicebot[s3]"
            ) from error
        self._errors = (BotoCoreError, ClientError, OSError, boto3.exceptions.S3UploadFailedError)
        self._settings = settings
        self._waiting = waiting
        self._client = boto3.client(
            "s3",
            endpoint_url=settings.endpoint or None,
            region_name=settings.region,
            aws_access_key_id=settings.access_key.get_secret_value() or None,
            aws_secret_access_key=settings.secret_key.get_secret_value() or None,
            config=Config(**TIMEOUTS),
        )

    def keep(self, path: Path, name: str) -> None:
        """Upload it, then delete the file."""
        self._try(self._upload, path, self._settings.prefix + name)

    def remove(self, call_id: str) -> None:
        """Delete what is in the bucket, and what waits."""
        self._waiting.remove(call_id)
        self._try(self._delete, f"{self._settings.prefix}{folder_name(call_id)}/")

    def read(self, name: str) -> Sound | None:
        """Fetch it from the bucket; it may still wait in the folder."""
        waits = self._waiting.read(name)
        return waits or self._try(self._get, self._settings.prefix + name)

    def _get(self, key: str) -> Sound | None:
        try:
            found = self._client.get_object(Bucket=self._settings.bucket, Key=key)
        except self._client.exceptions.NoSuchKey:
            return None
        return Sound(int(found["ContentLength"]), found["Body"].iter_chunks(PIECE))

    def _upload(self, path: Path, key: str) -> None:
        self._client.upload_file(str(path), self._settings.bucket, key)
        path.unlink(missing_ok=True)
        if not any(path.parent.iterdir()):
            path.parent.rmdir()

    def _delete(self, prefix: str) -> None:
        bucket = self._settings.bucket
        found = self._client.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
        keys = [{"Key": each["Key"]} for each in found]
        if keys:
            self._client.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})

    def _try(self, work: Any, *given: object) -> Any:
        try:
            return work(*given)
        except self._errors as error:
            raise ServiceUnavailable("recordings", str(error)[:300]) from error
