"""What a line has received and the call has not read yet: how much sound and how many keys wait."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator

from bot.core.events import Audio, LineEvent

HEARING_FRAMES = 25
"""Frames of the caller's sound that may wait to be read: after a stall, older sound is stale."""
HEARING_KEYS = 64
"""Keys that may wait: more than a caller presses in half a second."""


class Earpiece:
    """
    A queue with one reader, the call.

    Of sound the newest half second is kept, of keys the oldest ones; `dropped` counts the frames
    that went. `_frames` is how many of the waiting events are sound, `_reader` wakes the reader (a
    bare future: 50 frames a second and call), `gone` is set once nothing more can come.
    """

    def __init__(self) -> None:
        self.dropped = 0
        self.gone = asyncio.Event()
        self._events: deque[LineEvent] = deque()
        self._frames = 0
        self._reader: asyncio.Future[None] | None = None

    async def events(self) -> AsyncGenerator[LineEvent, None]:
        """Yield what came, in its order, until the line is lost and all is read."""
        while True:
            while self._events:
                event = self._events.popleft()
                if isinstance(event, Audio):
                    self._frames -= 1
                yield event
            if self.gone.is_set():
                return
            self._reader = asyncio.get_running_loop().create_future()
            await self._reader

    def received(self, event: LineEvent) -> None:
        """Queue what the caller did."""
        if isinstance(event, Audio):
            self._frames += 1
            if self._frames > HEARING_FRAMES:
                self._drop_oldest_frame()
        elif len(self._events) - self._frames >= HEARING_KEYS:
            return
        self._events.append(event)
        self._wake()

    def lost(self) -> None:
        """Nothing more will come; let the reader finish."""
        self.gone.set()
        self._wake()

    def _wake(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    def _drop_oldest_frame(self) -> None:
        oldest = next(i for i, event in enumerate(self._events) if isinstance(event, Audio))
        del self._events[oldest]
        self._frames -= 1
        self.dropped += 1
