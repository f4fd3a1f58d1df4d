"""
The scenes of the bench: how a job's call is played, and which figures come out of it.

Each job gives outcomes: a measure's name and one value. It knows nothing of tables.
"""

import itertools
from collections.abc import Callable, Iterable

import numpy as np

from bench.turn_taking import texts
from bench.turn_taking.caller import PHONE, Caller, Said, Says
from bench.turn_taking.calls import Held, held
from bench.turn_taking.measure import Stop, cut_off, false_stops, filled, stops, wait
from bench.turn_taking.plan import Job
from bench.turn_taking.setups import Setup
from bench.turn_taking.sounds import ESPEAK_VOICES, Utterance, recorded, spoken
from bench.turn_taking.sounds import texts as recorded_texts
from bot.core.marks import Mark

LATEST = 1.5
"""A barge-in is missed when we are not silent so many seconds after its first voiced sound."""
AFTER_NOD = 2.0
"""A stop up to so many seconds after a nod's last sound is the nod's doing."""
NOISY_CALL = 310.0
"""Seconds of one call with noise; every condition has two of them."""
SHORT_CALL = 150.0
"""The same for a quick look."""

Outcome = tuple[str, float]


def play(setup: Setup, job: Job) -> list[Outcome]:
    """Hold a job's call; give what came of it."""
    return _PLAYS[job.scene](job, setup)


# Turns: how long a caller who has finished waits, and how often one who has not is cut off.


def _finished(job: Job, setup: Setup) -> list[Outcome]:
    if job.voice in ESPEAK_VOICES:
        what = spoken(recorded_texts()[job.text], job.voice)
    else:
        what = recorded(job.voice, job.text)
    return _turn(job, setup, [Says(what)], texts.SHORT)


def _paused(job: Job, setup: Setup) -> list[Outcome]:
    what = spoken(job.text, job.voice, job.pauses)
    return _turn(job, setup, [Says(what)], texts.SHORT)


def _dictated(job: Job, setup: Setup) -> list[Outcome]:
    script = [Says(_question(job)), Says(spoken(job.text, job.voice, job.pauses))]
    return _turn(job, setup, script, (texts.ASK_NUMBER, *texts.SHORT))


def _yes_no(job: Job, setup: Setup) -> list[Outcome]:
    script = [Says(_question(job)), Says(spoken(job.text, job.voice), after=0.4)]
    return _turn(job, setup, script, (texts.YES_NO, *texts.SHORT))


def _turn(job: Job, setup: Setup, script: list[Says], replies: tuple[str, ...]) -> list[Outcome]:
    caller = Caller(script, job.sound_of_line(), job.echo, linger=4.0)
    call = held(caller, replies, setup)
    if len(caller.said) < len(script):
        return [("unanswered", 1.0)]
    said = caller.said[-1]
    cut, waited = cut_off(call.tape, said), wait(call.tape, said, texts.FILLERS)
    found = [("cut_off", float(cut)), ("unanswered", float(waited is None))]
    found.append(("filler", float(filled(call.tape, said, texts.FILLERS))))
    found.append(("model_asked", call.model.asked / len(script)))
    if waited is not None and not cut:
        found.append(("wait", waited + PHONE))
        found += [("decided", at - said.end) for at in _decisions(call) if at > said.end][:1]
    return found


def _decisions(call: Held) -> list[float]:
    """When the bot took its turns, by its own marks: the only figure that it gives itself."""
    marks = [turn.marks.at for turn in call.turns if turn.phrase is None]
    return [at[Mark.TURN_ENDED] for at in marks if Mark.TURN_ENDED in at]


# Speaking over the bot.


def _barge_in(job: Job, setup: Setup) -> list[Outcome]:
    over = 1.5 + np.random.default_rng(job.seed).uniform(0, 12)
    script = [Says(_question(job)), Says(spoken(job.text, job.voice), over=over)]
    call = held(_caller(job, script, linger=4.0), _explanations(job), setup)
    caller, tape = call.caller, call.tape
    if len(caller.said) < 2:
        return [("not_reached", 1.0)]
    said = caller.said[1]
    if not tape.sounding_at(said.begin):
        return [("not_reached", 1.0)]  # a false stop came first
    found = [("not_reached", 0.0)]
    silent, lowered = tape.silent_from(said.begin), tape.lowered_from(said.begin)
    resumed = any(stop.resumed for stop in _stops_of(call, said))
    missed = silent is None or silent > said.begin + LATEST or resumed
    found.append(("missed", float(missed)))
    if silent is not None and not missed:
        found.append(("to_silence", silent - said.begin + PHONE))
    if lowered is not None:
        found.append(("to_lowered", lowered - said.begin + PHONE))
    return found


def _nods(job: Job, setup: Setup) -> list[Outcome]:
    rng = np.random.default_rng(job.seed)
    nods = [
        Says(spoken(str(nod), job.voice), over=rng.uniform(2.5, 4.5))
        for nod in rng.permutation(texts.NODS)[:4]
    ]
    script = [Says(_question(job)), *nods]
    call = held(_caller(job, script, linger=3.0), _explanations(job), setup)
    found: list[Outcome] = []
    for said in call.caller.said[1:]:
        if not call.tape.sounding_at(said.begin):
            continue
        caused = _stops_of(call, said)
        found.append(("paused", float(any(stop.resumed for stop in caused))))
        found.append(("interrupted", float(any(not stop.resumed for stop in caused))))
    return found


def _stops_of(call: Held, said: Said) -> list[Stop]:
    until = call.tape.times[-1]
    return [stop for stop in stops(call.tape, until) if said.begin < stop.at < said.end + AFTER_NOD]


# Noise and echo while the bot speaks and nobody else does.


def _noisy(job: Job, setup: Setup) -> list[Outcome]:
    ask = Says(_question(job), after=2.0, patience=12.0, insists=True)
    longest = NOISY_CALL if job.number else SHORT_CALL
    caller = _caller(job, itertools.repeat(ask), longest=longest)
    call = held(caller, _explanations(job), setup)
    found = false_stops(call.tape, caller, call.tape.times[-1])
    return [
        ("spoken_seconds", call.tape.seconds()),
        ("false_stops", float(len(found))),
        ("interrupted", float(sum(not stop.resumed for stop in found))),
        ("lowerings", float(call.tape.lowerings())),
    ]


def _caller(job: Job, script: Iterable[Says], linger: float = 3.0, longest: float = 60.0) -> Caller:
    return Caller(script, job.sound_of_line(), job.echo, linger, longest)


def _question(job: Job) -> Utterance:
    return spoken(texts.QUESTION, job.voice)


def _explanations(job: Job) -> tuple[str, ...]:
    first = job.seed % len(texts.EXPLANATIONS)
    return texts.EXPLANATIONS[first:] + texts.EXPLANATIONS[:first]


_PLAYS: dict[str, Callable[[Job, Setup], list[Outcome]]] = {
    "finished": _finished,
    "connected": _paused,
    "complete": _paused,
    "hesitating": _paused,
    "dictated": _dictated,
    "yes_no": _yes_no,
    "barge_in": _barge_in,
    "nods": _nods,
    "noise": _noisy,
    "echo": _noisy,
}
SCENES = tuple(_PLAYS)
TURNS = ("finished", "connected", "complete", "hesitating", "dictated", "yes_no")
"""The scenes whose waits and cut-offs are added up."""
