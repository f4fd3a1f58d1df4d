"""How recorded calls are written for people, and as JSON."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from bot.records.search import Found

HEADS: Final = ("ID", "BEGAN", "CALLER", "CALLED", "PROFILE", "SECONDS", "TURNS", "OUTCOME")


def table(found: Sequence[Found]) -> Iterator[str]:
    """A line a call under a line of heads; times in this machine's zone."""
    rows = [HEADS, *map(_cells, found)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    line = "  ".join(f"{{:<{width}}}" for width in widths)
    for row in rows:
        yield line.format(*row).rstrip()


def as_json(call: Found | dict[str, Any]) -> str:
    """One line; instants as RFC 3339 in UTC."""
    values = call if isinstance(call, dict) else call._asdict()
    return json.dumps(values, ensure_ascii=False, default=_instant)


def call_text(call: dict[str, Any]) -> str:
    """All of one call: what it was, then what happened in it, in its order."""
    return "\n".join([*_facts(call), "", *_story(call)])


def _cells(call: Found) -> tuple[str, ...]:
    began = _local(call.began)
    seconds = f"{call.seconds:.0f}"
    return (
        call.id, began, call.caller or "-", call.called or "-", call.profile or "-", seconds,
        str(call.turns), call.outcome,
    )  # fmt: skip


def _facts(call: dict[str, Any]) -> Iterator[str]:
    shown = ("id", "caller", "called", "profile", "channel", "line", "bot", "outcome", "seconds")
    for name in shown:
        if call[name] not in ("", None):
            yield f"{name:10}{call[name]}"
    if made := call["outbound"]:
        yield f"{'we called':10}{made['outcome'] or 'not over'}, order {made['order_id']}"
    yield f"{'began':10}{_local(call['began'])}"
    for name in ("recording", "summary"):
        if call[name]:
            yield f"{name:10}{call[name]}"
    for given in call["fields"]:
        yield f"{'field':10}{given['name']} = {given['value']}"


def _story(call: dict[str, Any]) -> list[str]:
    """Turns and events by time. What a turn tells as a whole, events do not tell again."""
    told = [(event["at"], event["kind"], event["detail"]) for event in call["events"]]
    said = {turn["said"] for turn in call["turns"]}
    lines = [each for each in told if each[1] != "saying" or not _within(each[2], said)]
    for turn in call["turns"]:
        took = turn["intervals"].get("turnaround", turn["intervals"].get("response"))
        after = f" (after {took:.2f} s)" if took is not None else ""
        cut = " (cut)" if turn["cut"] else ""
        lines.append((turn["at"], "said", f"{turn['said']}{after}{cut}"))
    return [f"{at:8.2f}  {kind:12}  {detail}".rstrip() for at, kind, detail in sorted(lines)]


def _within(sentence: str, said: set[str]) -> bool:
    return any(sentence in whole for whole in said)


def _local(instant: datetime) -> str:
    return instant.astimezone().isoformat(" ", "seconds")[:19]


def _instant(value: object) -> str:
    assert isinstance(value, datetime), value
    return value.isoformat().replace("+00:00", "Z")
