"""
What waits to be played on the client's side, between the network and the sound card.

A little sound is gathered before the first of it is played, so that the network's jitter is not
heard; what arrives too late is caught up by leaving out silence. A barge-in empties it.
"""

import threading

from bot.core.audio import frame_bytes

PREFILL_FRAMES = 3
"""60 ms."""
MOST_FRAMES = 50
"""One second; beyond it the oldest is dropped."""


class PlayBuffer:
    """
    Filled on the loop, emptied on the sound card's thread.

    `_playing` says whether enough has been gathered; `missed` counts the frames that were not there
    when the sound card asked.
    """

    def __init__(self, rate: int) -> None:
        self._frame = frame_bytes(rate)
        self._lock = threading.Lock()
        self._pcm = bytearray()
        self._playing = False
        self.missed = 0

    def put(self, pcm: bytes) -> None:
        """Add sound. Silence is left out where more than the prefill waits."""
        with self._lock:
            late = len(self._pcm) > 2 * PREFILL_FRAMES * self._frame
            if late and not any(pcm):
                return
            self._pcm += pcm
            if len(self._pcm) > MOST_FRAMES * self._frame:
                del self._pcm[: len(self._pcm) - MOST_FRAMES * self._frame]
            if len(self._pcm) >= PREFILL_FRAMES * self._frame:
                self._playing = True

    def take(self, size: int) -> bytes:
        """So many bytes for the sound card: silence where there is nothing."""
        with self._lock:
            if not self._playing:
                return bytes(size)
            taken = bytes(self._pcm[:size])
            del self._pcm[:size]
            if len(taken) < size:
                self._playing = False
                self.missed += 1
            return taken.ljust(size, b"\0")

    def clear(self) -> None:
        """The caller speaks: nothing of it is wanted any more."""
        with self._lock:
            self._pcm.clear()
            self._playing = False
