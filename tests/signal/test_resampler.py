"""Proofs on spectra that the half-band resampler is clean, prompt and exact."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.signal.resampler import Resampler
from tests.signal.sounds import pcm, sound, tone

NARROW, WIDE = 8_000, 16_000
BOTH_WAYS = [(NARROW, WIDE), (WIDE, NARROW)]


def levels(pcm_of_it, rate):
    """Peak level in dBFS of each whole hertz in one second from the middle of a sound."""
    line = sound(pcm_of_it)[rate // 2 : rate // 2 + rate]
    window = np.kaiser(rate, 20)
    spectrum = np.abs(np.fft.rfft(line * window)) / (window.sum() / 2)
    return 20 * np.log10(spectrum + 1e-12)


def passed(hertz, source, target):
    """The spectrum of a 2 s tone of -1 dBFS after the resampler."""
    line = pcm(tone(hertz, 2.0, source, dbfs=-1))
    return levels(Resampler(source, target).feed(line), target)


@pytest.mark.parametrize(("source", "target"), BOTH_WAYS)
@pytest.mark.parametrize("hertz", range(100, 3_401, 300))
def test_speech_passes_level(source, target, hertz):
    """Tones up to 3.4 kHz keep their level within 0.05 dB."""
    assert passed(hertz, source, target)[hertz] == pytest.approx(-1, abs=0.05)


@pytest.mark.parametrize("hertz", range(100, 3_401, 300))
def test_doubling_makes_no_images(hertz):
    """Above 4 kHz nothing of a telephone tone appears: under -80 dBFS."""
    assert passed(hertz, NARROW, WIDE)[4_000:].max() < -80


@pytest.mark.parametrize("hertz", range(4_600, 8_000, 200))
def test_halving_makes_no_aliases(hertz):
    """A tone from 4.6 kHz on leaves nothing anywhere in the narrow band: under -80 dBFS."""
    assert passed(hertz, WIDE, NARROW).max() < -80


@pytest.mark.parametrize(("source", "target"), BOTH_WAYS)
def test_the_delay_is_under_three_milliseconds(source, target):
    """A pulse comes out 2.5 ms later, at most."""
    pulse = np.zeros(source // 10)
    pulse[source // 50] = 0.5
    out = np.abs(sound(Resampler(source, target).feed(pcm(pulse))))
    assert 0 < out.argmax() / target - 0.020 < 0.0026


@pytest.mark.parametrize(("source", "target"), [*BOTH_WAYS, (NARROW, NARROW), (WIDE, WIDE)])
def test_each_frame_in_is_one_frame_out(source, target):
    """20 ms in gives exactly 20 ms out, from the first frame: no bursts, no gaps."""
    resampler = Resampler(source, target)
    assert {len(resampler.feed(bytes(source // 25))) for _ in range(50)} == {target // 25}


@pytest.mark.parametrize(("source", "target"), BOTH_WAYS)
@given(data=st.data())
def test_any_chunking_gives_the_same_samples(source, target, data):
    """However a stream is cut, its bytes come out the same, bit by bit."""
    line = data.draw(st.binary(max_size=600)).ljust(400, b"\x81")
    line = line[: len(line) // 2 * 2]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(line) // 2), max_size=20)))
    edges = [0, *(2 * cut for cut in cuts), len(line)]
    resampler = Resampler(source, target)
    pieces = [resampler.feed(line[start:end]) for start, end in zip(edges, edges[1:], strict=False)]
    assert b"".join(pieces) == Resampler(source, target).feed(line)


@pytest.mark.parametrize(("source", "target"), BOTH_WAYS)
def test_what_is_too_loud_is_limited(source, target):
    """A full-scale square wave overshoots the filter and stays at full scale: it never wraps."""
    square = np.repeat(np.tile([32_767, -32_768], 40), 40).astype("<i2")
    out = np.frombuffer(Resampler(source, target).feed(square.tobytes()), "<i2").astype(int)
    assert (out.max(), out.min()) == (32_767, -32_768)
    loud = np.sign(out[np.abs(out) > 8_000])
    assert np.count_nonzero(np.diff(loud)) == 79


@pytest.mark.parametrize(("source", "target"), BOTH_WAYS)
@pytest.mark.parametrize("level", [-32_768, -1, 0, 1, 32_767])
def test_a_constant_stays_exactly_itself(source, target, level):
    """The gain at 0 Hz is exactly one."""
    line = np.full(400, level, "<i2").tobytes()
    out = np.frombuffer(Resampler(source, target).feed(line), "<i2")
    assert set(out[100:].tolist()) == {level}


def test_equal_rates_pass_untouched():
    """Where both ends have one rate, the bytes are the same."""
    assert Resampler(NARROW, NARROW).feed(b"\x01\x02\xff\x7f") == b"\x01\x02\xff\x7f"


@pytest.mark.parametrize(("source", "target"), [*BOTH_WAYS, (WIDE, WIDE)])
def test_half_a_sample_is_refused(source, target):
    """An odd number of bytes is a ValueError that says so, and the stream goes on after it."""
    resampler = Resampler(source, target)
    with pytest.raises(ValueError, match="even number of bytes, not 3"):
        resampler.feed(b"abc")
    assert resampler.feed(bytes(4)) == Resampler(source, target).feed(bytes(4))


def test_a_rate_that_no_line_has_is_refused():
    """22.05 kHz does not stream; the message names what does it."""
    with pytest.raises(ValueError, match="resample_whole"):
        Resampler(22_050, NARROW)
