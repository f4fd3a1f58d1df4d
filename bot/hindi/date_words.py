"""Decides which words speak of days: today, spans of days, next and last, first and fifteenth."""

from collections.abc import Sequence

from bot.hindi.calendar_words import MONTHS, WEEKDAYS
from bot.hindi.fold import folded_words
from bot.hindi.quantity import quantities

NAMED = {
    word: days
    for days, words in (
        (0, "आज aaj today"),
        (1, "tomorrow टुमॉरो टुमारो"),
        (-1, "yesterday यस्टरडे येस्टरडे"),
        (2, "aftertomorrow"),
        (-2, "beforeyesterday"),
    )
    for word in folded_words(words)
}
BY_TENSE = {
    word: days
    for days, words in ((1, "कल kal"), (2, "परसों परसो parso parson"), (3, "नरसों तरसों नरसो"))
    for word in folded_words(words)
}
SPANS = {
    word: days
    for days, words in (
        (1, "दिन दिनों day days din"),
        (7, "हफ़्ते हफ़्ता हफ़्तों सप्ताह week weeks hafte hafta"),
        (15, "पखवाड़े"),
    )
    for word in folded_words(words)
}
MONTH = folded_words("महीने महीना महीनों माह month months mahine mahina")
YEARS = folded_words("साल सालों वर्ष year years saal")
AGO = folded_words("पहले पूर्व ago before pehle pahle हुए")
LATER = folded_words("बाद later after baad")
NEXT = folded_words("अगला अगले अगली आने next agle agla aane आगामी नेक्स्ट coming")
LAST = folded_words("पिछला पिछले पिछली बीते गत last pichle pichla लास्ट गुज़रे")
THIS = folded_words("इस इसी this is isi चालू")
DAY_WORDS = folded_words("तारीख़ तारीक tarikh taarikh tareekh taareekh tareek डेट date दिनांक")
END = folded_words("आख़िरी अंतिम आख़िर अंत last aakhri aakhir")
FIRST = {
    word: number
    for number, words in (
        (1, "पहली पहला first फर्स्ट pehli"),
        (2, "दूसरी दूसरा second सेकंड"),
        (3, "तीसरी तीसरा third थर्ड"),
        (4, "चौथी fourth"),
        (5, "पाँचवीं fifth"),
    )
    for word in folded_words(words)
}
_ORDINAL_ENDINGS = ("वीं", "वां", "वें", "वी", "वा", "वे")
_TH = {
    "twentieth": "twenty", "thirtieth": "thirty", "sixth": "six", "seventh": "seven",
    "eighth": "eight", "ninth": "nine", "tenth": "ten", "eleventh": "eleven", "twelfth": "twelve",
    "thirteenth": "thirteen", "fourteenth": "fourteen", "fifteenth": "fifteen",
    "sixteenth": "sixteen", "seventeenth": "seventeen", "eighteenth": "eighteen",
    "nineteenth": "nineteen",
}  # fmt: skip
NO = folded_words("नहीं no not sorry सॉरी बल्कि nahi")
PASSED_OVER = folded_words("को की का के of on the में से ही तक year साल सन सन् और and वाले वाली")
PLAIN = folded_words("जी हां मेरी मेरा है ji haan okay ठीक")


def plain_ordinals(words: Sequence[str]) -> list[str]:
    """पंद्रहवीं is पंद्रह, twentieth is twenty; पहली before a month is one."""
    plain = []
    for at, word in enumerate(words):
        month = any(near in MONTHS or near in ("of",) for near in words[at + 1 : at + 3])
        tens = words[at - 1] in ("twenty", "thirty") if at else False
        if word in FIRST and (month or tens):
            plain.append({1: "one", 2: "two", 3: "three", 4: "four", 5: "five"}[FIRST[word]])
        else:
            plain.append(_TH.get(word) or _without_ending(word))
    return plain


def _without_ending(word: str) -> str:
    for ending in _ORDINAL_ENDINGS:
        stem = word.removesuffix(ending)
        if stem != word and len(quantities([stem])) == 1 and not quantities([word]):
            return stem
    return word


def about_day(word: str) -> bool:
    known = (MONTHS, WEEKDAYS, NAMED, BY_TENSE, SPANS, DAY_WORDS)
    return any(word in names for names in known) or bool(quantities([word]))
