"""WAV files of a call: what the softphone plays, and the recording of both sides."""

import wave
from pathlib import Path

import numpy as np

from bot.core.audio import SAMPLE_BYTES
from bot.core.errors import ConfigError
from bot.signal.whole import resample_whole
from bot.sip.recording import Recording

MOST_BYTES = 64 << 20
"""A longer file is not something to say on a telephone."""


def spoken(path: Path, rate: int) -> bytes:
    """Read a mono 16-bit WAV file as PCM of `rate`. Raise ConfigError naming file and remedy."""
    try:
        with path.open("rb") as opened, wave.open(opened) as file:
            shape = file.getnchannels(), file.getsampwidth()
            source = file.getframerate()
            pcm = file.readframes(MOST_BYTES // SAMPLE_BYTES)
    except (OSError, EOFError, wave.Error) as error:
        raise ConfigError(f"{path}: not a WAV file that can be read: {error}") from error
    if shape != (1, SAMPLE_BYTES):
        raise ConfigError(
            f"{path}: has {shape[0]} channels of {shape[1] * 8} bits; "
            "convert it to mono, 16 bits (ffmpeg -i IN -ac 1 -c:a pcm_s16le OUT.wav)"
        )
    return resample_whole(pcm, source, rate)


def write_stereo(path: Path, left: Recording, right: Recording, start: float, end: float) -> None:
    """
    Write both directions of a call on one time axis, from `start` to `end`, silence included.

    The customs of this project: the caller is left, the bot is right. Raise ConfigError.
    """
    sides = [np.frombuffer(side.pcm(start, end), "<i2") for side in (left, right)]
    both = np.stack(sides, axis=1) if end > start else np.zeros((0, 2), "<i2")
    try:
        with path.open("wb") as opened, wave.open(opened, "wb") as file:
            file.setnchannels(2)
            file.setsampwidth(SAMPLE_BYTES)
            file.setframerate(left.rate)
            file.writeframes(both.tobytes())
    except OSError as error:
        raise ConfigError(f"{path}: the recording cannot be written: {error}") from error
