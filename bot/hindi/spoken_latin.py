"""
Decides how words in Latin letters are said: loan words, brands, acronyms, addresses, Roman Hindi.

`spoken_words.tsv` holds how people say them; what is in no list goes letter by letter in capitals,
and by spelling rules otherwise.
"""

import re
from functools import lru_cache

from bot.hindi.counting import NUMBERS
from bot.hindi.spoken_codes import spelled
from bot.hindi.spoken_letters import by_spelling
from bot.hindi.spoken_rule import NO_LATIN_AFTER, Match, pairs, rule, table

WORDS = table("spoken_words.tsv")
"""What a Latin word sounds like, by its spelling in small letters; in capitals, an acronym."""
_ADDRESS_SIGNS = pairs("""
. डॉट @ ऐट _ अंडरस्कोर - डैश / स्लैश + प्लस ? क्वेश्चन_मार्क = बराबर & एंड % परसेंट # हैश : कोलन ~ टिल्डा
""")
_LONGEST_ACRONYM = 4
_VOWEL = re.compile("[AEIOUY]", re.IGNORECASE)
_CAMEL = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


@lru_cache(maxsize=4_000)
def word(text: str) -> str:
    """One word of Latin letters in Devanagari."""
    if text in WORDS:
        return WORDS[text]
    if text.isupper() and (len(text) <= _LONGEST_ACRONYM or not _VOWEL.search(text)):
        return _capitals(text)
    small = text.lower()
    if small in WORDS:
        return WORDS[small]
    if not _VOWEL.search(text):
        return spelled(text)
    humps = _CAMEL.findall(text)
    if len(humps) > 1 and "".join(humps) == text:
        return " ".join(map(word, humps))
    return by_spelling(small)


def _capitals(text: str) -> str:
    """A short word in capitals: spelled, unless it is long enough to be a known word."""
    said = WORDS.get(text.lower())
    return said if said and len(text) > 2 else spelled(text)


def _word(match: Match) -> str:
    whole = match[0]
    if whole.endswith(("'s", "’s")):
        return f"{word(whole[:-2])} का"
    return " ".join(word(part) for part in re.split("['’]", whole) if part)


def _address(match: Match) -> str:
    text = re.sub("^https?://", "", match[0])
    pieces = re.findall(r"[A-Za-z]+|\d|[^A-Za-z\d]", text)
    return " ".join(_address_part(piece) for piece in pieces)


def _address_part(piece: str) -> str:
    if piece.isdigit():
        return NUMBERS[int(piece)]
    return _ADDRESS_SIGNS.get(piece) or word(piece.lower())


_ENDS = "com|in|org|net|gov|edu|co|io|ai|app|info|biz|me|dev|bank|online|store|xyz|uk|us"
ADDRESS_RULES = (
    rule(r"[A-Za-z0-9][\w.+-]*@[A-Za-z0-9][A-Za-z0-9-]*(?:\.[A-Za-z0-9-]+)*", _address),
    rule(r"(?:https?://|www\.)[\w.-]+(?:[/?#][\w./?=&%#~+:-]*[\w/])?", _address),
    rule(rf"(?:[A-Za-z0-9][\w-]*\.)+(?:{_ENDS})(?:/[\w./?=&%#~+-]*\w)?", _address),
)
WORD_RULES = (
    rule(
        r"(?:[A-Za-z]\.){2,}[A-Za-z]?",
        lambda match: spelled(re.sub(r"\W", "", match[0])),
        end=NO_LATIN_AFTER,
    ),
    rule(r"[A-Za-z]+(?:['’][A-Za-z]+)*", _word, end=""),
)
