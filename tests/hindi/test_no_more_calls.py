"""Who asks not to be called any more, and who does not."""

import pytest

from bot.hindi.no_more_calls import wants_no_more_calls


@pytest.mark.parametrize(
    "words",
    [
        "दोबारा फ़ोन मत करना",
        "दुबारा मुझे कॉल मत कीजिए",
        "आगे से मुझे फ़ोन मत करिएगा।",
        "मुझे फोन मत किया करो",
        "कृपया इस नंबर पर कॉल न करें",
        "मुझे कॉल करना बंद कीजिए",
        "फ़ोन मत करो दोबारा",
        "मेरा नंबर अपनी लिस्ट से हटा दीजिए",
        "अब कभी फ़ोन मत करना",
        "mujhe dobara call mat karna",
        "Stop calling me!",
        "please don't call me again",
        "Do not call this number",
        "remove my number from your list",
        "mera number hata do",
        "मुझे डीएनडी लिस्ट में डाल दो",
    ],
)
def test_the_wish_is_recognised(words):
    """In the ways that people say it."""
    assert wants_no_more_calls(words)


@pytest.mark.parametrize(
    "words",
    [
        "दोबारा फ़ोन करना",
        "मुझे कल फ़ोन कीजिए",
        "अभी मुझे फ़ोन मत कीजिए, शाम को कीजिए",
        "मेरा फ़ोन नहीं चल रहा",
        "मैंने फ़ोन नहीं किया था",
        "फ़ोन मत रखना",
        "फ़ोन मत काटिए",
        "मेरा नंबर बदल गया है",
        "don't call now, call tomorrow",
        "call me again",
        "मुझे आपका कॉल नहीं मिला",
        "फिर कॉल नहीं आई",
        "",
    ],
)
def test_other_words_are_not_taken_for_it(words):
    """Callers who are busy, who want a call, or who speak of their telephone."""
    assert not wants_no_more_calls(words)
