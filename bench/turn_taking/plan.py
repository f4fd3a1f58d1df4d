"""
Every call of the bench: who says what, over which noise, with which echo.

A scene is a list of jobs; a job is one call, given by values that can be sent to another process.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from zlib import crc32

from bench.turn_taking import texts
from bench.turn_taking.caller import Echo
from bench.turn_taking.noises import line_noise, noise
from bench.turn_taking.sounds import VOICES, Sound
from bench.turn_taking.sounds import texts as recorded_texts
from bot.local.tts import KOKORO_VOICES

NO_TURN = "s22"
"""The recording that says "एक मिनट रुकिए": nobody who says so waits for an answer."""


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


def jobs(quick: bool) -> list[Job]:
    """Every call of the bench; few of each kind for a quick look."""
    found = [*_turn_jobs(quick), *_over_jobs(quick), *_noise_jobs(quick), *_echo_jobs(quick)]
    return found


def _turn_jobs(quick: bool) -> Iterator[Job]:
    voices = ("hf_alpha", "hm_psi", "espeak_high") if quick else VOICES
    numbers = [each for each in sorted(recorded_texts()) if each != NO_TURN][:: 3 if quick else 1]
    lines = [("", 0.0), ("street", 10.0)]
    if not quick:
        lines += [("street", 20.0), ("street", 0.0), ("babble", 10.0)]
    for (line, snr), voice, number in itertools.product(lines, voices, numbers):
        if line and not quick and int(number[1:]) % 3:
            continue  # a third of the sentences is enough over a noise
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
        if (line or echo) and not quick and texts.BARGE_INS.index(text) % 2:
            continue
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
