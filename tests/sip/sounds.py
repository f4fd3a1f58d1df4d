"""Test tones, and how much of what was heard is the tone."""

import wave

import numpy as np


def tone(hertz, rate, seconds=1.0, amplitude=8000.0):
    """A sine as 16-bit PCM."""
    steps = np.arange(round(rate * seconds))
    return np.rint(amplitude * np.sin(2 * np.pi * hertz * steps / rate)).astype("<i2").tobytes()


def purity(pcm, hertz, rate):
    """Signal to noise of a tone of this frequency, in dB, and its amplitude."""
    heard = np.frombuffer(pcm, "<i2").astype(float)
    angle = 2 * np.pi * hertz * np.arange(heard.size) / rate
    basis = np.column_stack((np.sin(angle), np.cos(angle)))
    parts = np.linalg.lstsq(basis, heard, rcond=None)[0]
    fitted = basis @ parts
    noise = np.sum((heard - fitted) ** 2)
    return 10 * np.log10(np.sum(fitted**2) / noise), float(np.hypot(*parts))


def middle(call, begin):
    """0.6 s of what was heard, from 0.2 s after its begin: content, whatever its timing."""
    return b"".join(frame.pcm for frame in call.received.between(begin)[10:40])


def sides(path):
    """The two channels of a recorded call: we, they."""
    with wave.open(str(path)) as file:
        both = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    return both[:, 0], both[:, 1]


def loud(samples):
    """Where the sound is."""
    return np.flatnonzero(np.abs(samples.astype(int)) > 500)


def frame(number):
    """20 ms of A-law that can be told from others."""
    return bytes([number + 1]) * 160
