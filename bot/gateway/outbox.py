"""
What waits to be sent to one client: sound, of which too much is dropped, and events, which are not.

A client that reads nothing is somebody else's business (stream.py); here nothing grows without
bound meanwhile.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from typing import Generic, TypeVar

SOUND_AHEAD = 10
"""Frames of 20 ms that may wait before new ones are dropped. More would be late, and in the way of
a barge-in; a stream that flows has none or one."""
EVENTS_AHEAD = 500

Message = TypeVar("Message")


class Overflow(Exception):
    """So many events wait that the client cannot be reading."""


class Outbox(Generic[Message]):
    """
    A queue with one reader.

    `_sounds` is how many of the waiting messages are sound; `_closed` is set when nothing comes
    after them; `overflowed` when an event had to be dropped, after which the stream is of no use.
    """

    def __init__(self) -> None:
        self._waiting: deque[tuple[Message, bool]] = deque()
        self._sounds = 0
        self._arrived = asyncio.Event()
        self._closed = False
        self.overflowed = False

    @property
    def has_room_for_sound(self) -> bool:
        """Whether a frame put in now is played in time."""
        return self._sounds < SOUND_AHEAD and not self._closed

    def put_sound(self, message: Message) -> None:
        """Put in sound for which there is room."""
        self._sounds += 1
        self._put(message, sound=True)

    def put_event(self, message: Message) -> None:
        """Put in an event."""
        if len(self._waiting) - self._sounds >= EVENTS_AHEAD:
            self.overflowed = True
            self._arrived.set()
        elif not self.overflowed and not self._closed:
            self._put(message, sound=False)

    def close(self) -> None:
        """Nothing more will come."""
        self._closed = True
        self._arrived.set()

    async def messages(self) -> AsyncGenerator[Message, None]:
        """Yield what is put in, to the end. Raises Overflow."""
        while True:
            while self._waiting and not self.overflowed:
                message, sound = self._waiting.popleft()
                self._sounds -= sound
                yield message
            if self.overflowed:
                raise Overflow
            if self._closed:
                return
            self._arrived.clear()
            await self._arrived.wait()

    def _put(self, message: Message, sound: bool) -> None:
        self._waiting.append((message, sound))
        self._arrived.set()
