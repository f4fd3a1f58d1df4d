"""
Decides where a text holds a PAN, an IFSC, an e-mail or a UPI address: written or spelled out.

Letters are spelled by their English names (ए बी सी, "B for Bombay"), addresses with एट (द रेट) and
डॉट.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from bot.hindi.counting import WORTH, key
from bot.hindi.fold import fold, folded_words
from bot.hindi.letters import LETTERS, letter_at, signs_at
from bot.hindi.redact_digits import Hidden
from bot.hindi.redact_labels import Mark

_WRITTEN = (
    (
        Mark.EMAIL,
        re.compile(r"[\w.+\u0900-\u0963-]+@[\w\u0900-\u0963-]+(?:\.[\w\u0900-\u0963-]+)+"),
    ),
    (Mark.UPI, re.compile(r"[\w.\u0900-\u0963-]{2,}@[A-Za-z]{2,}[A-Za-z0-9]*")),
    (Mark.PAN, re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{5}[ -]?\d{4}[ -]?[A-Za-z](?![A-Za-z0-9])")),
    (
        Mark.PAN,
        re.compile(r"(?<![A-Za-z0-9])\d{2}[A-Za-z]{5}\d{4}[A-Za-z][A-Za-z0-9]{3}(?![A-Za-z0-9])"),
    ),
    (
        Mark.IFSC,
        re.compile(r"(?<![A-Za-z0-9])(?:[A-Za-z]{4}0|[A-Z]{4}[ -]0)[A-Za-z0-9]{6}(?![A-Za-z0-9])"),
    ),
)
_LICENCE = re.compile(
    r"(?<![A-Za-z0-9])[A-Za-z]{2}[ -]?\d{2}[ -]?(?:19|20)\d{2}[ -]?\d{7}(?![A-Za-z0-9])"
)
_NAMED_ID = re.compile(r"पासपोर्ट|वोटर|मतदाता|passport|voter|epic", re.IGNORECASE)
_ID = re.compile(r"(?<![A-Za-z0-9])(?:[A-Za-z][ -]?\d{7}|[A-Za-z]{3}[ -]?\d{7})(?![A-Za-z0-9])")
"""A passport's or a voter's card's number: their form is that of many others."""
_PASSWORD = re.compile(
    r"(?:password|passcode|पासवर्ड)\s*(?:is|hai|है|:|=)?\s*"
    r"(?P<secret>(?=\S*[0-9@#$%!])(?=\S*[A-Za-z])[^\s,;।]{4,})",
    re.IGNORECASE,
)
"""One that is no row of digits."""
_PAN = re.compile("[A-Z]{5}[0-9]{4}[A-Z]")
_IFSC = re.compile("[A-Z]{4}0[A-Z0-9]{6}")
_SHAPES = ((Mark.PAN, _PAN, 10), (Mark.IFSC, _IFSC, 11))
_LETTERS_FIRST = 4
"""Both begin with so many letters."""
_WORD = re.compile(r"[A-Za-z]+|[0-9०-९]+|@|[\u0900-\u0963\u0970-\u097f\u200c\u200d]+")
_AT = folded_words("एट ऐट at @ अट")
_RATE = ("द रेट", "दी रेट", "the rate", "रेट", "दर रेट")
_DOT = folded_words("डॉट डाट dot")
_TOP = folded_words("कॉम काम com इन in को नेट net org ओआरजी co ओ gov")
_MAILS = folded_words("""
जीमेल gmail याहू yahoo हॉटमेल hotmail आउटलुक outlook रेडिफमेल रेडिफ rediffmail rediff
जीमेइल आईक्लाउड icloud
""")
_HANDLES = folded_words("""
पेटीएम paytm ओकेएसबीआई oksbi ओकेएक्सिस okaxis ओकेएचडीएफसीबैंक okhdfcbank ओकेआईसीआईसीआई okicici
वाईबीएल ybl आईबीएल ibl एएक्सएल axl एपीएल apl फोनपे phonepe गूगलपे
""")
_BANKS = _HANDLES | folded_words("""
यूपीआई upi भीम एसबीआई sbi एचडीएफसी hdfc एक्सिस axis आईसीआईसीआई icici
""")
_SPELLED = frozenset(("YBL", "IBL", "AXL", "APL", "UPI", "SBI", "HDFC", "ICICI", "BOI", "PNB"))
"""As the letters of a handle are spelled."""
_STOPS = folded_words("""
है हैं ईमेल मेल आईडी आइडी पता एड्रेस मेरा मेरी मेरे पर को और यूपीआई भेज हमारा हमारी भेजिए
कर email mail id is my upi address the to on and send it भी यह ये इस उस तो जी हां से का की
के में
""")
_LINES = folded_words("अंडरस्कोर underscore डैश हाइफन dash hyphen")
_MOST_LOCAL, _MOST_PLAIN = 24, 3
"""Words before the एट that may belong to an address; those that are no digit, letter or dot."""


def codes(text: str) -> list[Hidden]:
    """Each code and address of a text; they may overlap."""
    found = [
        Hidden(*match.span(), mark)
        for mark, pattern in _WRITTEN
        for match in pattern.finditer(text)
    ]
    patterns = (_LICENCE, _ID) if _NAMED_ID.search(text) else (_LICENCE,)
    found += [Hidden(*match.span(), Mark.ID) for ids in patterns for match in ids.finditer(text)]
    found += [Hidden(*match.span("secret"), Mark.PIN) for match in _PASSWORD.finditer(text)]
    words = [(_folded(match.group()), *match.span()) for match in _WORD.finditer(text)]
    return [*found, *_spelled(words), *_addresses(words)]


@lru_cache(maxsize=20_000)
def _word(word: str) -> str:
    return fold(word)


def _folded(word: str) -> str:
    """A word folded; what has figures in it is not remembered."""
    return fold(word) if word[0].isdigit() else _word(word)


_Words = Sequence[tuple[str, int, int]]


def _spelled(words: _Words) -> Iterator[Hidden]:
    """PAN and IFSC out of letters and digits, whether spelled, spoken or written apart."""
    folded = [word for word, _, _ in words]
    at = 0
    while at < len(words):
        end, mark = next(
            (
                (end, mark)
                for mark, shape, length in _SHAPES
                if (end := _shaped(folded, at, shape, length))
            ),
            (at + 1, None),
        )
        if mark is not None:
            yield Hidden(words[at][1], words[end - 1][2], mark)
        at = end


def _shaped(words: Sequence[str], at: int, shape: re.Pattern[str], length: int) -> int:
    """Where the code of this shape ends that begins here; 0 where none does."""
    code = ""
    while at < len(words) and len(code) < length:
        taken, signs = signs_at(words, at)
        code, at = code + signs, at + taken
        if not taken or not code[:_LETTERS_FIRST].isalpha():
            return 0
    return at if shape.fullmatch(code) else 0


def _addresses(words: _Words) -> Iterator[Hidden]:
    """What is around each एट that a domain follows."""
    folded = [word for word, _, _ in words]
    for at, word in enumerate(folded):
        if word not in _AT or not at:
            continue
        rated = next((len(rate.split()) for rate in _RATE if _follows(folded, at + 1, rate)), 0)
        start = at + 1 + rated
        if end := _mail_end(folded, start):
            mark = Mark.EMAIL
        elif end := _bank_end(folded, start, rated > 0 or word > "z"):
            mark = Mark.UPI
        else:
            continue
        yield Hidden(words[_local(folded, at)][1], words[end - 1][2], mark)


def _follows(words: Sequence[str], at: int, phrase: str) -> bool:
    parts = phrase.split()
    return list(words[at : at + len(parts)]) == parts


def _mail_end(words: Sequence[str], at: int) -> int:
    """Where a domain ends: a known one, or one with a dot and a usual ending; 0 for none."""
    for dot in range(at + 1, min(at + 4, len(words) - 1)):
        if words[dot] in _DOT and words[dot + 1] in _TOP:
            more = words[dot + 2 : dot + 4]
            return dot + 4 if len(more) == 2 and more[0] in _DOT and more[1] in _TOP else dot + 2
    return at + 1 if words[at : at + 1] and words[at] in _MAILS else 0


def _bank_end(words: Sequence[str], at: int, sure: bool) -> int:
    """
    Where a payment provider's handle ends; 0 for none.

    Not `sure`: an English "at", after which a bank is more likely a place ("at SBI").
    """
    ok = words[at : at + 1] == ["ओके"] or words[at : at + 1] == ["ok"]
    start = at + ok
    if start < len(words) and words[start] in (_BANKS if sure else _HANDLES):
        return start + 1
    end, letters = start, ""
    while end < len(words) and (taken := letter_at(words, end))[0]:
        end, letters = end + taken[0], letters + taken[1]
        if letters in _SPELLED and (sure or ok):
            return end
    return min(start + 1, len(words)) if ok and sure else 0


def _local(words: Sequence[str], at: int) -> int:
    """
    Where the part before the एट begins: digits, letters and dots, and a few words among them.

    A word that is about the address ("ईमेल", "है") ends it.
    """
    start, plain = at, 0
    while start > 0 and at - start < _MOST_LOCAL:
        word = words[start - 1]
        if not _joins(words, start - 1):
            plain += 1
            if word in _STOPS or plain > _MOST_PLAIN:
                break
        start -= 1
    return start if start < at else at - 1


def _joins(words: Sequence[str], at: int) -> bool:
    """Whether this word is a dot, a digit, or a letter among letters."""
    word = words[at]
    if word in _DOT or word in _LINES or word.isdigit() or WORTH.get(key(word), 100) < 100:
        return True
    beside = [*words[max(0, at - 1) : at], *words[at + 1 : at + 2]]
    return word in LETTERS and any(near in LETTERS for near in beside)
