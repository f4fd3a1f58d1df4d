"""The clock of a call, on virtual time."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from bot.call.playout import LEAD, Playout
from bot.call.ticks import SHARED
from bot.core.audio import FRAME_SECONDS
from bot.core.ports import Word
from bot.hindi.length import expected_seconds
from tests.fakes import now

TONE = b"\1\2"
FRAME = TONE * 160


class Ear:
    """What left the playout, and when."""

    def __init__(self):
        self.frames, self.changes, self.late = [], [], []

    def send(self, frame):
        """A frame left."""
        self.frames.append((now(), frame))

    def sounded(self, sentence):
        """A sentence began, or silence."""
        self.changes.append((round(now(), 3), sentence))

    def gaps(self):
        """Seconds between frames."""
        times = [at for at, _ in self.frames]
        return [later - at for at, later in zip(times, times[1:], strict=False)]


@asynccontextmanager
async def playing():
    """A playout at 8 kHz that runs, and its ear."""
    ear = Ear()
    playout = Playout(8000, ear.send, ear.sounded, ear.late.append)
    task = asyncio.create_task(playout.run())
    try:
        yield playout, ear
    finally:
        task.cancel()


async def said(playout, seconds, after):
    """Cue a sentence of so many seconds, stop it after some time; return what was heard."""
    playout.cue("एक दो तीन चार")
    await playout.play(TONE * int(8000 * seconds))
    await asyncio.sleep(after)
    return playout.stop()


async def test_a_frame_leaves_every_20_ms_on_absolute_deadlines():
    """After an hour the clock has not drifted."""
    async with playing() as (_, ear):
        await asyncio.sleep(3600)
    assert len(ear.frames) == pytest.approx(3600 / FRAME_SECONDS, abs=1)
    assert ear.frames[-1][0] == pytest.approx((len(ear.frames) - 1) * FRAME_SECONDS, abs=1e-6)
    assert {len(frame) for _, frame in ear.frames} == {320}


async def test_the_first_frame_leaves_at_once_and_all_calls_fall_due_together():
    """A call that begins at any moment shares its instants with the others from then on."""
    await asyncio.sleep(0.0033)
    async with playing() as (_, ear):
        await asyncio.sleep(0.1)
    assert ear.frames[0][0] == pytest.approx(0.0033)
    assert [round(at, 6) for at, _ in ear.frames[1:4]] == [0.02, 0.04, 0.06]


async def test_a_frame_that_is_a_little_late_does_not_move_the_clock():
    """15 ms late: the next one leaves at its own time."""
    async with playing() as (_, ear):
        await asyncio.sleep(0.09)
        asyncio.get_running_loop().jump(0.025)  # the loop is busy from 0.09 to 0.115
        await asyncio.sleep(0.1)
    times = [round(at, 6) for at, _ in ear.frames]
    assert times[4:8] == [0.08, 0.115, 0.12, 0.14]
    assert max(ear.late) == pytest.approx(0.015)


async def test_after_a_stalled_loop_the_clock_slips_and_nothing_bursts():
    """Half a second without the loop: one frame leaves, then one every 20 ms again."""
    async with playing() as (_, ear):
        await asyncio.sleep(0.09)
        asyncio.get_running_loop().jump(0.5)
        await asyncio.sleep(1.0)
    gaps = [gap for gap in ear.gaps() if gap < 0.4]
    assert min(gaps) >= FRAME_SECONDS - SHARED - 1e-9
    assert len(ear.frames) == pytest.approx((1.59 - 0.5) / FRAME_SECONDS, abs=2)


async def test_a_writer_waits_while_enough_is_ahead():
    """Ten seconds of speech are queued no faster than they are played, less the lead."""
    async with playing() as (playout, ear):
        playout.cue("दस")
        for number in range(100):
            await playout.play(TONE * 800)
            assert (number + 1) * 0.1 - now() <= LEAD + 0.1 + 2 * FRAME_SECONDS
        await playout.drained()
        assert now() == pytest.approx(10.0, abs=0.03)
    assert b"".join(frame for _, frame in ear.frames[:500]) == TONE * 80_000


async def test_a_last_short_piece_is_filled_up_with_silence():
    """1.5 frames of sound are two frames on the line."""
    async with playing() as (playout, ear):
        await asyncio.sleep(0.01)
        await playout.play(FRAME + TONE * 80)
        await playout.drained()
        await asyncio.sleep(0.05)
    assert [frame for _, frame in ear.frames[1:4]] == [FRAME, TONE * 80 + bytes(160), bytes(320)]


async def test_each_sentence_is_told_when_it_begins_and_silence_when_it_comes():
    """Told with the first frame of each."""
    async with playing() as (playout, ear):
        await asyncio.sleep(0.05)
        for sentence in ("एक", "दो"):
            playout.cue(sentence)
            await playout.play(FRAME * 2)
        await asyncio.sleep(0.2)
        assert playout.saying() == "एक दो"
    assert ear.changes == [(0.06, "एक"), (0.1, "दो"), (0.14, None)]


# The caller speaks over us.

SPOKEN = tuple(Word(text, end) for text, end in [("एक", 0.3), ("दो", 0.6), ("तीन", 1.0)])
RAMP = b"".join((1000 + n // 160).to_bytes(2, "little") for n in range(8000))
"""A second in which each frame has a level of its own: 1000 and the frame's number."""


def level(frame):
    """The first sample."""
    return int.from_bytes(frame[:2], "little", signed=True)


async def test_a_lowered_voice_is_quieter_and_comes_back():
    """12 dB is a quarter of the amplitude; nothing is skipped meanwhile."""
    async with playing() as (playout, ear):
        playout.cue("एक दो तीन")
        await playout.play((1000).to_bytes(2, "little") * 8000, SPOKEN)
        await asyncio.sleep(0.21)
        playout.lower(12)
        await asyncio.sleep(0.2)
        playout.go_on(0.4)
        await asyncio.sleep(1.0)
    sounding = [level(frame) for _, frame in ear.frames if any(frame)]
    assert len(sounding) == 50
    assert 240 <= sounding[15] <= 260
    assert sounding[5] == sounding[30] == 1000


async def test_a_hushed_sentence_goes_on_from_the_word_that_was_cut():
    """Hushed at 0.7 s, in the third word, which began at 0.6 s: it is said again from there."""
    async with playing() as (playout, ear):
        playout.cue("एक दो तीन")
        await playout.play(RAMP, SPOKEN)
        await asyncio.sleep(0.69)
        playout.hush()
        await asyncio.sleep(0.5)
        assert [level(frame) for _, frame in ear.frames[-20:]] == [0] * 20
        playout.go_on(0.4)
        await playout.drained()
        assert playout.stop() == "एक दो तीन"
    numbers = [level(frame) - 1000 for _, frame in ear.frames if any(frame)]
    assert numbers == [*range(35), *range(30, 50)]


async def test_we_go_back_no_farther_than_asked():
    """The word began 0.26 s ago, and 0.1 s is allowed."""
    async with playing() as (playout, ear):
        playout.cue("एक दो तीन")
        await playout.play(RAMP, SPOKEN)
        await asyncio.sleep(0.55)
        playout.hush()
        playout.go_on(0.1)
        await asyncio.sleep(1.0)
    numbers = [level(frame) - 1000 for _, frame in ear.frames if any(frame)]
    assert numbers == [*range(28), *range(23, 50)]


async def test_what_was_heard_before_going_back_stays_heard():
    """Two words were over, we went back into the second and were cut there."""
    async with playing() as (playout, _):
        playout.cue("एक दो तीन")
        await playout.play(RAMP, SPOKEN)
        await asyncio.sleep(0.63)
        playout.hush()
        playout.go_on(0.4)
        assert playout.stop() == "एक दो"


async def test_a_hushed_reply_does_not_end():
    """It waits to go on, or to be stopped."""
    async with playing() as (playout, _):
        playout.cue("एक")
        await playout.play(TONE * 4000)
        await asyncio.sleep(0.1)
        playout.hush()
        ended = asyncio.create_task(playout.drained())
        await asyncio.sleep(5)
        assert not ended.done()
        playout.stop()
        await ended


async def test_a_new_reply_speaks_in_full_voice():
    """Lowering and hushing are of one reply only."""
    async with playing() as (playout, ear):
        playout.lower(20)
        playout.hush()
        playout.stop()
        await playout.play(TONE * 800)
        await playout.drained()
    assert {frame for _, frame in ear.frames if any(frame)} == {FRAME}


async def test_stop_silences_the_next_frame():
    """However much was queued, the caller hears no more of it."""
    async with playing() as (playout, ear):
        await said(playout, 1.0, 0.5)
        stopped = now()
        await asyncio.sleep(0.2)
    assert all(frame == bytes(320) for at, frame in ear.frames if at > stopped)


async def test_a_waiting_writer_is_let_go_by_stop():
    """The reply's task is not left behind at a full queue."""
    async with playing() as (playout, _):
        playout.cue("लंबा")
        await playout.play(TONE * 8000 * 3)
        writer = asyncio.create_task(playout.play(TONE * 8000))
        await asyncio.sleep(0.1)
        assert not writer.done()
        playout.stop()
        await writer


async def test_heard_by_the_times_of_words():
    """Words whose end had left."""
    words = tuple(Word(text, end) for text, end in [("एक", 0.3), ("दो", 0.6), ("तीन", 0.95)])
    async with playing() as (playout, _):
        playout.cue("एक दो तीन")
        await playout.play(TONE * 8000, words)
        await asyncio.sleep(0.7)
        assert playout.stop() == "एक दो"


async def test_heard_by_the_share_of_time_where_words_have_no_times():
    """Half the sound of a sentence that is known whole is half its letters."""
    async with playing() as (playout, _):
        playout.cue("एक दो तीन चार")
        await playout.play(TONE * 8000)
        playout.cue("पाँच")
        await asyncio.sleep(0.55)
        assert playout.stop() == "एक दो"


async def test_the_length_of_a_sentence_whose_end_is_unknown_is_guessed():
    """Half a second is there of what must take longer: not all of it was heard."""
    async with playing() as (playout, _):
        heard = await said(playout, 0.5, 0.6)
    assert heard in ("एक", "एक दो", "एक दो तीन")


async def test_sentences_that_were_played_whole_are_heard_whole():
    """The first one ended, the second had not begun."""
    async with playing() as (playout, _):
        playout.cue("एक, दो।")
        await playout.play(FRAME * 10)
        playout.cue("तीन।")
        await playout.drained()
        assert playout.stop() == "एक, दो।"
        assert playout.stop() == ""


async def test_a_sentence_without_sound_was_not_heard():
    """Its synthesis failed; another attempt at the same words counts once."""
    async with playing() as (playout, _):
        playout.cue("नमस्ते")
        playout.cue("नमस्ते")
        await playout.play(FRAME)
        await playout.drained()
        await asyncio.sleep(0.05)
        assert playout.stop() == "नमस्ते"


async def test_an_error_of_the_line_ends_the_playout():
    """A bug is not swallowed by a timer: whoever runs the playout sees it."""

    def broken(frame):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await Playout(8000, broken).run()


async def test_the_pace_of_a_voice_is_learnt_from_its_whole_sentences():
    """A voice twice as slow as expected: of a sentence that is still coming, less was heard."""
    text, heard = "आपका इस महीने का बिल पाँच सौ रुपये है।", []
    for before in (0, 8):
        async with playing() as (playout, _):
            for _ in range(before):
                playout.cue(text)
                await playout.play(TONE * int(8000 * 2 * expected_seconds(text)))
                await playout.drained()
                playout.stop()
            playout.cue(text)
            await playout.play(TONE * 8000)
            await asyncio.sleep(0.9)
            heard.append(len(playout.stop().split()))
    assert heard[1] < heard[0]


async def test_sound_without_words_tells_nothing_of_a_voice():
    """Keys that we press leave the pace of the next sentence as it was."""
    text, heard = "आपका इस महीने का बिल पाँच सौ रुपये है।", []
    for before in (0, 8):
        async with playing() as (playout, _):
            for _ in range(before):
                playout.cue("")
                await playout.play(TONE * 1600)
                await playout.drained()
                playout.stop()
            playout.cue(text)
            await playout.play(TONE * 8000)
            await asyncio.sleep(0.9)
            heard.append(playout.stop())
    assert heard[0] == heard[1]
