"""
What the echo guard makes of our first words after a pause, when the echo's delay has moved.

Run: python -m bench.echo_pause. About 25 seconds of one core. We speak for 3 s, pause, and speak
for 3 s again; in half the calls the caller replies in the pause. Counted: calls in which our second
talk starts voice activity. Half the calls have a hybrid's echo, half a room's; half are PCMA, half
PCMU; half have noise 20 dB below the echo.
"""

from collections.abc import Iterator
from itertools import product

import numpy as np

from bench.echo import passed, spoken, starts
from bench.echo_line import SPEECH_DBFS, VOICES, Sound, Way, coded, noise, resumed, talk
from bench.process import machine
from bot.core.audio import FRAME_SECONDS, NARROWBAND
from bot.signal.echo import EchoGuard

MOVES = (-5, -3, -1.5, -1, 0, 1, 2.3, 3, 7)
"""Frames by which the delay moves in the pause."""
LOSSES = (6, 12, 20, 30)
DELAYS = (0.15, 0.2, 0.28)
PAUSES = ((0.5, False), (1.5, True), (2.5, True), (3.0, False))
"""Seconds, and whether the caller replies."""
TALK = 3.0
"""Seconds."""


def call(number: int, way: Way, pause: float, replies: bool, moved: float) -> tuple[Sound, Sound]:
    """Our voice and the line."""
    voice = spoken(VOICES[number % 4])
    first, second = talk(voice, TALK, number), talk(voice, TALK, number + 77)
    ours, line = resumed(first, pause, second, way, moved)
    if replies:
        theirs = spoken(VOICES[(number + 1) % 4])
        said = theirs[number % len(theirs)][: int((pause - 0.6) * NARROWBAND)]
        start = first.size + NARROWBAND // 5
        line[start : start + said.size] += said
    if number // 2 % 2:
        line += noise(SPEECH_DBFS - way.loss_db - 20, line.size, number)
    return ours, coded(line, way.law)


def calls(moved: float) -> Iterator[bool]:
    """For each: does our second talk start voice activity?"""
    cases = product(("hybrid", "room"), LOSSES, PAUSES)
    for number, (kind, loss, (pause, replies)) in enumerate(cases, 1):
        way = Way(DELAYS[number % 3], loss, kind, ("PCMA", "PCMU")[number % 2], seed=number)
        heard = [*passed(*call(number, way, pause, replies, moved), EchoGuard)]
        begins = int((TALK + pause) / FRAME_SECONDS)
        yield bool(starts(heard[begins:]))


def main() -> None:
    """Print the table."""
    print(machine())
    print("delay moved by     calls  with a false start")
    for moved in MOVES:
        found = np.array([*calls(moved)])
        print(f"{moved:+5.1f} frames {found.size:12}{found.sum():12}", flush=True)


if __name__ == "__main__":
    main()
