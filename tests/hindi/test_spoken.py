"""How written sentences are said."""

import csv
import re
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.hindi.fold import fold
from bot.hindi.lexicon import Lexicon
from bot.hindi.spoken import aloud, spoken
from bot.hindi.spoken_marks import prepared


def cases():
    """The table: a kind, what is written, and what may be said for it."""
    with (Path(__file__).parent / "spoken_cases.tsv").open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [(row["written"], row["said"].split(" | ")) for row in rows]


CASES = cases()
WRITTEN = [written for written, _ in CASES]
UNSAID = re.compile("[0-9A-Za-z०-९]")
"""What must not be left: the synthesizer would guess at it."""


def test_the_table_is_long_enough():
    """At least 400 different texts."""
    assert len(set(WRITTEN)) == len(WRITTEN) >= 400


@pytest.mark.parametrize(("written", "said"), CASES, ids=WRITTEN)
def test_people_say_it_so(written, said):
    """One of the accepted forms, whatever its spelling; and the spoken form is its own."""
    ours = spoken(written)
    assert fold(ours) in [fold(form) for form in said]
    assert spoken(ours) == ours
    assert not UNSAID.search(ours)


PIECES = st.one_of(
    st.sampled_from([word for written in WRITTEN for word in written.split()]),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Z"]), max_size=8),
    st.text("0123456789०१२३,.:/-₹%+@# XIVaekmPM°½'()*", max_size=12),
    st.integers(0, 10**13).map(str),
    st.decimals(0, 10**8, places=2).map(str),
    st.dates().map(str),
    st.times().map(str),
    st.from_regex(r"[A-Za-z]{1,8}", fullmatch=True),
    st.sampled_from(["है", "को", "OTP", "रुपये", "बजे", "नंबर", "hai", "the", "AM", "लाख", "5वाँ"]),
)


@settings(deadline=None)
@given(st.lists(PIECES, max_size=8).map(" ".join))
@example("डा.1 X. +91")
@example("-/ 0'@")
@example("E. Mo. ई . 500 ई.")
@example("₹" + "9" * 5000 + " 1." + "1" * 5000)
def test_any_text_is_said_once_and_for_all(text):
    """Nothing in figures or Latin letters is left, and a second time changes nothing."""
    said = spoken(text)
    assert not UNSAID.search(said)
    assert spoken(said) == said


LANDMARK = "पहाड़"
WORD = re.compile(r"\w")


@settings(deadline=None)
@given(st.lists(PIECES, min_size=1, max_size=5))
def test_no_word_is_dropped(pieces):
    """Between words that stay, each piece with a letter or figure has words for it."""
    gaps = spoken(f" {LANDMARK} ".join(["आज", *pieces, "कल"])).split(LANDMARK)
    for piece, gap in zip(pieces, gaps[1:-1], strict=True):
        assert not any(letter.isalnum() for letter in prepared(piece)) or WORD.search(gap)


@settings(deadline=None)
@given(st.lists(PIECES, max_size=8).map(" ".join))
def test_every_written_word_is_heard_in_the_end(text):
    """And never more of them, the more was spoken."""
    said = aloud(text)
    counts = [len(said.heard(words).split()) for words in range(len(said.said.split()) + 1)]
    assert counts == sorted(counts)
    assert not said.said or said.heard(len(counts)) == " ".join(text.split())


def test_lines_stay_lines():
    """For texts of several lines."""
    assert spoken("5 km\n\n₹10") == "पाँच किलोमीटर\n\nदस रुपये"


def test_a_tenants_words_come_first():
    """Whatever the rules would make of them; whole words only, in capitals or not."""
    own = Lexicon({"PNB": "पंजाब नेशनल", "Vahini 5G": "वाहिनी फ़ाइव जी", "सं": "संस्था", "10K": "टेन के"})
    text = "pnb, PNBX, vahini  5g, सं और 10K"
    assert spoken(text, own) == "पंजाब नेशनल, पी एन बी एक्स, वाहिनी फ़ाइव जी, संस्था और टेन के"
    assert spoken(spoken(text, own), own) == spoken(text, own)


def test_the_examples_of_the_page_are_true():
    """Twenty of them at least."""
    page = (Path(__file__).parents[2] / "docs/hindi.md").read_text(encoding="utf-8")
    table = page.split("| written | spoken |\n|---|---|\n")[1].split("\n\n")[0]
    rows = [line.strip("| ").split(" | ") for line in table.replace("\\[", "[").splitlines()]
    assert len(rows) >= 20
    assert [(written, spoken(written)) for written, _ in rows] == [tuple(row) for row in rows]
