"""
Joins everybody's notes into turns, and says what the bot added to each.

All times are CLOCK_MONOTONIC of one machine, in seconds: the services', the callers' and the loop's
time in which the bot logs the marks of a turn.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bench.turn_overhead.script import Tag, tag_in, utterance, words_of
from bench.turn_overhead.stalls import Stall, during
from bot.call.endpoint import Signs, wait
from bot.call.words import Words
from bot.config import EndOfTurnSettings
from bot.core.audio import FRAME_SECONDS, WIDEBAND, frame_bytes

HOPS = ("hear", "ask", "hear and ask", "speak", "play")
"""What the bot does in a turn, between what the services do; see the package's main module."""
PARTS = ("decide", "words in", "request out", "token in", "sentence out", "sound in", "beat",
         "frame out")  # fmt: skip
"""Where the time goes in it, by the bot's own marks."""
MEAN_BEAT = FRAME_SECONDS / 2
MISCOUNTED = 0.001
"""Seconds that a hop may be below zero: two clocks of the kernel differ by some microseconds."""

Row = dict[str, Any]
Span = tuple[float, float]
"""Begin and end."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of one call, in seconds."""

    kind: str
    spans: Mapping[str, Span]
    """The hops that this turn had, one after the other."""
    parts: Mapping[str, float]
    turnaround: float
    """From the caller's last sound to the first frame of the answer."""
    wait: float
    """From the frame by which the bot heard the silence to when it took the turn."""
    stalled: float | None = None
    """For how long of its hops, but for the beat, the bot's core stood still; None: not known."""

    @property
    def hops(self) -> dict[str, float]:
        """How long each of them took."""
        return {name: end - begin for name, (begin, end) in self.spans.items()}

    @property
    def added(self) -> float:
        """What the bot added to the services, the wait for the beat of 20 ms included."""
        return sum(self.hops.values())

    @property
    def added_without_beat(self) -> float:
        """The same without the time for which the sound, ready to go, waited for the beat."""
        return self.added - self.parts["beat"]


def turns(
    calls: list[Row],
    rows: list[Row],
    log: list[Row],
    weights: EndOfTurnSettings,
    early: bool,
    stalls: list[Stall] | None = None,
) -> Iterator[Turn]:
    """
    Every turn that was answered and of which nothing is missing.

    `stalls`: those of the bot's core; None where nobody watched it.

    Where it seems that the bot was told before the caller had spoken, frames were lost or added on
    the way, and counting them tells nothing.
    """
    notes = by_tag(rows)
    marks = {
        (row["call"], tag_in(row.get("heard", ""))): row["marks"]
        for row in log
        if row.get("event") == "turn"
    }
    for call in calls:
        for row in call["turns"]:
            tag = tuple(row["tag"]) if row["tag"] else None
            noted, own = notes.get(tag), marks.get((call["uuid"], tag))
            if noted is not None and own is not None and own.keys() >= NEEDED:
                turn = _turn(call["sent"], row, noted, own, weights, early, stalls)
                if min(turn.hops.values()) > -MISCOUNTED:
                    yield turn


NEEDED = frozenset(
    {"speech_ended", "final_transcript", "turn_ended", "asked", "first_sentence", "first_audio"}
)
"""Marks without which a turn cannot be measured."""


def by_tag(rows: list[Row]) -> dict[Tag | None, dict[str, Row]]:
    """The services' notes of each turn that came to its end; the last of each kind counts."""
    found: dict[Tag | None, dict[str, Row]] = {}
    for row in rows:
        stream, number = row["tag"]
        found.setdefault((stream, number), {})[row["what"]] = row
    return {tag: noted for tag, noted in found.items() if len(noted) == 4}


def _turn(
    sent: list[float],
    row: Row,
    noted: Mapping[str, Row],
    own: Mapping[str, float],
    weights: EndOfTurnSettings,
    early: bool,
    stalls: list[Stall] | None,
) -> Turn:
    heard, spoken = noted["heard"], noted["spoken"]
    asked, sentence = noted["asked"]["came"], noted["sentence"]["sent"]
    told = sent[heard["bytes"] // frame_bytes(WIDEBAND) - 1]
    over = max(pause_over(own, tuple(row["tag"]), weights), heard["final"])
    frame, late = row["first_frame"], max(0.0, row["late"])
    spans = {
        **_asking(told, heard, asked, None if early else over),
        "speak": (sentence, spoken["asked"]),
        "play": (max(spoken["audio"], over), frame),
    }
    ready = max(own["first_audio"], own["turn_ended"])
    parts = {
        "decide": own["turn_ended"] - over,
        "words in": own["final_transcript"] - heard["final"],
        "request out": asked - own["asked"],
        "token in": own["first_sentence"] - sentence,
        "sentence out": spoken["asked"] - own["first_sentence"],
        "sound in": own["first_audio"] - spoken["audio"],
        "beat": min(max(0.0, own["first_frame"] - ready - late), FRAME_SECONDS),
        "frame out": frame - own["first_frame"],
    }
    play, due = spans["play"], own["first_frame"] - late
    busy = [*(span for name, span in spans.items() if name != "play"),
            (play[0], max(play[0], ready)), (due, play[1])]  # fmt: skip
    return Turn(
        utterance(tuple(row["tag"])).kind,
        spans,
        parts,
        turnaround=frame - row["ended"],
        wait=own["turn_ended"] - told,
        stalled=None if stalls is None else sum(during(*span, stalls) for span in busy),
    )


def _asking(told: float, heard: Row, asked: float, over: float | None) -> dict[str, Span]:
    """From the silence to the model's request; `over` is what that waits for, where it does."""
    if over is None and asked < heard["final"]:
        return {"hear and ask": (told, asked)}
    begin = heard["final"] if over is None else over
    return {"hear": (told, heard["forced"]), "ask": (begin, asked)}


def pause_over(own: Mapping[str, float], tag: Tag, weights: EndOfTurnSettings) -> float:
    """When the pause after the caller's words is over, by the bot's policy."""
    words = Words(finals=[words_of(utterance(tag).words)], closed=True)
    return own["speech_ended"] + wait(Signs(words), weights)
