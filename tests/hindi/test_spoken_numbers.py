"""Number words, against a list that others have made (indic-numtowords, AI4Bharat)."""

import random
from functools import cache

import pytest
from indic_numtowords import num2words

from bot.hindi.fold import fold
from bot.hindi.spoken_numbers import cardinal

OTHERS = {
    "अट्ठारह": "अठारह",
    "चौंतालीस": "चौवालीस",
    "तिरेपन": "तिरपन",
    "तिरेसठ": "तिरसठ",
    "छयासठ": "छियासठ",
    "सरसठ": "सड़सठ",
    "अठासी": "अट्ठासी",
}
"""Where we say another form than that list: those of the Central Hindi Directorate."""
RESPELT = {fold(theirs): fold(ours) for theirs, ours in OTHERS.items()}


@cache
def one_spelling(word):
    """A word of theirs or ours, folded, in our form."""
    folded = fold(word)
    return RESPELT.get(folded, folded)


ALL = 10**7
SAMPLE = 20_000


def same(number):
    """Whether both say the same words."""
    ours, theirs = cardinal(number).split(), num2words(number, lang="hi").split()
    return ours == theirs or list(map(one_spelling, ours)) == list(map(one_spelling, theirs))


@pytest.mark.timeout(3600)
def test_numbers_are_said_as_others_say_them(every_number):
    """From 0 to 10^7: all below 10000 and a sample, or every one (`--every-number`)."""
    some = [*range(10_000), *random.Random(7).sample(range(ALL), SAMPLE), ALL]
    wrong = [number for number in (range(ALL + 1) if every_number else some) if not same(number)]
    assert wrong[:20] == []


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "शून्य"),
        (-7, "माइनस सात"),
        (10**9, "एक सौ करोड़"),
        (10**12, "एक लाख करोड़"),
        (10**13, "दस लाख करोड़"),
        (1_23_45_67_89_012, "बारह हज़ार तीन सौ पैंतालीस करोड़ सड़सठ लाख नवासी हज़ार बारह"),
        (12345678901234, "एक दो तीन चार, पाँच छह सात आठ, नौ शून्य एक, दो तीन चार"),
    ],
)
def test_beyond_a_crore_crores_are_counted(number, said):
    """Up to ten lakh crore; longer rows go digit by digit."""
    assert cardinal(number) == said
