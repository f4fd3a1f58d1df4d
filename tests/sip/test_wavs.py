"""WAV files in and out."""

import wave

import numpy as np
import pytest

from bot.core.errors import ConfigError
from bot.sip.recording import Recording
from bot.sip.wavs import spoken, write_stereo
from tests.sip.sounds import purity, tone


def wav(path, pcm, rate, channels=1):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(pcm)
    return path


@pytest.mark.parametrize("rate", [8000, 16000])
def test_a_file_of_another_rate_is_converted(tmp_path, rate):
    """A 24 kHz tone stays the same tone at the line's rate."""
    pcm = spoken(wav(tmp_path / "a.wav", tone(1013, 24000), 24000), rate)
    assert len(pcm) == rate * 2
    assert purity(pcm[rate // 2 : -rate // 2], 1013, rate)[0] > 60


def test_a_stereo_file_is_refused_with_the_remedy(tmp_path):
    """The error names the file and says how to convert it."""
    path = wav(tmp_path / "two.wav", bytes(400), 8000, channels=2)
    with pytest.raises(ConfigError, match=r"two\.wav.*-ac 1"):
        spoken(path, 8000)


def test_something_else_is_refused(tmp_path):
    """A file that is missing or not a WAV file is named."""
    (tmp_path / "no.wav").write_bytes(b"hello")
    for name in ("no.wav", "missing.wav"):
        with pytest.raises(ConfigError, match=name):
            spoken(tmp_path / name, 8000)


def test_both_sides_of_a_call_are_on_one_time_axis(tmp_path):
    """What was heard half a second after we spoke is half a second further right."""
    we, they = Recording(8000), Recording(8000)
    we.add(10.0, b"\1\0" * 160)
    they.add(10.5, b"\2\0" * 160)
    write_stereo(tmp_path / "call.wav", we, they, 10.0, 11.0)
    with wave.open(str(tmp_path / "call.wav")) as file:
        assert (file.getnchannels(), file.getframerate(), file.getnframes()) == (2, 8000, 8000)
        both = np.frombuffer(file.readframes(8000), "<i2").reshape(-1, 2)
    assert np.flatnonzero(both[:, 0]).tolist() == list(range(160))
    assert np.flatnonzero(both[:, 1]).tolist() == list(range(4000, 4160))


def test_a_folder_that_is_missing_is_named(tmp_path):
    """A recording that cannot be written says where."""
    with pytest.raises(ConfigError, match="nowhere"):
        write_stereo(tmp_path / "nowhere" / "x.wav", Recording(8000), Recording(8000), 0.0, 1.0)
