"""Tones: what an answering machine and a busy line sound like, and all that does not."""

import numpy as np
import pytest

from bot.core.audio import frame_bytes
from bot.signal.resampler import Resampler
from bot.signal.tones import Tones
from tests.signal import sounds


def signs(line, rate=sounds.RATE, step=None):
    """What is found in a sound, and the second at which it is said; 20 ms (or `step`) at a time."""
    pcm = line if isinstance(line, bytes) else sounds.pcm(line)
    tones = Tones(rate)
    step = step or frame_bytes(rate)
    found = [
        (sign, (at + step) / 2 / rate)
        for at in range(0, len(pcm), step)
        if (sign := tones.hear(pcm[at : at + step]))
    ]
    return found


def names(line, rate=sounds.RATE):
    """What is found in a sound."""
    return [sign for sign, _ in signs(line, rate)]


def silence(seconds):
    """Nothing."""
    return np.zeros(int(seconds * sounds.RATE))


def noisy(line, dbfs=-45):
    """The same on a line with noise."""
    return line + sounds.white(dbfs, line.size / sounds.RATE + 1)[: line.size]


def cadence(hertz, on, off, bursts=3, dbfs=-12.0):
    """A tone that comes and goes, a third of a second after the line opens."""
    burst = np.concatenate([sounds.tone(hertz, on, dbfs=dbfs), silence(off)])
    return np.concatenate([silence(0.33), *[burst] * bursts])


def note(hertz, seconds, overtones=(1, 0.5, 0.33, 0.25)):
    """A fading note with its overtones."""
    whole = sum(
        loud * sounds.tone(hertz * number, seconds, dbfs=-14)
        for number, loud in enumerate(overtones, 1)
        if hertz * number < 3_400
    )
    return whole * np.exp(-sounds.time(seconds) / seconds)


def modulated(line, hertz=25.0):
    """Its loudness swings."""
    return line * (1 + np.cos(2 * np.pi * hertz * sounds.time(line.size / sounds.RATE))) / 2


# What is a sign


@pytest.mark.parametrize("hertz", [620, 1000, 1400, 2000, 2450])
@pytest.mark.parametrize("seconds", [0.2, 0.5, 1.4])
def test_a_beep_is_said_when_it_is_over(hertz, seconds):
    """One steady tone with quiet after it: said once, within 120 ms of its end."""
    for start in (0.5, 0.507, 0.513):
        beep = np.concatenate([silence(start), sounds.tone(hertz, seconds, dbfs=-15), silence(2)])
        ((sign, at),) = signs(noisy(beep))
        assert sign == "beep"
        assert start + seconds < at < start + seconds + 0.12


def test_a_beep_after_an_announcement_is_found():
    """Speech, a short pause, the beep."""
    speech = sounds.sound(sounds.telephoned(sounds.utterances()["kokoro-hf_alpha_s01"]))
    line = np.concatenate([speech[:-4_000], sounds.tone(1_000, 0.4, dbfs=-15), silence(1)])
    assert names(noisy(line)) == ["beep"]


def test_a_tone_without_end_is_said_after_a_second_and_a_half():
    """A fax or a stuck machine: it is not waited for."""
    ((sign, at),) = signs(np.concatenate([silence(1), sounds.tone(2_100, 5, dbfs=-15)]))
    assert (sign, at) == ("beep", pytest.approx(2.5, abs=0.04))


@pytest.mark.parametrize(("hertz", "half"), [(400, 0.75), (400, 0.25), (425, 0.5), (425, 0.25)])
@pytest.mark.parametrize("dbfs", [-6.0, -30.0])
def test_the_third_burst_of_a_busy_tone_is_said(hertz, half, dbfs):
    """Said once, as soon as the third burst is over."""
    ((sign, at),) = signs(noisy(cadence(hertz, half, half, dbfs=dbfs), dbfs - 25))
    assert sign == "busy"
    assert 0.33 + 5 * half < at < 0.33 + 5 * half + 0.06


def test_a_busy_tone_that_was_on_already_is_found():
    """The first burst is cut by the beginning of the call."""
    assert names(cadence(400, 0.75, 0.75)[5_000:]) == ["busy"]


def test_an_exchange_s_single_burst_is_a_beep_later():
    """A beep of 440 Hz might be the first of a busy tone: it is said when none follows."""
    ((sign, at),) = signs(np.concatenate([cadence(440, 0.5, 0.5, 1), silence(4)]))
    assert sign == "beep"
    assert at > 3


def test_a_wideband_line_gives_the_same_signs():
    """At 16 kHz a beep and a busy tone are found as at 8 kHz."""
    line = np.concatenate([sounds.tone(1_000, 0.5, dbfs=-15), silence(1), cadence(400, 0.5, 0.5)])
    wide = Resampler(sounds.RATE, 16_000).feed(sounds.pcm(line))
    assert names(line) == names(wide, 16_000) == ["beep", "busy"]


def test_any_chunking_gives_the_same_signs():
    """An odd number of samples or all at once: the same."""
    line = cadence(400, 0.25, 0.25)
    assert [sign for sign, _ in signs(line, step=26)] == ["busy"]
    assert [sign for sign, _ in signs(line, step=200_000)] == ["busy"]


# What is none


def ringing():
    """Ringing tones: India's, swinging at 25 Hz from any phase, plain, and of two tones."""
    for shift in range(0, 160, 23):
        yield modulated(sounds.ringback(400))[shift:]
    yield from (sounds.ringback(*pair) for pair in ((400,), (425,), (400, 450), (400, 425)))


def test_ringing_is_no_sign():
    """Neither busy nor a beep, for as long as it rings."""
    for ring in ringing():
        assert names(noisy(ring)) == []


def test_a_dial_tone_is_no_sign():
    """An exchange's tone without end says nothing."""
    assert names(sounds.tone(425, 10, dbfs=-15)) == []


@pytest.mark.parametrize("dbfs", [-6.0, -20.0, -35.0])
def test_keys_are_no_sign(dbfs):
    """DTMF, whole and as short leftovers of one of its tones."""
    assert names(sounds.all_digits(dbfs)) == []
    for hertz in (697, 770, 852, 941, 1209, 1336, 1477, 1633):
        rest = np.concatenate([silence(0.3), sounds.tone(hertz, 0.16, dbfs=dbfs), silence(0.5)])
        assert names(rest) == []


def test_speech_is_no_sign():
    """None of 96 utterances, on a telephone line and at 16 kHz."""
    for name, recording in sounds.utterances().items():
        assert names(sounds.telephoned(recording)) == [], name
        assert names(recording, 16_000) == [], name


@pytest.mark.parametrize("length", [0.15, 0.3, 0.6, 1.2])
def test_music_is_no_sign(length):
    """Melodies with harmonics, rich and poor, and chords."""
    scale = [392, 440, 494, 523, 587, 659, 698, 784, 880, 988]
    chance = np.random.default_rng(3)
    for overtones in ((1, 0.5, 0.33, 0.25), (1, 0.3), (1, 0.05)):
        tune = [note(chance.choice(scale), length, overtones) for _ in range(int(20 / length))]
        assert names(noisy(np.concatenate(tune))) == []
    chords = [
        sum(note(root * step, length) for step in (1, 1.26, 1.498))
        for root in chance.choice(scale, int(20 / length))
    ]
    assert names(np.concatenate(chords)) == []


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(sum(sounds.tone(50 * n, 10, dbfs=-20 - n) for n in range(1, 8)), id="hum"),
        pytest.param(sounds.tone(50, 10), id="50 Hz"),
        pytest.param(sounds.tone(3_000, 10), id="3000 Hz"),
        pytest.param(sounds.white(-20), id="white noise"),
        pytest.param(sounds.pink(-20), id="pink noise"),
        pytest.param(sounds.bursts(40), id="coughs"),
        pytest.param(cadence(1_000, 0.1, 0.5, 9), id="short pips"),
        pytest.param(sounds.tone(1_000, 3, dbfs=-55), id="a faint tone"),
    ],
)
def test_other_sounds_are_no_sign(line):
    """Hum, noise, coughs, pips, and tones out of reach."""
    assert names(line) == []


def test_a_rate_that_no_line_has_is_refused():
    """8000 or 16000."""
    with pytest.raises(ValueError, match="not 44100"):
        Tones(44_100)
