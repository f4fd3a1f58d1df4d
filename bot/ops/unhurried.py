"""
A stream whose reader may be slow: log lines wait in a bounded queue, and a thread writes them.

A full disk or a blocked pipe then costs log lines, which are counted, and never a caller's sound.
"""

import atexit
import queue
import threading
from typing import TextIO

LONGEST = 10_000
"""Lines that may wait."""
GRACE = 2.0
"""Seconds that the last lines get when the program ends."""


class Unhurried:
    """What structlog needs of a file: `write` and `flush`, neither of which waits."""

    def __init__(self, stream: TextIO, longest: int = LONGEST) -> None:
        self.lost = 0
        """Lines that found no room."""
        self._stream = stream
        self._lines: queue.Queue[str | None] = queue.Queue(longest)
        self._thread = threading.Thread(target=self._write_all, name="log", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def write(self, text: str) -> int:
        """Take a line; drop it when too many wait."""
        try:
            self._lines.put_nowait(text)
        except queue.Full:
            self.lost += 1
        return len(text)

    def flush(self) -> None:
        """Nothing: the thread flushes."""

    def close(self) -> None:
        """Write what waits, but not for longer than `GRACE`."""
        try:
            self._lines.put(None, timeout=GRACE)
        except queue.Full:
            return
        self._thread.join(GRACE)

    def _write_all(self) -> None:
        while (text := self._lines.get()) is not None:
            try:
                self._stream.write(text)
                self._tell_losses()
                self._stream.flush()
            except (OSError, ValueError):
                self.lost += 1  # nobody reads any more

    def _tell_losses(self) -> None:
        lost, self.lost = self.lost, 0
        if lost:
            self._stream.write(f'{{"event": "log lines lost", "lines": {lost}}}\n')
