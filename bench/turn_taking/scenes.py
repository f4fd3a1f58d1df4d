"""
The scenes of the bench: who says what over which noise, and which figures come out of it.

A scene is a list of jobs; a job is one call, given by values that can be sent to another process.
Each job gives outcomes: a measure's name and one value. It knows nothing of tables.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from zlib import crc32

import numpy as np

from bench.turn_taking import texts
from bench.turn_taking.caller import PHONE, Caller, Echo, Said, Says
from bench.turn_taking.calls import Held, held
from bench.turn_taking.measure import Stop, cut_off, false_stops, filled, stops, wait
from bench.turn_taking.noises import line_noise, noise
from bench.turn_taking.setups import Setup
from bench.turn_taking.sounds import ESPEAK_VOICES, VOICES, Sound, Utterance, recorded, spoken
from bench.turn_taking.sounds import texts as recorded_texts
from bot.local.tts import KOKORO_VOICES

LATEST = 1.5
"""A barge-in is missed when we are not silent so many seconds after its first voiced sound."""
AFTER_NOD = 2.0
"""A stop up to so many seconds after a nod's last sound is the nod's doing."""
NOISY_CALL = 310.0
"""Seconds of one call with noise; every condition has two of them."""
SHORT_CALL = 150.0
"""The same for a quick look."""

Outcome = tuple[str, float]


@dataclass(frozen=True, slots=True)
class Job:
    """One call of a scene. `line` is the noise, `snr` its level below the caller's speech."""

    scene: str
    condition: str
    voice: str
    text: str = ""
    pauses: tuple[float, ...] = ()
    line: str = ""
    snr: float = 0.0
    echo: Echo | None = None
    number: int = 0

    @property
    def seed(self) -> int:
        """The same in every run."""
        return crc32(f"{self.scene} {self.voice} {self.text} {self.line} {self.number}".encode())

    def sound_of_line(self) -> Sound:
        """What is on the line beside the caller's speech."""
        hiss = line_noise(self.seed)
        return hiss + noise(self.line, self.snr, self.seed) if self.line else hiss


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
    return found


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


# The jobs.


def jobs(quick: bool) -> list[Job]:
    """Every call of the bench; few of each kind for a quick look."""
    found = [*_turn_jobs(quick), *_over_jobs(quick), *_noise_jobs(quick), *_echo_jobs(quick)]
    return found


def _turn_jobs(quick: bool) -> Iterator[Job]:
    voices = ("hf_alpha", "hm_psi", "espeak_high") if quick else VOICES
    numbers = sorted(recorded_texts())[:: 3 if quick else 1]
    lines = [("", 0.0), ("street", 10.0)]
    if not quick:
        lines += [("street", 20.0), ("street", 0.0), ("babble", 10.0)]
    for (line, snr), voice, number in itertools.product(lines, voices, numbers):
        if line and not quick and int(number[1:]) % 2:
            continue  # half of the sentences are enough over a noise
        yield Job("finished", _named(line, snr), voice, number, line=line, snr=snr)
    yield from _pause_jobs(
        "connected", texts.CONNECTED, (0.3, 0.5, 0.7, 0.9, 1.2, 1.5), voices, quick
    )
    yield from _pause_jobs("complete", texts.COMPLETE, (0.3, 0.5, 0.7, 0.9), voices, quick)
    yield from _pause_jobs("hesitating", texts.HESITATING, (0.4, 0.7, 1.0), voices, quick)
    yield from _pause_jobs("dictated", texts.DICTATED, (0.4, 0.7, 1.0, 1.5), voices, quick)
    for voice, text in itertools.product(voices, texts.ANSWERS):
        yield Job("yes_no", "clean", voice, text)


def _pause_jobs(
    scene: str,
    said: tuple[str, ...],
    pauses: tuple[float, ...],
    voices: tuple[str, ...],
    quick: bool,
) -> Iterator[Job]:
    for pause, voice, text in itertools.product(pauses[:: 2 if quick else 1], voices, said):
        held_ = (pause,) * text.count("|")
        yield Job(scene, f"pause {pause:.1f} s", voice, text, held_)


def _over_jobs(quick: bool) -> Iterator[Job]:
    voices = ("hf_beta", "hm_omega") if quick else VOICES
    lines: list[tuple[str, float, Echo | None]] = [("", 0.0, None), ("", 0.0, Echo(0.25, -20.0))]
    if not quick:
        lines += [("street", 10.0, None), ("babble", 10.0, None), ("", 0.0, Echo(0.12, -10.0))]
    for (line, snr, echo), voice, text in itertools.product(lines, voices, texts.BARGE_INS):
        yield Job("barge_in", _named(line, snr, echo), voice, text, line=line, snr=snr, echo=echo)
    for voice, number in itertools.product(voices, range(1 if quick else 3)):
        yield Job("nods", "clean", voice, number=number)


def _noise_jobs(quick: bool) -> Iterator[Job]:
    lines = [
        ("", 0.0),
        *itertools.product(("coughs", "babble", "neighbour", "street"), (0.0, 10.0, 20.0)),
        *itertools.product(("keyboard", "music", "fan"), (0.0,)),
    ]
    if quick:
        lines = [("", 0.0), ("coughs", 10.0), ("babble", 10.0), ("street", 0.0)]
    for (line, snr), number in itertools.product(lines, (0,) if quick else (1, 2)):
        voice = KOKORO_VOICES[number]
        yield Job("noise", _named(line, snr), voice, line=line, snr=snr, number=number)


def _echo_jobs(quick: bool) -> Iterator[Job]:
    echoes = [Echo(d, level) for d in (0.04, 0.12, 0.25, 0.45) for level in (-10.0, -20.0, -30.0)]
    if quick:
        echoes = [Echo(0.12, -20.0), Echo(0.25, -10.0)]
    for echo, number in itertools.product(echoes, (0,) if quick else (1, 2)):
        yield Job("echo", _named("", 0.0, echo), "hm_psi", echo=echo, number=number)


def _named(line: str, snr: float, echo: Echo | None = None) -> str:
    names = [f"{line} {snr:.0f} dB"] if line else []
    if echo is not None:
        names.append(f"echo {1000 * echo.delay:.0f} ms {echo.level_db:.0f} dB")
    return ", ".join(names) or "clean"
