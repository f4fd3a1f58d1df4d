"""Capacity on paper: cases counted by hand, and what must hold for any figures."""

import json
import math
import re
from dataclasses import fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import cli
from bot.app.erlang import bearable, blocked, lines_for, offered, waits
from bot.app.plan import Pool, per_gpu, plan
from bot.app.plan_figures import Figures, figures, option

PLAIN = Figures(
    head_room=0, gpu_spare=0, bot_spare=0, asterisk_spare=0, kamailio_spare=0, transferred=0,
    shared_load=0,
)  # fmt: skip
"""No head-room, no spare: what remains is division."""


def voicebot(capsys, *words):
    """Run `voicebot plan WORDS` in this process; exit code, output, complaints."""
    code = cli.main(["plan", *words])
    said = capsys.readouterr()
    return code, said.out, said.err


# ---- Erlang's formulas -----------------------------------------------------------------------


def test_traffic_is_calls_times_their_length():
    """1,200 calls an hour of three minutes are 60 at once in the mean."""
    assert offered(1200, 180) == 60


@pytest.mark.parametrize(
    ("lines", "erlangs", "share"), [(1, 1, 1 / 2), (2, 1, 1 / 5), (3, 2, 4 / 19), (2, 2, 2 / 5)]
)
def test_erlang_b_as_counted_by_hand(lines, erlangs, share):
    """A^n/n! over the sum of A^i/i!, for i from 0 to n."""
    assert blocked(lines, erlangs) == pytest.approx(share)


@pytest.mark.parametrize(("erlangs", "lines"), [(0.0101, 1), (4.46, 10), (84.06, 100)])
def test_lines_of_the_published_table(erlangs, lines):
    """Erlang B's table for 1 %: 10 lines carry 4.46 erlangs, 100 lines 84.06."""
    assert lines_for(erlangs, 0.01) == lines
    assert lines_for(erlangs * 1.002, 0.01) == lines + 1


def test_erlang_c_as_counted_by_hand():
    """One place: those wait who come while it is taken. Two places with one erlang: a third."""
    assert waits(1, 0.25) == pytest.approx(0.25)
    assert waits(2, 1) == pytest.approx(1 / 3)
    assert waits(2, 2) == 1


@given(st.integers(1, 200), st.floats(0.001, 0.5))
def test_what_is_bearable_is_borne_and_no_more(places, waiting):
    """At the bound the share holds; a hundredth more breaks it."""
    most = bearable(places, waiting)
    assert waits(places, most) <= waiting
    assert waits(places, most * 1.01) > waiting


@given(st.floats(0.1, 2000), st.floats(0.001, 0.5))
def test_one_line_fewer_would_be_too_few(erlangs, blocking):
    """`lines_for` gives the least number of lines."""
    lines = lines_for(erlangs, blocking)
    assert blocked(lines, erlangs) <= blocking
    assert lines == 0 or blocked(lines - 1, erlangs) > blocking


# ---- plans counted by hand -------------------------------------------------------------------


def test_each_pool_is_a_division_rounded_up():
    """100 calls, 25 a bot, 40 an Asterisk, 60 streams a GPU."""
    made = plan(100, replace(PLAIN, calls_per_bot=25, calls_per_asterisk=40, asr_streams=60))
    assert (made.bots, made.asterisks, made.asr) == (Pool(4, 4), Pool(3, 3), Pool(2, 2))
    assert plan(101, replace(PLAIN, calls_per_bot=25)).bots == Pool(5, 5)


def test_the_model_is_asked_once_a_turn_and_for_what_is_thrown_away():
    """20 answers a second, a turn of 10 s, 1.25 answers begun: 160 calls."""
    assert per_gpu(replace(PLAIN, llm_rate=20, turn_seconds=10, begun=1.25)).llm == 160


def test_synthesis_bears_what_its_places_bear_without_a_wait():
    """One place, 10 % may wait: 0.1 erlang, at 8 s of speech a second and half the call spoken."""
    made = per_gpu(
        replace(PLAIN, tts_streams=1, tts_wait=0.1, tts_speed=8, bot_speaks=0.5, begun=1)
    )
    assert made.tts == pytest.approx(0.1 * 8 / 0.5)


def test_speech_from_memory_is_not_synthesized():
    """Three quarters remembered: four times the calls."""
    four_times = per_gpu(replace(PLAIN, tts_cached=0.75)).tts
    assert four_times == pytest.approx(4 * per_gpu(PLAIN).tts)


def test_head_room_is_on_top_and_not_lost_by_rounding():
    """A fifth on 10 is 12, and on 1,000 is 1,200."""
    assert plan(10, replace(PLAIN, head_room=0.2)).planned == 12
    assert plan(1000, replace(PLAIN, head_room=0.2)).planned == 1200
    assert plan(1, replace(PLAIN, head_room=0.01)).planned == 2


def test_a_call_with_people_has_two_legs():
    """100 calls with the bot and 10 with people: 120 legs of two ports on one Asterisk."""
    made = plan(100, replace(PLAIN, transferred=0.1, calls_per_asterisk=200))
    assert made.rtp_ports == 240
    made = plan(1000, replace(PLAIN, transferred=0.1, calls_per_asterisk=200))
    assert (made.asterisks.needed, made.rtp_ports) == (6, 400)


def test_bandwidth_by_packets():
    """G.711: 218 bytes 50 times a second are 87.2 kbit/s; AudioSocket: 393 bytes, 157.2."""
    made = plan(1000, PLAIN)
    assert made.trunk_mbit == pytest.approx(87.2)
    assert made.asterisk_bot_mbit == pytest.approx(157.2)
    assert made.bot_asr_mbit == pytest.approx(256)
    wide = plan(1000, replace(PLAIN, line_rate=16_000))
    assert wide.asterisk_bot_mbit == pytest.approx(285.2)


def test_a_spare_is_added_to_each_pool():
    """N+1: five needed, six there."""
    made = plan(100, replace(PLAIN, calls_per_bot=20, bot_spare=1, gpu_spare=2, asr_streams=50))
    assert (made.bots, made.asr) == (Pool(5, 6), Pool(2, 4))


def test_the_other_zones_bear_all_calls():
    """Five needed in three zones: three in each, so that two zones hold six."""
    assert plan(100, replace(PLAIN, calls_per_bot=20, zones=3)).bots == Pool(5, 9)
    assert plan(100, replace(PLAIN, calls_per_bot=20, zones=2)).bots == Pool(5, 10)


def test_few_calls_share_one_gpu_when_load_and_memory_allow():
    """A GPU each way too small, and a load too high, end the sharing."""
    few = replace(PLAIN, shared_load=0.5)
    assert (plan(5, few).shared, plan(5, few).gpus) == (True, 1)
    assert plan(5, replace(few, gpu_spare=1)).gpus == 2
    assert (plan(5, replace(few, gpu_memory=59)).shared, plan(5, PLAIN).shared) == (False, False)
    assert plan(5, replace(few, llm_gpus=2)).gpus == 4
    assert not plan(100, few).shared


def test_one_asterisk_needs_no_dispatcher():
    """With a spare one there are two, and a Kamailio in front."""
    assert plan(10, PLAIN).kamailios == Pool(0, 0)
    assert plan(10, replace(PLAIN, asterisk_spare=1)).kamailios == Pool(1, 1)
    busy = replace(PLAIN, mean_seconds=10, kamailio_rate=30)
    assert plan(1000, busy).kamailios == Pool(4, 4)


def test_old_pods_drain_while_new_ones_already_run():
    """A rollout needs room for both."""
    assert plan(100, replace(PLAIN, calls_per_bot=25)).bots_rolling == 8


# ---- what must hold for any figures ----------------------------------------------------------


def within(each):
    """Any value that the option takes."""
    least, most = each.metadata["least"], min(each.metadata["most"], 5000)
    if each.metadata["only"]:
        return st.sampled_from(each.metadata["only"])
    return st.integers(least, most) if each.type is int else st.floats(least, most)


ANY = st.builds(Figures, **{each.name: within(each) for each in figures()})
NEEDS = ("planned", "gpus", "bots_rolling", "bot_cores", "asterisk_cores", "rtp_ports",
         "trunk_mbit", "asterisk_bot_mbit", "bot_asr_mbit")  # fmt: skip
POOLS = ("asr", "tts", "llm", "bots", "asterisks", "kamailios")


def needs(made):
    """All that a plan asks for."""
    pools = [getattr(made, name) for name in POOLS]
    return [getattr(made, n) for n in NEEDS] + [v for p in pools for v in (p.needed, p.total)]


def never_less(less, more):
    """Every need of `more` is at least that of `less`."""
    return all(a <= b for a, b in zip(needs(less), needs(more), strict=True))


@settings(deadline=None)
@given(ANY, st.integers(1, 20_000), st.integers(1, 20_000))
def test_more_calls_never_need_less(chosen, one, other):
    """Of nothing: GPUs, pods, ports, bandwidth."""
    assert never_less(plan(min(one, other), chosen), plan(max(one, other), chosen))


MORE_NEEDS_MORE = ["head_room", "gpu_spare", "bot_spare", "asterisk_spare", "kamailio_spare",
                   "bot_speaks", "begun", "transferred", "rtp_payload"]  # fmt: skip
MORE_NEEDS_LESS = ["turn_seconds", "mean_seconds", "calls_per_bot", "kamailio_rate", "asr_streams",
                   "tts_streams", "tts_speed", "tts_wait", "tts_cached", "llm_rate"]  # fmt: skip


@settings(deadline=None, max_examples=40)
@pytest.mark.parametrize("name", MORE_NEEDS_MORE + MORE_NEEDS_LESS)
@given(data=st.data(), calls=st.integers(1, 20_000))
def test_each_figure_works_in_its_direction(name, data, calls):
    """Longer answers never need less; faster GPUs never more."""
    chosen = data.draw(ANY)
    [each] = [each for each in figures() if each.name == name]
    low, high = sorted((data.draw(within(each)), data.draw(within(each))))
    less, more = (
        plan(calls, replace(chosen, **{name: low})),
        plan(calls, replace(chosen, **{name: high})),
    )
    assert never_less(less, more) if name in MORE_NEEDS_MORE else never_less(more, less)


@settings(deadline=None)
@given(ANY, st.integers(1, 20_000))
def test_no_unit_bears_more_than_it_can(chosen, calls):
    """What is needed is enough, and one fewer would not be."""
    made = plan(calls, chosen)
    assert made.bots.needed * chosen.calls_per_bot >= made.planned
    assert (made.bots.needed - 1) * chosen.calls_per_bot < made.planned
    if not made.shared:
        assert made.asr.needed * chosen.asr_streams >= made.planned


@settings(deadline=None)
@given(ANY, st.integers(1, 20_000), st.integers(2, 20))
def test_any_zone_may_be_lost(chosen, calls, zones):
    """With the zones filled evenly, what is left without the largest is still enough."""
    made = plan(calls, replace(chosen, zones=zones))
    for name in ("asr", "tts", "llm", "bots", "asterisks"):
        pool = getattr(made, name)
        assert pool.total - math.ceil(pool.total / zones) >= pool.needed


# ---- the command -----------------------------------------------------------------------------


def test_a_column_for_each_number_of_calls(capsys):
    """A table in Markdown."""
    code, said, _ = voicebot(capsys, "--calls", "10,10000")
    assert code == 0
    assert said.startswith("| calls at once | 10 | 10,000 |\n|---|---:|---:|\n")
    assert "--asr-streams" not in said


def test_every_figure_is_explained_with_its_source(capsys):
    """`--explain` names each option, its value and where that is from; a given one says so."""
    _, said, _ = voicebot(capsys, "--calls", "10", "--explain", "--asr-streams", "99")
    for each in figures():
        assert f"{option(each.name)} " in said
        assert each.name == "asr_streams" or each.metadata["source"] in said
    assert "--asr-streams 99: streams of recognition" in said
    assert said.count("    given\n") == 1


def test_sources_in_this_project_exist(request):
    """A page or table that a figure is said to be from is in the repository."""
    for each in figures():
        for word in each.metadata["source"].replace(",", " ").replace(":", " ").split():
            if word.startswith("docs/"):
                assert (request.config.rootpath / word.rstrip(";.")).exists(), each.name


def test_every_figure_has_bounds_that_hold_its_default():
    """And a word about what it is."""
    assert len(fields(Figures)) == len(figures())
    for each in figures():
        assert each.metadata["least"] <= each.default <= each.metadata["most"], each.name
        assert each.metadata["what"] and each.metadata["source"]


def test_json_has_the_plans_and_the_figures(capsys):
    """For a program: the same numbers, and what was given."""
    _, said, _ = voicebot(capsys, "--calls", "10,100", "--json", "--calls-per-bot", "10")
    whole = json.loads(said)
    assert [made["bots"] for made in whole["plans"]] == [
        {"needed": 2, "total": 3},
        {"needed": 12, "total": 13},
    ]
    assert whole["figures"]["calls_per_bot"]["given"] is True
    assert whole["figures"]["asr_streams"]["given"] is False
    assert whole["busy_hour"] is None


def test_a_busy_hour_becomes_lines(capsys):
    """1,200 calls of 180 s are 60 erlangs; 1 % blocking takes 75 lines (Erlang B's table)."""
    _, said, _ = voicebot(capsys, "--busy-hour-calls", "1200", "--json")
    whole = json.loads(said)
    assert whole["busy_hour"]["erlangs"] == 60
    assert [made["calls"] for made in whole["plans"]] == [whole["busy_hour"]["lines"]] == [75]
    _, said, _ = voicebot(capsys, "--busy-hour-calls", "1000", "--peak-factor", "1.2")
    assert "1,000 calls in the busy hour x 1.2, 180 s each, are 60.0 erlangs; 75 lines" in said


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ("--calls 0", "--calls: 0 is out of bounds; give a whole number from 1 to 1,000,000"),
        ("--calls 10,many", "--calls: 'many' is not a whole number"),
        ("--calls 5 --bot-speaks 1.5", "--bot-speaks: 1.5 is out of bounds; give a number from"),
        ("--calls 5 --tts-cached nan", "--tts-cached: nan is out of bounds"),
        ("--calls 5 --zones 2.5", "--zones: '2.5' is not a whole number"),
        ("--calls 5 --line-rate 9000", "--line-rate: 9000 is neither; give 8000 or 16000"),
        ("--calls 5 --blocking 0.1", "--blocking is about a busy hour: give --busy-hour-calls"),
        ("--busy-hour-calls 9 --blocking 0", "--blocking: 0 is out of bounds"),
        ("--busy-hour-calls 1e8 --mean-seconds 3600", "--busy-hour-calls: 100,000,000 calls"),
    ],
)
def test_wrong_input_is_refused_by_its_name(capsys, words, complaint):
    """Exit code 2, one line: the option, what is wrong with it, what it takes."""
    code, said, error = voicebot(capsys, *words.split())
    assert (code, said) == (2, "")
    assert error.startswith(f"voicebot: {complaint}")
    assert error.count("\n") == 1


@pytest.mark.parametrize("words", ["", "--calls 5 --busy-hour-calls 9"])
def test_exactly_one_of_calls_and_busy_hour_is_asked(capsys, words):
    """argparse says so, with exit code 2."""
    with pytest.raises(SystemExit) as left:
        cli.main(["plan", *words.split()])
    assert left.value.code == 2
    assert "--busy-hour-calls" in capsys.readouterr().err


def test_the_tables_of_the_page_are_what_the_command_prints(capsys, request):
    """docs/capacity.md shows commands, and what follows each is their output."""
    page = (request.config.rootpath / "docs/capacity.md").read_text()
    shown = re.findall(r"```\n\$ voicebot plan (.*)\n```\n\n((?:.+\n|\n(?=\||One GPU))+)", page)
    assert len(shown) == 4
    for words, after in shown:
        code, said, _ = voicebot(capsys, *words.split())
        assert code == 0
        assert said.startswith(after), words
