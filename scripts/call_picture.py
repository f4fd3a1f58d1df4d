"""Draws a call: both voices on one time axis, and for every turn its words and marks."""

import html
from typing import Any

import numpy as np

from scripts.waterfall import waterfall

PIXELS = 60
"""Per second of the call."""
HEIGHT = 90
"""Of one voice, in pixels."""
FLAGS = (
    "speech_ended", "asked", "turn_ended", "first_token", "first_audio", "filler", "first_frame",
    "hushed", "barge_in",
)  # fmt: skip
"""The marks that are drawn; all of them are in the table."""
COLOURS = {
    "speech_ended": "#888888",
    "asked": "#c0a000",
    "turn_ended": "#d08000",
    "first_token": "#8040c0",
    "first_audio": "#0080c0",
    "filler": "#40a0a0",
    "first_frame": "#008040",
    "hushed": "#e06080",
    "barge_in": "#d00040",
}


def page(caller: bytes, bot: bytes, rate: int, turns: list[dict[str, Any]], start: float) -> str:
    """
    The whole page. `turns` are the bot's log lines, their marks in the clock of `start`, which
    is when the call was answered.
    """
    length = max(len(caller), len(bot)) / 2 / rate
    width = int(length * PIXELS) + 20
    parts = [
        f'<svg width="{width}" height="{2 * HEIGHT + 90}" font-size="11">',
        _voice(caller, rate, 0, "#406080"),
        _voice(bot, rate, HEIGHT + 10, "#208040"),
        _axis(length),
        *(_flags(turn, start) for turn in turns),
        *(_words(turn, start) for turn in turns),
        "</svg>",
    ]
    legend = " ".join(
        f'<span style="color:{COLOURS[name]}">▌{name.replace("_", " ")}</span>' for name in FLAGS
    )
    rows = "\n".join(_row(turn, start) for turn in turns)
    return _PAGE.format(picture="\n".join(parts), legend=legend, rows=rows)


def _voice(pcm: bytes, rate: int, top: int, colour: str) -> str:
    """One voice as the outline of its peaks, one column a pixel."""
    samples = np.abs(np.frombuffer(pcm, "<i2").astype(np.int32))
    column = rate // PIXELS
    peaks = np.array(
        [samples[at : at + column].max(initial=0) for at in range(0, len(samples), column)]
    )
    loudest = max(float(peaks.max(initial=0)), 1000.0)
    middle = top + HEIGHT / 2
    lines = (
        f"M{x} {middle - tall:.1f}V{middle + tall:.1f}"
        for x, tall in enumerate(peaks / loudest * HEIGHT / 2)
        if tall >= 0.3
    )
    ground = f'<line x1="0" x2="{len(peaks)}" y1="{middle}" y2="{middle}" stroke="#ddd"/>'
    return f'{ground}<path d="{"".join(lines)}" stroke="{colour}"/>'


def _axis(length: float) -> str:
    y = 2 * HEIGHT + 25
    ticks = (
        f'<line x1="{s * PIXELS}" x2="{s * PIXELS}" y1="{y - 8}" y2="{y - 3}" stroke="#888"/>'
        f'<text x="{s * PIXELS}" y="{y + 8}" text-anchor="middle">{s} s</text>'
        for s in range(int(length) + 1)
    )
    return "".join(ticks)


def _flags(turn: dict[str, Any], start: float) -> str:
    drawn = []
    for name in FLAGS:
        if name in turn["marks"]:
            x = (turn["marks"][name] - start) * PIXELS
            title = f"turn {turn['turn']}: {name} at {turn['marks'][name] - start:.2f} s"
            drawn.append(
                f'<line x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{2 * HEIGHT + 12}"'
                f' stroke="{COLOURS[name]}" stroke-dasharray="3 2"><title>{title}</title></line>'
            )
    return "".join(drawn)


def _words(turn: dict[str, Any], start: float) -> str:
    """What the caller said, up to where it ended; what the bot said, from where it began."""
    marks, below, never = turn["marks"], 2 * HEIGHT + 55, float("inf")
    drawn = []
    if turn["heard"] and "speech_ended" in marks:
        x = (marks["speech_ended"] - start) * PIXELS
        said = html.escape(turn["heard"])
        drawn.append(
            f'<text x="{x:.1f}" y="{below}" text-anchor="end" fill="#406080">{said}</text>'
        )
    if turn["said"] and "first_frame" in marks:
        x = (min(marks["first_frame"], marks.get("filler", never)) - start) * PIXELS
        said = html.escape(turn["said"])
        drawn.append(f'<text x="{x:.1f}" y="{below + 18}" fill="#208040">{said}</text>')
    return "".join(drawn)


def _row(turn: dict[str, Any], start: float) -> str:
    marks = "<br>".join(
        f"{name.replace('_', ' ')} {at - start:.2f}" for name, at in turn["marks"].items()
    )
    intervals = "<br>".join(f"{name} {value:.3f}" for name, value in turn["intervals"].items())
    said = html.escape(turn["said"]) + (" <b>[interrupted]</b>" if turn["cut"] else "")
    heard = html.escape(turn["heard"]) or f"<i>{html.escape(turn['phrase'])}</i>"
    cells = (str(turn["turn"]), heard, said, waterfall(turn["marks"]), marks, intervals)
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>A call</title>
<style>
body {{ font: 14px sans-serif; margin: 1.5em; color: #222; }}
.axis {{ overflow-x: auto; border: 1px solid #ddd; padding: 8px; }}
table {{ border-collapse: collapse; margin-top: 1em; }}
td, th {{ border: 1px solid #ddd; padding: 4px 8px; vertical-align: top; text-align: left; }}
</style>
<h1>A call</h1>
<p>The caller above, the bot below, as the softphone said and heard them. Seconds count from the
answer. {legend}</p>
<div class="axis">{picture}</div>
<audio controls src="call.wav"></audio>
<table><tr><th>turn<th>the caller, as recognised<th>the bot, as heard
<th>from the caller's last sound to ours<th>marks (s)<th>intervals (s)</tr>
{rows}
</table></html>
"""
