"""One spelling of a text."""

import pytest

from bot.hindi.fold import fold


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("हाँ", "हां"),
        ("हिन्दी नम्बर", "हिंदी नंबर"),
        ("चाहिये", "चाहिए"),
        ("गये नयी", "गए नई"),
        ("फ़ोन", "फोन"),
        ("छः", "छह"),
        ("छ: सात", "छह सात"),
        ("कॉल ऑर्डर", "काल आर्डर"),
        ("१२३", "123"),
        ("1,245", "1245"),
        ("Haan, JI!", "haan ji"),
        ("क\u200dया", "कया"),
        ("don't", "dont"),
        ("ठीक है।", "ठीक है"),
        ("\u095e\u094b\u0928", "फोन"),
    ],
)
def test_spellings_of_one_word_fold_to_the_same(one, other):
    """Nukta, candrabindu, nasals, glides, figures, case and marks make no difference."""
    assert fold(one) == fold(other)


def test_folding_twice_changes_nothing():
    """Folded text is its own folding."""
    text = "जी, हाँ! छः सौ रुपये, 1,245 OK… नहीं। क्या ये गये?"
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize("text", ["", " ", "।", "…?!", "🙂"])
def test_what_is_not_spoken_folds_to_nothing(text):
    """Marks and white space are no words."""
    assert fold(text) == ""


def test_a_word_this_stays_a_word():
    """The glide of "ये" alone is part of the word."""
    assert fold("ये") == "ये"
