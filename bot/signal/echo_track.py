"""
Where is our echo, and what is left of the caller's sound without it?

The search proposes a delay, a filter is fitted there to the last 160 ms, and what it takes out of
sound that it has not learned from yet is the proof (an echo is "known" from then on). While nothing
is left over, nothing is searched. When much is left over, the filter is tried at all other delays:
its echo is compared with that very frame, so that even the first one of a word is recognized. Where
that tells nothing, a new filter is tried at the delay where the search finds what is left.
"""

from dataclasses import dataclass

import numpy as np

from bot.core.audio import FRAME_SECONDS
from bot.signal.echo_delay import FRAMES, DelaySearch, evened
from bot.signal.echo_filter import (
    PARTITIONS,
    EchoFilter,
    Frame,
    Powers,
    Spectra,
    left_over,
    spectra,
)
from bot.signal.echo_history import Played
from bot.signal.echo_levels import MOST

_LOOKS = 10
"""Unexplained frames in a row in each of which a moved echo is looked for; then in every fourth."""
_RARELY = 4
_ABOVE = 3.0
"""A frame is worth a look that is so much louder than the line's noise."""
_NOISE_RISE = 1.01
"""Of the noise, each frame; it falls at once."""
_REPLAYED = 8
"""Frames of the recent past to which a new filter is fitted."""
_AT_MOST = 4.0
"""An echo is taken to be up to 6 dB louder than it was there: it may only have begun."""
_JUDGED = 4
"""The last of them, which tell what it is worth."""
_MEMORY = 0.85
"""Of the proof, from frame to frame."""
_PROOF = 1.5
"""Power with the echo over power without it that proves it: 1.8 dB."""
_REFUTED = 0.87
"""The same for a filter that adds more than it takes away."""
_STEADY = 3e-3
"""Seconds by which two findings of the search in a row may differ."""
_RIVAL = 4
"""Frames from one attempt at a better filter to the next, where an echo is known."""
_SETTLED = 50
"""Frames after which a filter that fits learns from every second frame only, and is looked for at
all delays."""
_MISSED = 10
"""Frames for which an echo that does not come is not unlearned: its delay may have jumped."""
_SILENT = 1e-7
"""Mean square below which nothing is looked for: -70 dBFS."""
_NEAR = 2
"""Frames by which delays jump most often: one was lost, or came twice."""


@dataclass(slots=True)
class Parted:
    """A frame of the caller's, in two parts: our echo, and the rest. Powers are mean squares."""

    whole: Frame
    rest: Frame
    power: float
    rest_power: float
    echo_power: float = 0.0
    start: int = 0
    """Frames before the newest played one where its echo starts."""


class EchoTrack:
    """The echo of one call."""

    def __init__(self, size: int, played: Played) -> None:
        """`size`: samples of a frame."""
        self._size = size
        self._played = played
        self._search = DelaySearch(size)
        self._filter: EchoFilter | None = None
        self._start = 0
        """Frames before the newest played one where the filter starts, but for lateness."""
        self._late = 0
        """Of the caller's newest frame."""
        self._recent = [np.zeros(size, np.float32)] * _REPLAYED
        """What was heard last, newest first."""
        self._both = np.zeros(2 * size, np.float32)
        self._rests = [0.0] * _REPLAYED
        """Powers of what was left over of those."""
        self._turn = 0
        self._missed = 0
        """Frames in a row in which an echo was expected and did not come."""
        self._found = -size
        """Samples of delay, by the last search."""
        self._with = self._without = 0.0
        """Power of the recent sound, with and without the echo."""
        self.age = 0
        """Frames since the filter began."""
        self.known = False
        """The filter has proved itself."""
        self._vain = 0
        """Frames in a row that the known echo did not explain."""
        self._noise = 1e-4
        """Mean square of the line's noise."""

    @property
    def helps(self) -> bool:
        """The filter makes the sound weaker by 0.4 dB or more, or is too new to tell."""
        return self.age < 3 or self._with > 1.1 * self._without

    @property
    def fits(self) -> bool:
        """The filter takes away half of the sound or more."""
        return self._with > 2 * self._without

    @property
    def delay(self) -> float | None:
        """Seconds from our voice to its echo's strongest arrival; None: not known."""
        if not self.known or self._filter is None:
            return None
        return (self._late + self._start + self._filter.peak / self._size) * FRAME_SECONDS

    @property
    def gain(self) -> float | None:
        """The echo's power over our voice's; None: not known."""
        return self._filter.gain if self.known and self._filter else None

    def part(self, sound: Frame, ago: int) -> Parted:
        """Part the next frame, which by the clocks belongs to the one played `ago` frames ago."""
        whole = float(sound @ sound) / self._size
        self._recent.insert(0, sound)
        self._recent.pop()
        self.age += 1
        self._late = ago
        if self._filter is None or whole < _SILENT:
            return Parted(sound, sound, whole, whole)
        parted = self._parted(sound, whole, ago + self._start)
        least = 0.0 if self.age > _SETTLED else 3 * sum(self._rests) / _REPLAYED
        self._noise = min(self._noise * _NOISE_RISE, whole)
        if whole < _ABOVE * self._noise or parted.rest_power <= 0.3 * whole:
            self._vain = 0
        elif self.known and parted.rest_power > least:
            parted = self._look_elsewhere(parted, ago)
        self._missed = self._missed + 1 if parted.rest_power > 2 * whole else 0
        if parted.rest_power > whole:
            parted.rest, parted.rest_power = sound, whole
        return parted

    def doubt(self, parted: Parted) -> float:
        """Mean square by which a frame's echo may be wrong."""
        return self._filter.doubt(self._rows(parted.start)) if self._filter else 0.0

    def _rows(self, start: int) -> Spectra:
        return self._played.spectra(start, PARTITIONS)

    def _parted(self, sound: Frame, whole: float, start: int) -> Parted:
        assert self._filter
        echo = self._filter.echo(self._rows(start))
        rest = sound - echo
        size = self._size
        powers = float(rest @ rest) / size, float(echo @ echo) / size
        return Parted(sound, rest, whole, *powers, start)

    def _look_elsewhere(self, parted: Parted, ago: int) -> Parted:
        """Has the echo moved? After many looks in vain, as while the caller speaks, look rarely."""
        self._vain += 1
        if self._vain > _LOOKS and self._vain % _RARELY:
            return parted
        return self._moved(parted, ago)

    def _moved(self, parted: Parted, ago: int) -> Parted:
        """The same, or where the known echo explains it at another delay: its parting there."""
        assert self._filter
        echoes = self._filter.echoes(self._played.spectra(0, FRAMES + PARTITIONS))
        rests = left_over(parted.whole, echoes)
        best = self._likeliest(rests, ago + self._start)
        near = best % self._size == 0 and abs(best // self._size - ago - self._start) <= _NEAR
        limit = min((0.4 if near else 0.2) * parted.power, parted.rest_power / 2)
        if rests[best] > limit:
            return parted
        later, samples = divmod(best, self._size)
        later += self._filter.delayed(samples) if samples else 0
        self._start = later - ago
        self._search.forget()
        return self._parted(parted.whole, parted.power, later)

    def _likeliest(self, rests: Powers, start: int) -> int:
        """Samples of the delay that leaves least, of whole frames if that is nearly as good."""
        whole = rests[:: self._size]
        if self.age <= _SETTLED:  # too little is known of the echo to tell it anywhere
            first = min(max(0, start - _NEAR), FRAMES)
            return (first + int(whole[first : start + _NEAR + 1].argmin())) * self._size
        best, frames = int(rests.argmin()), int(whole.argmin())
        return frames * self._size if whole[frames] < 2 * rests[best] else best

    def early(self) -> int:
        """
        By how many frames the echo now comes before its sound, by the clocks; it is set to none.

        So many of the caller's frames were not late, but never came.
        """
        frames = max(0, -self._start)
        self._start += frames
        return frames

    def slip(self, frames: int) -> None:
        """The clock of the caller's frames is set forward by so many."""
        self._start = max(0, self._start + frames)
        self._search.forget()

    def learn(self, parted: Parted, ago: int, odd: bool) -> None:
        """Learn from a parted frame. `odd`: it is more than the known echo, and its doubt."""
        self._rests.insert(0, parted.rest_power)
        self._rests.pop()
        if self._filter:
            self._prove(parted)
        settled = self.known and self.fits and not odd
        self._turn += 1
        if settled and self.age > _SETTLED and self._turn % 2:
            return
        self._both[self._size :] = parted.rest
        left = spectra(self._both)
        if self._filter and not 0 < self._missed <= _MISSED:
            self._filter.learn(self._rows(ago + self._start), left)
        if not settled:
            self._search.add(self._played.evened(ago, FRAMES), evened(left))
            if self._turn % (_RIVAL if self.known else 2) == 0:
                self._look(ago)

    def _prove(self, parted: Parted) -> None:
        worse = 1.5 * parted.power if self._missed else parted.rest_power
        self._with += (1 - _MEMORY) * (parted.power - self._with)
        self._without += (1 - _MEMORY) * (worse - self._without)
        if self.age >= 2 and self._with > _PROOF * self._without:
            self.known = True
        elif self.age > 10 and self._with < _REFUTED * self._without:
            self.known = False

    def _look(self, ago: int) -> None:
        """Begin a filter where the search finds an echo twice running, if none is there."""
        found = self._search.best()
        steady = abs(found - self._found) < _STEADY * 50 * self._size
        self._found = found
        start = max(0, (found - self._size // 10) // self._size)
        there = start == self._start or (0 <= start - self._start <= 1 and self.fits)
        if steady and not (self._filter and (there or self.age < 4)):
            self._begin(start, ago)

    def _begin(self, start: int, ago: int) -> None:
        """Fit a filter to the recent past; where an echo is known, it must do better."""
        far = float(self._played.powers(ago + start, _REPLAYED).sum()) * self._size
        heard = sum(float(frame @ frame) for frame in self._recent)
        new = EchoFilter(self._size, min(float(MOST), _AT_MOST * heard / (far + 1e-6)))
        rests = [self._replay(new, ago + start + back, back) for back in reversed(range(_REPLAYED))]
        left = sum(rests[-_JUDGED:])
        if self.known and left > 0.6 * sum(self._rests[:_JUDGED]):
            return
        self._filter, self._start, self.age = new, start, 0
        self._with = self._without = 0.0
        self._rests = rests[::-1]

    def _replay(self, new: EchoFilter, start: int, back: int) -> float:
        """Teach a frame of the past; give the power that was left before."""
        rest = self._recent[back] - new.echo(self._rows(start))
        self._both[self._size :] = rest
        new.learn(self._rows(start), spectra(self._both))
        return float(rest @ rest) / self._size
