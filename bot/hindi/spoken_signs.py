"""Decides how signs are said that stand for words: &, +, =, @, /."""

import re

from bot.hindi.spoken_amounts import OBLIQUE
from bot.hindi.spoken_rule import Match, Rule, after, any_of, before, pairs, rule
from bot.hindi.spoken_units import ONE, UNITS

_SAID = pairs("""
^ की_घात
& और + प्लस = बराबर × गुणा ÷ भाग @ ऐट % प्रतिशत ° डिग्री ₹ रुपये $ डॉलर € यूरो £ पाउंड ¥
येन © कॉपीराइट ® रजिस्टर्ड ™ ट्रेडमार्क √ वर्गमूल ≈ लगभग ≥ कम_से_कम ≤ ज़्यादा_से_ज़्यादा ±
प्लस_माइनस ~ लगभग ½ आधा ¼ एक_चौथाई ¾ तीन_चौथाई ² स्क्वायर ³ क्यूब # नंबर / या § धारा *
स्टार _ अंडरस्कोर π पाई µ माइक्रो ₿ बिटकॉइन
""")
SIGNS = "".join(_SAID)
_LATIN = re.compile("[A-Za-z]")
_COUNTED = """
person व्यक्ति unit यूनिट user यूज़र SMS एस_एम_एस call कॉल item आइटम piece पीस pc पीस माह माह
महीना महीना महीने महीना मिनट मिनट यूनिट यूनिट यात्री यात्री लीटर लीटर दिन दिन साल साल वर्ष वर्ष
transaction ट्रांज़ैक्शन व्यक्ति व्यक्ति रात रात घंटा घंटा घंटे घंटा किलो किलो ग्राम ग्राम मीटर मीटर
"""
_AMOUNT_BEFORE = re.compile("(?:[0-9A-Za-z]|रुपये|रुपए|रु|रु\\.|पैसे)$")
_NO_MEASURE = frozenset("in x X × ° deg degree degrees times".split())  # noqa: SIM905
_EACH = {
    form: ONE.get(said, said)
    for form, said in (UNITS | pairs(_COUNTED)).items()
    if form not in _NO_MEASURE
}
"""After an amount, "/" is "for each" of these; elsewhere it is "or"."""


def _each(match: Match) -> str:
    if not _AMOUNT_BEFORE.search(before(match, 6)):
        return ""
    unit = _EACH[re.sub(r"\s+", "_", match[1])]
    oblique = unit in ONE.values() and OBLIQUE.match(after(match))
    return f" प्रति {unit[:-1]}े" if oblique else f" प्रति {unit}"


def _sign(match: Match) -> str:
    latin = match[0] == "&" and _LATIN.search(before(match, 2)) and _LATIN.search(after(match, 2))
    return " एंड " if latin else f" {_SAID[match[0]]} "


SIGN_RULES = (
    rule(rf"\s?/\s?({any_of(' '.join(_EACH))})", _each),
    Rule(re.compile(f"[{re.escape(SIGNS)}]"), _sign),
)
