"""Where an utterance begins and ends, frame by frame of 32 ms."""

import pytest

from bot.local.endpoint import EndPointer, EndPointing, Turning

RULE = EndPointing(start_ms=96, start_share=0.6, stop_ms=320, stop_share=0.98)


def turnings(rule, frames):
    """What each frame changed: v is voiced, . is not; B, P and E are the changes, - is none."""
    names = {Turning.NOTHING: "-", Turning.BEGUN: "B", Turning.PAUSED: "P", Turning.ENDED: "E"}
    ends = EndPointer(rule)
    return "".join(names[ends.hear(frame == "v")] for frame in frames)


@pytest.mark.parametrize(
    ("frames", "changes"),
    [
        ("......", "------"),
        ("v.....", "------"),
        (".vv...", "--B---"),
        ("v.v...", "--B---"),
        ("v..v..", "------"),
        ("vv" + "v" * 20, "-B" + "-" * 20),
        ("vv" + "." * 10, "-B" + "-" * 9 + "E"),
        ("vv" + "." * 9 + "v" + "." * 10, "-B" + "-" * 19 + "E"),
        ("vv" + "." * 10 + "vv", "-B" + "-" * 9 + "E-B"),
    ],
)
def test_an_utterance_begins_and_ends_by_the_shares(frames, changes):
    """Two voiced frames of three begin it; ten quiet ones in a row end it."""
    assert turnings(RULE, frames) == changes


def test_a_first_pass_is_told_once_a_pause():
    """With stop_history_eou, each pause is told once, and the end still comes."""
    rule = EndPointing(stop_ms=320, pause_ms=128)
    assert turnings(rule, "vv.....vv" + "." * 10) == "-B---P------P-----E"


def test_a_lower_share_forgives_a_click():
    """With stop_threshold 0.8 a voiced frame in the pause does not start it anew."""
    rule = EndPointing(stop_ms=320, stop_share=0.8)
    assert turnings(rule, "vvvv" + "....v....." + "...").index("E") < 13


def test_within_an_utterance_another_threshold_counts():
    """Onset is for beginning, offset for going on."""
    ends = EndPointer(EndPointing(onset=0.6, offset=0.2))
    assert ends.threshold == 0.6
    ends.hear(True)
    ends.hear(True)
    assert ends.threshold == 0.2
    ends.reset()
    assert ends.threshold == 0.6
