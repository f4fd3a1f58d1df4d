"""
Is this speech? The Silero VAD network at 8 kHz, in numpy; one set of weights serves every call.

`silero_vad_8k.npz` holds the 8 kHz weights of silero_vad.onnx (Silero Team, MIT, see
silero_vad.LICENSE), written by scripts/silero_weights.py. A frame takes half the time that
onnxruntime takes for it (docs/turn-overhead.md), and a process 50 MB less. The figures are the same
to six decimals.
"""

from collections.abc import Callable
from functools import cache
from hashlib import sha256
from importlib.resources import files
from io import BytesIO
from math import tanh
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from bot.core.errors import ConfigError

_WEIGHTS = "silero_vad_8k.npz"
_SHA256 = "2590791c2de30ce24429cf212bb314184f70ed32328d3c01a7dd4b2dac5e91bc"
_FRAME = 256
"""Samples that the network takes at 8 kHz: 32 ms."""
_CONTEXT = 32
"""Samples of the frame before that it wants to see again."""
_MIRRORED = 32
"""Samples at the frame's end that follow it once more, backwards."""
_WINDOW, _HOP, _WINDOWS = 128, 64, 4
"""Of the spectrum: samples in a window, samples between windows, windows in a frame."""
_BANDS = 65
_WIDTHS = (128, 64)
"""Outputs of the first two convolutions."""
_CELLS = 128
"""Of the LSTM."""
_FLOAT = 4
"""Bytes of a float32."""
_GAIN = np.float32(10 ** (10 / 20) / 32_768)
"""
From 16-bit samples to the network's, with 10 dB for faint callers. Of 96 Kokoro utterances at
-36 dBFS, speech starts 30 to 40 ms sooner (median) and none is missed, instead of one or two
"haan"; at -26 dBFS it changes little. With 20 dB, speech starts later on a noisy line.
"""

_ONE = np.float32(1)

Array = NDArray[np.float32]


class Weights(NamedTuple):
    """
    The network, inputs by outputs. Convolutions take the taps of a window one after another.

    The gates of the LSTM take the sound, then its last output; they are in the order input, forget,
    cell, output, all but the cell's halved: a sigmoid is then a hyperbolic tangent.
    """

    spectrum: Array
    first: Array
    first_bias: Array
    second: Array
    second_bias: Array
    third: Array
    third_bias: Array
    fourth: Array
    fourth_bias: Array
    gates: Array
    gates_bias: Array
    judge: Array
    judge_bias: Array


def silero() -> Callable[[bytes], float]:
    """
    The probability that 512 bytes (32 ms, 8 kHz, 16-bit PCM) are speech; for one call's frames.

    Each call of this function begins a new stream. Raise ConfigError where the weights are missing.
    """
    return _Stream(_weights()).probability


@cache
def _weights() -> Weights:
    """Load the weights, once a process."""
    try:
        file = files("bot.signal").joinpath(_WEIGHTS).read_bytes()
    except OSError as error:
        raise ConfigError(f"voice activity: {_WEIGHTS} is missing: reinstall voicebot") from error
    if sha256(file).hexdigest() != _SHA256:
        raise ConfigError(f"voice activity: {_WEIGHTS} was altered: reinstall voicebot")
    with np.load(BytesIO(file)) as arrays:
        return Weights(**{name: arrays[name] for name in Weights._fields})


class _Stream:
    """
    One call's sound on its way through the network.

    Each layer's input has room for its padding, and a view on it that has a row for every window of
    the next layer. `_cells` is the LSTM's memory, `_gated` what its gates see: sound, last output.
    """

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._sound = np.zeros(_CONTEXT + _FRAME + _MIRRORED, np.float32)
        self._windows = _rows(self._sound, _WINDOWS, _WINDOW, _HOP)
        bands = np.zeros((1 + _WINDOWS + 1, _BANDS), np.float32)
        self._bands = bands[1:-1]
        self._first = _rows(bands, _WINDOWS, 3 * _BANDS, _BANDS)
        wide = np.zeros((1 + _WINDOWS, _WIDTHS[0]), np.float32)
        self._wide = wide[1:]
        self._second = _rows(wide, _WINDOWS // 2, 3 * _WIDTHS[0], 2 * _WIDTHS[0])
        self._gated = np.zeros(2 * _CELLS, np.float32)
        self._cells = np.zeros(_CELLS, np.float32)

    def probability(self, frame: bytes) -> float:
        """Judge the next frame. Another length than 512 bytes is a ValueError."""
        if len(frame) != 2 * _FRAME:
            raise ValueError(f"a frame of voice activity has {2 * _FRAME} bytes, not {len(frame)}")
        self._take(np.frombuffer(frame, "<i2"))
        self._gated[:_CELLS] = self._encoded()
        self._remember()
        weights = self._weights
        judged = np.maximum(self._gated[_CELLS:], 0) @ weights.judge
        return 0.5 + 0.5 * tanh(0.5 * float(judged[0] + weights.judge_bias[0]))

    def _take(self, samples: NDArray[np.int16]) -> None:
        """The end of the frame before, the frame, and its last samples backwards."""
        sound = self._sound
        sound[:_CONTEXT] = sound[_FRAME : _FRAME + _CONTEXT]
        loud = samples * _GAIN
        np.minimum(loud, _ONE, out=loud)
        np.maximum(loud, -_ONE, out=sound[_CONTEXT:-_MIRRORED])
        sound[-_MIRRORED:] = sound[-_MIRRORED - 2 : -2 * _MIRRORED - 2 : -1]

    def _encoded(self) -> Array:
        """The spectrum of the frame, through four convolutions."""
        weights = self._weights
        parts = self._windows @ weights.spectrum
        parts *= parts
        np.sqrt(parts[:, :_BANDS] + parts[:, _BANDS:], out=self._bands)
        np.maximum(self._first @ weights.first + weights.first_bias, 0, out=self._wide)
        second = np.maximum(self._second @ weights.second + weights.second_bias, 0)
        third = np.maximum(second.ravel() @ weights.third + weights.third_bias, 0)
        fourth: Array = np.maximum(third @ weights.fourth + weights.fourth_bias, 0)
        return fourth

    def _remember(self) -> None:
        """One step of the LSTM."""
        gates = np.tanh(self._gated @ self._weights.gates + self._weights.gates_bias)
        cell = gates[2 * _CELLS : 3 * _CELLS]
        new, keep, _, out = (0.5 + 0.5 * gates).reshape(4, _CELLS)
        self._cells = keep * self._cells + new * cell
        np.multiply(out, np.tanh(self._cells), out=self._gated[_CELLS:])


def _rows(array: Array, rows: int, width: int, step: int) -> Array:
    """A view: rows of this width, each this many numbers after the one before."""
    view: Array = as_strided(array, (rows, width), (step * _FLOAT, _FLOAT))
    return view
