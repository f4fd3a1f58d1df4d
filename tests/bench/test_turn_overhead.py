"""The bench of a turn's overhead: tags, sums, and one real call."""

import os

import pytest

import bot.nim.wire  # noqa: F401 - loads slowly: not within the time-outs of the first test
from bench.turn_overhead import nim, setups
from bench.turn_overhead.callers import due
from bench.turn_overhead.measure import HOPS, turns
from bench.turn_overhead.notes import Notes
from bench.turn_overhead.run import cores, run
from bench.turn_overhead.script import (
    SENTENCE,
    Delays,
    sound,
    tag_in,
    tag_of_frame,
    tag_text,
    words_of,
)
from bench.turn_overhead.table import figures, text, write
from bot.call.sentences import sentences
from bot.config import EndOfTurnSettings, LlmSettings, Settings
from bot.config_file import load
from bot.core.ports import Message
from bot.hindi.redact import redact
from bot.hindi.spoken import spoken
from bot.nim.chat import NimChat

TAG = (3, 2)
WEIGHTS = EndOfTurnSettings(base=0.6, finished=-0.3)
SENT = [100.0 + number * 0.02 for number in range(100)]
ROWS = [
    {"what": "heard", "tag": [3, 2], "forced": 101.003, "bytes": 51 * 640, "final": 101.063},
    {"what": "asked", "tag": [3, 2], "came": 101.067},
    {"what": "sentence", "tag": [3, 2], "sent": 101.400},
    {"what": "spoken", "tag": [3, 2], "asked": 101.402, "audio": 101.482},
]
"""The bot hears the silence by frame 50, sent at 101.0."""
MARKS = {
    "speech_ended": 100.79,
    "final_transcript": 101.064,
    "turn_ended": 101.093,
    "asked": 101.065,
    "first_token": 101.22,
    "first_sentence": 101.401,
    "first_audio": 101.483,
    "first_frame": 101.497,
}
"""The pause of finished words is 0.3 s: it is over at 101.09."""
HEARD = f"{tag_text(TAG)} बिल"
LOG = [{"event": "ready"}, {"event": "turn", "call": "c", "heard": HEARD, "marks": MARKS}]
TURN = {"ended": 100.78, "tag": [3, 2], "first_frame": 101.498, "late": 0.001}
CALLS = [{"uuid": "c", "sent": SENT, "turns": [TURN, {**TURN, "tag": None, "first_frame": None}]}]


def measured(early=True):
    """The one turn that was answered, in milliseconds."""
    (turn,) = turns(CALLS, ROWS, LOG, WEIGHTS, early)
    return turn


def test_a_turn_whose_frames_were_miscounted_is_not_measured():
    """Five more than the caller had sent: silence that the bot put in, or a fault of the bench."""
    heard = {**ROWS[0], "bytes": 57 * 640}
    assert list(turns(CALLS, [heard, *ROWS[1:]], LOG, WEIGHTS, True)) == []


def ms(values):
    """Rounded, to compare."""
    return {name: round(1000 * value, 1) for name, value in values.items()}


def test_a_tag_is_found_again():
    """In words, of which the last tag counts, and in the first frame of a sound."""
    assert tag_in(f"जी {tag_text((1, 1))} और {tag_text(TAG)} बिल") == TAG
    assert words_of(f"{tag_text(TAG)} मेरा बिल") == "मेरा बिल"
    assert tag_in("मेरा बिल") is None
    assert tag_of_frame(sound(TAG)[:320]) == TAG
    assert tag_of_frame(sound(TAG)[320:640]) is None
    assert tag_of_frame(sound(None)[:320]) is None


def test_a_tag_goes_through_the_bot_unchanged():
    """It is neither said in other words nor taken for what must not be logged."""
    tagged = f"{tag_text((17, 305))} {SENTENCE}"
    assert spoken(tagged) == redact(tagged) == tagged


async def test_the_answer_begins_with_one_sentence():
    """Its last token ends it, so that the hop from there to the synthesizer is the bot's alone."""

    async def pieces():
        yield f"{tag_text(TAG)} {SENTENCE} "

    assert [each async for each in sentences(pieces())] == [f"{tag_text(TAG)} {SENTENCE}"]


def test_a_turn_is_summed_up():
    """Each hop is between two notes of others; what waits for the beat is known."""
    turn = measured()
    assert ms(turn.hops) == {"hear": 3.0, "ask": 4.0, "speak": 2.0, "play": 16.0}
    assert set(turn.hops) < set(HOPS)
    assert round(turn.added, 4) == 0.025
    assert ms(turn.parts)["beat"] == 13.0
    assert round(turn.added_without_beat, 4) == 0.012
    assert ms({"all": turn.turnaround, "wait": turn.wait}) == {"all": 718.0, "wait": 93.0}


@pytest.mark.parametrize(
    ("begin", "length", "taken"),
    [
        (100.995, 0.007, 2.0),  # into the hop
        (101.470, 0.020, 1.0),  # the synthesizer's time, the sound's way in, the wait for the beat
        (101.490, 0.004, 0.0),  # while the sound waited for the beat
        (101.495, 0.010, 2.0),  # the beat came late by it
        (101.100, 0.100, 0.0),  # while others worked
    ],
)
def test_what_the_core_stood_still_within_a_hop_is_known(begin, length, taken):
    """Not where nothing of ours was to be done."""
    (turn,) = turns(CALLS, ROWS, LOG, WEIGHTS, True, [(begin, length)])
    assert ms({"": turn.stalled}) == {"": pytest.approx(taken)}
    assert measured().stalled is None


def test_an_answer_begun_on_interim_words_waits_for_no_final_ones():
    """One hop leads from the silence to the model."""
    rows = [{**row, "came": 101.004} if row["what"] == "asked" else row for row in ROWS]
    (turn,) = turns(CALLS, rows, LOG, WEIGHTS, early=True)
    assert ms(turn.hops) == {"hear and ask": 4.0, "speak": 2.0, "play": 16.0}


def test_without_an_early_start_the_question_waits_for_the_pause():
    """Then the model's request is counted from its end, which no service delays."""
    rows = [{**row, "came": 101.095} if row["what"] == "asked" else row for row in ROWS]
    (turn,) = turns(CALLS, rows, LOG, WEIGHTS, early=False)
    assert ms(turn.hops)["ask"] == 5.0


def test_what_is_ready_before_the_turn_waits_for_nothing_of_ours():
    """The first frame is then counted from the end of the pause."""
    pause = EndOfTurnSettings(base=1.0, finished=-0.3)
    (turn,) = turns(CALLS, ROWS, LOG, pause, early=True)
    assert ms(turn.hops)["play"] == 8.0


def test_a_turn_of_which_a_note_is_missing_is_left_out():
    """An early start that was thrown away has no sound, a lost line no marks."""
    assert not list(turns(CALLS, ROWS[:3], LOG, WEIGHTS, True))
    assert not list(turns(CALLS, ROWS, LOG[:1], WEIGHTS, True))


def test_the_beat_is_that_of_the_promptest_frame():
    """Later ones were late."""
    assert due([1.0, 1.021, 1.04, 1.067]) == pytest.approx(1.06)
    assert due([1.003, 1.02, 1.04, 1.06]) == pytest.approx(1.06)


@pytest.mark.parametrize("setup", [setups.EARLY, setups.LATE, setups.FIXED])
def test_the_bot_is_set_up_as_the_bench_reckons(setup, monkeypatch):
    """What its variables say is what the pauses are computed with."""
    for name, value in setups.variables(setup).items():
        monkeypatch.setenv(name, value)
    settings: Settings = load(None)
    assert settings.turns.end_of_turn == setups.weights(setup)
    assert settings.turns.early_start is (setup == setups.EARLY)


def test_figures_are_written(tmp_path):
    """A line for each hop and each sum, with median and percentiles."""
    lines = figures({"early": [measured()], "late": []})
    write(lines, tmp_path / "t.tsv")
    assert "early\tall\tadded\t1\t25.0\t25.0\t25.0" in (tmp_path / "t.tsv").read_text("utf-8")
    assert "| early | all | hop: hear | 1 | 3.0 | 3.0 | 3.0 |" in text(lines)


@pytest.mark.real_time
@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="needs two cores")
def test_one_real_call():
    """Bot, services and a caller: a turn is measured, and no hop of it runs backwards."""
    found = run(setups.EARLY, 1, 1, 30.0, Delays(), cores())
    assert found.begun == 1
    (turn,) = found.turns
    assert all(0 < value < 5 for value in turn.hops.values()), turn
    assert turn.turnaround > 0.5
    assert (found.stalls is None) is (turn.stalled is None)


@pytest.mark.real_time
@pytest.mark.parametrize("whole", [False, True])
async def test_an_answer_comes_in_tokens_or_whole(whole):
    """Whole, it comes when its last token would have; the note says when its sentence left."""
    notes, delays = Notes(), Delays(first_token=0.01, token=0.001, spread=0.0)
    server, port = await nim.start(delays, notes, whole)
    chat = NimChat(LlmSettings(base_url=f"http://127.0.0.1:{port}/v1", model=nim.MODEL))
    pieces = [piece async for piece in chat.reply([Message("user", tag_text(TAG))])]
    assert "".join(pieces).split() == "".join(nim.tokens(TAG)).split()
    assert (len(pieces) == 1) is whole
    assert [row["what"] for row in notes.rows] == ["asked", "sentence"]
    await chat.server.close()
    server.close()
