"""The caller's sound on its way to the recogniser: at most two seconds; the oldest is dropped."""

import asyncio
from collections import deque
from contextlib import suppress
from typing import Final

from bot.core.audio import SAMPLE_BYTES
from bot.core.ports import Heard

LONGEST: Final = 2.0
"""Seconds of sound kept while the recogniser does not take it."""
LONGEST_PIECE: Final = 0.16
"""Seconds of sound in one message, when catching up."""


class Backlog:
    """
    A bounded queue of sound at `rate` samples a second, between one writer and one reader.

    `dropped` counts the bytes that were thrown away because nobody took them in time.
    """

    def __init__(self, rate: int) -> None:
        second = rate * SAMPLE_BYTES
        self._longest = int(LONGEST * second)
        self._longest_piece = int(LONGEST_PIECE * second)
        self._waiting: deque[Heard] = deque()
        self._bytes = 0
        self._changed = asyncio.Event()
        self.ended = False
        self.dropped = 0

    def put(self, heard: Heard) -> None:
        """Add sound at the end; drop from the front what is then too old."""
        self._waiting.append(heard)
        self._bytes += len(heard.pcm)
        while self._bytes > self._longest and len(self._waiting) > 1:
            oldest = self._waiting.popleft()
            self._bytes -= len(oldest.pcm)
            self.dropped += len(oldest.pcm)
        self._changed.set()

    def put_back(self, heard: Heard) -> None:
        """Return what was taken but could not be sent: it is the next to be taken."""
        self._waiting.appendleft(heard)
        self._bytes += len(heard.pcm)

    def end(self) -> None:
        """Say that no more sound will come."""
        self.ended = True
        self._changed.set()

    async def take(self, patience: float) -> Heard | None:
        """
        Wait for the next piece; None after the last one.

        When `patience` seconds bring none, it is empty.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                while not (self._waiting or self.ended):
                    self._changed.clear()
                    await self._changed.wait()
        if self.ended and not self._waiting:
            return None
        return self._piece()

    def _piece(self) -> Heard:
        """Join what waits, up to the longest piece; an end of utterance closes the piece."""
        parts: list[bytes] = []
        size = 0
        while self._waiting and size < self._longest_piece:
            heard = self._waiting.popleft()
            parts.append(heard.pcm)
            size += len(heard.pcm)
            if heard.end_of_utterance:
                break
        else:
            heard = Heard(b"")
        self._bytes -= size
        return Heard(b"".join(parts), heard.end_of_utterance)
