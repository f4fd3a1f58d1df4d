"""
Decides whether a finished clause wants another one: half of "if … then", or an announcement.

"अगर बिल ज़्यादा है" ends in a verb, and yet everybody waits. So they do after "मेरा नंबर है".
"""

import re
from collections.abc import Container, Sequence

from bot.hindi.fold import folded_words

_SUBORDINATING = folded_words("""
अगर यदि जब जबसे जो जिस जिसने जिसका जिसकी जिसको जिसमें चूँकि हालाँकि जहाँ जितना जितने
""")
_CORRELATIVES = folded_words("""
तो तब वो वह वही वे उस उसे उसको उसका उसकी उसके उसमें उसने उनका उनकी उन्हें फिर लेकिन इसलिए वहाँ वहीं उतना उतने
""")
_JOINING = folded_words("और लेकिन मगर कि क्योंकि तो या")
"""A clause begins after these."""
_THING = (
    "(?:नंबर|संख्या|क्रमांक|नाम|पता|आईडी|ओटीपी|पिन|कोड|सवाल|समस्या|दिक्कत|परेशानी|प्राब्लम|शिकायत|प्रश्न"
    "|कहना|पूछना|मतलब)"
)
_TROUBLE = "(?:समस्या|बात|दिक्कत|परेशानी|प्राब्लम|सवाल|असल में|मतलब|हुआ)"
_TELLER = "(?:ने|मैंने|उसने|उन्होंने|हमने|आपने|वो|वे|मुझे|मुझसे|हमें|हमसे)"
_WANTED = "(?:चाहता|चाहती|चाहते|चाह रहा|चाह रही|चाह रहे)"
_IS = "(?:है|हैं|हूं|था|थी|थे)"
_ANNOUNCES = re.compile(
    "(?:^|.* )(?:"
    f"(?:मेरा|मेरी|हमारा|हमारी|उसका|उसकी|इसका|उनका)(?: [^ ]+){{0,3}}? {_THING} {_IS}"
    "|(?:यह|ये|इतना|एक बात) (?:[^ ]+ )?(?:पूछना|जानना|कहना|बताना|बोलना|पता करना)"
    f"(?: {_WANTED})? {_IS}"
    "|(?:मैं|हम) (?:यह |ये |यही )?(?:कह|पूछ|बता|सोच) (?:रहा|रही|रहे) (?:था|थी|थे)"
    f"|(?:मैं|हम|यह|ये) {_WANTED} {_IS}"
    f"|{_TROUBLE} (?:यह|ये|ऐसा|कुछ ऐसा) (?:है|थी|था|हुआ)"
    "|(?:मुझे|हमें) (?:ऐसा )?(?:लगता|लगा|लग रहा) है"
    f"|{_TELLER} (?:यह |ये |मुझे |मुझसे |हमें |हमसे )?"
    "(?:कहा|बोला|बोले|बोली|बताया|पूछा|सोचा|लगा)(?: है| था)?"
    f")|{_THING} है"
)
"""What is said next, is only announced: "मेरा नंबर है", "मुझे यह पूछना था", "उन्होंने कहा"."""
_ASKING = re.compile("(?:^| )(?:क्या|कब|कहां|कितना|कितनी|कितने|क्यों|कैसे|कौन|यही|वही)(?: |$)")


def waits_for_main(words: Sequence[str], verbs: Container[str]) -> bool:
    """Whether the words, which end in a finite verb, are only the first half of what they begin."""
    return _half_open(words, verbs) or _announces(words)


def mid_clause(words: Sequence[str], verbs: Container[str], opening: Container[str]) -> bool:
    """Whether a sentence has begun after the last finite verb, and has no verb yet."""
    for word in reversed(words):
        if word in verbs:
            return False
        if word in opening:
            return True
    return False


def _announces(words: Sequence[str]) -> bool:
    text = " ".join(words)
    return _ANNOUNCES.fullmatch(text) is not None and _ASKING.search(text) is None


def _half_open(words: Sequence[str], verbs: Container[str]) -> bool:
    """Whether the last "if", "when" or "who" still waits for its "then" or "he"."""
    place = _last_subordinating(words)
    if place is None or any(word in _CORRELATIVES for word in words[place + 1 :]):
        return False
    before = words[:place]
    start = max((at + 1 for at, word in enumerate(before) if word in _JOINING), default=0)
    return not any(word in verbs for word in before[start:])


def _last_subordinating(words: Sequence[str]) -> int | None:
    for place in range(len(words) - 1, -1, -1):
        if words[place] in _SUBORDINATING or words[place : place + 2] == ["जैसे", "ही"]:
            return place
    return None
