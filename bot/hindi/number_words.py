"""Decides which words are numbers: Hindi and English, in both scripts, and figures."""

from bot.hindi.counting import WORTH, key
from bot.hindi.fold import folded_words

_BESIDE = folded_words("डबल ट्रिपल डेढ़ ढाई साढ़े सवा पौने double triple")
_AS_OFTEN_OTHER = folded_words("सुन at do")
"""Spellings of शून्य, आठ and दो that are as often another word."""
HEARD_FOR_NUMBERS = folded_words("""
साथ आउट आज छा पंच पंज सोने सोना अति अट तिन चर नव ऐट
""")
"""What the embedded recogniser writes for a digit among digits. Folded."""


def is_number_word(word: str) -> bool:
    """Whether a folded word is a number, or belongs to one (सौ, डबल, 98)."""
    if word.isdigit() or word in _BESIDE:
        return True
    return key(word) in WORTH and word not in _AS_OFTEN_OTHER
