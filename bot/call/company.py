"""Keeps the caller company while tools work: says, now and then, that we are still there."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from itertools import cycle

from bot.call.playout import Playout

LOOK = 0.1
"""Seconds between two looks whether there is silence."""


class Company:
    """
    Speaks whenever there has been silence for too long, until `leave()`.

    Once it has begun a sentence, that is put into the playout whole.
    """

    def __init__(
        self,
        playout: Playout,
        speak: Callable[[str, Callable[[], bool]], Awaitable[bool]],
        words: str,
        settings_words: tuple[str, ...],
        after: float,
        again: float,
    ) -> None:
        """
        `speak(text, wanted)` says a short text, unless it is not `wanted` any more when its sound
        is there. `words` come first, then the settings'; after so many seconds, and `again`.
        """
        self._playout = playout
        self._speak = speak
        self._words: Iterator[str] = cycle(filter(None, (words, *settings_words)))
        self._after, self._again = after, again
        self._over = asyncio.Event()
        self._task = asyncio.create_task(self._keep())

    async def leave(self) -> None:
        """We have something to say: wait until the sentence that is being said is in the queue."""
        self._over.set()
        await self._task

    def cancel(self) -> None:
        """The caller has taken the turn."""
        self._task.cancel()

    async def _keep(self) -> None:
        wait = self._after
        for text in self._words:
            if not await self._silence(wait):
                return
            await self._speak(text, lambda: not self._over.is_set())
            wait = self._again

    async def _silence(self, wait: float) -> bool:
        """Wait for so many seconds of silence; False where we are not needed any more."""
        silent = 0.0
        while silent < wait:
            try:
                async with asyncio.timeout(LOOK):
                    await self._over.wait()
                return False
            except TimeoutError:
                silent = silent + LOOK if self._playout.idle else 0.0
        return True
