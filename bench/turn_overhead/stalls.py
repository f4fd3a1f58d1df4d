"""
When did the bot's core stand still? A watch that no other process can keep waiting.

It sleeps for 2 ms again and again on the core, with real-time priority: where it wakes late all the
same, the machine's host had given the core to somebody else (or the kernel did not let go of it).
Needs root. Ends when standard input does; prints one line of JSON: the stalls, each with its begin
(CLOCK_MONOTONIC) and its length in seconds, or null where it may not have the priority.
"""

import json
import os
import select
import subprocess
import sys
import time

PERIOD = 0.002
LATE = 0.002
"""Seconds from which it is a stall: the kernel alone lets nobody wait so long."""
PRIORITY = 50
STOP = 15.0

Stall = tuple[float, float]
"""Begin and length, in seconds."""


def during(begin: float, end: float, stalls: list[Stall]) -> float:
    """For how many seconds of this time the core stood still."""
    return sum(max(0.0, min(end, at + long) - max(begin, at)) for at, long in stalls)


class Watch:
    """The watching process, on the core that it is started on."""

    def __init__(self) -> None:
        pipe = subprocess.PIPE
        command = [sys.executable, "-m", __name__]
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)

    def stop(self) -> list[Stall] | None:
        """End it; return what it saw, None where it had no right to watch."""
        output, _ = self._process.communicate(timeout=STOP)
        seen = json.loads(output)
        return None if seen is None else [(begin, length) for begin, length in seen]

    def kill(self) -> None:
        """End it, whatever it does; nothing where it has ended."""
        self._process.kill()
        self._process.wait(STOP)


def watch() -> list[Stall]:
    """All stalls until standard input ends."""
    seen: list[Stall] = []
    due = time.monotonic()
    while True:
        due += PERIOD
        if select.select([sys.stdin], [], [], max(0.0, due - time.monotonic()))[0]:
            return seen
        late = time.monotonic() - due
        if late > LATE:
            seen.append((due, late))
            due += late


def main() -> None:
    """Take the priority, watch, tell."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(PRIORITY))
    except PermissionError:
        sys.stdin.read()
        print("null", flush=True)
    else:
        print(json.dumps(watch()), flush=True)


if __name__ == "__main__":
    main()
