"""Decides how signs are said that stand for words: &, +, =, @, /."""

import re

from bot.hindi.spoken_rule import Match, Rule, after, before, pairs, rule

_SAID = pairs("""
^ की_घात
& और + प्लस = बराबर × गुणा ÷ भाग @ ऐट % प्रतिशत ° डिग्री ₹ रुपये $ डॉलर € यूरो £ पाउंड ¥
येन © कॉपीराइट ® रजिस्टर्ड ™ ट्रेडमार्क √ वर्गमूल ≈ लगभग ≥ कम_से_कम ≤ ज़्यादा_से_ज़्यादा ±
प्लस_माइनस ~ लगभग ½ आधा ¼ एक_चौथाई ¾ तीन_चौथाई ² स्क्वायर ³ क्यूब # नंबर / या § धारा *
स्टार _ अंडरस्कोर π पाई µ माइक्रो ₿ बिटकॉइन
""")
SIGNS = "".join(_SAID)
_LATIN = re.compile("[A-Za-z]")
_UNIT_BEFORE = re.compile("[0-9A-Za-z]$")
_EACH = pairs("""
month महीना day दिन year साल person व्यक्ति night रात hour घंटा hr घंटा min मिनट unit यूनिट
km किलोमीटर kg किलो माह माह महीना महीना महीने महीने दिन दिन साल साल वर्ष वर्ष
व्यक्ति व्यक्ति रात रात घंटा घंटा घंटे घंटे किमी किलोमीटर किलो किलो
""")
"""After an amount, "/" is "for each" of these; elsewhere it is "or"."""


def _each(match: Match) -> str:
    return f" प्रति {_EACH[match[1]]}" if _UNIT_BEFORE.search(before(match, 1)) else ""


def _sign(match: Match) -> str:
    latin = match[0] == "&" and _LATIN.search(before(match, 2)) and _LATIN.search(after(match, 2))
    return " एंड " if latin else f" {_SAID[match[0]]} "


SIGN_RULES = (
    rule(rf"\s?/\s?({'|'.join(_EACH)})", _each),
    Rule(re.compile(f"[{re.escape(SIGNS)}]"), _sign),
)
