"""Whether the caller sounds finished."""

import asyncio
import sys
import threading
import wave
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from structlog.testing import capture_logs

from bot.core.errors import ConfigError
from bot.local.models import models_folder
from bot.local.turn_model import fetch_turn_model
from bot.signal import smart_turn
from bot.signal.g711 import alaw_decoded, alaw_encoded
from bot.signal.resampler import Resampler
from bot.signal.smart_turn import LONGEST_LINE, UNSURE, EndScorer, features

SPEECH = Path(__file__).parent.parent / "speech"


@pytest.fixture
def scoring(monkeypatch):
    """Make a scorer around a stand-in for the network."""

    def made(judge):
        monkeypatch.setattr(smart_turn, "_network", lambda path: judge)
        return EndScorer("any.onnx")

    return made


@pytest.mark.real_time
async def test_a_sound_is_scored_off_the_loop(scoring):
    """In the scorer's own thread."""
    threads = []

    def judge(seen):
        threads.append(threading.current_thread().name)
        return 0.9

    scorer = scoring(judge)
    assert await scorer.score(bytes(640), 16_000) == 0.9
    assert threads[0].startswith("end-scorer")
    await scorer.close()


@pytest.mark.real_time
async def test_a_line_that_is_full_is_not_joined(scoring):
    """One too many is unsure at once; the others are judged, and then there is room again."""
    gate = threading.Event()
    scorer = scoring(lambda seen: gate.wait() and 0.9)
    jobs = [asyncio.create_task(scorer.score(bytes(640), 16_000)) for _ in range(LONGEST_LINE)]
    await asyncio.sleep(0)
    assert await scorer.score(bytes(640), 16_000) == UNSURE
    gate.set()
    assert await asyncio.gather(*jobs) == [0.9] * LONGEST_LINE
    assert await scorer.score(bytes(640), 16_000) == 0.9
    await scorer.close()


@pytest.mark.real_time
async def test_a_score_that_takes_too_long_is_unsure(scoring, monkeypatch):
    """What waited behind it in vain is not judged any more."""
    monkeypatch.setattr(smart_turn, "TIME_OUT", 0.05)
    gate, judged = threading.Event(), []

    def judge(seen):
        judged.append(seen)
        gate.wait()
        return 0.9

    scorer = scoring(judge)
    both = [scorer.score(bytes(640), 16_000) for _ in range(2)]
    assert await asyncio.gather(*both) == [UNSURE, UNSURE]
    gate.set()
    await scorer.close()
    assert len(judged) == 1


@pytest.mark.real_time
async def test_a_call_that_ends_leaves_its_score_behind(scoring):
    """The cancelled wait neither stops the thread nor blocks the line."""
    gate = threading.Event()
    scorer = scoring(lambda seen: gate.wait() and 0.9)
    job = asyncio.create_task(scorer.score(bytes(640), 16_000))
    await asyncio.sleep(0)
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    gate.set()
    assert await scorer.score(bytes(640), 16_000) == 0.9
    await scorer.close()


@pytest.mark.real_time
async def test_a_network_that_fails_is_told_once(scoring):
    """The calls go on by the other signs."""

    def judge(seen):
        raise RuntimeError("broken")

    scorer = scoring(judge)
    with capture_logs() as logs:
        assert await scorer.score(bytes(640), 16_000) == UNSURE
        assert await scorer.score(bytes(640), 16_000) == UNSURE
    assert [line["event"] for line in logs] == ["end of turn not scored"]
    await scorer.close()


def test_the_last_eight_seconds_count_with_silence_in_front():
    """What came before is not seen; what is short stands at the end."""
    sound = np.random.default_rng(1).integers(-9000, 9000, 16_000 * 9, dtype="<i2").tobytes()
    assert np.array_equal(features(sound, 16_000), features(sound[32_000:], 16_000))
    short = features(sound[-32_000:], 16_000)
    assert np.array_equal(short, features(bytes(32_000) + sound[-32_000:], 16_000))
    assert short[:, :690].max() < short[:, 710:].mean()


def test_a_narrow_line_is_brought_to_the_rate_of_the_network():
    """A tone of 1 kHz is in the same band, at either rate."""

    def tone(rate):
        return np.rint(9000 * np.sin(np.arange(rate) * 2000 * np.pi / rate)).astype("<i2").tobytes()

    seen = [features(tone(rate), rate) for rate in (8000, 16_000)]
    assert seen[0][:, 750].argmax() == seen[1][:, 750].argmax()


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("none.onnx", None, "cannot read .*none.onnx: No such file"),
        ("smart-turn-v3.2-cpu.onnx", b"cut", "was altered, its sha256 is wrong"),
        ("own.onnx", b"no network", "is no ONNX network"),
    ],
)
def test_a_wrong_file_is_told_with_the_setting_and_the_remedy(tmp_path, name, content, complaint):
    """At the start, before any call."""
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ConfigError, match=complaint) as told:
        EndScorer(str(tmp_path / name))
    assert str(told.value).startswith("turns.end_of_turn.acoustic_model: ")
    assert "voicebot fetch-turn-model" in str(told.value)


def test_another_network_is_told():
    """A network of voice activity is no smart-turn."""
    vad = files("faster_whisper") / "assets" / "silero_vad_v6.onnx"
    with pytest.raises(ConfigError, match=r"does not take input_features \[1, 80, 800\]"):
        EndScorer(str(vad))


def test_without_onnxruntime_the_extra_is_named(tmp_path, monkeypatch):
    """It is needed by nobody else who serves calls."""
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    (tmp_path / "any.onnx").write_bytes(b"")
    with pytest.raises(ConfigError, match=r"acoustic_model needs onnxruntime: .*turn-model\]"):
        EndScorer(str(tmp_path / "any.onnx"))


@pytest.mark.models
@pytest.mark.real_time
async def test_a_finished_sentence_sounds_more_finished_than_half_of_it():
    """The real network, through G.711: four voices, three sentences."""
    scorer = EndScorer(str(fetch_turn_model(models_folder() / "smart-turn", lambda line: None)))
    whole, half = [], []
    for path in sorted(SPEECH.glob("*_s0[123].wav")):
        with wave.open(str(path)) as file:
            narrow = Resampler(16_000, 8000).feed(file.readframes(file.getnframes()))
        heard = alaw_decoded(alaw_encoded(narrow))
        whole.append(await scorer.score(heard, 8000))
        half.append(await scorer.score(heard[: len(heard) // 4 * 2] + bytes(3200), 8000))
    await scorer.close()
    assert len(whole) == 12
    assert np.mean(whole) > np.mean(half) + 0.2
