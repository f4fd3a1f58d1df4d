"""The echo guard: our own voice comes back, and is not taken for the caller's."""

import numpy as np
import pytest

from bench.echo_line import Way, coded, echo, frames, noise, resumed, talk, utterances
from bot.core.events import SpeechStarted
from bot.signal.echo import EchoGuard
from bot.signal.resampler import Resampler
from bot.signal.silero import silero
from bot.signal.voice import VoiceActivity

RATE = 8_000
FRAME = 320
OURS, THEIRS = "hf_alpha", "hm_omega"
QUIET = bytes(FRAME)


def our_voice(seconds=8.0, seed=1):
    """The bot, sentence after sentence."""
    return talk(utterances(OURS), seconds, seed)


def with_caller(line, onset, level_db, number=0):
    """The line, and on it a caller who speaks from this second on, so loud over -26 dBFS."""
    voice = utterances(THEIRS)[number] * 10 ** (level_db / 20)
    both, start = line.copy(), int(onset * RATE)
    both[start : start + voice.size] += voice[: line.size - start]
    return both


def guarded(ours, theirs, guard=None):
    """What the guard makes of the caller's frames."""
    guard = guard or EchoGuard(RATE)
    heard = []
    for played, frame in zip(ours, theirs, strict=True):
        guard.played(played)
        heard.append(guard.hear(frame))
    return heard


def starts(heard):
    """The seconds at which the real voice activity finds speech."""
    voice = VoiceActivity(RATE, silero())
    return [
        number * 0.02
        for number, frame in enumerate(heard, 1)
        for change in voice.hear(frame)
        if isinstance(change, SpeechStarted)
    ]


def level(heard):
    """RMS in dBFS of many frames."""
    sound = np.frombuffer(b"".join(heard), "<i2") / 32_768
    return 10 * np.log10((sound**2).mean() + 1e-12)


def simple_echo(delay=0.15, loss_db=12.0, seconds=8.0, law="PCMA", kind="hybrid"):
    """Our voice and its echo, as frames."""
    ours = our_voice(seconds)
    way = Way(delay, loss_db, kind, law, seed=3)
    return [*frames(ours)], [*frames(coded(echo(ours, way), law))]


# Our own voice


def test_our_own_voice_is_silence_to_voice_activity():
    """150 ms later and 12 dB weaker: without the guard it is speech, with it there is none."""
    ours, theirs = simple_echo()
    assert len(starts(theirs)) >= 2
    assert starts(guarded(ours, theirs)) == []


@pytest.mark.parametrize(
    ("delay", "loss_db", "law", "kind"),
    [
        (0.02, 6, "PCMU", "hybrid"),
        (0.06, 20, "PCMA", "room"),
        (0.25, 6, "PCMA", "room"),
        (0.4, 15, "PCMU", "room"),
        (0.5, 10, "PCMA", "hybrid"),
        (0.3, 40, "PCMU", "hybrid"),
    ],
)
@pytest.mark.parametrize("noise_dbfs", [-80, -46])
def test_echoes_near_and_far_loud_and_faint_start_nothing(delay, loss_db, law, kind, noise_dbfs):
    """20 to 500 ms, 6 to 40 dB, both laws, from the first second on, on quiet and noisy lines."""
    ours = our_voice(6, seed=int(loss_db))
    line = echo(ours, Way(delay, loss_db, kind, law, seed=4)) + noise(noise_dbfs, ours.size, 5)
    assert starts(guarded(frames(ours), frames(coded(line, law)))) == []


def test_what_was_learnt_can_be_reported():
    """The delay to 10 ms and the level to 2 dB, and neither before anything is known."""
    guard = EchoGuard(RATE)
    assert (guard.echo_delay, guard.echo_db) == (None, None)
    guarded(*simple_echo(delay=0.237, loss_db=14), guard)
    assert guard.echo_delay == pytest.approx(0.237, abs=0.01)
    assert guard.echo_db == pytest.approx(-14, abs=2)


def test_a_line_without_echo_teaches_none():
    """Noise and the caller's own speech are no echo: nothing is reported."""
    ours = our_voice()
    guard = EchoGuard(RATE)
    guarded(frames(ours), frames(with_caller(noise(-50, ours.size, 1), 3.0, 0)), guard)
    assert guard.echo_db is None


@pytest.mark.parametrize("shift", [1, 2, -1, -2])
def test_a_jump_of_the_delay_is_followed(shift):
    """One or two frames are lost on the way, or come twice: still no speech."""
    ours, theirs = simple_echo(seconds=10)
    moved = theirs[:250] + theirs[250 - shift : len(theirs) - max(shift, 0)]
    moved += [QUIET] * (len(theirs) - len(moved))
    assert starts(guarded(ours, moved)) == []


@pytest.mark.parametrize("moved", [-3, -1, -0.6, 1, 1.5, 3, 7])
@pytest.mark.parametrize(("kind", "loss_db"), [("hybrid", 12), ("room", 15)])
def test_our_first_word_after_a_pause_is_silence(moved, kind, loss_db):
    """The delay has moved meanwhile, by whole frames or parts: hardly a frame passes."""
    first, second = our_voice(3), our_voice(2, seed=2)
    ours, line = resumed(first, 1.5, second, Way(0.15, loss_db, kind, seed=3), moved)
    heard = guarded(frames(ours), frames(coded(line, "PCMA")))
    resumes = (first.size + 12_000) // 160
    assert starts(heard) == []
    assert sum(any(frame) for frame in heard[resumes + 35 :]) <= 2


def test_our_first_word_after_the_callers_is_silence():
    """The caller replies, the delay moves by three frames, we answer: only they have spoken."""
    first, second = our_voice(3), our_voice(2, seed=2)
    ours, line = resumed(first, 3.0, second, Way(0.15, 12, seed=3), 3)
    reply = with_caller(np.zeros(line.size), 3.3, -6)
    reply[int(5.5 * RATE) :] = 0
    heard = starts(guarded(frames(ours), frames(coded(line + reply, "PCMA"))))
    assert heard
    assert max(heard) < 5.5


def test_keys_between_our_talks_leave_the_echo_known():
    """Ten frames never come, as while a key is pressed: the next talk is silence."""
    ours, line = resumed(our_voice(3), 1.5, our_voice(2, seed=2), Way(0.15, 12, seed=3), 0)
    guard, heard = EchoGuard(RATE), []
    pairs = zip(frames(ours), frames(coded(line, "PCMA")), strict=True)
    for number, (played, frame) in enumerate(pairs):
        guard.played(played)
        if not 190 <= number < 200:
            heard.append(guard.hear(frame))
    assert starts(heard) == []
    assert guard.echo_delay == pytest.approx(0.15, abs=0.01)


def test_missing_frames_are_followed():
    """The caller's frames stop for 0.6 s while we speak on: still no speech."""
    ours, theirs = simple_echo(seconds=10)
    guard = EchoGuard(RATE)
    heard = []
    for number, (played, frame) in enumerate(zip(ours, theirs, strict=True)):
        guard.played(played)
        if not 250 <= number < 280:
            heard.append(guard.hear(frame))
    assert starts(heard) == []


def test_frames_that_come_in_bursts_are_followed():
    """The network holds five frames back and then brings them at once, again and again."""
    ours, theirs = simple_echo(seconds=10)
    guard = EchoGuard(RATE)
    heard, waiting = [], []
    for number, (played, frame) in enumerate(zip(ours, theirs, strict=True)):
        guard.played(played)
        waiting.append(frame)
        if number % 40 not in range(20, 25):
            heard += [guard.hear(each) for each in waiting]
            waiting = []
    assert starts(heard) == []


# The caller's


@pytest.mark.parametrize("over_echo_db", [0, 10, 20])
def test_a_caller_who_speaks_over_our_echo_is_heard(over_echo_db):
    """As promptly as without any echo, to 80 ms in the median of six, and none is missed."""
    ours = our_voice(8)
    back = echo(ours, Way(0.18, 15, "room", seed=2))
    late = []
    for number in range(6):
        caller = with_caller(np.zeros(ours.size), 4.0, over_echo_db - 15, number)
        alone = starts(frames(coded(caller, "PCMA")))
        heard = starts(guarded(frames(ours), frames(coded(back + caller, "PCMA"))))
        late.append(heard[0] - alone[0])
        assert heard[0] > 4.0
    assert np.median(late) <= 0.08


def test_what_passes_is_the_caller_more_than_the_echo():
    """Over an echo as loud as the caller, what passes holds 10 dB less of it."""
    ours = our_voice(8)
    caller = with_caller(np.zeros(ours.size), 4.0, -12)
    line = echo(ours, Way(0.18, 12, seed=2)) + caller
    heard = guarded(frames(ours), frames(coded(line, "PCMA")))
    passed = [number for number, frame in enumerate(heard) if any(frame)]
    sound = np.frombuffer(b"".join(heard[number] for number in passed), "<i2") / 32_768
    wanted = np.concatenate([caller[number * 160 : number * 160 + 160] for number in passed])
    before = np.concatenate([line[number * 160 : number * 160 + 160] for number in passed])
    assert len(passed) > 50
    assert ((sound - wanted) ** 2).sum() < ((before - wanted) ** 2).sum() / 10


@pytest.mark.parametrize("onset", [1.0, 2.0, 4.0])
def test_a_caller_on_a_line_without_echo_is_heard_at_once(onset):
    """We have spoken for a second and nothing came back: the guard is in nobody's way."""
    ours = our_voice(onset + 3)
    caller = coded(with_caller(noise(-66, ours.size, 1), onset, -6), "PCMA")
    alone, heard = starts(frames(caller)), starts(guarded(frames(ours), frames(caller)))
    assert heard[0] - alone[0] <= 0.08


def test_with_nothing_played_sound_passes_bit_exact():
    """Silence was sent to the caller, or nothing yet: every sample is as it came."""
    theirs = [*frames(coded(utterances(THEIRS)[0], "PCMA"))]
    guard = EchoGuard(RATE)
    assert [guard.hear(frame) for frame in theirs[:50]] == theirs[:50]
    assert guarded([QUIET] * len(theirs), theirs, guard) == theirs


def test_after_we_fall_silent_sound_passes_bit_exact():
    """0.7 s after our last sound the guard is out of the way, whatever it has learnt."""
    ours, theirs = simple_echo()
    guard = EchoGuard(RATE)
    guarded(ours, theirs, guard)
    guarded([QUIET] * 36, [QUIET] * 36, guard)
    reply = [*frames(coded(utterances(THEIRS)[1], "PCMA"))]
    assert guarded([QUIET] * len(reply), reply, guard) == reply


# Any line, any length


def test_a_wideband_line_is_guarded_too():
    """At 16 kHz our echo starts nothing, and a caller over it is heard."""
    ours = our_voice(7)
    line = echo(ours, Way(0.2, 12, seed=6))
    both = with_caller(line, 4.0, -6)
    for sound, speech in ((line, False), (both, True)):
        up, wide = Resampler(RATE, 16_000), Resampler(RATE, 16_000)
        guard, voice = EchoGuard(16_000), VoiceActivity(16_000, silero())
        changes = []
        for played, frame in zip(frames(ours), frames(sound), strict=True):
            guard.played(up.feed(played))
            changes += voice.hear(guard.hear(wide.feed(frame)))
        assert (SpeechStarted() in changes) == speech


@pytest.mark.parametrize("size", [2, 90, 320, 322, 1_000, 4_000])
def test_sound_of_any_length_comes_back_as_long_and_guarded(size):
    """A sample, part of a frame, several frames: the echo is gone all the same."""
    ours, theirs = simple_echo(seconds=5)
    guard = EchoGuard(RATE)
    line, heard, done = b"".join(theirs), [], 0
    for number, played in enumerate(ours, 1):
        guard.played(played)
        while done + size <= number * FRAME:
            heard.append(guard.hear(line[done : done + size]))
            assert len(heard[-1]) == size
            done += size
    assert level(heard) < level([line]) - 20


def test_nothing_is_nothing():
    """No sound, no sound back."""
    assert EchoGuard(RATE).hear(b"") == b""


def test_a_frame_of_ours_that_is_none_is_refused():
    """What was played comes in frames of 20 ms; the error says how long."""
    with pytest.raises(ValueError, match="320 bytes, not 640"):
        EchoGuard(RATE).played(bytes(640))


def test_a_rate_that_no_line_has_is_refused():
    """8000 or 16000."""
    with pytest.raises(ValueError, match="not 44100"):
        EchoGuard(44_100)
