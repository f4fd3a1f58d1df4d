"""What clients send as audio becomes 16-bit PCM at 16 kHz."""

import io
import wave

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from riva.client.proto.riva_audio_pb2 import AudioEncoding

from bot.local.refusal import Refused
from bot.local.sound_in import SoundFormat, SoundIn, wav_header
from bot.signal.g711 import alaw_encoded, ulaw_encoded
from tests.local.engines import tone

PCM = AudioEncoding.LINEAR_PCM


def hertz(pcm, rate=16_000):
    """The loudest frequency."""
    samples = np.frombuffer(pcm, "<i2").astype(float)
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return np.argmax(spectrum) * rate / len(samples)


def wav(pcm, rate, channels=1, width=2):
    """A WAV file."""
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(pcm)
    return made.getvalue()


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000])
def test_every_rate_becomes_16_khz_without_clicks(rate):
    """A tone stays one clean tone, however it is cut into messages."""
    sound, sent = SoundIn(SoundFormat(PCM, rate)), tone(1_000, 1.0, rate)
    made = b"".join(sound.feed(sent[at : at + 333]) for at in range(0, len(sent), 333))
    assert 0.8 < len(made) / 32_000 <= 1.01
    assert hertz(made[3_200:]) == pytest.approx(1_000, abs=3)
    steady = np.frombuffer(made[3_200:], "<i2").astype(float)
    assert np.abs(np.diff(steady, 2)).max() < 3_000


@pytest.mark.parametrize(
    ("encoding", "encode"),
    [(AudioEncoding.MULAW, ulaw_encoded), (AudioEncoding.ALAW, alaw_encoded)],
)
def test_g711_is_decoded(encoding, encode):
    """Telephone coding at 8 kHz is taken as it is."""
    sound = SoundIn(SoundFormat(encoding, 8_000))
    assert hertz(sound.feed(encode(tone(600, 0.5, 8_000)))) == pytest.approx(600, abs=5)


def test_a_wav_header_is_skipped_and_believed():
    """NVIDIA's clients send whole files: the header's rate counts, and it is no sound."""
    sound = SoundIn(SoundFormat(PCM, 16_000))
    made = sound.feed(wav(tone(500, 0.5, 8_000), 8_000))
    assert len(made) == 16_000
    assert hertz(made) == pytest.approx(500, abs=5)


@given(st.binary(max_size=80))
def test_random_bytes_are_never_taken_for_more_than_they_are(content):
    """A header is recognised or not; no bytes break the parser."""
    header = wav_header(b"RIFF1234WAVE" + content)
    assert header is not None
    assert header[1] <= len(content) + 12


def test_half_a_sample_waits_for_its_other_half():
    """Messages may be cut anywhere."""
    sound, sent = SoundIn(SoundFormat(PCM, 16_000)), tone(500, 0.1)
    assert b"".join(sound.feed(sent[at : at + 3]) for at in range(0, len(sent), 3)) == sent


@pytest.mark.parametrize(
    ("stated", "problem"),
    [
        (SoundFormat(AudioEncoding.OGGOPUS, 16_000), "OGGOPUS is not supported: use LINEAR_PCM"),
        (SoundFormat(AudioEncoding.FLAC, 16_000), "FLAC"),
        (SoundFormat(PCM, 4_000), "sample_rate_hertz 4000 must be from 8000 to 48000"),
        (SoundFormat(PCM, 96_000), "96000"),
        (SoundFormat(PCM, 16_000, 2), "audio_channel_count 2"),
    ],
)
def test_what_cannot_be_heard_is_refused_by_name(stated, problem):
    """The refusal names the field and what is taken."""
    with pytest.raises(Refused, match=problem):
        SoundIn(stated)


def test_a_wav_that_cannot_be_heard_is_refused():
    """Stereo and 8-bit files are told from what the request claims."""
    with pytest.raises(Refused, match="send mono"):
        SoundIn(SoundFormat(PCM, 16_000)).feed(wav(bytes(64), 16_000, channels=2))
    with pytest.raises(Refused, match="8 bits"):
        SoundIn(SoundFormat(PCM, 16_000)).feed(wav(bytes(64), 16_000, width=1))
