"""Where a text is cut, however it is streamed, and how soon each sentence comes out."""

from pathlib import Path

import pytest

from bot.hindi.cut import Cutter, cut

CUT = "‖"
HERE = Path(__file__).parent
LATEST = 1
"""Characters after the last one of a sentence that may be awaited."""


def rows() -> list[str]:
    """Texts with a mark at each cut; a new line in one is written as \\n."""
    text = (HERE / "cuts.txt").read_text(encoding="utf-8")
    return [line.replace("\\n", "\n") for line in text.splitlines()]


def spoken_part(part: str) -> str:
    """A part as it comes out: without white space, and without what belongs to the one before."""
    return part.strip().lstrip("।॥?!…”’»)] ")


def streamed(text: str, size: int) -> list[str]:
    """The sentences of a text that comes `size` characters at a time."""
    cutter = Cutter()
    found = []
    for at in range(0, len(text), size):
        found += cutter.feed(text[at : at + size])
    return [*found, *cutter.finish()]


@pytest.mark.parametrize("row", rows())
def test_a_text_is_cut_where_it_should_be_however_it_is_streamed(row: str):
    """Whole, and one to five characters at a time."""
    expected = [said for part in row.split(CUT) if (said := spoken_part(part))]
    text = row.replace(CUT, "")
    assert cut(text) == expected
    for size in range(1, 6):
        assert streamed(text, size) == expected


@pytest.mark.parametrize("row", rows())
def test_a_sentence_is_out_at_most_one_character_after_its_end(row: str):
    """Where the next character can not change it, at once."""
    text = row.replace(CUT, "")
    cutter, ends = Cutter(), 0
    for at, letter in enumerate(text):
        for sentence in cutter.feed(letter):
            ends = text.index(sentence, ends) + len(sentence)
            assert at - (ends - 1) <= LATEST


def test_the_table_is_as_long_as_it_should_be():
    """At least 60 different texts."""
    assert len(set(rows())) == len(rows()) >= 60


@pytest.mark.parametrize("end", list("।॥?!…\n"))
def test_these_ends_await_nothing(end: str):
    """The piece that brings them brings the sentence."""
    assert list(Cutter().feed(f"ठीक है{end}")) == [f"ठीक है{end}".strip()]
