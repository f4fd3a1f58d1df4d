"""
How evenly the bot speaks on many calls at once, and what a call costs.

Run: python -m bench.pacing [--calls 1,50,200] [--seconds 60] [--runs 3] [--uvloop] [--realtime]

One process is the bot (bench/pacing_bot.py), pinned to one core; another is Asterisk with all the
callers (bench/pacing_load.py), on another core. Callers are silent while the bot speaks without
end, or `talking`: two seconds of speech, three of silence, so that voice activity's network runs,
the bot is interrupted, thinks and answers. Prints the median of the runs (least to most).

`gap` is between two frames of one call, by the kernel's receive stamps; `drift` is of the worst
call against the ideal clock; `ahead` is the most sound that ever waited at a receiver who plays it
in real time (20 ms is the frame itself); `others` is what else ran on the bot's core. On a busy
machine, --realtime (SCHED_FIFO, needs root) measures the bot and not its neighbours: frames that
the callers' process reads late are stamped like the last of them, and look like a burst.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys

from bench.process import machine

COLUMNS = [
    ("gap_p50_ms", "gap p50 ms", "{:.1f}"),
    ("gap_p99_ms", "p99", "{:.1f}"),
    ("gap_max_ms", "max", "{:.0f}"),
    ("drift_ms", "drift ms", "{:+.1f}"),
    ("drift_ppm", "ppm", "{:+.0f}"),
    ("ahead_ms", "ahead ms", "{:.0f}"),
    ("missing", "missing", "{:.0f}"),
    ("cpu_pct", "bot CPU %", "{:.0f}"),
    ("others_pct", "others %", "{:.0f}"),
    ("call_kib", "KiB a call", "{:.0f}"),
]


def run(calls: int, seconds: float, talking: bool, uvloop: bool) -> dict[str, float]:
    """One bot, one crowd of callers."""
    mine, other = cores()
    words = ["--calls", str(calls), "--core", str(mine), *(["--uvloop"] if uvloop else [])]
    command = [sys.executable, "-m", "bench.pacing_bot", *words]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True
    ) as bot:
        assert bot.stdin and bot.stdout
        port = bot.stdout.readline().strip()
        if not port:
            raise SystemExit(f"the bot did not start: {' '.join(command)}")
        words = [port, "--bot", str(bot.pid), "--core", str(mine), "--own-core", str(other)]
        words += ["--calls", str(calls), "--seconds", str(seconds)]
        words += ["--talking"] if talking else []
        try:
            load = subprocess.run(
                [sys.executable, "-m", "bench.pacing_load", *words],
                stdout=pipe, text=True, check=True, timeout=seconds + 60,
            )  # fmt: skip
        finally:
            bot.stdin.close()
            bot.terminate()
    found: dict[str, float] = json.loads(load.stdout)
    return found


def cores() -> tuple[int, int]:
    """The bot's core and the callers'."""
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) < 2:
        raise SystemExit("two cores are needed: one for the bot, one for the callers")
    return allowed[0], allowed[1]


def cell(values: list[float], form: str) -> str:
    """The median of the runs, and their spread."""
    middle = form.format(statistics.median(values))
    if len(values) == 1:
        return middle
    return f"{middle} ({form.format(min(values))} to {form.format(max(values))})"


def row(name: str, runs: list[dict[str, float]]) -> str:
    """One line of the table."""
    cells = [cell([each[key] for each in runs], form) for key, _, form in COLUMNS]
    return "| " + " | ".join([name, *cells]) + " |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Pacing of many calls on one core.")
    parser.add_argument("--calls", default="1,50,200")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--callers", choices=("silent", "talking", "both"), default="both")
    parser.add_argument("--uvloop", action="store_true", help="run the bot on uvloop")
    parser.add_argument("--realtime", action="store_true", help="keep other processes out")
    options = parser.parse_args()
    loop = "uvloop" if options.uvloop else "asyncio"
    if options.realtime:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(5))  # our children inherit it
        loop += ", real-time priority"
    print(f"{machine()}; {loop}; {options.runs} runs of {options.seconds:g} s, median (spread)\n")
    print("| callers | " + " | ".join(title for _, title, _ in COLUMNS) + " |")
    print("|---" * (len(COLUMNS) + 1) + "|")
    for callers in ("silent", "talking"):
        if options.callers in (callers, "both"):
            for calls in map(int, options.calls.split(",")):
                runs = [
                    run(calls, options.seconds, callers == "talking", options.uvloop)
                    for _ in range(options.runs)
                ]
                print(row(f"{calls} {callers}", runs), flush=True)


if __name__ == "__main__":
    main()
