"""From the recogniser's Urdu script to Devanagari."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from bot.local.asr import is_invented, is_loop, without_stutter
from bot.local.numerals import spoken_number
from bot.local.urdu import Lexicon, Spelling, letter_by_letter
from bot.local.urdu_letters import distances, hindi_sounds, loose, urdu_sounds
from bot.local.vocabulary import without_variants

SPELLING = Spelling.from_wordfreq()


@pytest.mark.parametrize(
    ("urdu", "hindi"),
    [
        ("مجھے اپنے بجلی کے بل کی جانکاری چاہیے", "मुझे अपने बिजली के बिल की जानकारी चाहिए"),
        ("میرا آرڈر کب آئے گا؟", "मेरा ऑर्डर कब आएगा"),
        ("میرا انٹرنیٹ دو دن سے کام نہیں کر رہا ہے۔", "मेरा इंटरनेट दो दिन से काम नहीं कर रहा है"),
        ("کیا آپ ہندی میں بات کر سکتے ہیں", "क्या आप हिंदी में बात कर सकते हैं"),
        ("آپ کی دکان کتنے بجے کھلتی ہے", "आपकी दुकान कितने बजे खुलती है"),
    ],
)
def test_sentences_are_spelled_in_devanagari(urdu, hindi):
    """Right Urdu becomes right Hindi, punctuation dropped."""
    assert SPELLING.hindi(urdu) == hindi


@pytest.mark.parametrize(
    ("urdu", "hindi"),
    [("بلکول", "बिल्कुल"), ("نمبر", "नंबर"), ("کنیکشن", "कनेक्शन"), ("چاہی", "चाहिए"), ("شرمہ", "शर्मा")],
)
def test_misheard_words_find_the_word_that_sounds_like_them(urdu, hindi):
    """A word that Whisper spelled by ear is looked up by its sounds."""
    assert SPELLING.hindi(f"یہ {urdu}").split()[-1] == hindi


def test_main_is_i_at_the_start_and_in_elsewhere():
    """One Urdu spelling, two Hindi words: the place in the sentence decides."""
    assert SPELLING.hindi("میں گھر میں ہوں") == "मैं घर में हूँ"
    assert SPELLING.hindi("میں نے کہا") == "मैंने कहा"


def test_a_short_answer_is_expected_of_a_single_word():
    """A bare "haan" is the recogniser's worst case: alone, likely answers count more."""
    assert SPELLING.hindi("حان") == "हाँ"
    assert SPELLING.hindi("نحی") == "नहीं"


def test_numbers_become_words():
    """An amount is read as an amount, a long number digit by digit, in both kinds of digits."""
    assert SPELLING.hindi("500 روپے") == "पाँच सौ रुपये"
    assert SPELLING.hindi("۱۵") == "पंद्रह"
    assert SPELLING.hindi("987 554") == "नौ आठ सात पाँच पाँच चार"


@pytest.mark.parametrize(
    ("digits", "words"),
    [
        ("0", "शून्य"),
        ("07", "शून्य सात"),
        ("99", "निन्यानवे"),
        ("100", "एक सौ"),
        ("2025", "दो हज़ार पच्चीस"),
        ("15000", "पंद्रह हज़ार"),
        ("123456", "एक दो तीन चार पाँच छह"),
    ],
)
def test_a_number_is_spoken_as_callers_say_it(digits, words):
    """Amounts up to five digits; longer ones, and those with a leading zero, digit by digit."""
    assert spoken_number(digits) == words


def test_every_number_below_a_hundred_has_its_own_word():
    """Hindi has a hundred of them, and none is missing or doubled."""
    words = [spoken_number(str(number)) for number in range(100)]
    assert len(set(words)) == 100
    assert all(len(word.split()) == 1 for word in words)


def test_expected_words_win_over_common_ones():
    """A client's speech_contexts bring in words that no list has, and boost decides how much."""
    assert SPELLING.hindi("میرا نام ریگو ہے", ["रेग्वो"], 4.0) == "मेरा नाम रेग्वो है"
    assert "रेग्वो" not in SPELLING.hindi("میرا نام ریگو ہے")


def test_expected_words_leave_unlike_words_alone():
    """A hint is no wish: words that sound different stay what they are."""
    assert SPELLING.hindi("مجھے بل چاہیے", ["डॉक्टर"], 5.0) == "मुझे बिल चाहिए"


def test_latin_and_devanagari_pass_unchanged():
    """What is no Urdu is not touched."""
    assert SPELLING.hindi("SMS ہاں नमस्ते") == "SMS हाँ नमस्ते"


def test_nothing_gives_nothing():
    """No words, no text."""
    assert SPELLING.hindi("") == ""
    assert SPELLING.hindi("۔؟،") == ""


def test_a_word_unlike_any_is_spelled_by_its_letters():
    """Without a known word, consonants and long vowels are written as heard."""
    empty = Spelling(Lexicon({}))
    assert empty.hindi("گھوڑا") == letter_by_letter("گھوڑا") == "घोड़ा"


def test_one_spelling_stands_for_its_variants():
    """Words that are written in several ways come out in one."""
    assert without_variants("हिन्दी") == without_variants("हिंदी")
    assert without_variants("चाहिये") == without_variants("चाहिए")
    assert without_variants("पाँच") == without_variants("पांच")


@pytest.mark.parametrize(
    ("urdu", "hindi"), [("کارڈ", "कार्ड"), ("ایک", "एक"), ("خراب", "ख़राब"), ("زیرو", "ज़ीरो")]
)
def test_a_word_sounds_the_same_in_both_scripts(urdu, hindi):
    """Both scripts lead to one string of sounds."""
    assert urdu_sounds(urdu) == hindi_sounds(hindi)


@given(st.text("bptTdDkgmnrlswyaehH", max_size=8), st.lists(st.text("btdkmnaey", max_size=8)))
def test_likeness_is_zero_for_the_same_and_bounded_by_plain_edits(sounds, others):
    """The weighted distance of all rows at once is 0 for equals and never above 1.2 an edit."""
    rows = [*others, sounds]
    width = max(map(len, rows)) or 1
    table = np.array([list(row.encode().ljust(width, b"\0")) for row in rows], np.uint8)
    found = distances(sounds, table.reshape(len(rows), width))
    assert found[-1] == 0
    for row, distance in zip(rows, found, strict=True):
        assert -1e-4 <= distance <= 1.2 * Levenshtein.distance(sounds, row) + 1e-4


def test_easily_mistaken_sounds_share_one_rough_key():
    """Hard and soft t, z and j, aspirated or not: one key for the first search."""
    assert loose(urdu_sounds("ٹیز")) == loose(urdu_sounds("تیج"))


@pytest.mark.parametrize("text", ["ایک ایک ایک ایک", "ایک ایک ایک ا", "اووووووو", "او او او"])
def test_loops_are_told(text):
    """One word, or one letter, over and over is what Whisper writes for noise."""
    assert is_loop(text)


@pytest.mark.parametrize("text", ["", "ہاں", "جی جی", "ایک دو تین", "نہیں نہیں جی"])
def test_speech_is_no_loop(text):
    """Short answers and repeated words are not loops."""
    assert not is_loop(text)


def test_a_loop_is_believed_when_speech_is_certain():
    """Somebody may say "one one one": only with a doubtful "no speech" is it an invention."""
    assert is_invented("ایک ایک ایک", 0.7, 0.8)
    assert not is_invented("ایک ایک ایک", 0.1, 0.8)


def test_doubtful_speech_must_be_decoded_with_confidence():
    """A bad voice that reads clearly is kept, a hum that reads as a word is not."""
    assert is_invented("اید", 0.73, 0.08)
    assert not is_invented("میرا نام", 0.72, 0.6)


def test_a_stuttering_decode_says_the_word_once():
    """Four times may be meant; more is the model's loop."""
    assert without_stutter("جی جی ہے ہے ہے ہے ہے ہے") == "جی جی ہے"
