"""
What would our echo sound like? A short adaptive filter turns what we played into what comes back.

A partitioned frequency-domain Kalman filter: three partitions of one frame each, so it models 60 ms
of echo from a given frame on. It knows how unsure it is of each frequency, and learns there by as
much as the rest of the sound lets it: quickly on a clean line, hardly at all while the caller
speaks. So it needs no detector of double talk.

Source: Kuech, Mabande, Enzner, "State-space architecture of the partitioned-block-based acoustic
echo controller", ICASSP 2014. Ours forgets alike at all frequencies, and takes each frequency to
hear a little of the others: a frame's edges mix them.
"""

from typing import cast

import numpy as np
from numpy.typing import NDArray

Spectra = NDArray[np.complex64]
"""Rows of half spectra, of two frames each."""
Powers = NDArray[np.float32]
Frame = NDArray[np.float32]
"""20 ms of samples, between -1 and 1."""

PARTITIONS = 3
_KEPT = np.float32(0.999)
"""Square of the share of the path that lives on to the next frame: paths change, if slowly."""
_NEW = np.float32(0.25)
"""Share of the newest frame in the rest's spectrum."""
_MIXED = np.float32(0.04)
"""Of the rest's mean power, at every frequency: -14 dB."""
_TINY = np.float32(1e-7)
_MOVED = np.float32(0.02)
"""Of the path's power, in doubt when it is moved by less than a frame."""
_EXPECTED = np.array([[1.0], [0.3], [0.1]], np.float32)
"""How much echo is expected in each partition, before anything is known."""


def power(spectra: Spectra) -> Powers:
    """Squares of the magnitudes."""
    squares: Powers = spectra.real**2
    squares += spectra.imag**2
    return squares


def spectra(of: Frame) -> Spectra:
    """Of real sound, along the last axis."""
    return cast("Spectra", np.fft.rfft(of))


def sounds(of: Spectra) -> Frame:
    """Back to real sound."""
    return cast("Frame", np.fft.irfft(of))


def left_over(sound: Frame, echoes: Frame) -> Powers:
    """
    What is left of a frame without an echo, as mean square, for each delay of the echo in samples.

    `echoes`: what is expected of the frame by the last frames played, newest first, a row each.
    """
    size, line = sound.size, echoes[::-1].ravel()
    length = line.size + size
    found = np.fft.irfft(np.fft.rfft(line, length) * np.fft.rfft(sound, length).conj(), length)
    sums = np.concatenate(([0.0], np.cumsum(line.astype(np.float64) ** 2)))
    rests = sums[size:] - sums[:-size] - 2 * found[: line.size - size + 1] + float(sound @ sound)
    left: Powers = (np.maximum(rests, 0) / size).astype(np.float32)[::-1]
    return left


class EchoFilter:
    """The path from our voice to its echo, as far as it is known."""

    def __init__(self, size: int, gain: float) -> None:
        """`size`: samples of a frame. `gain`: the echo's power over our voice's, at most."""
        self._size = size
        self._path: Spectra = np.zeros((PARTITIONS, size + 1), np.complex64)
        self._doubt: Powers = np.repeat(_EXPECTED * np.float32(gain), size + 1, axis=1)
        """Variance of each part of the path."""
        self._rest: Powers | None = None
        """Power of what is no echo of ours (or of no known one), by frequency."""

    @property
    def gain(self) -> float:
        """The echo's power over our voice's, as far as is known."""
        return float(power(self._path).sum() / (self._size + 1))

    @property
    def peak(self) -> int:
        """Samples from the filter's beginning to the strongest arrival."""
        taps = np.abs(sounds(self._path)[:, : self._size])
        return int(taps.argmax())

    def echo(self, played: Spectra) -> Frame:
        """What comes back of the played spectra (newest first), as far as is known."""
        return sounds((played * self._path).sum(axis=0))[self._size :]

    def echoes(self, played: Spectra) -> Frame:
        """The same for each run of `PARTITIONS` of the rows, a row each."""
        runs = len(played) + 1 - PARTITIONS
        mixed = sum(played[at : at + runs] * part for at, part in enumerate(self._path))
        return sounds(cast("Spectra", mixed))[:, self._size :]

    def delayed(self, samples: int) -> int:
        """
        Let the echo come so much later, less than a frame.

        Give the frames by which it is to start later, so that its strongest arrival stays in reach.
        """
        taps = sounds(self._path)[:, : self._size].ravel()
        frames = int(self.peak + samples >= self._size + self._size // 10)
        shift = samples - frames * self._size
        moved = np.roll(taps, shift)
        moved[slice(shift) if shift > 0 else slice(shift, None)] = 0
        padded = np.zeros((PARTITIONS, 2 * self._size), np.float32)
        padded[:, : self._size] = moved.reshape(PARTITIONS, self._size)
        self._path = spectra(padded)
        self._doubt += _MOVED * power(self._path).mean(axis=1, keepdims=True)
        return frames

    def doubt(self, played: Spectra) -> float:
        """Mean square by which that echo may be wrong."""
        return 0.5 * float(np.vdot(power(played), self._doubt)) / self._size**2

    def learn(self, played: Spectra, left: Spectra) -> None:
        """Improve by the spectrum of what was left when that echo was taken away."""
        new = power(left)
        rest = new if self._rest is None else self._rest + _NEW * (new - self._rest)
        self._rest = rest
        heard = power(played)
        others = 2 * rest + (_MIXED / rest.size * rest.sum() + _TINY)
        step = self._doubt / ((heard * self._doubt).sum(axis=0) + others)
        taps = sounds(self._path + step * played.conj() * left)
        taps[:, self._size :] = 0
        self._path = spectra(taps)
        self._doubt *= _KEPT - (_KEPT / 2) * step * heard
        self._doubt += (1 - _KEPT) * power(self._path).mean(axis=1, keepdims=True)
