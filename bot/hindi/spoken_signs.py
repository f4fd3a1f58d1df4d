"""Decides how signs are said that stand for words: &, +, =, @, /."""

import re

from bot.hindi.spoken_rule import Match, Rule, after, before, pairs

_SAID = pairs("""
& और + प्लस = बराबर × गुणा ÷ भाग @ ऐट % प्रतिशत ° डिग्री ₹ रुपये $ डॉलर € यूरो £ पाउंड ¥
येन © कॉपीराइट ® रजिस्टर्ड ™ ट्रेडमार्क √ वर्गमूल ≈ लगभग ≥ कम_से_कम ≤ ज़्यादा_से_ज़्यादा ±
प्लस_माइनस ~ लगभग ½ आधा ¼ एक_चौथाई ¾ तीन_चौथाई ² स्क्वायर ³ क्यूब # नंबर / या § धारा *
स्टार _ अंडरस्कोर π पाई µ माइक्रो ₿ बिटकॉइन
""")
SIGNS = "".join(_SAID)
_UNIT_BEFORE = re.compile("[0-9A-Za-z]$")
_PER = re.compile(
    "\\s?(?:माह|महीन|दिन|साल|वर्ष|व्यक्ति|रात|घंट|किमी|किलो|month|day|year|person|night|hour|hr|km|kg|unit|min)"
)
"""After an amount, "/" is "for each"; elsewhere it is "or"."""


def _sign(match: Match) -> str:
    if match[0] == "/" and _UNIT_BEFORE.search(before(match, 2)) and _PER.match(after(match)):
        return " प्रति "
    return f" {_SAID[match[0]]} "


SIGN_RULES = (Rule(re.compile(f"[{re.escape(SIGNS)}]"), _sign),)
