"""What callers mean who were asked for a number and gave none; how digits are said back."""

import pytest

from bot.hindi.aside import Aside, aside, refuses, says_done
from bot.hindi.read_back import count_word, group_lengths, one_by_one

MEANT = {
    Aside.WAIT: (
        "एक मिनट|एक सेकंड रुकिए|कार्ड निकाल रहा हूँ|ढूँढ रही हूँ कहाँ लिखा है|मेरा नंबर है|अम्म|जी|अच्छा ठीक है"
    ),
    Aside.REPEAT: (
        "फिर से बोलिए|दोबारा बताइए|क्या कहा आपने|क्या|हेलो|सुनाई नहीं दिया|समझ नहीं आया|repeat please"
    ),
    Aside.DONE: "बस|इतना ही|बस हो गया|that's all",
    Aside.NO: "नहीं|जी नहीं|अरे नहीं नहीं|no",
    Aside.OTHER: (
        "कौन सा नंबर चाहिए|आपका दफ़्तर कब खुलता है|मेरा इंटरनेट नहीं चल रहा|मुझे शिकायत करनी है|मेरे दो कनेक्शन हैं"
    ),
    Aside.NOISE: "|साथ|आज छा पंच|आदमी छात्र चीन बिस्तर",
}
"""Separated by bars."""


@pytest.mark.parametrize(
    ("text", "meant"),
    [(text, meant) for meant, texts in MEANT.items() for text in texts.split("|")],
)
def test_words_without_digits_are_understood(text: str, meant: Aside):
    """To wait, to ask again, to end, to deny, to change the subject, or nothing."""
    assert aside(text) is meant


@pytest.mark.parametrize(
    "text",
    ["रहने दीजिए", "मुझे एजेंट से बात करनी है", "नहीं बताना मुझे", "नौ आठ सात आगे याद नहीं", "leave it"],
)
def test_a_refusal_is_known(text: str):
    """Also after some digits."""
    assert refuses(text)


@pytest.mark.parametrize("text", ["नौ आठ पता नहीं सात छह", "एक मिनट", "नहीं", ""])
def test_who_goes_on_does_not_refuse(text: str):
    """Digits after it show that it was only a hesitation."""
    assert not refuses(text)


def test_the_end_of_a_number_can_be_said():
    """A "बस" after the digits."""
    assert says_done("एक दो तीन, बस")
    assert not says_done("बस एक दो")


def test_digits_are_said_in_groups():
    """A mobile number five and five; others in fours and threes."""
    assert one_by_one("9876543210") == "नौ आठ सात छह पाँच, चार तीन दो एक शून्य"
    assert one_by_one("482913") == "चार आठ दो, नौ एक तीन"
    assert one_by_one("1234") == "एक दो तीन चार"
    assert one_by_one("") == ""
    assert group_lengths(12) == [4, 4, 4]
    assert group_lengths(11) == [4, 4, 3]
    assert count_word(32) == "बत्तीस"


@pytest.mark.parametrize("count", range(1, 33))
def test_groups_lose_no_digit_and_are_short(count: int):
    """No group is longer than five digits."""
    assert sum(group_lengths(count)) == count
    assert max(group_lengths(count)) <= 5
