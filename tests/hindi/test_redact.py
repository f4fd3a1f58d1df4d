"""What must not be stored is replaced by a typed mark."""

import pytest

from bot.hindi.checksums import is_aadhaar, is_card
from bot.hindi.redact import redact


@pytest.mark.parametrize("digits", ["234567890124", "999941057058"])
def test_verhoeff_tells_an_aadhaar(digits: str):
    """UIDAI's published sample number and one made by hand; any other last digit is wrong."""
    last = int(digits[-1])
    right = [
        digits[:-1] + str(digit) for digit in range(10) if is_aadhaar(digits[:-1] + str(digit))
    ]
    assert right == [digits[:-1] + str(last)]


def test_luhn_tells_a_card():
    """The test numbers that card networks publish, and one digit off."""
    assert is_card("4111111111111111")
    assert is_card("378282246310005")
    assert not is_card("4111111111111112")
    assert not is_card("0000000000000000")


def test_a_number_becomes_a_mark():
    """The text around it stays."""
    assert redact("कॉल 9876543210 से") == "कॉल [PHONE] से"
