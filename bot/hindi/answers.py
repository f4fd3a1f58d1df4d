"""
Decides whether an answer is a yes or a no.

The answer's first words count, up to the first that are about something else. A clear word (हाँ,
नहीं, मत) overrules what was said before it, a weak one (ठीक, सही, कर दीजिए) only a mere "जी". Who
asks back, waits, hesitates or did not hear has answered neither.
"""

import re
from collections.abc import Mapping, Sequence

from bot.hindi.fold import fold, folded_phrases, folded_words
from bot.hindi.latin import in_devanagari, latin_index
from bot.hindi.verbs import AUXILIARIES, FINITE, PROGRESSIVES, STEMS

_MOST_WORDS = 25
"""Words; whoever says more tells a story."""
_LONGEST_PHRASE = 3
_POLITE, _WEAK, _CLEAR = 0, 1, 2
"""How much a word of an answer counts."""
_Sign = tuple[bool, int]

_SIGNS = (
    (True, _POLITE, "जी, हाल, हाई, हल"),
    (True, _WEAK, """
अच्छा, ठीक, ठीक है, ठीके, सही, सही है, ज़रूर, एकदम, बिल्कुल, बिलकुल, बेशक, अवश्य, मंज़ूर, मंज़ूर है, चलेगा, चलेगी
कन्फ़र्म, पक्का, एग्ज़ैक्टली, ऐसा ही है, exactly, confirm
चाहिए, यही है, वही है, हूँ, हुं, करेक्ट, राइट, श्योर, तैयार, correct, right, sure, fine, alright, of course
"""),
    (True, _CLEAR, """
हाँ, हा, हान, हाँजी, हाजी, जीहाँ, हाहा, हांसी, हासी, ओके, ओ के, ओकी, यस, yes, yeah, yep, haan, han
haanji, hanji, क्यों नहीं, ग़लत नहीं, सहमत, go ahead, do it
"""),
    (False, _WEAK, "बस, ना, न, बाद में, फिर कभी, later"),
    (False, _CLEAR, """
नहीं, नही, नहि, नो, निहाल, नहीं तो, मत, ग़लत, कभी नहीं, बिल्कुल नहीं, जी नहीं, रहने दीजिए, रहने दो, रहने दें
रहने ही दीजिए, रहने ही दो, मना कर
रहने दीजिएगा, जाने दीजिए, जाने दो, छोड़ दीजिए, छोड़िए, छोड़ दो, छोड़ो, ज़रूरत नहीं, कुछ नहीं, नहीं चाहिए
इतना ही, nope, nah, not, dont, never, wrong
"""),
)  # fmt: skip
_MEANS: Mapping[str, _Sign] = {
    phrase: (yes, strength) for yes, strength, text in _SIGNS for phrase in folded_phrases(text)
}
_ALONE = folded_words("है हैं हो हाय हन हंसी")
"""What the embedded recogniser writes for a हाँ that is all that was said."""
_DECLINES = re.compile(
    "(?:^| )(?:नहीं (?:चाहिए|चाहता|चाहती|चाहते|करना|करनी|करने|करवाना|कराना|लेना|लेनी)|मत"
    "|रहने (?:दीजिए|दो|दें)|जरूरत नहीं|जरूरत ही नहीं|(?:नंबर|नाम|पता|सही|ठीक|मेरा|मेरी|वो|वह) नहीं (?:है|हैं|हूं)$"
    ")(?: |$)"
)
"""A no, wherever it is said."""
_UNCLEAR = re.compile(
    "(?:^| )(?:(?:पता|मालूम|याद|समझ|समझ में|समझा|समझी|सुना) नहीं|नहीं (?:पता|मालूम|समझ|समझा|समझी|सुना)"
    "|सुनाई|आवाज|हां या|या नहीं(?=$)|शायद|एक मिनट|एक सेकंड|एक क्षण|रुकिए|रुको|होल्ड|सोच|सोचकर|सोचके"
    "|सुनिए|माफ|क्षमा|दोबारा|दुबारा|फिर से|maybe|पूछ|पूछना"
    "|(?:dont|do not|didnt) (?:know|understand|remember|hear|get)|not sure|नो idea|cant hear|pardon"
    "|कोई (?:बात|दिक्कत) नहीं|नो (?:problem|प्राब्लम|issues?|इश्यू|worries|tension|टेंशन)"
    "|क्या|कब|कहां|कितना|कितनी|कितने|कैसे|कैसा|कैसी|कौन|किस|क्यों(?! नहीं))(?: |$)"
)
_BUT = re.compile("(?:^| )(?:लेकिन|मगर|but)(?: |$)|(?:हां|जी|है|अच्छा|ओके|यस) पर(?: |$)")
_LIGHT = (
    folded_words("""
मैं मुझे मुझको हम हमें यह ये या वो वह इसे उसे इसको उसको अब अभी और तो भी ही फिर आप आपने नंबर नाम
जानकारी बात कोई धन्यवाद शुक्रिया प्लीज़ कृपया सर मैडम मैम भैया भाई अरे चलो चलिए अम्म उम्म हम्म
मतलब देखिए थैंक यू
please thank you thanks the it is that i बिल्कुल अभी के लिए ज़्यादा इतना करना लेना भेजना चाहता
चाहती
""")
    | AUXILIARIES
    | PROGRESSIVES
    | STEMS
    | FINITE
)
_ORDER = ("िए", "इए", "दें", "ें")
_ELSE = folded_words("पता मालूम समझ लेकिन क्या कब कहाँ कितना कितने कितनी कैसे क्यों शायद दोबारा सुनाई")
_LATIN = latin_index(
    word
    for words in (" ".join(sorted(_MEANS)).split(), sorted(_LIGHT), sorted(_ELSE))
    for word in words
    if word[0] > "z"
)


def yes_or_no(text: str) -> bool | None:
    """Whether this is a yes (True) or a no (False); None for anything that is not clear."""
    words = in_devanagari(fold(text).split(), _LATIN)
    said = " ".join(words)
    if not 0 < len(words) <= _MOST_WORDS or _UNCLEAR.search(said):
        return None
    if len(words) == 1 and words[0] in _ALONE:
        return True
    sign, rest = _opening(words)
    if sign is None or sign[0]:
        return _unless_declined(sign, said, bool(rest), text.rstrip().endswith("?"))
    return False


def _unless_declined(sign: _Sign | None, said: str, more: bool, asked: bool) -> bool | None:
    """A yes, if nothing after it takes it back, and it is more than a polite opening."""
    if _DECLINES.search(said):
        return False
    if sign is None or _BUT.search(said) or asked:
        return None
    return None if more and sign[1] < _CLEAR else True


def _opening(words: Sequence[str]) -> tuple[_Sign | None, Sequence[str]]:
    """What the first words say, and what is left of them from the first other word on."""
    sign: _Sign | None = None
    while words:
        found, length = _sign(words)
        if found is None and words[0] not in _LIGHT:
            break
        if found and (sign is None or found[1] == _CLEAR or found[1] > sign[1]):
            sign = found
        words = words[length:]
    return sign, words


def _sign(words: Sequence[str]) -> tuple[_Sign | None, int]:
    """What the next words mean, and how many they are."""
    for length in range(_LONGEST_PHRASE, 0, -1):
        if sign := _MEANS.get(" ".join(words[:length])):
            return sign, length
    if words[0] in STEMS and words[1:2] == ["दो"]:
        return (True, _WEAK), 2  # कर दो
    order = words[0] in FINITE and words[0].endswith(_ORDER)
    return ((True, _WEAK) if order else None), 1
