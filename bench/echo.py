"""
What the echo guard is worth: our own voice taken for the caller's, and callers over our voice.

Run: python -m bench.echo. About two minutes of one core. First: how often our echo starts voice
activity, per ten minutes of our speech, from the call's first sample on; without a guard, with
levels alone, with the filter alone, and with the guard. Then: callers who speak over our voice,
against the same caller and noise without any echo. Half the calls have a hybrid's echo, half a
room's; half are PCMA, half PCMU; a third is clean, a third has noise 20 dB below the echo, a third
20 dB below a caller.
"""

import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np

from bench.echo_line import (
    SPEECH_DBFS,
    VOICES,
    Sound,
    Way,
    coded,
    echo,
    frames,
    noise,
    talk,
    utterances,
)
from bench.process import machine
from bot.core.audio import FRAME_SECONDS, NARROWBAND
from bot.core.events import SpeechStarted
from bot.signal.echo import EchoGuard
from bot.signal.echo_gate import EchoGate
from bot.signal.echo_history import FULL, Played
from bot.signal.echo_levels import EchoBound
from bot.signal.silero import silero
from bot.signal.voice import VoiceActivity

DELAYS = (0.02, 0.06, 0.12, 0.2, 0.3, 0.4, 0.5)
LOSSES = (6, 10, 15, 20, 30, 40)
NOISES = ("none", "under the echo", "under the caller")
NEARS = (-10, 0, 10, 20)
ALONE_SECONDS = 12.0
"""Of a call in which only we speak."""
OVER_SECONDS = 8.5
ONSETS = (1.0, 4.0)
"""Seconds into the call at which callers begin to speak over us: hardly and well learnt."""


@dataclass(frozen=True)
class Call:
    """One line, and who speaks on it."""

    way: Way
    noise: str = "none"
    near_db: float | None = None
    """The caller's level over the echo's; None: silent."""
    onset: float = 0.0

    def far(self) -> Sound:
        """Our voice."""
        length = ALONE_SECONDS if self.near_db is None else self.onset + OVER_SECONDS - ONSETS[1]
        return talk(spoken(VOICES[self.way.seed % 4]), length, self.way.seed)

    def near(self, samples: int) -> Sound:
        """The caller's voice, and the noise of the line."""
        line = np.zeros(samples)
        if self.near_db is not None:
            voice = spoken(VOICES[(self.way.seed // 4 + self.way.seed) % 4])
            said = voice[self.way.seed % len(voice)] * 10 ** (self.level / 20)
            start = int(self.onset * NARROWBAND)
            line[start : start + said.size] = said[: samples - start]
        if self.noise == "none":
            return line
        under = -self.way.loss_db if self.noise == "under the echo" else self.level
        return line + noise(SPEECH_DBFS + under - 20, samples, self.way.seed)

    @property
    def level(self) -> float:
        """The caller's, over `SPEECH_DBFS`."""
        return 0.0 if self.near_db is None else self.near_db - self.way.loss_db


@cache
def spoken(voice: str) -> list[Sound]:
    """One voice's sentences."""
    return utterances(voice)


class Levels:
    """A guard that only compares levels: what is not louder than an echo may be is silence."""

    def __init__(self, rate: int) -> None:
        self._played = Played(rate // 50)
        self._bound = EchoBound()
        self.played = self._played.add

    def hear(self, frame: bytes) -> bytes:
        """Pass it or not."""
        sound = np.frombuffer(frame, "<i2") / FULL
        power = float((sound**2).mean())
        possible = self._bound.hear(power, self._played.levels(0))
        return frame if power > 4 * possible else bytes(len(frame))


class Open(EchoGate):
    """A gate that never closes."""

    @property
    def open(self) -> bool:
        """Always."""
        return True


class Filter(EchoGuard):
    """A guard that mutes nothing: what the filter leaves passes."""

    def __init__(self, rate: int) -> None:
        super().__init__(rate)
        self._gate = Open()


class Nothing:
    """No guard."""

    def __init__(self, rate: int) -> None:
        pass

    def played(self, frame: bytes) -> None:
        """Of no interest."""

    def hear(self, frame: bytes) -> bytes:
        """As it comes."""
        return frame


Guard = Callable[[int], EchoGuard | Levels | Nothing]
GUARDS: dict[str, Guard] = {
    "none": Nothing,
    "levels": Levels,
    "filter": Filter,
    "guard": EchoGuard,
}


def passed(far: Sound, line: Sound, guard: Guard) -> Iterator[bytes]:
    """What a guard leaves of the line, frame by frame."""
    watch = guard(NARROWBAND)
    for ours, theirs in zip(frames(far), frames(line), strict=True):
        watch.played(ours)
        yield watch.hear(theirs)


def starts(heard: Iterable[bytes]) -> list[float]:
    """The seconds at which voice activity believes that the caller speaks."""
    voice = VoiceActivity(NARROWBAND, silero())
    return [
        number * FRAME_SECONDS
        for number, frame in enumerate(heard, 1)
        for change in voice.hear(frame)
        if isinstance(change, SpeechStarted)
    ]


def weaker_db(plain: Sound, line: Sound, heard: list[bytes]) -> float:
    """By how much the guard weakens the echo in what it lets pass."""
    out = np.frombuffer(b"".join(heard), "<i2") / FULL
    plain, line = plain[: out.size], line[: out.size]
    passes = np.repeat(np.array([any(frame) for frame in heard]), out.size // len(heard))
    before, after = (line - plain)[passes], (out - plain)[passes]
    return float(10 * np.log10(max(before @ before, 1e-12) / max(after @ after, 1e-12)))


def alone() -> None:
    """Print how often our own voice is taken for the caller's."""
    found: dict[str, dict[tuple[str, str], int]] = defaultdict(lambda: defaultdict(int))
    minutes: dict[tuple[str, str], float] = defaultdict(float)
    for number, (kind, loss, delay) in enumerate(
        (kind, loss, delay) for kind in NOISES for loss in LOSSES for delay in DELAYS
    ):
        call = Call(way(number, delay, loss), kind)
        far = call.far()
        line = coded(echo(far, call.way) + call.near(far.size), call.way.law)
        row = bucket(delay, (0.06, 0.2, 0.5), "ms", 1_000), bucket(loss, (10, 20, 40), "dB", 1)
        minutes[row] += ALONE_SECONDS / 60
        for name, guard in GUARDS.items():
            found[name][row] += len(starts(passed(far, line, guard)))
    print(f"{'false starts per 10 min of our speech':40}" + "".join(f"{n:>8}" for n in GUARDS))
    for row, length in [*minutes.items()]:
        rates = "".join(f"{found[name][row] / length * 10:8.1f}" for name in GUARDS)
        print(f"delay to {row[0]:>6}, loss to {row[1]:>5} {length:8.1f} min{rates}")
    length = sum(minutes.values())
    rates = "".join(f"{sum(found[name].values()) / length * 10:8.1f}" for name in GUARDS)
    print(f"{'all':28}{length:8.1f} min{rates}", flush=True)


def way(seed: int, delay: float, loss: float) -> Way:
    """The kind of echo and the law go by the seed."""
    return Way(delay, loss, ("hybrid", "room")[seed // 4 % 2], ("PCMA", "PCMU")[seed % 2], seed)


def bucket(value: float, ends: tuple[float, ...], unit: str, scale: int) -> str:
    """The end of the range that it is in."""
    return f"{next(end for end in ends if value <= end) * scale:.0f} {unit}"


@dataclass(frozen=True)
class Over:
    """A caller who spoke over us: when voice activity heard them."""

    plain: list[float]
    """On the same line without any echo."""
    levels: list[float]
    guarded: list[float]
    weaker_db: float


def over(onset: float, near_db: float) -> Iterator[Over]:
    """Callers who speak over us from this second on, so loud over the echo."""
    for number, (kind, loss, delay) in enumerate(
        (kind, loss, delay) for kind in NOISES for loss in (6, 12, 20) for delay in DELAYS[::2]
    ):
        call = Call(way(500 + number, delay, loss), kind, near_db, onset)
        far = call.far()
        near = call.near(far.size)
        plain = coded(near, call.way.law)
        line = coded(echo(far, call.way) + near, call.way.law)
        heard = [*passed(far, line, EchoGuard)]
        levels = starts(passed(far, line, Levels))
        yield Over(starts(frames(plain)), levels, starts(heard), weaker_db(plain, line, heard))


def double() -> None:
    """Print how callers fare who speak over our voice."""
    print(f"\n{'caller over our voice':24}{'calls':>6}{'missed':>8}{'later, ms: p50':>16}", end="")
    print(f"{'p90':>6}{'echo weaker by':>16}{'missed by levels':>18}")
    for onset in ONSETS:
        for near_db in NEARS:
            print(
                f"{near_db:+4} dB, after {onset:3.1f} s     ",
                double_row(onset, near_db),
                flush=True,
            )


def double_row(onset: float, near_db: float) -> str:
    """One level, one moment."""
    late, weaker, calls, deaf = [], [], 0, 0
    for call in over(onset, near_db):
        real = next((at for at in call.plain if at > onset), None)
        if real is None:
            continue
        calls += 1
        deaf += soon(call.levels, real) is None
        heard = soon(call.guarded, real)
        if heard is not None:
            late.append(1_000 * (heard - real))
            weaker.append(call.weaker_db)
    middle, tenth = statistics.median(late), statistics.quantiles(late, n=10)[-1]
    times = f"{calls:6}{calls - len(late):8}{middle:16.0f}{tenth:6.0f}"
    return f"{times}{statistics.median(weaker):13.1f} dB{deaf:18}"


def soon(found: list[float], real: float) -> float | None:
    """The start that belongs to what was heard at `real` without any echo."""
    return next((at for at in found if real - 0.3 <= at <= real + 1.5), None)


def main() -> None:
    """Print the tables."""
    print(machine())
    alone()
    double()


if __name__ == "__main__":
    main()
