"""
Makes the hold music: a quiet, slow pattern of bell tones. It is ours: nobody's rights are in it.

`python -m scripts.hold_music` writes asterisk/sounds/hi/hold/bot-hold.sln16 (16 kHz, mono, without
a header). Its end fits its beginning.
"""

from pathlib import Path

import numpy as np

RATE = 16_000
BEAT = 0.6
"""Seconds."""
NOTES = (60, 67, 72, 64, 69, 67, 62, 67, 60, 64, 69, 72, 67, 64, 62, 55)
"""MIDI numbers of a pentatonic scale, one a beat."""
DECAY = 0.9
"""Seconds in which a tone falls to a third."""
PARTIALS = ((1.0, 1.0), (2.0, 0.25), (3.0, 0.06))
"""Of a tone: times its frequency, and how strong."""
PEAK = 3_000
"""Of 32768: speech is louder."""
TARGET = Path(__file__).resolve().parent.parent / "asterisk/sounds/hi/hold/bot-hold.sln16"


def hold_music() -> bytes:
    """The whole pattern, as 16-bit PCM."""
    size = round(BEAT * RATE)
    loop = np.zeros(size * len(NOTES))
    for number, note in enumerate(NOTES):
        places = (number * size + np.arange(size * 4)) % len(loop)
        loop[places] += _bell(440.0 * 2 ** ((note - 69) / 12), size * 4)
    pcm: bytes = (loop / np.abs(loop).max() * PEAK).astype("<i2").tobytes()
    return pcm


def _bell(hertz: float, size: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    time = np.arange(size) / RATE
    tone = sum(share * np.sin(2 * np.pi * hertz * times * time) for times, share in PARTIALS)
    fade = np.minimum(1.0, time / 0.02) * np.minimum(1.0, (size / RATE - time) / 0.1)
    return np.asarray(tone * np.exp(-time / DECAY) * fade)


if __name__ == "__main__":
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_bytes(hold_music())
