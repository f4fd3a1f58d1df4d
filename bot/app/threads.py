"""Threads in which somebody asks the database: a slow one holds up neither calls nor their loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

THREADS: Final = 4
"""Questions at once."""
Answer = TypeVar("Answer")


class Threads:
    """Some threads; what has no free one waits, for as long as its request may take."""

    def __init__(self, whose: str) -> None:
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix=whose)

    async def run(self, work: Callable[..., Answer], *given: object) -> Answer:
        """Do this in one of them."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work, *given)

    def close(self) -> None:
        """End them, without waiting for what they still do."""
        self._pool.shutdown(wait=False, cancel_futures=True)
