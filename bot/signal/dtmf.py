"""The tones of telephone keys, as PCM (ITU-T Q.23): for machines at the other end."""

import numpy as np

from bot.core.audio import SAMPLE_BYTES

KEYS = "123A456B789C*0#D"
"""Row by row, four to a row."""
ROWS = (697.0, 770.0, 852.0, 941.0)
COLUMNS = (1209.0, 1336.0, 1477.0, 1633.0)
TONE_SECONDS = 0.1
GAP_SECONDS = 0.1
LEVEL = 0.25
"""Of each of the two frequencies, of full scale."""


def key_tones(keys: str, rate: int) -> bytes:
    """The tones of these keys, a gap after each, at `rate` samples a second."""
    gap = bytes(int(GAP_SECONDS * rate) * SAMPLE_BYTES)
    return b"".join(_tone(KEYS.index(key), rate) + gap for key in keys)


def _tone(place: int, rate: int) -> bytes:
    at = np.arange(int(TONE_SECONDS * rate)) / rate
    row, column = ROWS[place // 4], COLUMNS[place % 4]
    wave = np.sin(2 * np.pi * row * at) + np.sin(2 * np.pi * column * at)
    return (LEVEL * 32767 * wave).astype("<i2").tobytes()
