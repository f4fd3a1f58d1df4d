"""What must not be stored is replaced by a typed mark, and what may be stays."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.hindi.checksums import is_aadhaar, is_card
from bot.hindi.counting import NUMBERS
from bot.hindi.redact import Mark, redact
from bot.hindi.spoken import spoken
from tests.hindi.tables import table

ENGLISH = "ज़ीरो वन टू थ्री फोर फाइव सिक्स सेवन एट नाइन".split()  # noqa: SIM905
STYLES = [list(NUMBERS[:10]), ENGLISH, list("0123456789"), list("०१२३४५६७८९")]
FILLERS = st.sampled_from(["", "", "", ",", "अम्म", "और"])


@pytest.mark.parametrize(("redacted", "text"), table("redactions"), ids=lambda part: part)
def test_what_identifies_or_opens_something_becomes_a_mark(redacted: str, text: str):
    """In figures of either script, in words, spelled; amounts, counts, dates and orders stay."""
    assert redact(text) == redacted
    assert redact(redacted) == redacted


def test_the_table_is_as_long_as_it_should_be():
    """At least 120 rows, with every mark in them."""
    rows = table("redactions")
    assert len({text for _, text in rows}) >= 120
    assert all(any(mark in redacted for redacted, _ in rows) for mark in Mark)


@pytest.mark.parametrize(
    ("asked", "text", "redacted"),
    [
        ("कृपया अपना ओटीपी बताइए।", "चार पाँच छह सात", "[OTP]"),
        ("अपना चार अंकों का पिन बताइए।", "4321", "[PIN]"),
        ("आपका मोबाइल नंबर क्या है?", "नौ आठ सात छह पाँच", "[PHONE]"),
        ("खाता नंबर बताइए।", "जी एक दो तीन चार", "जी [ACCOUNT]"),
        ("ऑर्डर नंबर बताइए।", "एक दो तीन चार पाँच छह", "एक दो तीन चार पाँच छह"),
        ("नंबर बताइए।", "एक दो तीन चार", "[NUMBER]"),
        ("आप कितने लोग हैं?", "चार पाँच लोग", "चार पाँच लोग"),
        ("अपना ओटीपी बताइए।", "पाँच मिनट रुकिए", "पाँच मिनट रुकिए"),
        ("अपना ओटीपी बताइए।", "ओटीपी है चार", "ओटीपी है [OTP]"),
        ("अपना ओटीपी बताइए।", "सात दो", "[OTP]"),
        ("अपना ओटीपी बताइए।", "मेरे पास दो फ़ोन हैं", "मेरे पास दो फ़ोन हैं"),
        ("अपना मोबाइल नंबर बताइए।", "डबल दो", "[PHONE]"),
        ("अपना मोबाइल नंबर बताइए।", "हाँ एक मिनट", "हाँ एक मिनट"),
    ],
)
def test_the_question_tells_what_bare_digits_are(asked: str, text: str, redacted: str):
    """What the other side asked for just before counts like a label in the text."""
    assert redact(text, asked) == redacted


def test_the_end_of_an_interim_may_be_half_a_number():
    """Three digits that more may follow are hidden; a count never is."""
    assert redact("मेरा नंबर नौ आठ सात", growing=True) == "मेरा नंबर [NUMBER]"
    assert redact("मेरा नंबर नौ आठ सात") == "मेरा नंबर नौ आठ सात"
    assert redact("चार पाँच लोग", growing=True) == "चार पाँच लोग"


def test_nothing_of_a_dictated_mobile_number_is_seen_while_it_grows():
    """From the third digit on."""
    words = "नौ आठ सात छह पाँच चार तीन दो एक शून्य".split()  # noqa: SIM905
    for count in range(3, 11):
        assert redact(" ".join(words[:count]), growing=True) in ("[NUMBER]", "[PHONE]")


@settings(deadline=None)
@given(st.from_regex("[6-9][0-9]{9}", fullmatch=True), st.data())
def test_a_mobile_number_is_hidden_in_every_style(digits: str, data: st.DataObject):
    """Each digit in a style of its own, with hesitation between."""
    said: list[str] = []
    for digit in digits:
        said += [data.draw(FILLERS), data.draw(st.sampled_from(STYLES))[int(digit)]]
    text = f"मेरा मोबाइल नंबर {' '.join(said[1:])} है"
    assert redact(text) == "मेरा मोबाइल नंबर [PHONE] है"


@settings(deadline=None)
@given(st.from_regex("[2-9][0-9]{10}", fullmatch=True), st.sampled_from(STYLES))
def test_an_aadhaar_is_known_by_its_check_digit(digits: str, style: list[str]):
    """Without a word on what it is, figures and words."""
    whole = next(f"{digits}{last}" for last in range(10) if is_aadhaar(f"{digits}{last}"))
    assert redact(" ".join(style[int(digit)] for digit in whole)) == Mark.AADHAAR


@settings(deadline=None)
@given(st.integers(1, 9_99_99_999), st.sampled_from(["रुपये", "rupees", "लोग", "दिन", "किलोमीटर"]))
def test_what_is_counted_stays(number: int, unit: str):
    """However large the figure is."""
    text = f"कुल {number} {unit}"
    assert redact(text) == text


WORDS = """
नौ आठ सात 98765 43210 ओटीपी आधार मोबाइल नंबर रुपये है और जन्म अगस्त 1990 ए बी एट
जीमेल डॉट कॉम [PHONE] [keys: 12# 15/08/1990 @ सौ हज़ार डबल के लोग ABCPK1234F + , -
"""


@settings(deadline=None)
@given(st.lists(st.sampled_from(WORDS.split()), max_size=12))
@example(["मोबाइल", "ABCPK1234F", "1990", "ओटीपी"])
@example(["ओटीपी", "ABCPK1234F", "98765", "रुपये", "जन्म"])
def test_redacted_text_stays_as_it_is(words: list[str]):
    """So it may pass through any number of hands."""
    once = redact(" ".join(words))
    assert redact(once) == once


@settings(deadline=None)
@given(st.text(max_size=60), st.text(max_size=30), st.booleans())
def test_no_text_breaks_it(text: str, asked: str, growing: bool):
    """Whatever comes in."""
    assert isinstance(redact(text, asked, growing), str)


@pytest.mark.parametrize("digits", ["234567890124", "999941057058"])
def test_verhoeff_tells_an_aadhaar(digits: str):
    """UIDAI's published sample number and one made by hand; any other last digit is wrong."""
    last = [digit for digit in "0123456789" if is_aadhaar(digits[:-1] + digit)]
    assert last == [digits[-1]]


def test_luhn_tells_a_card():
    """The test numbers that card networks publish, and one digit off."""
    assert is_card("4111111111111111")
    assert is_card("378282246310005")
    assert not is_card("4111111111111112")
    assert not is_card("0000000000000000")


@settings(deadline=None)
@given(st.from_regex("[6-9][0-9]{9}", fullmatch=True), st.sampled_from(["{}", "+91 {}", "0{}"]))
def test_what_we_say_aloud_is_hidden_as_what_is_written(digits: str, form: str):
    """A telephone number in the words that the synthesizer gets."""
    said = spoken(f"आपका मोबाइल नंबर {form.format(digits)} है")
    assert redact(said).endswith("[PHONE] है")
    assert not any(word in redact(said).split() for word in NUMBERS[2:10])


@settings(deadline=None)
@given(st.from_regex("[0-9]{4,8}", fullmatch=True), st.sampled_from(["OTP", "PIN", "खाता नंबर"]))
def test_a_secret_that_is_read_out_is_hidden(digits: str, name: str):
    """Said digit by digit after its name."""
    said = redact(spoken(f"{name} {digits} है"))
    assert said.rsplit(" ", 2)[1] in ("[OTP]", "[PIN]", "[ACCOUNT]")
