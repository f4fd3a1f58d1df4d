"""
What a call sounded like: stops, cuts, waits, from the frames on the line and the caller's script.

Nothing here asks the bot. Times are seconds of the call at the bot's end of the line; figures that
a person perceives get `PHONE` added by the scenes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.turn_taking.caller import FRAME, Caller, Said
from bench.turn_taking.services import MARK, MARK_MASK, Source
from bench.turn_taking.sounds import RATE
from bot.core.audio import FRAME_SECONDS

LONGEST_GAP = 0.06
"""Silence of ours that is longer is a stop."""
LOWERED = 0.5
"""6 dB down."""
REWIND = 3.3
"""A reply that goes on from at most so many seconds before where it stopped was resumed."""
_COMPLETE = 0.1
"""A reply that stops so close before its end was complete."""
_FAITHFUL = 0.8
"""Correlation of a changed frame with the sound it was made of, for its gain to be believed."""
_AUDIBLE = 60.0
"""RMS of a frame that is loud enough to tell its gain, in 16-bit units: -55 dBFS."""

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Sound of ours without a stop: when, and from where to where (seconds) of which source."""

    begin: float
    end: float
    source: Source | None
    start: float
    stop: float

    @property
    def complete(self) -> bool:
        """Whether it went on to the source's end."""
        return self.source is None or self.stop >= self.source.seconds - _COMPLETE

    def resumes(self, before: "Stretch") -> bool:
        """Whether it is the reply that was broken off before, going on."""
        if before.complete or self.source is not before.source:
            return False
        return before.stop - REWIND <= self.start <= before.stop + 0.5 and self.start > 0.0


class Tape:
    """All that our frames tell. `sources` are the sounds that they may be made of."""

    def __init__(self, sent: Sequence[tuple[float, bytes]], sources: Sequence[Source]) -> None:
        self.times = np.array([at for at, _ in sent])
        self._frames = [frame for _, frame in sent]
        whole = np.frombuffer(b"".join(self._frames), "<i2").reshape(-1, FRAME)
        self.sounding: Flags = np.any(whole != 0, axis=1)
        self.marked: Flags = np.all((whole & MARK_MASK) == MARK, axis=1)
        self._sources = list(sources)
        self.stretches = self._stretches()
        self.gains = self._gains()

    def _stretches(self) -> list[Stretch]:
        runs = [self._stretch(first, last) for first, last in _runs(self.sounding)]
        return runs

    def _stretch(self, first: int, last: int) -> Stretch:
        """The frames from `first` to before `last`."""
        begin, end = float(self.times[first]), float(self.times[last - 1]) + FRAME_SECONDS
        marked = np.flatnonzero(self.marked[first:last]) + first
        if not marked.size:
            return Stretch(begin, end, None, 0.0, 0.0)
        from_, until = int(marked[0]), int(marked[-1])
        found, at = self._locate(from_)
        same, there = self._locate(until, found)
        if found is None or same is not found:
            return Stretch(begin, end, same, 0.0, there + (last - until) * FRAME_SECONDS)
        start = max(0.0, at - (from_ - first) * FRAME_SECONDS)
        return Stretch(begin, end, found, start, there + (last - until) * FRAME_SECONDS)

    def _locate(self, frame: int, first: Source | None = None) -> tuple[Source | None, float]:
        """Whose sound an untouched frame is, and where it begins there, in seconds."""
        order = [first, *self._sources] if first is not None else self._sources
        for each in order:
            at = each.pcm.find(self._frames[frame])
            if at >= 0:
                return each, at / 2 / RATE
        return None, 0.0

    def _gains(self) -> NDArray[np.float64]:
        """
        Of each frame: 1 for our voice untouched, 0 for silence, less where it was lowered.

        A changed frame is compared with the place of the source that it should be, counted on from
        the untouched frame before it; where that is no likeness, it counts as untouched.
        """
        gains = self.sounding.astype(np.float64)
        for first, last in _runs(self.sounding & ~self.marked, 0.0):
            before = first - 1
            while before >= 0 and not self.marked[before] and self.sounding[before]:
                before -= 1
            found, at = self._locate(before) if before >= 0 else (None, 0.0)
            if found is None:
                continue
            for frame in range(first, last):
                place = at + (frame - before) * FRAME_SECONDS
                gains[frame] = self._gain(frame, found, place)
        return gains

    def _gain(self, frame: int, found: Source, place: float) -> float:
        start = 2 * round(place * RATE)
        wanted = np.frombuffer(found.pcm[start : start + 2 * FRAME], "<i2").astype(np.float64)
        got = np.frombuffer(self._frames[frame], "<i2")[: wanted.size].astype(np.float64)
        power = float(wanted @ wanted)
        if wanted.size == 0 or power < _AUDIBLE**2 * wanted.size:
            return 1.0
        alike = float(got @ wanted) / max(1.0, float(np.sqrt(power * (got @ got))))
        return float(got @ wanted) / power if alike > _FAITHFUL else 1.0

    # What a person would say of it.

    def first_sound(self, since: float) -> float | None:
        """When our first frame that is no silence began, from this time on."""
        return self._first(self.sounding, since)

    def silent_from(self, since: float) -> float | None:
        """When a silence of more than `LONGEST_GAP` began, from this time on."""
        if not self.sounding_at(since):
            return since
        for stretch in self.stretches:
            if stretch.end > since:
                return stretch.end
        return None

    def lowered_from(self, since: float) -> float | None:
        """When our voice was at least 6 dB down, or silent, from this time on."""
        return self._first(self.gains <= LOWERED, since)

    def lowerings(self) -> int:
        """How often our voice was lowered."""
        changed = self.sounding & (self.gains <= LOWERED)
        return len(_runs(changed, 0.1))

    def sounding_at(self, when: float) -> bool:
        """Whether we were speaking at this time."""
        return any(stretch.begin <= when < stretch.end for stretch in self.stretches)

    def seconds(self) -> float:
        """How long we spoke in all."""
        return float(self.sounding.sum()) * FRAME_SECONDS

    def _first(self, flags: Flags, since: float) -> float | None:
        later = np.flatnonzero(flags & (self.times >= since - 1e-9))
        return float(self.times[later[0]]) if later.size else None


@dataclass(frozen=True, slots=True)
class Stop:
    """A reply of ours that fell silent before its end, and whether it went on."""

    at: float
    resumed: bool


def stops(tape: Tape, until: float) -> list[Stop]:
    """All stops before this time, the end of the call excluded."""
    found = []
    for number, stretch in enumerate(tape.stretches):
        if stretch.complete or stretch.end >= until - LONGEST_GAP:
            continue
        later = tape.stretches[number + 1] if number + 1 < len(tape.stretches) else None
        found.append(Stop(stretch.end, later is not None and later.resumes(stretch)))
    return found


def false_stops(tape: Tape, caller: Caller, until: float) -> list[Stop]:
    """The stops at which the caller was not speaking and had not just spoken."""
    return [stop for stop in stops(tape, until) if not _spoke(caller.said, stop.at)]


def _spoke(said: Sequence[Said], when: float, memory: float = 2.0) -> bool:
    return any(each.begin <= when <= each.end + memory for each in said)


def cut_off(tape: Tape, said: Said) -> bool:
    """Whether we spoke before the caller, who began in our silence, was done."""
    first = tape.first_sound(said.begin)
    return first is not None and first < said.end


def wait(tape: Tape, said: Said, fillers: Sequence[str] = ()) -> float | None:
    """
    Seconds from the caller's last voiced sound to our answer's first; None where none came.

    These fillers are no answer.
    """
    for stretch in tape.stretches:
        filler = stretch.source is not None and stretch.source.text in fillers
        if stretch.begin >= said.end and not filler:
            return stretch.begin - said.end
    return None


def filled(tape: Tape, said: Said, fillers: Sequence[str]) -> bool:
    """Whether the first that the caller heard was a filler."""
    first = next((each for each in tape.stretches if each.begin >= said.end), None)
    return first is not None and first.source is not None and first.source.text in fillers


def _runs(flags: Flags, gap: float = LONGEST_GAP) -> list[tuple[int, int]]:
    """First and past-the-last places of the runs; breaks of at most `gap` seconds are none."""
    places = np.flatnonzero(flags)
    if not places.size:
        return []
    most = round(gap / FRAME_SECONDS) + 1
    breaks = np.flatnonzero(np.diff(places) > most)
    firsts = [int(places[0]), *(int(places[at + 1]) for at in breaks)]
    lasts = [*(int(places[at]) + 1 for at in breaks), int(places[-1]) + 1]
    return list(zip(firsts, lasts, strict=True))
