"""
What the bot adds to a turn, beside what recogniser, model and synthesizer take.

Run: python -m bench.turn_overhead [--calls 50] [--turns 6] [--rounds 2] [--quick] [--realtime]

Three processes: the real bot (`voicebot serve`) on one core; on the others, services with known
delays that note when each request came and when each answer left (services.py), and the callers
(callers.py). These hops of each turn belong to the bot:

* hear: from the caller's frame by which it hears the silence, to `force_eou` at the recogniser;
* ask: from the final words leaving the recogniser, to the request at the model (where nothing is
  begun early: from the end of the pause);
* hear and ask, in place of both, where the answer is begun on interim words: from that frame to the
  model's request;
* speak: from the first sentence's last token leaving the model, to the synthesizer's request;
* play: from the first sound leaving the synthesizer (or the end of the pause, if that is later), to
  the first frame at the caller, by the kernel's stamp.

`added` is their sum; all that the services' process and loopback take on the way is in it. The
pause after the caller's last sound is policy, and in none of them. A frame leaves every 20 ms:
sound that is ready waits 10 ms for that on average. `added, less 10 ms` takes this mean off;
`added, without the beat` what each turn waited, but not what a beat was late. `and stalls` also
takes off for how long, within those hops, the bot's core stood still (stalls.py; as root only): on
a shared machine the host gives it to others for some ms now and then.

The same load goes to a bot that begins nothing early (`late`); to one that does one thing after
the other (`sequence`: the pause, then the model's whole answer, then its speech); and to one that
begins nothing early, after a fixed pause of 0.7 s (`fixed`). They take turns.
"""

import argparse
import dataclasses
import os
import sys
from pathlib import Path

from bench.process import machine
from bench.turn_overhead import setups, table
from bench.turn_overhead.measure import Turn
from bench.turn_overhead.run import Found, cores, run
from bench.turn_overhead.script import Delays
from bench.turn_taking.table import percentile

DISTURBED = 0.005
"""Seconds by which the bench's own processes may be late, before its figures are worth little."""
OUT = Path(__file__).parents[2] / "docs" / "figures" / "turn_overhead.tsv"


def main() -> int:
    """Hold the calls, print the tables."""
    options = _options()
    if options.quick:
        options.calls, options.turns, options.rounds = 5, 2, 1
    if options.realtime:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(5))  # our children inherit it
    delays = Delays(*(getattr(options, each.name) for each in dataclasses.fields(Delays)))
    at, names = cores(), options.setups.split(",")
    found: dict[str, list[Turn]] = {name: [] for name in names}
    disturbed = False
    print(f"{machine()}; {options.calls} calls of {options.turns} turns, {options.rounds} rounds\n")
    print("| round | setup | turns measured | bot CPU % | others % | services late p99 ms "
          "| callers late p99 ms | core stood still: times a minute, longest ms | frames lost |\n"
          "|---|---|---|---|---|---|---|---|---|")  # fmt: skip
    for number in range(options.rounds):
        for name in names:
            one = run(name, options.calls, options.turns, options.seconds, delays, at)
            found[name] += one.turns
            print(_account(number + 1, name, one), flush=True)
            disturbed |= percentile([*one.late, *one.callers_late], 0.99) > DISTURBED
    if disturbed:
        print(f"\nWarning: services or callers were over {1000 * DISTURBED:.0f} ms late once in a"
              " hundred times: these figures tell of this machine, not of the bot.")  # fmt: skip
    figures = table.figures(found)
    print(f"\n{table.text(figures)}\n")
    if setups.EARLY in names and len(names) > 1:
        print(table.ahead(found))
    if options.out:
        table.write(figures, options.out)
    return 0 if all(found.values()) else 1


def _account(number: int, name: str, one: Found) -> str:
    late = (1000 * percentile(each, 0.99) for each in (one.late, one.callers_late))
    shares = f"{100 * one.cpu:.0f} | {100 * one.others:.0f}"
    measured = f"{len(one.turns)} of {one.begun}"
    times = " | ".join(f"{each:.1f}" for each in late)
    return f"| {number} | {name} | {measured} | {shares} | {times} | {_still(one)} | {one.lost} |"


def _still(one: Found) -> str:
    if one.stalls is None:
        return "not known: needs root"
    longest = max((long for _, long in one.stalls), default=0.0)
    return f"{60 * len(one.stalls) / one.seconds:.0f}, {1000 * longest:.0f}"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What the bot adds to a turn.")
    add = parser.add_argument
    add("--calls", type=int, default=50)
    add("--turns", type=int, default=6, help="of each call")
    add("--rounds", type=int, default=2, help="times that each setup is run")
    add("--seconds", type=float, default=120.0, help="the longest run")
    add("--setups", default=",".join(setups.ALL))
    add("--quick", action="store_true", help="5 calls of 2 turns, one round")
    add("--realtime", action="store_true", help="keep other processes out (needs root)")
    add("--out", type=Path, help=f"write a file, such as {OUT}")
    for each in dataclasses.fields(Delays):
        add(f"--{each.name.replace('_', '-')}", type=float, default=each.default)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
