"""
Decides which sounds a written Hindi word has: its consonants, and the vowel after each.

Every consonant has an "a" unless a sign says otherwise; at a word's end, and between two other
syllables (कर·ना), it is written but not spoken.
"""

from dataclasses import dataclass

CONSONANTS = frozenset("कखगघङचछजझञटठडढणतथदधनपफबभमयरलवशषसहळ")
SIGNS = dict(zip("ािीुूृेैोौॉॅ", "आइईउऊऋएऐओऔऑए", strict=True))
"""A vowel's sign after a consonant, and the letter for the same vowel."""
SILENT = ""
UNWRITTEN = "अ"
_HALANT = "्"
_NASALS = "ंँ"


@dataclass(slots=True)
class Sound:
    """A consonant and the vowel after it; either may be missing (empty)."""

    consonant: str
    vowel: str
    """As a letter of its own (आ); "अ" for the one that is not written."""
    nasal: bool = False
    written: bool = False
    """Whether the vowel is, so that it is surely spoken."""


def sounds(word: str) -> list[Sound]:
    """The sounds of a Devanagari word. What is no letter of a word is left out."""
    found: list[Sound] = []
    for letter in word:
        if letter in CONSONANTS:
            found.append(Sound(letter, UNWRITTEN))
        elif letter in _NASALS and found:
            found[-1].nasal = True
        elif letter in SIGNS or letter == _HALANT:
            _change_vowel(found, SIGNS.get(letter, SILENT))
        elif "अ" <= letter <= "औ":
            found.append(Sound("", letter, written=True))
    _silence(found)
    return found


def _change_vowel(found: list[Sound], vowel: str) -> None:
    if found:
        found[-1].vowel, found[-1].written = vowel, bool(vowel)


def _silence(found: list[Sound]) -> None:
    """Drop each "a" that is not spoken: the last one, and those between VC and CV."""
    last = len(found) - 1
    for place in range(last, 0, -1):
        here, before = found[place], found[place - 1]
        after = found[min(place + 1, last)]
        bare = here.vowel == UNWRITTEN and not (here.written or here.nasal)
        if bare and (place == last or (before.vowel and after.consonant and after.vowel)):
            here.vowel = SILENT
