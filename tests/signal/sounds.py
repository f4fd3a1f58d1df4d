"""Sounds that a telephone line carries, as 16-bit PCM at 8 kHz, and measures of them."""

import wave
from pathlib import Path

import numpy as np

from bot.signal.g711 import alaw_decoded, alaw_encoded
from bot.signal.resampler import Resampler, pcm_bytes

RATE = 8_000
SPEECH = Path(__file__).parents[1] / "speech"
_FULL = 32_768


def time(seconds, rate=RATE):
    """The instants of so many seconds of samples."""
    return np.arange(int(seconds * rate)) / rate


def pcm(sound):
    """A sound between -1 and 1 as 16-bit PCM, limited."""
    return pcm_bytes(np.rint(np.asarray(sound) * _FULL))


def sound(pcm_of_it):
    """16-bit PCM as a sound between -1 and 1."""
    return np.frombuffer(pcm_of_it, "<i2") / _FULL


def tone(hertz, seconds=1.0, rate=RATE, dbfs=-6.0):
    """A sine of this peak level."""
    return 10 ** (dbfs / 20) * np.sin(2 * np.pi * hertz * time(seconds, rate))


def white(dbfs, seconds=10.0):
    """White noise of this RMS level."""
    return np.random.default_rng(1).standard_normal(int(seconds * RATE)) * 10 ** (dbfs / 20)


def pink(dbfs, seconds=10.0):
    """Noise that falls 3 dB an octave, of this RMS level."""
    spectrum = np.fft.rfft(white(0, seconds))
    spectrum /= np.sqrt(np.maximum(np.arange(spectrum.size), 1))
    noise = np.fft.irfft(spectrum)
    return noise / noise.std() * 10 ** (dbfs / 20)


def ringback(*hertz, seconds=12.0):
    """India's ringing tone: 0.4 s on, 0.2 s off, 0.4 s on, 2 s off."""
    place = time(seconds) % 3.0
    on = (place < 0.4) | ((place > 0.6) & (place < 1.0))
    return on * sum(tone(each, seconds, dbfs=-12) for each in hertz)


def all_digits(dbfs=-10.0):
    """The sixteen DTMF pairs (ITU-T Q.23), 100 and 200 ms long by turns, 100 ms apart."""
    pairs = [(low, high) for low in (697, 770, 852, 941) for high in (1209, 1336, 1477, 1633)]
    pieces = []
    for number, (low, high) in enumerate(pairs):
        length = 0.1 + 0.1 * (number % 2)
        pieces += [tone(low, length, dbfs=dbfs) + tone(high, length, dbfs=dbfs), np.zeros(800)]
    return np.concatenate(pieces)


def bursts(milliseconds):
    """A fading burst of noise each second, like a cough or a bumped microphone."""
    noise = white(-10)
    place = time(10.0) % 1.0
    return noise * np.exp(-place * 2_500 / milliseconds) * (place < milliseconds / 1_000)


def clicks():
    """One loud sample a second."""
    line = np.zeros(10 * RATE)
    line[RATE // 2 :: RATE] = 0.9
    return line


def utterances():
    """The Hindi recordings at 16 kHz, by name."""
    return {path.stem: _recording(path) for path in sorted(SPEECH.glob("kokoro-*.wav"))}


def _recording(path):
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16_000, 1, 2)
        return file.readframes(file.getnframes())


def telephoned(pcm16k, noise_dbfs=-60.0, gain_db=0.0):
    """What arrives by telephone: 300 to 3400 Hz, line noise, A-law, a second of quiet around."""
    narrow = sound(Resampler(16_000, RATE).feed(pcm16k)) * 10 ** (gain_db / 20)
    narrow = np.pad(narrow, RATE)
    spectrum = np.fft.rfft(narrow)
    hertz = np.fft.rfftfreq(narrow.size, 1 / RATE)
    # Slopes of 200 Hz: a sharper edge would ring, and be heard before the speech.
    spectrum *= np.clip((hertz - 200) / 200, 0, 1) * np.clip((3_600 - hertz) / 200, 0, 1)
    line = np.fft.irfft(spectrum, narrow.size)
    line += white(noise_dbfs, line.size / RATE)[: line.size]
    return alaw_decoded(alaw_encoded(pcm(line)))


def audible(pcm_of_it, below_peak_db=25.0):
    """From when to when, in seconds, the sound is within so many dB of its loudest 10 ms."""
    line = sound(pcm_of_it)
    blocks = line[: line.size // 80 * 80].reshape(-1, 80)
    level = 10 * np.log10((blocks**2).mean(axis=1) + 1e-12)
    loud = np.flatnonzero(level > level.max() - below_peak_db)
    return loud[0] * 0.01, (loud[-1] + 1) * 0.01
