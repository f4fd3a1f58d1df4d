"""Decides how amounts are said: money, percentages, ranges, ordinals, fractions, plain numbers."""

import re

from bot.hindi.read_back import one_by_one
from bot.hindi.spoken_codes import LETTERS
from bot.hindi.spoken_numbers import (
    MINUS,
    cardinal,
    decimal,
    fraction,
    ordinal,
    quarters,
    scaled,
    year,
)
from bot.hindi.spoken_rule import (
    NO_LETTER_AFTER,
    NUMBER,
    TO,
    Match,
    after,
    any_of,
    before,
    parts,
    rule,
)

_SCALE_OF = {
    "हज़ार": "हज़ार हजार thousand k K",
    "लाख": "लाख lakhs lakh lacs lac L Lakh Lakhs Lac",
    "करोड़": "करोड़ करोड crores crore cr. cr Crore Crores Cr. Cr",
    "मिलियन": "मिलियन million mn M Million",
    "बिलियन": "बिलियन billion bn B Billion",
}
_SCALES = {form: scale for scale, forms in _SCALE_OF.items() for form in forms.split()}
_SCALE = any_of(" ".join(_SCALE_OF.values()))
_CURRENCIES = {
    ("रुपये", "पैसे"): "₹ Rs. Rs RS. RS rs. rs INR रु. रु रू. रू",
    ("डॉलर", "सेंट"): "$ US$ USD",
    ("यूरो", "सेंट"): "€ EUR",
    ("पाउंड", "पेंस"): "£ GBP",
    ("येन", ""): "¥ JPY",
    ("दिरहम", "फ़िल्स"): "AED",
}
_MONEY = {sign: money for money, signs in _CURRENCIES.items() for sign in signs.split()}
_SIGN = any_of(" ".join(_CURRENCIES.values()))
_RUPEES = any_of("रुपये रुपए रुपया रूपये रूपए रुपयों rupees rupee rupaye rupay")
OBLIQUE = re.compile(
    r"\s*(?:का|की|के|में|से|को|पर|तक|ने|वाला|वाली|वाले|ka|ki|ke|mein|me|se|ko|par|tak|wala|wali|wale)"
    rf"{NO_LETTER_AFTER}"
)
"""What makes रुपया and महीना before it रुपये and महीने."""
_RANGE = f"(?P<low>{NUMBER})(?:{TO}(?P<high>{NUMBER}))?"
_SIGNED = "(?P<minus>[-−–])?"
_COUNTED = re.compile(
    r"\s?(?:घंट|किलो|साल|मीटर|सेंटीमीटर|लीटर|महीन|दिन|हफ़?्त|गुना|इंच|फ़?ुट|फ़ुट|फ़ीट|एकड़|मिनट|टन|बजे|ग्राम|क्विंटल|दर्जन|बीघ|यूनिट)"
)
"""What is counted in halves."""
_FEW = 10
"""Up to this, neighbours are said without a word between them: "दो-तीन"."""
_LONGEST_HALF = 3
"""Digits of a number that "साढ़े" is not said with: a hundred and more."""
_LONGEST, _LONGEST_ROUND = 9, 14
"""Digits without commas that are still said as one number."""
_FIRST_YEAR = "1700"
"""Before it, only a word such as "सन" makes a year of four digits."""
_YEAR_BEFORE = re.compile(
    "(?:सन्?|वर्ष|साल|year|ईस्वी|since|जनवरी|फ़?रवरी|मार्च|अप्रैल|मई|जून|जुलाई|अगस्त|सितंबर|अक्टूबर|नवंबर|दिसंबर)"
    r"[\s,]*$"
)
_YEAR_AFTER = re.compile(r"\s*(?:में|mein|के\s+बाद|से\s+पहले|के\s+दशक|ई\.|ईस्वी)")


def _single(number: str) -> str:
    """One number, its decimals as they are; those of two digits with leading zeros too."""
    whole, decimals = parts(number)
    return decimal(whole, decimals)


def _shorter(number: str) -> str:
    """One number before a unit: halves have words of their own."""
    whole, decimals = parts(number)
    half = decimals.rstrip("0") == "5" and len(whole) < _LONGEST_HALF
    said = quarters(int(whole), decimals) if half else ""
    return said or decimal(whole, decimals.rstrip("0"))


def _ends(match: Match) -> tuple[str, str]:
    return match["low"], match["high"] or ""


def between(low: str, high: str) -> str:
    """The two ends of a range in words: neighbours go together, others are joined by "से"."""
    if re.fullmatch(r"(?:1[89]|20)\d\d (?:1[89]|20)\d\d", f"{low} {high}"):
        return f"{year(int(low))} से {year(int(high))}"
    near = re.fullmatch(r"\d+ \d+", f"{low} {high}") and int(high) == int(low) + 1 <= _FEW + 1
    return f"{_shorter(low)}-{_shorter(high)}" if near else f"{_shorter(low)} से {_shorter(high)}"


def amount(match: Match) -> str:
    """The words for a match of `AMOUNT`, without its unit."""
    low, high = _ends(match)
    said = between(low, high) if high else _shorter(low)
    return f"{MINUS} {said}" if match["minus"] else said


AMOUNT = _SIGNED + _RANGE
"""A number or a range before a unit: groups minus, low, high."""


def _in_scale(match: Match) -> str:
    low, high = _ends(match)
    scale = _SCALES[match["scale"]]
    if scale not in ("हज़ार", "लाख", "करोड़"):
        said = between(low, high) if high else _shorter(low)
        return f"{said} {scale}"
    if high:
        return f"{between(low, high)} {scale}"
    return scaled(*parts(low), scale)


def _money(match: Match) -> str:
    major, minor = _MONEY.get(match["sign"] or "", ("रुपये", "पैसे"))
    minus = f"{MINUS} " if match["minus"] or match.groupdict().get("negative") else ""
    if match["scale"]:
        crores = " करोड़" if match["crores"] else ""
        return f"{minus}{_in_scale(match)}{crores} {major}"
    low, high = _ends(match)
    if high:
        return f"{between(low, high)} {major}"
    return minus + _in_coins(*parts(low), major, minor, match)


def _in_coins(whole: str, decimals: str, major: str, minor: str, match: Match) -> str:
    """Rupees and paise."""
    if len(decimals.rstrip("0")) > 2 or not minor:
        return f"{decimal(whole, decimals.rstrip('0'))} {major}"
    small = int(decimals[:2].ljust(2, "0")) if decimals else 0
    if not small:
        return f"{cardinal(int(whole))} {_one_or_more(int(whole), major, match)}"
    coins = f"{cardinal(small)} {'पैसा' if minor == 'पैसे' and small == 1 else minor}"
    return f"{cardinal(int(whole))} {major} {coins}" if int(whole) else coins


def _one_or_more(count: int, major: str, match: Match) -> str:
    alone = count == 1 and major == "रुपये" and not OBLIQUE.match(after(match))
    return "रुपया" if alone else major


def _percent(match: Match) -> str:
    return f"{amount(match)} प्रतिशत"


def _hindi_ordinal(match: Match) -> str:
    sign = next(letter for letter in reversed(match["ending"]) if letter in "ाीे")
    return ordinal(int(match["number"].replace(",", "")), sign)


_ENGLISH = ("फर्स्ट", "सेकंड", "थर्ड", "फोर्थ", "फिफ्थ", "सिक्स्थ", "सेवंथ", "एट्थ", "नाइंथ", "टेंथ")
_BEFORE_ENGLISH = re.compile(
    r"\s+(?:[A-Za-z]|फ़?्लोर|फ़्लोर|क्लास|ईयर|सेमेस्टर|एसी"
    r"|(?:और|या|aur|ya|and|or)\s+\d{1,2}(?:st|nd|rd|th)\s+[A-Za-z])"
)


def _english_ordinal(match: Match) -> str:
    number = int(match["number"])
    if 0 < number <= len(_ENGLISH) and _BEFORE_ENGLISH.match(after(match)):
        return _ENGLISH[number - 1]
    return ordinal(number)


def _fraction(match: Match) -> str:
    above, below = int(match["above"]), int(match["below"])
    if not below:
        return ""
    if not match["whole"]:
        return fraction(above, below)
    quarter = {(1, 4): "25", (1, 2): "5", (3, 4): "75"}.get((above, below), "")
    said = quarters(int(match["whole"]), quarter)
    return said or f"{cardinal(int(match['whole']))} सही {fraction(above, below)}"


def _out_of(match: Match) -> str:
    """A rating: 4.5/5."""
    return f"{cardinal(int(match['below']))} में से {_shorter(match['above'])}"


def _one_after_another(match: Match) -> str:
    """1-0-1, as doses are written: no range."""
    return ", ".join(cardinal(int(number)) for number in match[0].split("-"))


def _sides(match: Match) -> str:
    """40x30x20."""
    return " बाय ".join(_shorter(side.strip()) for side in re.split("[xX×]", match[0]))


def _house(match: Match) -> str:
    """45/B, as houses are numbered."""
    number, letter = match[0].split("/")
    return f"{cardinal(int(number))} बटा {LETTERS[letter.upper()]}"


_SIGNS = {"¼": "25", "½": "5", "¾": "75"}


def _fraction_sign(match: Match) -> str:
    whole, part = int(match["whole"] or 0), _SIGNS[match["sign"]]
    said = quarters(whole, part)
    if whole and not said:
        return decimal(match["whole"], part)
    return {"": "एक चौथाई", "पौन": "तीन चौथाई"}.get(said, said)


def _version(match: Match) -> str:
    return " पॉइंट ".join(cardinal(int(part)) for part in match[0].split("."))


def _range(match: Match) -> str:
    return between(match["low"], match["high"])


def _plain(match: Match) -> str:
    sign = f"{MINUS} " if match["minus"] else ""
    number = match["low"]
    if _COUNTED.match(after(match)):
        return sign + _shorter(number)
    if "," in number or "." in number:
        return sign + _single(number)
    if _is_row(number):
        return sign + one_by_one(number)
    return sign + (year(int(number)) if _is_year(match) else cardinal(int(number)))


def _among_letters(match: Match) -> str:
    """What letters follow without a space."""
    return one_by_one(match[0]) if _is_row(match[0]) else cardinal(int(match[0]))


def _is_row(number: str) -> bool:
    """Whether digits are a row rather than an amount."""
    zeros = number.startswith("0") and len(number) > 2
    round_number = number.endswith("000") and len(number) <= _LONGEST_ROUND
    return zeros or (len(number) > _LONGEST and not round_number)


def _is_year(match: Match) -> bool:
    if len(match["low"]) != 4:
        return False
    likely = match["low"] >= _FIRST_YEAR and _YEAR_AFTER.match(after(match))
    return bool(likely or _YEAR_BEFORE.search(before(match)))


_ALSO = rf"(?:\s?(?P<scale>{_SCALE})(?:\s?(?P<crores>करोड़|crores?))?(?![A-Za-z]))?"
MONEY_RULES = (
    rule(
        rf"{_SIGNED}(?P<sign>{_SIGN})\s?(?P<negative>-)?(?P<low>{NUMBER})"
        rf"(?:{TO}(?:(?:{_SIGN})\s?)?(?P<high>{NUMBER}))?{_ALSO}(?:\s?/[-=])?(?:\s?(?:{_RUPEES}))?",
        _money,
    ),
    rule(
        rf"{_SIGNED}{_RANGE}{_ALSO}\s?(?:(?P<sign>{_SIGN})(?:\s?/-)?|/-(?:\s?(?:{_RUPEES}))?|{_RUPEES})",
        _money,
    ),
)
"""₹1,25,000 and 500/- and 99.50 रुपये."""
_WORD = any_of(" ".join(form for form in _SCALES if len(form) > 1 or form in "kK"))
SCALE_RULES = (
    rule(rf"{_RANGE}\s?(?P<scale>{_WORD})", _in_scale),
    rule(rf"{NUMBER}(?:\s?[xX×]\s?{NUMBER}){{2}}|\d{{1,4}}[xX×]\d{{1,4}}", _sides),
)
"""5 lakh, 10K, 2.5 करोड़, 40x30x20."""
AMOUNT_RULES = (
    rule(rf"{AMOUNT}\s?(?:%|प्रतिशत|percent|per\scent|फ़ीसदी|फीसदी)", _percent),
    rule(
        r"(?P<number>\d{1,3}(?:,\d{2,3})*,\d{3}|\d{1,7})(?:[\s-]?(?=व[ाीे][ँं])|-?)"
        r"(?P<ending>वाँ|वां|वा|वीं|वी|वें|वे|ला|ली|ले|रा|री|रे|था|थी|थे|ठा|ठी|ठे)",
        _hindi_ordinal,
    ),
    rule(r"(?P<number>\d{1,4})(?:st|nd|rd|th|ST|ND|RD|TH)", _english_ordinal),
    rule(r"(?P<above>\d{1,2}\.\d)/(?P<below>5|10)", _out_of),
    rule(r"\d{1,3}(?:-\d{1,3}){2,}", _one_after_another),
    rule(r"(?:(?P<whole>\d{1,9})\s)?(?P<above>\d{1,3})/(?P<below>\d{1,3})", _fraction),
    rule(r"\d{1,4}/[A-Za-z]", _house),
    rule(r"(?P<whole>\d{1,9})?\s?(?P<sign>[¼½¾])", _fraction_sign),
    rule(r"\d{1,4}:\d{1,4}", lambda match: " ".join(cardinal(int(n)) for n in match[0].split(":"))),
    rule(rf"(?P<low>{NUMBER}){TO}(?P<high>{NUMBER})", _range),
)
"""Numbers that a word, a sign or another number makes something."""
PLAIN_RULES = (
    rule(r"\d{1,9}(?:\.\d{1,9}){2,}", _version),
    rule(rf"{_SIGNED}(?P<low>{NUMBER})", _plain),
    rule(r"\d+", _among_letters, end=""),
)
"""What is left after dates, times and codes."""
