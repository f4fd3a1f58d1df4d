"""
The process of the services: scripted Riva and model, on a core that is not the bot's.

Prints its two ports; ends when standard input does, and then prints what it noted as one line of
JSON: the rows, and by how much its own loop was late.
"""

import argparse
import asyncio
import dataclasses
import gc
import json
import sys
import time

from bench.turn_overhead import nim, riva
from bench.turn_overhead.notes import Notes
from bench.turn_overhead.script import Delays

PROBE = 0.010
"""Seconds between two looks at our own lateness."""


async def watch_lateness(late: list[float]) -> None:
    """By how much this loop wakes too late: it is in every stamp of the services."""
    due = time.monotonic()
    while True:
        due = max(due + PROBE, time.monotonic())
        await asyncio.sleep(due - time.monotonic())
        late.append(time.monotonic() - due)


async def serve(delays: Delays, whole: bool = False) -> None:
    """Until standard input ends."""
    notes, late = Notes(), list[float]()
    speech, speech_port = await riva.start(delays, notes)
    model, model_port = await nim.start(delays, notes, whole)
    gc.collect()
    gc.freeze()
    print(json.dumps({"riva": speech_port, "nim": model_port}), flush=True)
    probe = asyncio.create_task(watch_lateness(late))
    await asyncio.to_thread(sys.stdin.read)
    probe.cancel()
    model.close()
    await speech.stop(0)
    print(json.dumps({"rows": notes.rows, "late": late}), flush=True)


def main() -> None:
    """Read the delays from the command line, then serve."""
    parser = argparse.ArgumentParser()
    for each in dataclasses.fields(Delays):
        parser.add_argument(f"--{each.name}", type=float, default=each.default)
    parser.add_argument("--whole", action="store_true", help="the model's answers come whole")
    options = vars(parser.parse_args())
    whole = options.pop("whole")
    asyncio.run(serve(Delays(**options), whole))


if __name__ == "__main__":
    main()
