"""
Telephone lines with an echo, made up for measuring: our voice goes out, its echo comes back.

Our voice passes G.711 to the phone, the echo path (a delay between samples, a hybrid's or a
room's short response, a loss), joins the caller's own voice and noise, and passes G.711 again.
Everything is 8 kHz, sounds are floats between -1 and 1, and all chance comes from a seed.
"""

import wave
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.core.audio import FRAME_SECONDS, NARROWBAND, WIDEBAND
from bot.signal import g711
from bot.signal.resampler import Resampler, pcm_bytes

Sound = NDArray[np.float64]

SPEECH = Path(__file__).parents[1] / "tests" / "speech"
SPEECH_DBFS = -26.0
"""Level of a voice that is neither faint nor loud, over its audible parts."""
VOICES = ("hf_alpha", "hf_beta", "hm_omega", "hm_psi")
_FULL = 32_768


@dataclass(frozen=True)
class Way:
    """How our voice comes back."""

    delay: float
    """Seconds, of the strongest arrival."""
    loss_db: float
    """Echo return loss: level of our voice over that of its echo."""
    kind: str = "hybrid"
    """`hybrid`: over within 6 ms; `room`: a telephone on a table, 60 ms of reflections."""
    law: str = "PCMA"
    seed: int = 0


def utterances(voice: str = "") -> list[Sound]:
    """The recordings of one voice (empty: of all), telephone band, at `SPEECH_DBFS`."""
    return [_recording(path) for path in sorted(SPEECH.glob(f"kokoro-{voice}*.wav"))]


def _recording(path: Path) -> Sound:
    with wave.open(str(path)) as file:
        pcm = file.readframes(file.getnframes())
    sound = np.frombuffer(Resampler(WIDEBAND, NARROWBAND).feed(pcm), "<i2") / _FULL
    return levelled(banded(sound), SPEECH_DBFS)


def banded(sound: Sound) -> Sound:
    """300 to 3400 Hz, with slopes that do not ring."""
    spectrum = np.fft.rfft(sound)
    hertz = np.fft.rfftfreq(sound.size, 1 / NARROWBAND)
    spectrum *= np.clip((hertz - 200) / 200, 0, 1) * np.clip((3_600 - hertz) / 200, 0, 1)
    return np.fft.irfft(spectrum, sound.size)


def levelled(sound: Sound, dbfs: float) -> Sound:
    """The same at this RMS level over its audible parts (within 30 dB of its loudest 20 ms)."""
    power = (sound[: sound.size // 160 * 160].reshape(-1, 160) ** 2).mean(axis=1)
    audible = power[power > power.max() / 1_000].mean()
    return sound * 10 ** (dbfs / 20) / np.sqrt(audible)


def coded(sound: Sound, law: str) -> Sound:
    """Through G.711 and back."""
    pcm = pcm_bytes(np.rint(sound * _FULL))
    if law == "PCMA":
        pcm = g711.alaw_decoded(g711.alaw_encoded(pcm))
    else:
        pcm = g711.ulaw_decoded(g711.ulaw_encoded(pcm))
    return np.frombuffer(pcm, "<i2") / _FULL


def noise(dbfs: float, samples: int, seed: int) -> Sound:
    """Street-like noise, falling 3 dB an octave within the telephone band."""
    white = np.random.default_rng(seed).standard_normal(samples)
    spectrum = np.fft.rfft(white) / np.sqrt(np.maximum(np.arange(samples // 2 + 1), 1))
    pink = banded(np.fft.irfft(spectrum, samples))
    return pink / pink.std() * 10 ** (dbfs / 20)


def response(way: Way) -> Sound:
    """The impulse response of the way back, of the energy that `loss_db` says."""
    chance = np.random.default_rng(way.seed)
    length, decay, late = (48, 10.0, 0.4) if way.kind == "hybrid" else (480, 80.0, 0.16)
    taps = chance.standard_normal(length) * np.exp(-np.arange(length) / decay) * late
    taps[0] = 1.0
    place = way.delay * NARROWBAND
    whole = int(place)
    reach = np.arange(-16, 17)
    taps = np.convolve(taps, np.sinc(reach - (place - whole)) * np.hanning(35)[1:-1])
    taps *= 10 ** (-way.loss_db / 20) / np.sqrt((taps**2).sum())
    return np.concatenate((np.zeros(max(0, whole - 16)), taps))


def echo(far: Sound, way: Way) -> Sound:
    """What comes back of our voice, before the second G.711."""
    taps = response(way)
    size = 1 << int(np.ceil(np.log2(far.size + taps.size)))
    heard = np.fft.rfft(coded(far, way.law), size)
    return np.fft.irfft(heard * np.fft.rfft(taps, size), size)[: far.size]


def resumed(
    first: Sound, pause: float, second: Sound, way: Way, moved: float
) -> tuple[Sound, Sound]:
    """
    Our voice that pauses, and its echo, whose delay has moved by so many frames meanwhile.

    Telephones and exchanges do that between two talks: what waits there to be played grows by what
    came in a burst and shrinks in silence.
    """
    gap = np.zeros(int(pause * NARROWBAND))
    before = np.concatenate((first, gap, np.zeros(second.size)))
    after = np.concatenate((np.zeros(first.size), gap, second))
    later = replace(way, delay=way.delay + moved * FRAME_SECONDS)
    return before + after, echo(before, way) + echo(after, later)


def frames(sound: Sound, size: int = 160) -> Iterator[bytes]:
    """16-bit PCM, 20 ms at a time; what is left over at the end is left out."""
    pcm = pcm_bytes(np.rint(sound * _FULL))
    return (pcm[at : at + 2 * size] for at in range(0, len(pcm) - 2 * size + 1, 2 * size))


def talk(voices: list[Sound], seconds: float, seed: int, pause: float = 0.1) -> Sound:
    """A speaker who says sentence after sentence, with short pauses."""
    chance = np.random.default_rng(seed)
    said: list[Sound] = []
    samples = int(seconds * NARROWBAND)
    while sum(piece.size for piece in said) < samples:
        said += [voices[chance.integers(len(voices))], np.zeros(int(pause * NARROWBAND))]
    return np.concatenate(said)[:samples]
