"""Digits out of what callers say: tables of styles and corrections, any number said and heard."""

import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.hindi.counting import NUMBERS, WORTH, key
from bot.hindi.digits import correct, ends_open, heard_digits
from bot.hindi.fold import fold

HERE = Path(__file__).parent
DIGITS = st.text("0123456789", min_size=1, max_size=16)
ENGLISH = "ज़ीरो वन टू थ्री फोर फाइव सिक्स सेवन एट नाइन".split()  # noqa: SIM905
LATIN = "zero one two three four five six seven eight nine".split()  # noqa: SIM905
TENS = {
    "2": "ट्वेंटी",
    "3": "थर्टी",
    "4": "फोर्टी",
    "5": "फिफ्टी",
    "6": "सिक्सटी",
    "7": "सेवेंटी",
    "8": "एटी",
}
FILLERS = st.sampled_from(["", "", "अम्म", "और फिर", "उसके बाद", "कॉमा", "जी", "डैश"])
SPELLINGS = """
11 ग्यारा  15 पन्द्रह  17 सत्तरह  18 अट्ठारह  27 सत्ताइस  28 अठाईस  29 उन्तीस  31 इकत्तीस
33 तेंतीस  39 उन्तालीस  42 बियालीस  44 चवालीस  46 छयालीस  49 उन्चास  51 इक्कावन  53 तिरेपन
54 चव्वन  61 इकसठ  63 तिरेसठ  66 छाछठ  67 सड़सट  69 उन्हत्तर  71 इकत्तर  75 पिचहत्तर
76 छियत्तर  77 सतत्तर  78 अठत्तर  79 उन्नासी  81 इकासी  82 ब्यासी  86 छयासी  89 नवासी
91 इक्यानबे  92 बयानवे  95 पंचानबे  96 छयानवे  98 अठानबे  99 निन्नानवे
"""


def rows(name: str) -> list[dict[str, str]]:
    """The rows of a table."""
    with (HERE / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.mark.parametrize("row", rows("digits.tsv"), ids=lambda row: row["heard"])
def test_digits_are_heard_in_every_style(row: dict[str, str]):
    """Digits, pairs, hundreds, repeats, both languages and scripts; no digits in a mere count."""
    assert heard_digits(row["heard"]) == row["digits"]


@pytest.mark.parametrize("row", rows("corrections.tsv"), ids=lambda row: row["heard"])
def test_a_correction_changes_what_was_entered(row: dict[str, str]):
    """The digits after the correction; "-" where the text is none."""
    becomes = None if row["becomes"] == "-" else row["becomes"]
    assert correct(row["entered"], row["heard"]) == becomes


@pytest.mark.parametrize(
    ("heard", "becomes"),
    [
        ("नहीं, तीन दो एक एक", "9876543211"),
        ("नहीं, आठ छह छह पाँच", "9866543210"),
        ("नहीं, नौ आठ सात छह पाँच चार तीन दो एक एक", "9876543211"),
        ("नहीं, एक एक", "9876543211"),
        ("नहीं, नौ आठ", "98"),
    ],
)
def test_a_part_said_anew_goes_where_it_fits_in_a_whole_number(heard: str, becomes: str):
    """A complete number keeps its length, unless the caller begins it anew."""
    assert correct("9876543210", heard, complete=True) == becomes


def test_the_last_digits_may_be_those_that_lack():
    """ "आख़िरी दो अंक" are the missing two, where just two are missing."""
    assert correct("98765432", "आख़िरी दो अंक चार पाँच हैं", whole=10) is None
    assert correct("9876543210", "आख़िरी दो अंक चार पाँच हैं", whole=10) == "9876543245"


def test_a_double_at_the_end_waits_for_its_digit():
    """The word is handed back, to be put before the next utterance."""
    assert ends_open("नौ आठ डबल") == "डबल"
    assert heard_digits("नौ आठ डबल") == "98"
    assert ends_open("नौ डबल आठ") == ""


@settings(deadline=None)
@given(DIGITS, st.sampled_from([NUMBERS, ENGLISH, LATIN, list("0123456789"), list("०१२३४५६७८९")]))
def test_any_number_said_digit_by_digit_comes_back(digits: str, words: list[str]):
    """In Hindi, English in both scripts, and figures of both kinds."""
    assert heard_digits(" ".join(words[int(digit)] for digit in digits)) == digits


@settings(deadline=None)
@given(DIGITS)
def test_any_number_said_in_pairs_comes_back(digits: str):
    """ "अट्ठानवे छिहत्तर"; a pair that begins with a zero is said digit by digit."""
    pairs = [digits[at : at + 2] for at in range(0, len(digits), 2)]
    said = [
        NUMBERS[int(pair)] if pair[0] != "0" else " ".join(NUMBERS[int(one)] for one in pair)
        for pair in pairs
    ]
    assert heard_digits(" ".join(said)) == digits


@settings(deadline=None)
@given(DIGITS)
def test_any_number_said_with_doubles_and_triples_comes_back(digits: str):
    """Runs of equal digits said as डबल and ट्रिपल."""
    said, at = [], 0
    while at < len(digits):
        run = next(n for n in (3, 2, 1) if digits[at : at + n] == digits[at] * n)
        said.append(["", "डबल ", "ट्रिपल "][run - 1] + NUMBERS[int(digits[at])])
        at += run
    assert heard_digits(" ".join(said)) == digits


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(sorted(TENS)), st.integers(1, 9)), min_size=1, max_size=6)
)
def test_any_number_said_in_english_tens_comes_back(pairs: list[tuple[str, int]]):
    """ "नाइंटी एट सेवेंटी सिक्स", in Devanagari."""
    said = " ".join(f"{TENS[ten]} {ENGLISH[one]}" for ten, one in pairs)
    assert heard_digits(said) == "".join(f"{ten}{one}" for ten, one in pairs)


@settings(deadline=None)
@given(st.integers(1, 9_99_99_999))
def test_any_amount_said_with_its_scales_comes_back(number: int):
    """ "दो हज़ार चौबीस" and the like, up to crores."""
    assert heard_digits(in_words(number)) == str(number)


def in_words(number: int) -> str:
    """A number as an amount is said."""
    said = []
    for scale, name in ((10_000_000, "करोड़"), (100_000, "लाख"), (1000, "हज़ार"), (100, "सौ")):
        count, number = divmod(number, scale)
        said += [NUMBERS[count], name] if count else []
    return " ".join([*said, NUMBERS[number]] if number else said)


@settings(deadline=None)
@given(DIGITS, st.data())
def test_mixed_words_and_fillers_lose_no_digit(digits: str, data: st.DataObject):
    """Each digit in a style of its own, with hesitation and carrier words between."""
    styles = [NUMBERS, ENGLISH, LATIN, list("0123456789")]
    said = ["मेरा नंबर है"]
    for digit in digits:
        said += [data.draw(FILLERS), data.draw(st.sampled_from(styles))[int(digit)]]
    assert heard_digits(" ".join(said)) == digits


@settings(deadline=None)
@given(st.text(max_size=60), st.text("0123456789", max_size=12))
def test_no_text_breaks_it(text: str, entered: str):
    """Whatever comes in, digits come out, or nothing."""
    assert not heard_digits(text) or heard_digits(text).isdigit()
    corrected = correct(entered, text)
    assert corrected is None or not corrected or corrected.isdigit()


TALK = """
नौ आठ सात दो सौ हज़ार नहीं फिर से आख़िरी पहला अंक में है और डबल बार हटाइए सब की जगह
मिनट बजे कुछ 9 ninety एट
"""


@settings(deadline=None)
@given(st.lists(st.sampled_from(TALK.split()), max_size=10), st.text("0123456789", max_size=12))
def test_no_talk_breaks_it(words: list[str], entered: str):
    """Number talk in any order gives digits, or nothing."""
    text = " ".join(words)
    assert not heard_digits(text) or heard_digits(text).isdigit()
    for complete in (False, True):
        corrected = correct(entered, text, complete)
        assert corrected is None or not corrected or corrected.isdigit()


def test_every_number_word_of_hindi_is_told_from_every_other():
    """No two of 0 to 99 fall together where spellings are folded."""
    assert len({key(fold(word)) for word in NUMBERS}) == 100
    assert all(WORTH[key(fold(word))] == value for value, word in enumerate(NUMBERS))


def test_the_usual_spellings_of_the_tens_are_known():
    """What recognisers and people write beside the spelling of the dictionary."""
    words = SPELLINGS.split()
    for value, word in zip(words[::2], words[1::2], strict=True):
        assert heard_digits(word) == value, word
