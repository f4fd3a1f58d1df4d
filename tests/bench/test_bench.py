"""One call of the bench, with the recordings of tests/speech: needs no models."""

from bench.turn_taking.caller import Caller, Says
from bench.turn_taking.calls import held
from bench.turn_taking.measure import cut_off, wait
from bench.turn_taking.noises import line_noise
from bench.turn_taking.setups import SETTINGS, setup_of
from bench.turn_taking.sounds import recorded
from bench.turn_taking.table import Outcomes, text
from bench.turn_taking.texts import GREETING
from tests.bench.script import spoken_source

REPLY = "जी बिल की जानकारी मिल गई है"


def call(setting):
    """Somebody asks for a bill and is answered."""
    sources = [spoken_source(GREETING, "s06"), spoken_source(REPLY, "s10")]
    caller = Caller([Says(recorded("hf_alpha", "s01"))], line_noise(1))
    return held(caller, (REPLY,), setup_of(setting, {}), sources)


def test_a_caller_who_has_finished_is_answered():
    """Not before the last word, and within two seconds, whatever the settings."""
    for setting in SETTINGS:
        done = call(setting)
        (said,) = done.caller.said
        assert not cut_off(done.tape, said)
        assert 0.1 < wait(done.tape, said) < 2.0
        assert done.turns[-1].heard == "मुझे अपने बिजली के बिल की जानकारी चाहिए"


def test_a_call_is_the_same_every_time():
    """Frame by frame."""
    assert call("baseline").caller.sent == call("baseline").caller.sent


def test_figures_stand_side_by_side():
    """A line per measure, a column per setting."""
    found = Outcomes()
    found.add("finished", "clean", "baseline", [("wait", 1.1), ("cut_off", 0.0)])
    found.add("finished", "clean", "ours", [("wait", 0.4), ("cut_off", 1.0)])
    lines = text(found.figures()).splitlines()
    assert "| finished | clean | wait median ms | 1100 | 400 | 1 |" in lines
    assert "| finished | clean | cut_off % | 0.0 | 100 | 1 |" in lines
