"""Time for tests: an event loop that jumps to its next timer instead of waiting."""

import asyncio
import selectors


class VirtualLoop(asyncio.SelectorEventLoop):
    """Runs an hour of conversation in milliseconds, in the same order every time."""

    def __init__(self) -> None:
        self._now = 0.0
        super().__init__(_JumpingSelector(self))

    def time(self) -> float:
        """Seconds since the loop was made; only timers move it."""
        return self._now

    def jump(self, seconds: float) -> None:
        """Move the clock to the next timer."""
        self._now += seconds


class _JumpingSelector(selectors.SelectSelector):
    """A selector that never waits: with nothing ready, it moves the loop's clock."""

    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout=None):
        """Return what is ready; when nothing is, jump; when nothing ever will be, say so."""
        ready = super().select(0)
        if not ready:
            if timeout is None:
                raise RuntimeError("deadlock: every task waits and no timer is set")
            self._loop.jump(timeout)
        return ready
