"""
A whole recording to another rate, off the call: prompts made at 22.05, 24, 44.1 or 48 kHz.

A Kaiser-windowed sinc, 32 zero crossings to each side, evaluated at the phases that the two rates
have in common. Images and aliases stay under -80 dB; no delay; the length is kept.
"""

from math import gcd

import numpy as np
from numpy.typing import NDArray

from bot.signal.resampler import Samples, pcm_bytes, samples

_CROSSINGS = 32
_BETA = 8.0
_PASS = 0.92
"""The cut, as a share of the lower rate's half: leaves the filter room to fall before it."""
_BLOCK = 8_192
"""Output samples worked out at a time, to bound memory."""


def resample_whole(pcm: bytes, source: int, target: int) -> bytes:
    """
    The 16-bit PCM of `source` samples a second at `target` samples a second.

    Raise ValueError for half a sample or a rate that is not positive.
    """
    if source <= 0 or target <= 0:
        raise ValueError(f"rates must be positive, not {source} and {target}")
    sound = samples(pcm)
    if source == target or not sound.size:
        return pcm
    common = gcd(source, target)
    up, down = target // common, source // common
    table = _phases(up, down)
    padded = np.pad(sound, table.shape[1] // 2)
    count = -(-sound.size * up // down)
    blocks = [
        _block(padded, table, np.arange(start, min(start + _BLOCK, count)) * down)
        for start in range(0, count, _BLOCK)
    ]
    return pcm_bytes(np.rint(np.concatenate(blocks)))


def _block(padded: Samples, table: Samples, places: NDArray[np.int64]) -> Samples:
    """Output samples at `places`, counted in input samples times the number of phases."""
    nearest, phase = np.divmod(places, table.shape[0])
    windows = np.lib.stride_tricks.sliding_window_view(padded, table.shape[1])
    block: Samples = np.einsum("ij,ij->i", windows[nearest], table[phase])
    return block


def _phases(up: int, down: int) -> Samples:
    """Row p: the taps for an output p / `up` of an input sample after an input."""
    cut = _PASS * min(1.0, up / down)
    reach = int(np.ceil(_CROSSINGS / cut))
    age = np.arange(-reach, reach + 1) - np.arange(up)[:, None] / up
    window = np.i0(_BETA * np.sqrt(np.clip(1 - (age / (reach + 1)) ** 2, 0, None)))
    taps: Samples = np.sinc(cut * age) * window
    taps /= taps.sum(axis=1, keepdims=True)
    return taps
