"""
Between 8 and 16 kHz, frame by frame: a half-band filter that neither waits nor bursts.

The filter (79-tap Kaiser-windowed sinc, cut at 4 kHz) is linear phase and delays sound by 39
samples of 16 kHz, 2.44 ms. It passes 0 to 3.4 kHz and stops 4.6 kHz and above by more than 85 dB.
Every second tap is zero but the middle one, so each rate change is one 40-tap convolution and one
plain delay (Crochiere and Rabiner, "Multirate Digital Signal Processing", on half-band filters).

Taps are whole numbers, samples too, and float64 holds their sums exactly: cutting the stream
elsewhere cannot change a single bit, whatever order the machine adds in. So the convolution may be
a product of matrices, which takes a third of the time.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from bot.core.audio import NARROWBAND, SAMPLE_BYTES, WIDEBAND

Samples = NDArray[np.float64]
"""Whole numbers in the range of 16 bits."""

_TAPS = 79
_BETA = 8.5
_UNIT = 1 << 20
"""A gain of one, in units of the taps: quantised at -120 dB."""

HISTORY = (_TAPS + 1) // 2 - 1
"""Past samples that the convolution of 40 taps needs."""
_MIDDLE = (_TAPS + 1) // 4
"""Where, in history and input joined, the middle tap meets the first output's sample."""


def _half_band() -> Samples:
    """The taps off the middle, symmetric, as whole numbers that add up to one unit."""
    age = np.arange(_TAPS) - _TAPS // 2
    taps = (np.sinc(age / 2) * np.kaiser(_TAPS, _BETA))[::2]
    whole: Samples = np.rint(taps / taps.sum() * _UNIT)
    short = (_UNIT - whole.sum()) / 2
    whole[HISTORY // 2] += short
    whole[HISTORY // 2 + 1] += short
    return whole


_HALF_BAND = _half_band()
_FLOAT = 8
"""Bytes of a number."""
_BLOCK = 40
"""Outputs that one row of the product gives: 20 ms have a whole number of them."""


def _block() -> Samples:
    """The taps as a matrix: from the samples of a row, history first, to its outputs."""
    matrix = np.zeros((HISTORY + _BLOCK, _BLOCK))
    for at in range(_BLOCK):
        matrix[at : at + HISTORY + 1, at] = _HALF_BAND
    return matrix


_BLOCK_TAPS = _block()


class Resampler:
    """
    One direction of one call's sound, from `source` to `target` samples a second.

    Rates are 8000 or 16000; where they are equal, sound passes untouched. N samples in give
    2 N, N or N / 2 out at once (an odd sample waits for its partner).
    """

    def __init__(self, source: int, target: int) -> None:
        """Raise ValueError for rates that a telephone line does not have."""
        self._convert = _converter(source, target)

    def feed(self, pcm: bytes) -> bytes:
        """Take the next 16-bit PCM, give what it becomes. Half a sample is a ValueError."""
        return self._convert(pcm)


def _converter(source: int, target: int) -> Callable[[bytes], bytes]:
    lines = (NARROWBAND, WIDEBAND)
    if source not in lines or target not in lines:
        raise ValueError(
            f"cannot stream from {source} to {target} Hz: lines have 8000 or 16000; "
            "resample_whole() takes any rate"
        )
    if source == target:
        return _same
    return _Doubling().feed if source < target else _Halving().feed


class _Doubling:
    """8 to 16 kHz: every input gives a filtered sample and a delayed one."""

    def __init__(self) -> None:
        self._past: Samples = np.zeros(HISTORY)

    def feed(self, pcm: bytes) -> bytes:
        line = np.concatenate((self._past, samples(pcm)))
        count = line.size - HISTORY
        if not count:
            return b""
        self._past = line[count:]
        out = np.empty((count, 2), "<i2")
        out[:, 0] = _limited(np.rint(_filtered(line) / _UNIT))
        out[:, 1] = line[_MIDDLE : _MIDDLE + count]
        return out.tobytes()


class _Halving:
    """16 to 8 kHz: every pair of inputs gives one sample, on the arrival of its second."""

    def __init__(self) -> None:
        self._past: Samples = np.zeros(2 * HISTORY)

    def feed(self, pcm: bytes) -> bytes:
        line = np.concatenate((self._past, samples(pcm)))
        count = line.size // 2 - HISTORY
        if not count:
            self._past = line
            return b""
        self._past = line[2 * count :]
        pairs = line[: 2 * (count + HISTORY)].reshape(-1, 2)
        filtered = _filtered(pairs[:, 1])
        middle = pairs[_MIDDLE : _MIDDLE + count, 0] * _UNIT
        return pcm_bytes(np.rint((filtered + middle) / (2 * _UNIT)))


def _filtered(line: Samples) -> Samples:
    """Through the taps, times `_UNIT`: as many outputs as there are samples after the history."""
    count = line.size - HISTORY
    rows = -(-count // _BLOCK)
    whole = np.zeros(HISTORY + rows * _BLOCK)
    whole[: line.size] = line
    windows: Samples = np.ndarray(
        (rows, HISTORY + _BLOCK), buffer=whole, strides=(_BLOCK * _FLOAT, _FLOAT)
    )
    filtered: Samples = (windows @ _BLOCK_TAPS).ravel()[:count]
    return filtered


def _same(pcm: bytes) -> bytes:
    _check(pcm)
    return pcm


def samples(pcm: bytes) -> Samples:
    """Little-endian 16-bit PCM as numbers. Half a sample is a ValueError."""
    _check(pcm)
    return np.frombuffer(pcm, "<i2").astype(np.float64)


def _check(pcm: bytes) -> None:
    if len(pcm) % SAMPLE_BYTES:
        raise ValueError(f"16-bit PCM must have an even number of bytes, not {len(pcm)}")


def pcm_bytes(whole: Samples) -> bytes:
    """Whole numbers as 16-bit PCM; what is too loud is limited, never wrapped."""
    return _limited(whole).astype("<i2").tobytes()


def _limited(whole: Samples) -> Samples:
    """np.clip is twice as slow for as few samples."""
    return np.minimum(np.maximum(whole, -32_768), 32_767)
