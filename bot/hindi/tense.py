"""
Decides whether a sentence is about the past or the future, by its last verb.

कल is yesterday and tomorrow, परसों two days back and two days on: "कल भेजा था", "कल भेज दीजिए".
"""

from collections.abc import Sequence
from enum import Enum, auto

from bot.hindi.fold import folded_words
from bot.hindi.verbs import AUXILIARIES, FINITE, HABITUALS, INFINITIVES, PERFECTIVES, PROGRESSIVES


class Tense(Enum):
    """When a sentence happens."""

    PAST = auto()
    FUTURE = auto()


_PAST = folded_words("""
था थी थे थीं was were did had paid sent came got received ordered booked called happened tha thi
the gaya gayi gaye hua hui kiya diya aaya aayi mila bheja
""") - {"the"}
_PRESENT = folded_words("है हैं हूँ हो hai hain hoon")
_FUTURE = folded_words("""
चाहिए will shall want need can please would chahiye karna aana hoga aaunga aaungi karo kijiye
dijiye karenge aayega aayegi milega batao
""")
_AS_OFTEN_OTHER = folded_words("दो की हो बोले पड़े साल")
_DONE = folded_words("चुका चुकी चुके")
_ENDS = ("गा", "गी", "गे", "िए", "इए", "िएगा", "िएगी")


def tense_of(words: Sequence[str]) -> Tense | None:
    """The tense of the last verb of these folded words; None where there is none."""
    for place in range(len(words) - 1, -1, -1):
        if found := _tense(words, place):
            return found
    return None


def _tense(words: Sequence[str], place: int) -> Tense | None:
    word = words[place]
    if word in _PAST:
        return Tense.PAST
    if word in _PRESENT and place:
        return _before_is(words[place - 1])
    if word in _AS_OFTEN_OTHER or word in AUXILIARIES:
        return None
    if word in FINITE or word in _FUTURE or word in INFINITIVES or word.endswith(_ENDS):
        return Tense.FUTURE
    return Tense.PAST if word in PERFECTIVES else None


def _before_is(word: str) -> Tense | None:
    """Of "भेजा है", "भेजना है", "भेज रहा है"."""
    if word in _DONE or (word in PERFECTIVES and word not in _AS_OFTEN_OTHER):
        return Tense.PAST
    coming = word in INFINITIVES or word in PROGRESSIVES or word in HABITUALS
    return Tense.FUTURE if coming else None
