"""What was heard on one direction of a call, and when: frames of 20 ms with their time."""

import math
from collections import deque
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bot.core.audio import FRAME_SECONDS, SAMPLE_BYTES, frame_bytes, seconds
from bot.signal.levels import rms_dbfs

SOUND_DBFS = -45.0
"""Louder than this is sound. G.711 and G.722 turn digital silence into -72 dBFS or less."""
PATIENCE = 0.060
"""A frame later than this behind its predecessor leaves silence in `pcm`; a phone's buffer."""
LONGEST = 3600.0
"""Seconds kept; older frames are forgotten."""


@dataclass(frozen=True, slots=True)
class Frame:
    """20 ms of PCM, and the loop's time at which it came (or left)."""

    at: float
    pcm: bytes

    @property
    def dbfs(self) -> float:
        """The level (root mean square) against full scale, -100 for digital silence."""
        return rms_dbfs(self.pcm)


class Recording:
    """
    One direction of a call.

    The time of a received frame is the time its packet was seen, at most a few milliseconds
    after it came. Times are those of the event loop, the same for both directions.
    """

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.frames: deque[Frame] = deque(maxlen=int(LONGEST / FRAME_SECONDS))

    def add(self, at: float, pcm: bytes) -> None:
        """Note that `pcm` (20 ms) came at `at`. Times never go backwards."""
        self.frames.append(Frame(at, pcm))

    def between(self, start: float, end: float = math.inf) -> list[Frame]:
        """Return the frames that came in [start, end)."""
        return [frame for frame in self.frames if start <= frame.at < end]

    def pcm(self, start: float | None = None, end: float | None = None) -> bytes:
        """
        Return the sound of [start, end) as a phone plays it, silence where nothing came.

        Frames follow one another without a seam while they are less than 60 ms late; a longer
        wait becomes silence. Without `start` it begins with the first frame; without `end` it
        ends with the last.
        """
        frames = self.between(-math.inf if start is None else start, math.inf)
        if not frames and (start is None or end is None):
            return b""
        start = frames[0].at if start is None else start
        sound = bytearray()
        for frame in frames:
            if end is not None and frame.at >= end:
                break
            late = frame.at - start - seconds(len(sound), self.rate)
            if late > PATIENCE or not sound:
                sound += bytes(self._bytes(max(late, 0.0)))
            sound += frame.pcm
        if end is not None:
            sound = sound[: self._bytes(end - start)].ljust(self._bytes(end - start), b"\0")
        return bytes(sound)

    def levels(self, start: float | None = None, end: float | None = None) -> list[float]:
        """Return the level of each 20 ms of `pcm(start, end)`, in dBFS."""
        sound = self.pcm(start, end)
        size = frame_bytes(self.rate)
        return [rms_dbfs(sound[at : at + size]) for at in range(0, len(sound), size)]

    def first_sound_after(self, when: float, louder_than: float = SOUND_DBFS) -> float | None:
        """Return the time of the first frame with sound that came at `when` or later."""
        return next((f.at for f in self.frames if f.at >= when and f.dbfs > louder_than), None)

    def last_sound_before(self, when: float, louder_than: float = SOUND_DBFS) -> float | None:
        """Return the time of the last frame with sound that came before `when`."""
        before = (f.at for f in reversed(self.frames) if f.at < when and f.dbfs > louder_than)
        return next(before, None)

    def silent_from(
        self, when: float, lasting: float = 0.5, louder_than: float = SOUND_DBFS
    ) -> float | None:
        """
        Return when silence began: the first time from `when` on without sound for `lasting`.

        None when the recording does not hold so long a silence. Frames that do not come are
        silence too, as far as later frames show that the time has passed.
        """
        quiet_since = when
        for frame in self.between(when):
            if frame.at - quiet_since >= lasting:
                return quiet_since
            if frame.dbfs > louder_than:
                quiet_since = frame.at + FRAME_SECONDS
        ended = self.frames[-1].at + FRAME_SECONDS if self.frames else when
        return quiet_since if ended - quiet_since >= lasting else None

    def gaps(self, start: float = -math.inf, end: float = math.inf) -> npt.NDArray[np.float64]:
        """Return the seconds between each frame and the next: 0.020 where all is well."""
        return np.diff([frame.at for frame in self.between(start, end)])

    def _bytes(self, duration: float) -> int:
        """Bytes of whole samples in so many seconds."""
        return round(duration * self.rate) * SAMPLE_BYTES
