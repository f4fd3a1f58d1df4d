"""How a plan is printed: a table in Markdown, the figures behind it, or JSON."""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Final

from bot.app.plan import Plan, Pool, per_gpu, plan
from bot.app.plan_figures import Figures, figures, option
from bot.app.plan_options import BusyHour, Question

HINT: Final = "`--explain` prints where each figure is from; most of them are yours to measure."


def text(question: Question, explain: bool) -> str:
    """The table, what it was counted from and, with `explain`, every figure."""
    plans = [plan(calls, question.figures) for calls in question.calls]
    parts = [*_hour(question.busy_hour), *table(plans)]
    parts += ["", _one_gpu(question.figures)]
    parts += ["", *_explained(question)] if explain else ["", HINT]
    return "\n".join(parts)


def as_json(question: Question) -> str:
    """Plans, busy hour and figures with their sources."""
    plans = [plan(calls, question.figures).as_json() for calls in question.calls]
    hour = asdict(question.busy_hour) if question.busy_hour else None
    known = {
        each.name: {
            "value": getattr(question.figures, each.name),
            "given": each.name in question.given,
            "what": each.metadata["what"],
            "source": each.metadata["source"],
        }
        for each in figures()
    }
    whole = {
        "plans": plans,
        "busy_hour": hour,
        "per_gpu": asdict(per_gpu(question.figures)),
        "figures": known,
    }
    return json.dumps(whole, indent=2, ensure_ascii=False)


ROWS: Final[tuple[tuple[str, Callable[[Plan], str]], ...]] = (
    ("planned, with head-room", lambda p: _count(p.planned)),
    ("**GPUs**", lambda p: f"**{_count(p.gpus)}**" + (" (shared)" if p.shared else "")),
    ("recognition servers", lambda p: _pool(p.asr)),
    ("synthesis servers", lambda p: _pool(p.tts)),
    ("model servers", lambda p: _pool(p.llm)),
    ("**bot pods**", lambda p: _pool(p.bots)),
    ("cores of the bots", lambda p: f"{p.bot_cores:,g}"),
    ("bot pods at most while a version rolls out", lambda p: _count(p.bots_rolling)),
    ("**Asterisks**", lambda p: _pool(p.asterisks)),
    ("cores of the Asterisks", lambda p: f"{p.asterisk_cores:,g}"),
    ("RTP ports of each", lambda p: _count(p.rtp_ports)),
    ("**Kamailios**", lambda p: _pool(p.kamailios)),
    ("trunk and people, Mbit/s each way", lambda p: _mbit(p.trunk_mbit)),
    ("Asterisk to bot, Mbit/s each way", lambda p: _mbit(p.asterisk_bot_mbit)),
    ("bot to recognition, Mbit/s", lambda p: _mbit(p.bot_asr_mbit)),
)


def table(plans: Iterable[Plan]) -> list[str]:
    """The lines of a table in Markdown: a column for each plan."""
    plans = list(plans)
    lines = ["| calls at once | " + " | ".join(_count(each.calls) for each in plans) + " |"]
    lines.append("|---|" + "---:|" * len(plans))
    for name, cell in ROWS:
        lines.append(f"| {name} | " + " | ".join(cell(each) for each in plans) + " |")
    return lines


def _pool(pool: Pool) -> str:
    """What is needed and what is bought: `5 + 1`; a lone number where nothing is spare."""
    spare = pool.total - pool.needed
    return f"{_count(pool.needed)} + {_count(spare)}" if spare else _count(pool.needed)


def _count(value: int) -> str:
    return f"{value:,}"


def _mbit(value: float) -> str:
    return f"{value:,.1f}" if value < 100 else f"{value:,.0f}"


def _hour(hour: BusyHour | None) -> list[str]:
    if hour is None:
        return []
    peak = "" if hour.peak_factor == 1 else f" x {hour.peak_factor:g}"
    return [
        f"{hour.calls:,g} calls in the busy hour{peak}, {hour.mean_seconds:g} s each, are"
        f" {hour.erlangs:,.1f} erlangs; {hour.lines:,} lines let {hour.blocking:.2%} of the calls"
        " find none free (Erlang B).",
        "",
    ]


def _one_gpu(chosen: Figures) -> str:
    alone = per_gpu(chosen)
    return (
        f"One GPU bears the recognition of {alone.asr:,.0f} calls, the synthesis of"
        f" {alone.tts:,.0f} or the model of {alone.llm:,.0f}."
        " `5 + 1`: five needed, one that may be lost."
    )


def _explained(question: Question) -> list[str]:
    lines = ["Figures:", ""]
    for each in figures():
        value = getattr(question.figures, each.name)
        lines.append(f"{option(each.name)} {value:g}: {each.metadata['what']}")
        source = "given" if each.name in question.given else each.metadata["source"]
        lines.append(f"    {source}")
    return lines
