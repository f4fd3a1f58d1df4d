"""
Is the caller in this sound? It weighs what is left over against all that could explain it.

While an echo is known: the filter's usual leak, its doubt, and the line's noise; in its first
seconds also part of what levels allow. Before: all that levels allow, and where a loud sound within
that is not helped by any filter for 160 ms, it is no echo.
"""

from math import pow

from bot.signal.echo_track import EchoTrack, Parted

_ABOVE = 4.0
"""What is left over must be 6 dB above what can be explained."""
_HOLD = 10
"""Frames that pass after the caller's last one (200 ms), once there were `_SURE` in a row."""
_SURE = 3
_UNHELPED = 8
"""Frames after which a loud sound is no echo."""
_YOUNG = 15
"""Loud frames that halve what levels alone may explain."""
_SETTLED = 100
"""Loud frames."""
_OLD = 0.01
"""What levels alone may explain for ever: -20 dB."""
_NOISE_RISE = 1.02
"""Each frame: 4.3 dB a second. Noise falls at once."""
_LEAST = 1e-8
"""Mean square of the faintest noise: -80 dBFS."""
_FAINT = 1e-6
"""Mean square below which no sound is loud: -60 dBFS."""
_WORTH = 2.5
_LEAK_MOST = 0.7


class EchoGate:
    """One call's."""

    def __init__(self) -> None:
        self._noise = 1e-4
        self._leak = 1.0
        """Power left over by the filter, over the echo's."""
        self._age = 0
        """Loud frames since the filter began."""
        self._unhelped = 0
        """Loud frames that no filter helped, while no echo was known."""
        self._quiet = 0
        """Frames since the last loud one."""
        self._loudest = 0.0
        """Mean square of the loudest frame, slowly forgotten: 4.4 dB a second."""
        self._run = 0
        """Frames of the caller's without a break."""
        self._open = 0
        """Frames that still pass."""

    def odd(self, parted: Parted, track: EchoTrack, possible: float) -> bool:
        """Take the next frame; is it more than echo? `possible`: an echo's power, by levels."""
        self._noise = min(self._noise * _NOISE_RISE, max(parted.rest_power, _LEAST))
        if track.age == 1:
            self._leak, self._age, self._unhelped = 1.0, 0, min(self._unhelped, _UNHELPED // 2)
        judge = self._known if track.known else self._unknown
        odd = judge(parted, track, possible)
        self._run = self._run + 1 if odd else 0
        self._open = max(self._open - (not odd), _HOLD if self._run >= _SURE else 0)
        return odd

    @property
    def settled(self) -> bool:
        """The echo is known so well that levels hardly matter."""
        return self._age > _SETTLED

    def worth(self, parted: Parted) -> bool:
        """The frame is more than the line's noise: there may be an echo to learn."""
        return parted.power > _WORTH * self._noise

    @property
    def open(self) -> bool:
        """The frame is to pass."""
        return self._run > 0 or self._open > 0

    def _known(self, parted: Parted, track: EchoTrack, possible: float) -> bool:
        self._age += track.fits and self._loud(parted)
        young = max(_OLD, pow(2.0, -self._age / _YOUNG)) * possible
        least = parted.rest_power / _ABOVE - self._noise
        leak = self._leak * parted.echo_power
        odd = least > max(leak, young) and least > leak + track.doubt(parted)
        if parted.echo_power > _ABOVE * self._noise:
            self._follow(min(1.0, parted.rest_power / parted.echo_power), odd)
        return odd

    def _follow(self, leak: float, odd: bool) -> None:
        if odd:
            self._leak = min(_LEAK_MOST, 1.01 * self._leak)
        else:
            self._leak += 0.1 * (leak - self._leak)

    def _unknown(self, parted: Parted, track: EchoTrack, possible: float) -> bool:
        if parted.power > _ABOVE * self._loudest:
            self._unhelped = min(self._unhelped, _UNHELPED // 2)
        self._loudest = max(0.98 * self._loudest, parted.power)
        beyond = parted.power > _ABOVE * (possible + self._noise)
        loud = self._loud(parted) and parted.power > _FAINT and not beyond
        odd = beyond or (loud and self._unhelped > _UNHELPED)
        self._quiet = 0 if loud else self._quiet + 1
        if loud and not track.helps:
            self._unhelped += 1
        elif self._quiet > _HOLD:
            self._unhelped = 0
        return odd

    def _loud(self, parted: Parted) -> bool:
        return parted.power > _ABOVE * self._noise
