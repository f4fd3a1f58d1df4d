"""What `voicebot plan` takes, and what of it is refused: each refusal names the option."""

import argparse
import math
from dataclasses import Field, dataclass
from typing import Any, Final

from bot.app.erlang import lines_for, offered
from bot.app.plan_figures import Figures, figures, option
from bot.core.errors import ConfigError

MOST_CALLS: Final = 1_000_000
TRAFFIC: Final = ("peak_factor", "blocking")
"""Options that mean something only with --busy-hour-calls."""
PEAK_FACTOR: Final = 1.0
BLOCKING: Final = 0.01


@dataclass(frozen=True, slots=True)
class BusyHour:
    """A busy hour as calls at once: `lines` on which `blocking` of the calls find none free."""

    calls: float
    mean_seconds: float
    peak_factor: float
    blocking: float
    erlangs: float
    lines: int


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be planned: calls at once, each a column; the busy hour they are from, if any."""

    calls: tuple[int, ...]
    busy_hour: BusyHour | None
    figures: Figures
    given: frozenset[str]
    """Names of the figures that were typed."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add how much is asked for, how it is printed, and one option a figure."""
    demand = parser.add_argument_group("how many calls").add_mutually_exclusive_group(required=True)
    demand.add_argument("--calls", metavar="N[,N...]", help="calls at once; each is a column")
    demand.add_argument(
        "--busy-hour-calls", metavar="N", help="calls that come in the busiest hour"
    )
    traffic = parser.add_argument_group("with --busy-hour-calls")
    traffic.add_argument(
        "--blocking", metavar="SHARE", help="share of calls that may find no line (default 0.01)"
    )
    traffic.add_argument(
        "--peak-factor",
        metavar="F",
        help="traffic of the worst minutes over the hour's (default 1)",
    )
    form = parser.add_argument_group("what is printed")
    form.add_argument("--explain", action="store_true", help="each figure with its source")
    form.add_argument("--json", action="store_true", help="all of it, for a program")
    known = parser.add_argument_group("figures: the defaults' sources are printed by --explain")
    for each in figures():
        what = each.metadata["what"].replace("%", "%%")
        known.add_argument(
            option(each.name), metavar="X", help=f"{what} (default {each.default:g})"
        )


def question(options: argparse.Namespace) -> Question:
    """The typed options as numbers. Raises `ConfigError`, which names the option and its bounds."""
    typed = {each.name: getattr(options, each.name) for each in figures()}
    given = {name: text for name, text in typed.items() if text is not None}
    values: dict[str, Any] = {
        each.name: _figure(each, given[each.name]) for each in figures() if each.name in given
    }
    chosen = Figures(**values)
    if options.busy_hour_calls is None:
        _refuse_traffic(options)
        return Question(_calls(options.calls), None, chosen, frozenset(given))
    hour = _busy_hour(options, chosen)
    return Question((hour.lines,), hour, chosen, frozenset(given))


def _refuse_traffic(options: argparse.Namespace) -> None:
    for name in TRAFFIC:
        if getattr(options, name) is not None:
            raise ConfigError(
                f"{option(name)} is about a busy hour: give --busy-hour-calls in place of --calls"
            )


def _calls(text: str) -> tuple[int, ...]:
    return tuple(
        int(number("--calls", each, 1, MOST_CALLS, whole=True)) for each in text.split(",")
    )


def _busy_hour(options: argparse.Namespace, chosen: Figures) -> BusyHour:
    calls = number("--busy-hour-calls", options.busy_hour_calls, 1, 100_000_000)
    factor = number("--peak-factor", options.peak_factor or str(PEAK_FACTOR), 1, 100)
    blocking = number("--blocking", options.blocking or str(BLOCKING), 1e-6, 0.5)
    erlangs = offered(calls * factor, chosen.mean_seconds)
    if erlangs > MOST_CALLS:
        raise ConfigError(
            f"--busy-hour-calls: {calls:,.0f} calls of {chosen.mean_seconds:g} s are {erlangs:,.0f}"
            f" erlangs; at most {MOST_CALLS:,} can be planned"
        )
    lines = lines_for(erlangs, blocking)
    return BusyHour(calls, chosen.mean_seconds, factor, blocking, erlangs, lines)


def _figure(each: Field[Any], text: str) -> float:
    bounds = each.metadata
    whole = isinstance(each.default, int) and each.type is int
    value = number(option(each.name), text, bounds["least"], bounds["most"], whole)
    if bounds["only"] and value not in bounds["only"]:
        allowed = " or ".join(map(str, bounds["only"]))
        raise ConfigError(f"{option(each.name)}: {text} is neither; give {allowed}")
    return value


def number(name: str, text: str, least: float, most: float, whole: bool = False) -> float:
    """A number of an option between two bounds, else `ConfigError`."""
    kind = "a whole number" if whole else "a number"
    remedy = f"give {kind} from {least:,.9g} to {most:,.9g}"
    try:
        value = int(text) if whole else float(text)
    except ValueError:
        raise ConfigError(f"{name}: {text!r} is not {kind}; {remedy}") from None
    if not (math.isfinite(value) and least <= value <= most):
        raise ConfigError(f"{name}: {text} is out of bounds; {remedy}")
    return value
