"""
What else is on the caller's line: coughs, other people, a street, a fan, a keyboard, music.

Made by us from seeded numbers, a minute that repeats, in the telephone's band. The level is the
active one: of a cough, not of the silence between two.
"""

from collections.abc import Callable
from functools import cache
from zlib import crc32

import numpy as np

from bench.turn_taking.sounds import (
    CALLER_DBFS,
    FULL,
    RATE,
    Sound,
    levelled,
    recorded,
    telephone,
    texts,
)
from bot.local.tts import KOKORO_VOICES

SECONDS = 60
LINE_DBFS = -65.0
"""Of the faint noise that every telephone line has."""
_BABBLERS = 8

Rng = np.random.Generator


def noise(kind: str, snr: float, seed: int) -> Sound:
    """A minute of this noise, so many dB below a caller's speech, beginning anywhere."""
    sound = levelled(_minute(kind), CALLER_DBFS - snr)
    return np.roll(sound, np.random.default_rng(seed).integers(sound.size))


def line_noise(seed: int) -> Sound:
    """A minute of a line on which nobody speaks."""
    hiss = np.random.default_rng(seed).standard_normal(SECONDS * RATE)
    return hiss * FULL * 10 ** (LINE_DBFS / 20)


@cache
def _minute(kind: str) -> Sound:
    return telephone(KINDS[kind](np.random.default_rng(crc32(kind.encode()))))


def coughs(rng: Rng) -> Sound:
    """One to three coughs every three to eight seconds."""
    line = np.zeros(SECONDS * RATE)
    at = 1.0
    while at < SECONDS - 3:
        for _ in range(rng.integers(1, 4)):
            _lay(line, at, _cough(rng))
            at += rng.uniform(0.35, 0.6)
        at += rng.uniform(3, 8)
    return line


def _cough(rng: Rng) -> Sound:
    """A burst, breath that falls off, and at the end some voice: about 0.4 s."""
    length = rng.uniform(0.3, 0.45)
    time = _time(length)
    breath = _coloured(rng, time.size, 0.4) * np.exp(-time / 0.07) * (1 - np.exp(-time / 0.004))
    pitch = rng.uniform(130, 260) * (1 - 0.3 * time / length)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    buzz = sum(np.sin(phase * n) * _formant(n * 190.0) for n in range(1, 16))
    voice = buzz * np.exp(-(((time - 0.22) / 0.06) ** 2))
    sound: Sound = breath / np.abs(breath).max() + 0.35 * voice / np.abs(voice).max()
    return sound * rng.uniform(0.7, 1.0)


def _formant(hertz: float) -> float:
    return float(sum(np.exp(-(((hertz - peak) / 250) ** 2)) for peak in (650, 1_400, 2_500)))


def babble(rng: Rng) -> Sound:
    """Eight people who speak without end, at different distances."""
    line = np.zeros(SECONDS * RATE)
    numbers = sorted(texts())
    for person in range(_BABBLERS):
        voice = KOKORO_VOICES[person % len(KOKORO_VOICES)]
        gain, at = rng.uniform(0.5, 1.0), rng.uniform(0, 2)
        while at < SECONDS - 8:
            said = recorded(voice, numbers[rng.integers(len(numbers))])
            _lay(line, at, gain * said.sound)
            at += said.sound.size / RATE + rng.uniform(0, 0.3)
    return line


def neighbour(rng: Rng) -> Sound:
    """One other person in the room, or a television, who speaks now and then."""
    line = np.zeros(SECONDS * RATE)
    numbers, at = sorted(texts()), 1.0
    while at < SECONDS - 8:
        said = recorded("hm_psi", numbers[rng.integers(len(numbers))])
        _lay(line, at, said.sound)
        at += said.sound.size / RATE + rng.uniform(1, 4)
    return line


def street(rng: Rng) -> Sound:
    """Traffic that swells and fades, with horns."""
    time = _time(SECONDS)
    swell = 1 + 0.6 * np.sin(2 * np.pi * time / 7) * np.sin(2 * np.pi * time / 11)
    line = _coloured(rng, time.size, 0.5) * swell
    for at in np.sort(rng.uniform(0, SECONDS - 1, 8)):
        horn_time = _time(rng.uniform(0.2, 0.7))
        notes = (rng.uniform(380, 460), rng.uniform(470, 560))
        horn = sum(np.sign(np.sin(2 * np.pi * note * horn_time)) for note in notes)
        _lay(line, float(at), horn * line.std() * rng.uniform(0.8, 1.6))
    return line


def fan(rng: Rng) -> Sound:
    """A ceiling fan: steady, with a hum and a beat."""
    time = _time(SECONDS)
    hum = sum(np.sin(2 * np.pi * 100 * n * time) / n for n in range(3, 8))
    beat = 1 + 0.2 * np.sin(2 * np.pi * 2.3 * time)
    sound: Sound = (_coloured(rng, time.size, 0.5) + 0.3 * hum) * beat
    return sound


def keyboard(rng: Rng) -> Sound:
    """Bursts of typing: a click when a key goes down and a fainter one when it comes up."""
    line = np.zeros(SECONDS * RATE)
    at = 0.5
    while at < SECONDS - 2:
        for _ in range(rng.integers(4, 20)):
            for later, gain in ((0.0, 1.0), (0.07, 0.5)):
                time = _time(0.02)
                tone = np.sin(2 * np.pi * rng.uniform(900, 2_400) * time)
                click = (tone + rng.standard_normal(time.size)) * np.exp(-time / 0.003)
                _lay(line, at + later, gain * rng.uniform(0.5, 1.0) * click)
            at += rng.uniform(0.09, 0.25)
        at += rng.uniform(0.5, 2.5)
    return line


def music(rng: Rng) -> Sound:
    """Plucked chords, a melody and a beat."""
    line = np.zeros(SECONDS * RATE)
    scale = 220 * 2 ** (np.array([0, 2, 4, 5, 7, 9, 11, 12, 14, 16]) / 12)
    for beat in range(SECONDS * 2 - 2):
        notes = [float(scale[rng.integers(len(scale))])]
        if beat % 4 == 0:
            notes += [float(scale[step]) / 2 for step in (0, 2, 4)]
        for note in notes:
            time = _time(rng.uniform(0.4, 1.2))
            tone = sum(np.sin(2 * np.pi * note * n * time) / n**1.3 for n in range(1, 9))
            _lay(line, beat / 2, tone * np.exp(-time / 0.35) * (1 - np.exp(-time / 0.01)))
        drum = rng.standard_normal(800) * np.exp(-np.arange(800) / 150)
        _lay(line, beat / 2, drum * 0.6)
    return line


KINDS: dict[str, Callable[[Rng], Sound]] = {
    "coughs": coughs,
    "babble": babble,
    "neighbour": neighbour,
    "street": street,
    "fan": fan,
    "keyboard": keyboard,
    "music": music,
}


def _lay(line: Sound, at: float, sound: Sound) -> None:
    """Add a sound to the line from this second on."""
    start = round(at * RATE)
    sound = sound[: line.size - start]
    line[start : start + sound.size] += sound


def _time(seconds: float) -> Sound:
    return np.arange(round(seconds * RATE)) / RATE


def _coloured(rng: Rng, size: int, slope: float) -> Sound:
    """Noise whose amplitude falls with frequency to the power of `slope`, of a level of 1."""
    spectrum = np.fft.rfft(rng.standard_normal(size))
    spectrum /= np.maximum(np.arange(spectrum.size), 1.0) ** slope
    sound = np.fft.irfft(spectrum, size)
    even: Sound = sound / sound.std()
    return even
