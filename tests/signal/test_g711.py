"""ITU-T G.711 by its own formulas and figures."""

import numpy as np
import pytest

from bot.signal import g711
from tests.signal.sounds import pcm, sound, tone

LAWS = [
    (g711.alaw_encoded, g711.alaw_decoded),
    (g711.ulaw_encoded, g711.ulaw_decoded),
]


def alaw_value(code):
    """Table 1a of G.711 as a formula: sign, three bits of segment, four of step."""
    code ^= 0x55
    segment, step = code >> 4 & 7, code & 15
    value = (2 * step + 1) << 3 if segment == 0 else (2 * step + 33) << (segment + 2)
    return value if code & 0x80 else -value


def ulaw_value(code):
    """Table 2a of G.711 as a formula, in 16 bits: 14 bits and two zeros."""
    code ^= 0xFF
    value = ((((code & 15) << 1) + 33 << (code >> 4 & 7)) - 33) << 2
    return -value if code & 0x80 else value


@pytest.mark.parametrize(
    ("decoded", "value"), [(g711.alaw_decoded, alaw_value), (g711.ulaw_decoded, ulaw_value)]
)
def test_every_code_decodes_to_the_value_of_the_standard(decoded, value):
    """All 256 codes of each law have the standard's value."""
    values = np.frombuffer(decoded(bytes(range(256))), "<i2")
    assert values.tolist() == [value(code) for code in range(256)]


@pytest.mark.parametrize(("encoded", "decoded"), LAWS)
def test_a_decoded_value_survives_coding_it_again(encoded, decoded):
    """Transcoding twice loses nothing more: each value's code has that same value."""
    values = decoded(bytes(range(256)))
    assert decoded(encoded(values)) == values


@pytest.mark.parametrize(
    ("sample", "alaw", "ulaw"),
    [(0, 0xD5, 0xFF), (32_767, 0xAA, 0x80), (-32_768, 0x2A, 0x00), (8_000, 0x8A, 0xA0)],
)
def test_known_samples_have_known_codes(sample, alaw, ulaw):
    """Zero, both full scales, and one value between."""
    assert g711.alaw_encoded(sample.to_bytes(2, "little", signed=True)) == bytes([alaw])
    assert g711.ulaw_encoded(sample.to_bytes(2, "little", signed=True)) == bytes([ulaw])


@pytest.mark.parametrize("dbfs", [-3, -10, -20, -30])
@pytest.mark.parametrize(("encoded", "decoded"), LAWS)
def test_a_tone_keeps_its_signal_to_noise_ratio(encoded, decoded, dbfs):
    """At every usual level, noise stays 33 dB or more below (ITU-T G.712 asks for less)."""
    clean = pcm(tone(1_020, dbfs=dbfs))
    noise = sound(decoded(encoded(clean))) - sound(clean)
    assert 10 * np.log10((sound(clean) ** 2).mean() / (noise**2).mean()) > 33


def test_silence_is_the_code_of_zero():
    """The silence bytes are what zero encodes to."""
    assert g711.alaw_encoded(bytes(2)) == g711.ALAW_SILENCE
    assert g711.ulaw_encoded(bytes(2)) == g711.ULAW_SILENCE


@pytest.mark.parametrize("encoded", [g711.alaw_encoded, g711.ulaw_encoded])
def test_half_a_sample_is_refused(encoded):
    """An odd number of bytes is a ValueError that says so."""
    with pytest.raises(ValueError, match="even number of bytes, not 3"):
        encoded(b"abc")
