"""
What Whisper-like networks see of a sound: 80 mel bands, in logarithms, a hundred times a second.

As OpenAI's Whisper defines it (github.com/openai/whisper, `whisper/audio.py`, MIT) and smart-turn
uses it: 16 kHz, periodic Hann windows of 25 ms every 10 ms, centred, mirrored at the ends; power;
Slaney's mel scale and areas (Slaney, "Auditory Toolbox", 1998); log10, at most 8 below the
loudest; then (x + 4) / 4. The sound is first brought to mean 0 and variance 1.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from bot.core.audio import WIDEBAND

Floats = NDArray[np.float64]

BANDS: Final = 80
WINDOW: Final = 400
"""Samples, and so 201 frequencies."""
HOP: Final = 160
_TOGETHER: Final = 16
"""
Columns of one product of matrices. OpenBLAS works alone on one this small; for larger ones it wakes
a thread per core, which spin beside the calls: 26 ms of processor time in place of 7.
"""
_QUIETEST: Final = 1e-10
_RANGE: Final = 8.0
"""Powers of ten under the loudest."""
_VARIANCE: Final = 1e-7
"""Added, so that silence stays silence."""
_LINEAR: Final = 1000.0
"""Up to here (Hz), three mels are 200 Hz; above, 27 mels are a factor of 6.4."""


def log_mel(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    """
    The bands of 16 kHz sound: a row each, a column each 160 samples.

    A length that is no multiple of 2560 (0.16 s) is a ValueError.
    """
    if not sound.size or sound.size % (HOP * _TOGETHER):
        raise ValueError(f"{sound.size} samples are no multiple of {HOP * _TOGETHER}")
    even = (sound - sound.mean()) / np.sqrt(sound.var() + _VARIANCE)
    mirrored = np.pad(even.astype(np.float64), WINDOW // 2, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(mirrored, WINDOW)[:-1:HOP]
    spectrum = np.fft.rfft(windows * _HANN)
    power = spectrum.real**2 + spectrum.imag**2
    summed = power.reshape(-1, _TOGETHER, power.shape[1]) @ _TRIANGLES
    bands = np.log10(np.maximum(summed.reshape(-1, BANDS), _QUIETEST))
    scaled = (np.maximum(bands, bands.max() - _RANGE) + 4) / 4
    return np.ascontiguousarray(scaled.T, np.float32)


def _hertz(mel: Floats) -> Floats:
    knee = _LINEAR * 3 / 200
    above = _LINEAR * 6.4 ** ((mel - knee) / 27)
    hertz: Floats = np.where(mel < knee, mel * 200 / 3, above)
    return hertz


def _triangles() -> Floats:
    """A column each band: the weights of the 201 frequencies; each triangle's area is one."""
    top = WIDEBAND / 2
    highest = _LINEAR * 3 / 200 + 27 * np.log(top / _LINEAR) / np.log(6.4)
    corner = _hertz(np.linspace(0, highest, BANDS + 2))[:, None]
    frequency = np.linspace(0, top, WINDOW // 2 + 1)
    low, middle, high = corner[:-2], corner[1:-1], corner[2:]
    rising, falling = (frequency - low) / (middle - low), (high - frequency) / (high - middle)
    triangles: Floats = np.clip(np.minimum(rising, falling), 0, None) * 2 / (high - low)
    return np.ascontiguousarray(triangles.T)


_TRIANGLES: Final = _triangles()
_HANN: Final = np.hanning(WINDOW + 1)[:-1]
