"""WAV files of a conversation: what a client without a microphone says, and the recording."""

import wave
from itertools import zip_longest
from pathlib import Path

import numpy as np

from bot.core.audio import SAMPLE_BYTES, frame_bytes
from bot.core.errors import ConfigError
from bot.signal.whole import resample_whole

MOST_BYTES = 64 << 20
"""A longer file is nothing to say."""


def frames_of(path: Path, rate: int) -> list[bytes]:
    """A mono 16-bit WAV file as frames of 20 ms at `rate`. Raise ConfigError."""
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
    size = frame_bytes(rate)
    pcm = resample_whole(pcm, source, rate)
    return [pcm[at : at + size].ljust(size, b"\0") for at in range(0, len(pcm), size)]


def write_stereo(path: Path, rate: int, ours: list[bytes], theirs: list[bytes]) -> None:
    """Write both sides, frame by frame: we left, the bot right. Raise ConfigError."""
    silence = bytes(frame_bytes(rate))
    pairs = list(zip_longest(ours, theirs, fillvalue=silence))
    sides = [np.frombuffer(b"".join(side), "<i2") for side in zip(*pairs, strict=True)]
    both = np.stack(sides, axis=1) if pairs else np.zeros((0, 2), "<i2")
    try:
        with path.open("wb") as opened, wave.open(opened, "wb") as file:
            file.setnchannels(2)
            file.setsampwidth(SAMPLE_BYTES)
            file.setframerate(rate)
            file.writeframes(both.tobytes())
    except OSError as error:
        raise ConfigError(f"{path}: the recording cannot be written: {error}") from error
