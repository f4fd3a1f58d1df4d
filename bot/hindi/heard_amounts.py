"""
Decides which amount of money, or which count, a caller has named.

One is wanted: two that differ are none, and so is "चार पाँच". A later one after a "no" counts.
"""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from bot.hindi.aside import Aside, aside
from bot.hindi.counting import key, keys
from bot.hindi.digits import heard_digits
from bot.hindi.number_talk import Kind, tokens
from bot.hindi.quantity import Quantity, quantities, words_of

_RUPEES = frozenset(
    keys("""
रुपये रुपया रुपयों रूपये रुपए रूपए रुपैया रूपया रु रू rs inr rupees rupee rupaye rupay rupaya rupe rupees
बक्स bucks
""")
)
_PAISE = frozenset(keys("पैसे पैसा paise paisa"))
_NO = frozenset(keys("नहीं ग़लत सॉरी बल्कि no not sorry nahi nahin wrong galat"))
_INSTEAD = tuple(tuple(keys(said)) for said in ("की जगह", "के बजाय", "के बदले", "ki jagah"))
_MINUTES = frozenset(keys("मिनट मिनिट सेकंड सेकेंड क्षण पल minute second minutes seconds"))
_ARTICLE_OF = frozenset(keys("शिकायत बात सवाल चीज़ question problem समस्या दिक्कत जगह तरफ़ baat"))
"""After एक, no count: "मुझे एक शिकायत करनी है"."""
_SMALL = 10
_DOZEN = frozenset(keys("दर्जन dozen darjan"))
_TOGETHER = {
    word: count
    for count, words in (
        (1, "अकेला अकेली अकेले akela"),
        (2, "दोनों donon dono"),
        (3, "तीनों teenon"),
        (4, "चारों charon"),
    )
    for word in keys(words)
}
_NONE = (("कोई", "नहीं"), ("एक", "भी", "नहीं"), ("कोई", "भी", "नहीं"), ("none",), ("koi", "nahi"))
_JOINING = frozenset(keys("और and aur"))
_MOST_SPELLED = 7
"""Digits of an amount that is said digit by digit."""
_LEAST_TENS = 20
"""In "दो पचास", which is 250, the second number is no smaller: "पाँच दस" is an estimate."""


def heard_amount(text: str) -> Decimal | None:
    """Rupees, with paise as decimals: "डेढ़ हज़ार रुपये" is 1500; None where no one amount is named."""
    words = _after_no(words_of(text))
    sums = _sums(words)
    named = [each for each, unit in sums if unit]
    bare = [each for each, unit in sums if not unit]
    if named:
        return _only([_decimal(each) for each in named])
    if len(bare) > 1 and (run := _run(words)) is not None:
        return run
    return _only([_decimal(each) for each in bare])


def heard_count(text: str) -> int | None:
    """How many: "दो दर्जन" is 24, "कोई नहीं" 0; None where no one whole number is named."""
    said = [key(word) for word in words_of(text)]
    if any(_begins(said, at, none) for none in _NONE for at in range(len(said))):
        return 0
    words = _after_no(words_of(text))
    said = [key(word) for word in words]
    counts = [_count(said, each, text) for each in quantities(words)]
    counts = [count for count in counts if count is not None]
    counts += [Fraction(_TOGETHER[word]) for word in said if word in _TOGETHER]
    if not counts and not _DOZEN.isdisjoint(said):
        return 12
    whole = set(counts)
    only = whole.pop() if len(whole) == 1 else None
    return None if only is None or only.denominator > 1 else int(only)


def _count(said: Sequence[str], each: Quantity, text: str) -> Fraction | None:
    """What a quantity counts; None where it is a mere article, or a time to wait."""
    after = said[each.end] if each.end < len(said) else ""
    if after in _ARTICLE_OF and each.value == 1:
        return None
    if after in _MINUTES and aside(text) is Aside.WAIT:
        return None
    return each.value * 12 if after in _DOZEN else each.value


def _sums(words: Sequence[str]) -> list[tuple[Fraction, bool]]:
    """Every amount, and whether it was called money; paise go with the rupees before them."""
    found: list[tuple[Fraction, bool]] = []
    rupees_end = before_end = -1
    for each in quantities(words):
        after = key(words[each.end]) if each.end < len(words) else ""
        before = key(words[each.start - 1]) if each.start else ""
        if after in _PAISE:
            paise = each.value / 100
            if found and _joined(words, rupees_end, each.start):
                paise += found.pop()[0]
            found.append((paise, True))
        elif after in _RUPEES or (before in _RUPEES and rupees_end < each.start):
            found.append((each.value, True))
            rupees_end = each.end + (after in _RUPEES)
        elif not _counts_other(words, each):
            found.append((each.value, False))
        elif found and each.start == before_end:
            found.pop()  # "चार पाँच लोग"
        before_end = each.end
    return found


def _joined(words: Sequence[str], rupees_end: int, start: int) -> bool:
    return start == rupees_end or (start == rupees_end + 1 and key(words[start - 1]) in _JOINING)


def _counts_other(words: Sequence[str], each: Quantity) -> bool:
    """Whether it counts something that is no money: "दो मिनट", "एक शिकायत"."""
    if each.end >= len(words):
        return False
    kind = tokens(words[each.end])[0].kind
    if kind in (Kind.COUNTED, Kind.MEASURE, Kind.DIGITS):
        return True
    return kind is Kind.STRANGER and each.value <= _SMALL


def _run(words: Sequence[str]) -> Decimal | None:
    """Numbers in a row that are one amount: "पाँच शून्य शून्य", "दो पचास"."""
    row = quantities(words)
    if any(one.end != other.start for one, other in zip(row, row[1:], strict=False)):
        return None
    if 3 <= len(row) <= _MOST_SPELLED and all(each.plain and each.value < _SMALL for each in row):
        return Decimal(heard_digits(" ".join(words)))
    if len(row) == 2 and row[0].value < _SMALL and _LEAST_TENS <= row[1].value < 100:
        return _decimal(row[0].value * 100 + row[1].value)
    return None


def _only(found: Sequence[Decimal]) -> Decimal | None:
    """The one amount of these; None for none, or for several that differ."""
    return found[0] if found and len(set(found)) == 1 else None


def _decimal(value: Fraction) -> Decimal:
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(Decimal("0.01"))


def _after_no(words: Sequence[str]) -> Sequence[str]:
    """What follows the last "no" that more numbers follow; all of it where none does."""
    for at in range(len(words) - 1, 0, -1):
        said = [key(word) for word in words[at : at + 2]]
        denies = said[0] in _NO or tuple(said) in _INSTEAD
        if denies and quantities(words[:at]) and quantities(words[at:]):
            return words[at + 1 :]
    return words


def _begins(said: Sequence[str], at: int, phrase: tuple[str, ...]) -> bool:
    return tuple(said[at : at + len(phrase)]) == tuple(key(word) for word in phrase)
