"""
Decides what a nod is. Whether an answer is a yes or a no, answers.py decides.

A nod ("हाँ", "जी", "अच्छा", "ठीक है") says that the caller listens. In the middle of an explanation
it is no wish to speak; after a yes/no question it is the answer. Which of the two, the turn policy
knows.
"""

from collections.abc import Sequence

from bot.hindi.answers import yes_or_no
from bot.hindi.fold import fold, folded_phrases, folded_words

__all__ = ["all_nods", "is_nod", "may_be_nod", "yes_or_no"]

_MOST_WORDS = 8
"""Words of a nod. More of them are no mere listening."""
_NODS = folded_phrases("""
हाँ, हा, हान, हं, हाँजी, हाजी, हाहा, हाँ ना, जी, जीहाँ, अच्छा, अछा, ठीक, ठीक है, ठीके, चलिए ठीक है, चलो ठीक है
हूँ, हुं, हम्म, ह्म्म, म्हम्म, ओके, ओ के, ओक, ओकी, सही, सही है, सही बात, सही बात है, बिल्कुल, बिलकुल, ज़रूर, बेशक
राइट, यस, याह, करेक्ट, श्योर, ओह, ओहो, आहा, समझ गया, समझ गई, समझ गए, समझ आ गया, मैं समझ गया, मैं समझ गई
haan, han, ha, haa, hanji, haanji, ji, achha, accha, acha, achcha, achchha
theek, thik, theek hai, thik hai, theek h, thik h, ok, okay, okey, k, right, yes, yeah, yep, yup
sure, hmm, hm, hmmm, mm, mmm, mhm, uh huh, bilkul, sahi, sahi hai, zaroor, jaroor, correct
i see, got it, alright, all right, samajh gaya, samajh gayi
""")
"""A nod is any of these, one after another. Folded."""
_LISTENERS = folded_words("सर मैडम मैम भैया भाई बेटा बहनजी साहब दीदी sir madam maam bhaiya bhai")
"""Said to somebody, with a nod."""
_HEARD_FOR_YES = folded_words("हाई हल हाल हाय हन है हैं हो हांसी हंसी हासी")
"""What the embedded recogniser writes for a bare हाँ or हाँ जी."""
_LONGEST = max(len(nod.split()) for nod in _NODS)


def is_nod(text: str) -> bool:
    """Whether the caller said nothing but that they listen. Empty text is no nod."""
    return all_nods(fold(text).split())


def all_nods(words: Sequence[str]) -> bool:
    """Whether these folded words are a nod."""
    return 0 < len(words) <= _MOST_WORDS and not _left(words)


def may_be_nod(text: str) -> bool:
    """Whether an interim may still become a nod: it is the beginning of one, or empty."""
    words = fold(text).split()[: _MOST_WORDS + 1]
    left = _left(words)
    follow = _LISTENERS if len(left) < len(words) else _HEARD_FOR_YES
    rest = " ".join(left)
    return len(words) <= _MOST_WORDS and any(nod.startswith(rest) for nod in _NODS | follow)


def _left(words: Sequence[str]) -> Sequence[str]:
    """What is no nod, from the first such word on."""
    return _after_nods(words[1:] if words and words[0] in _HEARD_FOR_YES else words)


def _after_nods(words: Sequence[str]) -> Sequence[str]:
    """What is left of the words when the nods before it are taken away."""
    while words:
        length = next((n for n in range(_LONGEST, 0, -1) if " ".join(words[:n]) in _NODS), 0)
        if not length:
            return words
        words = words[length:]
        while words and words[0] in _LISTENERS:
            words = words[1:]
    return words
