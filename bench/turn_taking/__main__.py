"""
Hold the calls of the bench with both settings and print their figures side by side.

Run: python -m bench.turn_taking [--quick] [--only SCENE,...] [--set turns.end_of_turn.base=0.5]

The first run makes the voices' sounds (about seven minutes) and keeps them in the cache folder.
"""

import argparse
import multiprocessing
import os
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from bench.process import machine
from bench.turn_taking import plan, scenes, table, texts
from bench.turn_taking.calls import sources_of
from bench.turn_taking.plan import Job
from bench.turn_taking.setups import SETTINGS, setup_of
from bench.turn_taking.sounds import VOICES, spoken

OUT = Path(__file__).parents[2] / "docs" / "figures" / "turn_taking.tsv"
_TOGETHER = 8
"""Calls that one process takes at a time."""


def main() -> int:
    """Hold the calls, print the table; the full bench writes it, too."""
    options = _options()
    changes = dict(change.split("=", 1) for change in options.set)
    setups = {name: setup_of(name, changes) for name in options.settings.split(",")}
    wanted = options.only.split(",") if options.only else scenes.SCENES
    jobs = [job for job in plan.jobs(options.quick) if job.scene in wanted]
    began = time.monotonic()
    _prepare(jobs)
    _tell(f"sounds ready after {time.monotonic() - began:.0f} s; {len(jobs)} calls a setting")
    found = table.Outcomes(scenes.TURNS)
    with _processes(options.jobs) as pool:
        for name, setup in setups.items():
            play = partial(scenes.play, setup)
            for job, outcomes in zip(jobs, pool.map(play, jobs, chunksize=_TOGETHER), strict=True):
                found.add(job.scene, job.condition, name, outcomes)
                if options.calls:
                    _tell(f"{name} {job} {outcomes}")
            _tell(f"{name}: {time.monotonic() - began:.0f} s")
    figures = found.figures()
    print(f"{machine()}; {'quick' if options.quick else 'full'}; changes: {changes or 'none'}\n")
    print(table.text(figures))
    if options.out:
        table.write(figures, options.out)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Turn-taking: baseline and ours, side by side.")
    parser.add_argument("--quick", action="store_true", help="few calls of each kind")
    parser.add_argument("--only", default="", help=f"scenes, of {','.join(scenes.SCENES)}")
    parser.add_argument("--settings", default=",".join(SETTINGS), help="which are measured")
    parser.add_argument("--set", action="append", default=[], metavar="PATH=JSON",
                        help="change a setting of ours: turns.barge_in.confirm=0.15")  # fmt: skip
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--calls", action="store_true", help="tell what came of every call")
    parser.add_argument("--out", type=Path, help=f"write a file, such as {OUT}")
    return parser.parse_args()


def _processes(jobs: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn"))


def _prepare(jobs: Iterable[Job]) -> None:
    """Make what is missing of the sounds, in this process, which has all the cores for it."""
    for text in _replies():
        sources_of((text,))
    for text, voice in dict.fromkeys(_said(jobs)):
        spoken(text, voice, (0.5,) * text.count("|"))


def _replies() -> tuple[str, ...]:
    return (*texts.EXPLANATIONS, *texts.SHORT, texts.YES_NO, texts.ASK_NUMBER)


def _said(jobs: Iterable[Job]) -> Iterator[tuple[str, str]]:
    for voice in VOICES:
        yield from ((text, voice) for text in (texts.QUESTION, *texts.NODS))
    for job in jobs:
        if job.text and job.scene != "finished":
            yield job.text, job.voice


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
