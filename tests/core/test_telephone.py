"""One number, however it is written."""

import pytest

from bot.core.errors import BotError
from bot.core.telephone import masked, one_writing


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("9812345678", "+919812345678"),
        ("098123 45678", "+919812345678"),
        ("+91 98123-45678", "+919812345678"),
        ("91 9812345678", "+919812345678"),
        ("0091 (98123) 45678", "+919812345678"),
        ("0 80 1234 5678", "+918012345678"),
        ("+91 (0)98123 45678", "+919812345678"),
        ("0091 0 98123 45678", "+919812345678"),
        ("९८१२३ ४५६७८", "+919812345678"),
        ("+९१ 98123 ४५६७८", "+919812345678"),
        ("+4930123456", "+4930123456"),
        ("0049 30 123456", "+4930123456"),
        ("+9812345678", "+9812345678"),
        ("6001", "6001"),
        ("112", "112"),
    ],
)
def test_all_writings_of_a_number_are_one(written, kept):
    """An Indian one by its code; one abroad as it is; an extension as it is."""
    assert one_writing(written) == kept
    assert one_writing(kept) == kept


@pytest.mark.parametrize(
    "text", ["", "12", "98123x45678", "+", "sip:6001", "1" * 16, "9812345678;"]
)
def test_what_is_no_number_is_refused_without_being_told(text):
    """The message holds no more of it than two digits."""
    with pytest.raises(BotError, match="is no telephone number") as wrong:
        one_writing(text)
    assert "98123" not in str(wrong.value).partition(";")[0]


def test_a_log_shows_two_digits():
    """Of a short number, none."""
    assert masked("+919812345678") == "...78"
    assert masked("112") == "..."
