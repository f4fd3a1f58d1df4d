"""What a caller's last words say about whether more is coming."""

import pytest

from bot.hindi.endings import TextEnd, how_it_ends
from tests.hindi.tables import table


@pytest.mark.parametrize(("how", "text"), table("endings"))
def test_sentences_and_their_beginnings(how, text):
    """A whole sentence is finished; the same one cut earlier is not."""
    assert how_it_ends(text) is TextEnd(how)


def test_nineteen_of_twenty_sentences_that_were_never_tuned_on():
    """The right ending for at least 19 in 20 of the sentences that no rule was made for."""
    rows = table("endings_held_out")
    right = sum(how_it_ends(text) is TextEnd(how) for how, text in rows)
    assert right / len(rows) >= 0.95


@pytest.mark.parametrize("text", ["", " ", "।", "?", "…"])
def test_nothing_is_neutral(text):
    """Without a word nothing is known."""
    assert how_it_ends(text) is TextEnd.NEUTRAL


@pytest.mark.parametrize(
    ("text", "how"),
    [
        ("मेरा बिल की।", TextEnd.UNFINISHED),
        ("मेरा ऑर्डर कब आएगा", TextEnd.FINISHED),
        ("बिल की तारीख।", TextEnd.NEUTRAL),
        ("बिल की तारीख?", TextEnd.FINISHED),
        ("हाँ, और?", TextEnd.UNFINISHED),
    ],
)
def test_marks_count_only_where_words_say_nothing(text, how):
    """A question mark finishes a noun, never a sentence that hangs in the air; a danda nothing."""
    assert how_it_ends(text) is how


def test_both_scripts_say_the_same():
    """What is written in Latin letters ends as it does in Devanagari."""
    pairs = [
        ("मुझे अपना ऑर्डर रद्द करवाना है", "mujhe apna order radd karwana hai"),
        ("मैंने कल पैसे भेजे थे लेकिन", "maine kal paise bheje the lekin"),
        ("आप मुझे बताइए", "aap mujhe bataiye"),
        ("बिल जमा करने के लिए", "bill jama karne ke liye"),
        ("मेरे पैसे वापस नहीं आए", "mere paise vapas nahin aaye"),
        ("मैं कोशिश कर रही", "main koshish kar rahi"),
    ]
    for hindi, latin in pairs:
        assert how_it_ends(hindi) is how_it_ends(latin), latin


def test_a_very_long_utterance_is_judged_by_its_end():
    """A minute of talk costs no more than its last words."""
    assert how_it_ends("मेरा बिल ज़्यादा है " * 2_000 + "क्योंकि") is TextEnd.UNFINISHED
