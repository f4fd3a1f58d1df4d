"""Draws where the time of a turn went: one bar for each interval, all on one clock."""

from collections.abc import Mapping

from bot.core.marks import INTERVALS

SHOWN = ("endpoint", "recognition", "model", "sentence", "synthesis", "playout")
"""The intervals that lie between the caller's last sound and our first frame."""
SCALE = 220
"""Pixels per second."""
ROW = 14
LABEL = 150
"""Pixels for the names."""
COLOURS = ("#d08000", "#888888", "#8040c0", "#a060d0", "#0080c0", "#008040")


def waterfall(marks: Mapping[str, float]) -> str:
    """An SVG picture of one turn's marks (seconds of any clock); empty where nothing was heard."""
    bars = [
        (name, marks[begin.value], marks[end.value], colour)
        for name, colour in zip(SHOWN, COLOURS, strict=True)
        for begin, end in [INTERVALS[name]]
        if begin.value in marks and end.value in marks
    ]
    if "speech_ended" not in marks or not bars:
        return ""
    zero = marks["speech_ended"]
    width = LABEL + int((max(end for _, _, end, _ in bars) - zero) * SCALE) + 60
    drawn = "".join(_bar(row, bar, zero) for row, bar in enumerate(bars))
    return f'<svg width="{width}" height="{len(bars) * ROW + 4}" font-size="11">{drawn}</svg>'


def _bar(row: int, bar: tuple[str, float, float, str], zero: float) -> str:
    name, begin, end, colour = bar
    x, y, width = LABEL + (begin - zero) * SCALE, row * ROW, max(1.0, (end - begin) * SCALE)
    text = f"{name} {(end - begin) * 1000:.0f} ms"
    return (
        f'<text x="0" y="{y + 11}">{text}</text>'
        f'<rect x="{x:.1f}" y="{y + 2}" width="{width:.1f}" height="{ROW - 4}" fill="{colour}">'
        f"<title>{text}, from {begin - zero:.3f} s to {end - zero:.3f} s after the caller</title>"
        "</rect>"
    )
