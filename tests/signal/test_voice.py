"""Voice activity: the rules on a scripted detector, then the real network on real sounds."""

import numpy as np
import pytest

from bot.core.errors import ConfigError
from bot.core.events import SpeechEnded, SpeechStarted
from bot.signal.levels import SILENT
from bot.signal.resampler import Resampler
from bot.signal.silero import _weights, silero
from bot.signal.voice import (
    FRAME_BYTES,
    FRAME_SECONDS,
    VoiceActivity,
    VoiceSettings,
    level_detector,
)
from tests.signal import sounds

LOUD = sounds.pcm(sounds.tone(500, FRAME_SECONDS))
QUIET = bytes(FRAME_BYTES)


class Script:
    """A detector that answers from a list, then 0, and counts how often it was asked."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = 0

    def __call__(self, frame):
        assert len(frame) == FRAME_BYTES
        self.asked += 1
        return self.answers.pop(0) if self.answers else 0.0


def changes(voice, pcm, rate=8_000):
    """Play 20 ms at a time; give (event, when it came, when its cause was) in seconds."""
    step = rate // 25
    found = []
    for at in range(0, len(pcm), step):
        for change in voice.hear(pcm[at : at + step]):
            now = (at + step) / (2 * rate)
            found.append((change, now, now - voice.silence_seconds))
    return found


def starts(sound, settings=None):
    """How often the real network takes a sound at 8 kHz for the beginning of speech."""
    voice = VoiceActivity(8_000, silero(), settings)
    found = changes(voice, sounds.pcm(sound))
    return sum(isinstance(change, SpeechStarted) for change, _, _ in found)


# The rules


def test_speech_starts_after_the_least_voiced_sound():
    """One voiced frame is not speech; the second without a break is."""
    voice = VoiceActivity(8_000, Script(0.9, 0.1, 0.9, 0.9), VoiceSettings(min_speech_seconds=0.05))
    assert [voice.hear(LOUD) for _ in range(4)] == [[], [], [], [SpeechStarted()]]
    assert voice.speaking


def test_speech_ends_after_the_hangover():
    """Silence ends speech only when it lasts; a short pause does not."""
    script = Script(0.9, 0.9, 0.0, 0.0, 0.9)
    voice = VoiceActivity(8_000, script, VoiceSettings(hangover_seconds=0.096))
    found = [voice.hear(LOUD) for _ in range(9)]
    assert found == [[], [SpeechStarted()], [], [], [], [], [], [SpeechEnded()], []]
    assert not voice.speaking


def test_a_speaking_caller_needs_less_probability():
    """The start threshold is higher than the stop threshold."""
    settings = VoiceSettings(min_speech_seconds=0.03, hangover_seconds=0.03)
    voice = VoiceActivity(8_000, Script(0.27, 0.3, 0.27, 0.1), settings)
    assert [voice.hear(LOUD) for _ in range(4)] == [[], [SpeechStarted()], [], [SpeechEnded()]]


def test_the_end_of_speech_can_be_dated_back():
    """When speech ends, silence_seconds tells how long ago the last voiced frame ended."""
    voice = VoiceActivity(8_000, Script(0.9, 0.9), VoiceSettings(hangover_seconds=0.3))
    voice.hear(LOUD + LOUD)
    assert voice.silence_seconds == 0
    (change,) = voice.hear(LOUD * 10)
    assert change == SpeechEnded()
    assert voice.silence_seconds == pytest.approx(0.32)


def test_sound_that_is_no_whole_frame_yet_counts_as_silence():
    """silence_seconds goes on between the frames of 32 ms."""
    voice = VoiceActivity(8_000, Script())
    voice.hear(LOUD + LOUD[:320])
    assert voice.silence_seconds == pytest.approx(0.052)


def test_quiet_frames_never_reach_the_detector():
    """Below the gate nothing is asked: silence is free, and is no speech."""
    script = Script(1.0, 1.0)
    voice = VoiceActivity(8_000, script)
    assert voice.hear(QUIET * 100) == []
    assert script.asked == 0
    assert voice.level_dbfs == SILENT


def test_steady_noise_closes_the_gate_for_itself():
    """After some seconds the noise of a line is below the gate; a voice above it is heard."""
    script = Script()
    voice = VoiceActivity(8_000, script)
    voice.hear(sounds.pcm(sounds.white(-45)))
    asked = script.asked
    voice.hear(sounds.pcm(sounds.white(-45)))
    assert script.asked - asked < 5
    script.answers = [0.9, 0.9]
    assert voice.hear(sounds.pcm(sounds.white(-35, 0.1))) == [SpeechStarted()]


def test_a_long_talker_does_not_become_the_noise():
    """While the caller speaks the noise floor does not rise: a minute of talk stays one speech."""
    voice = VoiceActivity(8_000, level_detector())
    assert voice.hear(sounds.pcm(sounds.tone(300, 60, dbfs=-20))) == [SpeechStarted()]
    assert voice.speaking


def test_a_wideband_line_gives_the_same_events():
    """At 16 kHz the same tone starts and ends speech as at 8 kHz, within a frame."""
    line = sounds.pcm(np.concatenate([np.zeros(8_000), sounds.tone(300), np.zeros(8_000)]))
    narrow = changes(VoiceActivity(8_000, level_detector()), line)
    wide = changes(
        VoiceActivity(16_000, level_detector()), Resampler(8_000, 16_000).feed(line), 16_000
    )
    assert [change for change, _, _ in wide] == [SpeechStarted(), SpeechEnded()]
    assert [change for change, _, _ in narrow] == [SpeechStarted(), SpeechEnded()]
    for (_, at, since), (_, wide_at, wide_since) in zip(narrow, wide, strict=True):
        assert wide_at == pytest.approx(at, abs=0.04)
        assert wide_since == pytest.approx(since, abs=0.04)


def test_any_chunking_gives_the_same_events():
    """Single samples or the whole recording at once: the same changes in the same order."""
    line = sounds.telephoned(sounds.utterances()["kokoro-hf_alpha_s01"])
    whole = VoiceActivity(8_000, level_detector())
    sliced = VoiceActivity(8_000, level_detector())
    pieces = [
        change for at in range(0, len(line), 14) for change in sliced.hear(line[at : at + 14])
    ]
    assert pieces == whole.hear(line)
    assert len(pieces) >= 2


def test_contradicting_thresholds_are_refused():
    """A stop threshold above the start threshold would flicker; the error shows both."""
    with pytest.raises(ValueError, match=r"not 0\.5 and 0\.3"):
        VoiceSettings(start_probability=0.3, stop_probability=0.5)


# The real network


@pytest.mark.parametrize("noise_dbfs", [-90.0, -60.0, -45.0])
def test_hindi_by_telephone_is_found(noise_dbfs):
    """
    None of 96 utterances is missed, not even a bare "haan"; 19 of 20 are one speech that covers
    the audible sound.

    A soft nasal after dead silence may take the network a third of a second: hence 0.4.
    """
    whole = []
    for name, recording in sounds.utterances().items():
        found = changes(VoiceActivity(8_000, silero()), sounds.telephoned(recording, noise_dbfs))
        begin, end = sounds.audible(sounds.telephoned(recording, -90.0))
        assert found, f"{name} was missed"
        assert begin - 0.1 < found[0][1] < begin + 0.6, name
        assert end - 0.4 < found[-1][2] < end + 0.6, name
        once = [change for change, _, _ in found] == [SpeechStarted(), SpeechEnded()]
        covers = found[0][1] < begin + 0.4 and end - 0.3 < found[-1][2] < end + 0.4
        whole.append(once and covers)
    assert len(whole) == 96
    assert np.mean(whole) >= 0.95


def test_speech_starts_within_150_ms():
    """In the median of the utterances, on a line with a little noise."""
    late = []
    for recording in sounds.utterances().values():
        line = sounds.telephoned(recording)
        found = changes(VoiceActivity(8_000, silero()), line)
        late.append(found[0][1] - sounds.audible(line)[0])
    assert np.median(late) < 0.150


@pytest.mark.parametrize("gain_db", [-20.0, -10.0, 6.0])
def test_faint_and_loud_callers_are_found(gain_db):
    """From -46 to -20 dBFS, somebody who speaks a sentence is heard."""
    recording = sounds.utterances()["kokoro-hf_alpha_s01"]
    line = sounds.telephoned(recording, -70.0, gain_db)
    found = changes(VoiceActivity(8_000, silero()), line)
    assert found[0][0] == SpeechStarted()


@pytest.mark.parametrize(
    "sound",
    [
        pytest.param(np.zeros(80_000), id="silence"),
        pytest.param(sounds.ringback(400, 450), id="ringback 400+450"),
        pytest.param(sounds.ringback(425), id="ringback 425"),
        pytest.param(sounds.all_digits(-10), id="loud keys"),
        pytest.param(sounds.all_digits(-26), id="soft keys"),
        pytest.param(sounds.white(-40), id="white noise"),
        pytest.param(sounds.pink(-40), id="pink noise"),
        pytest.param(sounds.clicks(), id="clicks"),
        pytest.param(sounds.bursts(40), id="coughs of 40 ms"),
        pytest.param(sounds.bursts(40) + sounds.white(-55), id="coughs on a noisy line"),
    ],
)
def test_no_other_sound_of_the_line_is_speech(sound):
    """Silence, tones, keys, noise, clicks and coughs never start speech."""
    assert starts(sound) == 0


def test_calls_do_not_hear_each_other():
    """Two calls share the network and nothing else: interleaved, each gets its own answers."""
    speech = sounds.telephoned(sounds.utterances()["kokoro-hm_omega_s02"])
    frames = [speech[at : at + FRAME_BYTES] for at in range(0, len(speech) - 511, FRAME_BYTES)]
    alone, one, other = silero(), silero(), silero()
    expected = [alone(frame) for frame in frames]
    mixed = [
        (one(frame), other(backward)) for frame, backward in zip(frames, frames[::-1], strict=True)
    ]
    assert [first for first, _ in mixed] == expected


def test_a_frame_of_another_length_is_refused():
    """The network takes 512 bytes, and says so."""
    with pytest.raises(ValueError, match="512 bytes, not 640"):
        silero()(bytes(640))


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [("_WEIGHTS", "gone.npz", "gone.npz is missing"), ("_SHA256", "0" * 64, "was altered")],
)
def test_a_missing_or_altered_model_is_named(monkeypatch, name, value, problem):
    """The error says what is wrong with the file and what to do."""
    monkeypatch.setattr(f"bot.signal.silero.{name}", value)
    with pytest.raises(ConfigError, match=f"{problem}: reinstall voicebot"):
        _weights.__wrapped__()
