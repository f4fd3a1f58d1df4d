"""
Decides how words in Latin letters are said: loan words, brands, acronyms, English, Roman Hindi.

`spoken_words.tsv` holds how people say them, `spoken_english.tsv` common English words by their
dictionary sound, `spoken_roman.tsv` Hindi in Latin letters. What is in no list is spelled out
where it is in capitals, and read by spelling rules otherwise.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from bot.hindi.counting import NUMBERS
from bot.hindi.fold import fold, folded_words
from bot.hindi.latin import in_devanagari, latin_index
from bot.hindi.spoken_codes import WORDS, spelled
from bot.hindi.spoken_letters import by_spelling
from bot.hindi.spoken_rule import NO_LATIN_AFTER, Match, after, before, pairs, rows, rule, table

_ENGLISH = table("spoken_english.tsv")
_ROMAN = table("spoken_roman.tsv")
_LONG_STEM = 3


def _inflected(said: str) -> Iterator[str]:
    """What else a word of the list is: पुराना is पुराने, पुरानी; बदलवाना is बदलवा, बदलवाते."""
    if said.endswith("ा"):
        yield from (said[:-1] + end for end in "ेी")
    if said.endswith("ना") and len(said) - 2 >= _LONG_STEM:
        yield from (said[:-2] + end for end in ("", "ता", "ते", "ती"))


_LISTED = [said for said, _ in rows("spoken_roman.tsv")]
_PROPER = {
    fold(said): said
    for said in (*(form for said in _LISTED for form in _inflected(said)), *_LISTED)
}
_NAMES = {form.lower(): said for form, said in WORDS.items() if len(form) > 2}
"""Names and acronyms that somebody wrote in small letters."""
_INDEX = latin_index([*map(fold, _LISTED), *_PROPER])
_HINDI_SIGNS = folded_words("""
hai hain hoon tha thi ka ki ke ko se mein aap aapka aapki aapke aapko aapne mera meri mere mujhe
hum humein hamara yeh ye woh wo nahi nahin nhi kya kyun kyon kaise kab kahan kitna kitne kitni aur
lekin phir fir bhi kar karna karne karo karein kijiye dijiye gaya gayi gaye raha rahi rahe hoga hogi
diya liya kiya apna apni apne koi kuch sab ab abhi aaj kal baad liye wala wali haan ji jee namaste
dhanyavad kripya chahiye bata batao bataiye boliye hua hui hue sakte sakta sakti jayega jayegi
""")
"""Words of Roman Hindi that are no English ones."""
_ENGLISH_SIGNS = folded_words("""
the is are was were of your you my for with and or will can not this that have has from at on in it
we i be by an if what when how our they but which would could should been there their please
""")
_HINDI_FIRST = folded_words("""
main me to do is us so par hi he ho log ham hum din bad kam sun mil le de jab tab the are bar band
mere jane lane sake teen pas ki ka mat pure dam an hue
""")
"""English words that are more often Hindi ones, among Hindi words."""
_BY_NEIGHBOURS = {
    "nikal": (re.compile("_ (?:ga[iy]|rah|ja|chuk|aa)"), "निकल"),
    "door": (
        re.compile(
            "(?:kitni|kitna|kitne|bahut|km|zyada|thodi|meter) _|_ (?:hai|hain|tha|se|ho)\\b"
        ),
        "दूर",
    ),
    "ki": (
        re.compile(
            r"\b(?:hai|hain|hoon|hun|tha|thi|kaha|bola|bataya|batao|doon|du|dein|lijiye|kijiye|dijiye"
            "|chahiye|socha|suna|laga|lagta|chahta|chahti|pata|dekha|kahiye|bataiye|boliye) _"
        ),
        "कि",
    ),
    "kaha": (
        re.compile("(?:ne|sahi|yeh|ye|kuch|jo) _|_ (?:ki|tha|gaya|aapne|maine|unhone)\\b"),
        "कहा",
    ),
}
"""Words that are another one beside these: where the pattern holds, with the word as `_`."""
_LOOKS_ENGLISH = re.compile(
    "ck|x|qu|tion|sion|ough|wh|ght|oa|ea|ow|ew|oo[kdt]|ing$|ers?$|ly$|ty$|c(?!h)|[^aeiouh]e$"
    "|(?:ss|ll|tt|ff|rd|rt|st|lt|nt|pt|ct|ft|lf|lk|rk|rm|rn|mp)$"
)
_ADDRESS_SIGNS = pairs("""
. डॉट @ ऐट _ अंडरस्कोर - डैश / स्लैश + प्लस ? क्वेश्चन_मार्क = बराबर & एंड % परसेंट # हैश : कोलन
~ टिल्डा
""")
_LONGEST_ACRONYM = 4
_SHORTEST = 3
"""Letters of a word that runs together with another in an address."""
_VOWEL = re.compile("[AEIOUY]", re.IGNORECASE)
_CAMEL = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_LATIN = re.compile("[A-Za-z]+")


@lru_cache(maxsize=200)
def is_roman_hindi(text: str) -> bool:
    """Whether the words in Latin letters of a text are Hindi rather than English."""
    words = [word.lower() for word in _LATIN.findall(text)]
    hindi = sum(word in _HINDI_SIGNS or _only_hindi(word) for word in words)
    return hindi > sum(word in _ENGLISH_SIGNS - _HINDI_FIRST for word in words)


def _only_hindi(small: str) -> bool:
    return small in _ROMAN and small not in WORDS and small not in _ENGLISH


@lru_cache(maxsize=8_000)
def word(text: str, hindi: bool = False) -> str:
    """One word of Latin letters in Devanagari; `hindi`: it stands in Roman Hindi."""
    if text in WORDS:
        said = WORDS[text]
        return (roman(text) or said) if hindi and text in _HINDI_FIRST else said
    if text.isupper() and (len(text) <= _LONGEST_ACRONYM or not _VOWEL.search(text)):
        return _capitals(text)
    small = text.lower()
    if said := _listed(small, hindi):
        return said
    humps = _CAMEL.findall(text)
    if len(humps) > 1 and "".join(humps) == text:
        return " ".join(word(hump) for hump in humps)
    if not _VOWEL.search(text[1:] if len(text) > _SHORTEST else text):
        return spelled(text)
    return by_spelling(small, hindi or not _LOOKS_ENGLISH.search(small))


def _listed(small: str, hindi: bool) -> str:
    """What a list has for a word in small letters; empty where none does."""
    if hindi and (small in _HINDI_FIRST or small in _HINDI_SIGNS):
        return roman(small)
    if len(small) == 1:
        return (_ROMAN.get(small, "") if hindi else "") or WORDS.get(small) or spelled(small)
    return WORDS.get(small) or _ENGLISH.get(small) or roman(small) or _NAMES.get(small, "")


def roman(small: str) -> str:
    """A Hindi word in small Latin letters in Devanagari; empty where it is none."""
    if small in _ROMAN:
        return _ROMAN[small]
    folded = in_devanagari([small], _INDEX)[0]
    return "" if folded == small else _PROPER.get(folded, folded)


def _capitals(text: str) -> str:
    """A short word in capitals: spelled, unless it is long enough to be a known word."""
    said = WORDS.get(text.lower()) or _ENGLISH.get(text.lower())
    return said if said and len(text) > 2 else spelled(text)


def _word(match: Match) -> str:
    whole, hindi = match[0], is_roman_hindi(match.string)
    if "'" in whole or "’" in whole:
        return _with_apostrophe(whole, hindi)
    if hindi and whole in _BY_NEIGHBOURS and (said := _by_neighbours(match)):
        return said
    return word(whole, hindi)


def _with_apostrophe(whole: str, hindi: bool) -> str:
    """don't, Sharma's."""
    parts = re.split("['’]", whole)
    if said := WORDS.get("'".join(parts).lower()):
        return said
    if parts[-1] == "s":
        return f"{word(' '.join(parts[:-1]), hindi)} का"
    return " ".join(word(part, hindi) for part in parts)


def _by_neighbours(match: Match) -> str:
    """One of two Hindi words that are written alike: "kaha ki" is कहा कि, "kaha hai" कहाँ है."""
    pattern, said = _BY_NEIGHBOURS[match[0]]
    return said if pattern.search(f"{before(match)}_{after(match)}") else ""


def _address(match: Match) -> str:
    text = re.sub("^https?://", "", match[0])
    pieces = re.findall(r"[A-Za-z]+|\d|[^A-Za-z\d]", text)
    return " ".join(_address_part(piece) for piece in pieces)


def _address_part(piece: str) -> str:
    if piece.isdigit():
        return NUMBERS[int(piece)]
    return _ADDRESS_SIGNS.get(piece) or _in_address(piece)


def _in_address(piece: str) -> str:
    """A word of an address, or two that run together: hdfcbank, customercare."""
    small = piece.lower()
    if _known(small):
        return word(piece)
    for at in range(len(small) - _SHORTEST, _SHORTEST - 1, -1):
        if _known(small[:at]) and _known(small[at:]):
            return f"{word(small[:at])} {word(small[at:])}"
    return word(piece)


def _known(small: str) -> bool:
    return small in WORDS or small in _NAMES or small in _ENGLISH or small in _ROMAN


_BLOOD_BEFORE = re.compile(
    r"(?:ब्लड|रक्त|blood)\s*(?:ग्रुप|समूह|group)?\s*(?:is|:|-)?\s*$", re.IGNORECASE
)
_BLOOD_AFTER = re.compile(r"\s*(?:ब्लड|रक्त|blood|group|ग्रुप)", re.IGNORECASE)


def _blood(match: Match) -> str:
    """O- of a blood group; empty where nothing says that it is one."""
    sure = match[3] or _BLOOD_BEFORE.search(before(match)) or _BLOOD_AFTER.match(after(match))
    if not sure:
        return ""
    return f"{spelled(match[1])} {'पॉज़िटिव' if match[2] == '+' else 'नेगेटिव'}"


_ENDS = "com|in|org|net|gov|edu|co|io|ai|app|info|biz|me|dev|bank|online|store|xyz|uk|us|sbi"
ADDRESS_RULES = (
    rule(r"[A-Za-z0-9][\w.+-]*@[A-Za-z0-9][A-Za-z0-9-]*(?:\.[A-Za-z0-9-]+)*", _address),
    rule(r"(?:https?://|www\.)[\w.-]+(?:[/?#][\w./?=&%#~+:-]*[\w/])?", _address),
    rule(rf"(?:[A-Za-z0-9][\w-]*\.)+(?:{_ENDS})(?:/[\w./?=&%#~+-]*\w)?", _address),
)
WORD_RULES = (
    rule(r"(AB|A|B|O)\s?([+-])(ve)?", _blood),
    rule(
        r"(?:[A-Za-z]\.){2,}[A-Za-z]?",
        lambda match: spelled(re.sub(r"\W", "", match[0])),
        end=NO_LATIN_AFTER,
    ),
    rule(r"[A-Za-z]+-[A-Za-z]+", lambda match: WORDS.get(match[0], ""), end=""),
    rule(r"[A-Za-z]+(?:['’][A-Za-z]+)*", _word, end=""),
)
