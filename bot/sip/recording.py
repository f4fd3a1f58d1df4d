"""What was heard on one direction of a call, and when: frames of 20 ms with their time."""

import math
from bisect import bisect_left
from dataclasses import dataclass
from operator import attrgetter

from bot.core.audio import FRAME_SECONDS, SAMPLE_BYTES, frame_bytes, seconds
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


class Recording:
    """
    One direction of a call, at `rate` samples a second.

    The time of a received frame is the time its packet was seen, at most a few milliseconds
    after it came. Times are those of the event loop, the same for both directions.
    """

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.frames: list[Frame] = []

    def add(self, at: float, pcm: bytes) -> None:
        """Note that `pcm` (20 ms) came at `at`. Times never go backwards."""
        self.frames.append(Frame(at, pcm, rms_dbfs(pcm)))
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
        frames = self.between(
            -math.inf if start is None else start, math.inf if end is None else end
        )
        begin = start if start is not None else frames[0].at if frames else 0.0
        sound = bytearray()
        for frame in frames:
            late = frame.at - begin - seconds(len(sound), self.rate)
            if late > PATIENCE or not sound:
                sound += bytes(self._bytes(late))
            sound += frame.pcm
        if start is None or end is None:
            return bytes(sound)
        size = self._bytes(end - start)
        return bytes(sound[:size].ljust(size, b"\0"))

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

    def _bytes(self, duration: float) -> int:
        """Bytes of whole samples in so many seconds."""
        return round(duration * self.rate) * SAMPLE_BYTES
