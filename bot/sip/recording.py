"""What was heard on one direction of a call, and when: frames of 20 ms with their time."""

import math
from bisect import bisect_left
from dataclasses import dataclass
from operator import attrgetter

from bot.core.audio import FRAME_SECONDS, SAMPLE_BYTES, frame_bytes
from bot.signal.levels import rms_dbfs

SOUND_DBFS = -45.0
"""Louder than this is sound. Silence in A-law decodes to -72 dBFS, in the other codecs to less."""
PATIENCE = 0.060
"""A frame later than this behind its predecessor leaves silence in `pcm`; a phone's buffer."""
LONGEST = 3600.0
"""Seconds kept; older frames are forgotten."""


@dataclass(frozen=True, slots=True)
class Frame:
    """20 ms of 16-bit PCM, and the loop's time at which it came (or left)."""

    at: float
    pcm: bytes
    dbfs: float
    """Its level (root mean square), -100 for digital silence."""
    place: int
    """Where a phone would play it: in samples since the first frame."""


class Recording:
    """
    One direction of a call, at `rate` samples a second.

    The time of a received frame is the time its packet was seen, at most a few milliseconds
    after it came. Times are those of the event loop, the same for both directions.
    """

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.frames: list[Frame] = []
        self._origin = 0.0
        """When the first frame came."""

    def add(self, at: float, pcm: bytes) -> None:
        """Note that `pcm` (20 ms) came at `at`. Times never go backwards."""
        if not self.frames:
            self._origin = at
        self.frames.append(Frame(at, pcm, rms_dbfs(pcm), self._place(at)))
        if len(self.frames) * FRAME_SECONDS > LONGEST:
            del self.frames[: int(60 / FRAME_SECONDS)]

    def between(self, start: float, end: float = math.inf) -> list[Frame]:
        """Return the frames that came in [start, end)."""
        at = attrgetter("at")
        first = bisect_left(self.frames, start, key=at)
        return self.frames[first : bisect_left(self.frames, end, lo=first, key=at)]

    def pcm(self, start: float | None = None, end: float | None = None) -> bytes:
        """
        Return the sound of [start, end) as a phone plays it, silence where nothing came.

        Frames follow one another without a seam while they are less than 60 ms late; a longer
        wait becomes silence. Without `start` it begins with the first frame; without `end` it
        ends with the last.
        """
        first = self.frames[0].place if self.frames else 0
        begin = first if start is None else self._samples(start - self._origin)
        finish = self._due() if end is None else self._samples(end - self._origin)
        if start is not None and end is not None:
            finish = begin + self._samples(end - start)
        place = attrgetter("place")
        after = bisect_left(self.frames, finish, key=place)
        since = bisect_left(
            self.frames, begin - frame_bytes(self.rate) // SAMPLE_BYTES, hi=after, key=place
        )
        sound = bytearray(max(finish - begin, 0) * SAMPLE_BYTES)
        for frame in self.frames[since:after]:
            _put(sound, (frame.place - begin) * SAMPLE_BYTES, frame.pcm)
        return bytes(sound)

    def levels(self, start: float | None = None, end: float | None = None) -> list[float]:
        """Return the level of each 20 ms of `pcm(start, end)`, in dBFS."""
        sound = self.pcm(start, end)
        size = frame_bytes(self.rate)
        return [rms_dbfs(sound[at : at + size]) for at in range(0, len(sound), size)]

    def first_sound_after(self, when: float, louder_than: float = SOUND_DBFS) -> float | None:
        """Return the time of the first frame with sound that came at `when` or later."""
        return next((f.at for f in self.between(when) if f.dbfs > louder_than), None)

    def last_sound_before(self, when: float, louder_than: float = SOUND_DBFS) -> float | None:
        """Return the time of the last frame with sound that came before `when`."""
        before = reversed(self.between(-math.inf, when))
        return next((f.at for f in before if f.dbfs > louder_than), None)

    def silent_from(
        self,
        when: float,
        lasting: float = 0.5,
        until: float = -math.inf,
        louder_than: float = SOUND_DBFS,
    ) -> float | None:
        """
        Return the first time from `when` on at which `lasting` seconds without sound begin.

        Where it is silent already, that is `when`. Frames that do not come are silence, too, up
        to the last frame or to `until` (now, say). None where there is no such silence.
        """
        quiet_since = when
        for frame in self.between(when):
            if frame.at - quiet_since >= lasting:
                return quiet_since
            if frame.dbfs > louder_than:
                quiet_since = frame.at + FRAME_SECONDS
        known = max(until, self.frames[-1].at + FRAME_SECONDS if self.frames else until)
        return quiet_since if known - quiet_since >= lasting else None

    def gaps(self, start: float = -math.inf, end: float = math.inf) -> list[float]:
        """Return the seconds between each frame and the next: 0.020 where all is well."""
        frames = self.between(start, end)
        return [after.at - before.at for before, after in zip(frames, frames[1:], strict=False)]

    def _place(self, at: float) -> int:
        came, due = self._samples(at - self._origin), self._due()
        return came if not self.frames or came - due > self._samples(PATIENCE) else due

    def _due(self) -> int:
        """The sample after the last frame."""
        if not self.frames:
            return 0
        return self.frames[-1].place + len(self.frames[-1].pcm) // SAMPLE_BYTES

    def _samples(self, duration: float) -> int:
        return round(duration * self.rate)


def _put(sound: bytearray, offset: int, piece: bytes) -> None:
    """Write `piece` into `sound`, as much of it as lies inside."""
    inside = piece[max(-offset, 0) : len(sound) - offset]
    start = max(offset, 0)
    sound[start : start + len(inside)] = inside
