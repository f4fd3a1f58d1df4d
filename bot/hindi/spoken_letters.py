"""
Decides how a word in Latin letters that no list holds is written in Devanagari.

Spelling rules, one set for English words and names of companies, one for Hindi in Latin letters.
What neither gets right belongs into a list.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from bot.hindi.spoken_rule import pairs

_SIGN_OF = pairs("""
आ ा इ ि ई ी उ ु ऊ ू ए े ऐ ै ओ ो औ ौ ऑ ॉ आइ ाइ आउ ाउ ऑय ॉय यू ्यू इया िया
""") | {"अ": ""}
"""A vowel's letter, and its sign after a consonant."""
_ENGLISH_ENDINGS = pairs("""
tion$ शन ssion$ शन sion$ ज़न cial$ शल tial$ शल ture$ चर ing$ िंग ings$ िंग्स ers?$ र or$ र
le$ ल ous$ स age$ ेज able$ ेबल ment$ मेंट ness$ नेस ful$ फ़ुल ity$ िटी ly$ ली ght ट ics?$
िक
""")
_HINDI_ENDINGS = pairs("""
waiye$ वाइए aiye$ ाइए iye$ िए iyega$ िएगा ein$ ें enge$ ेंगे engi$ ेंगी
(?:oo|u)nga$ ूँगा (?:oo|u)ngi$ ूँगी oon$ ूँ
""")
"""Of verbs."""
_ENGLISH = pairs("""
tch च sch स्क ch च sh श th थ ph फ़ gh घ kh ख dh ध bh भ jh झ ck क qu क्व wh व wr र kn न x
क्स z ज़ f फ़ b ब c क d ड g ग h ह j ज k क l ल m म n न p प q क r र s स t ट v व w व y य
""")
_ENGLISH_VOWELS = pairs("""
aa आ ee ई oo ऊ ea ई ai ए ay ए au ऑ aw ऑ ou आउ ow ओ oa ओ oi ऑय oy ऑय ie ई ei ए ey ई ew यू
ue यू  a ऐ e ए i इ o ऑ u अ ia इया
""")
_ENGLISH_LAST = {"a": "आ", "i": "ई", "o": "ओ", "u": "ऊ", "y": "ई", "e": "ई"}
_MAGIC = {"a": "ए", "i": "आइ", "o": "ओ", "u": "यू", "e": "ई"}
"""A vowel before one consonant and a silent e."""
_HINDI = _ENGLISH | pairs("""
chh छ ksh क्ष gy ज्ञ ph फ t त d द th थ qu क़ु c क q क wh व्ह sch स्च wr व्र kn क्न shr श्र
tr त्र ck क्क
""")
_HINDI_VOWELS = pairs("""
aa आ ee ई ii ई oo ऊ uu ऊ ai ऐ au औ ou औ ei ए a अ e ए i इ o ओ u उ ia इया ea ईए io इओ
""")
_HINDI_LAST = {"a": "आ", "i": "ई", "o": "ओ", "u": "ऊ", "e": "ए", "y": "ई"}
_VIRAMA = "्"
_NASAL_BEFORE = "कखगघचछजझटठडढतथदधपफबभ"
_DOUBLE = re.compile(r"([bcdfghjklmnpqrstvwxyz])\1")
_SILENT_E = re.compile("(?<=[^aeiouy])e$")
_SOFT = (
    (re.compile("(?<![aeo])a(?=r(?:[^aeiouyr]|$))"), "aa"),
    (re.compile("c(?=[eiy])"), "s"),
    (re.compile("g(?=e)"), "j"),
    (re.compile("dge"), "j"),
)


@lru_cache(maxsize=4_000)
def by_spelling(word: str, hindi: bool = False) -> str:
    """A word of small Latin letters in Devanagari, read as English or as Hindi."""
    if hindi:
        stem, ending = _without_ending(word, _HINDI_ENDINGS)
        last = {} if ending else _HINDI_LAST
        return _written(stem, _HINDI, _HINDI_VOWELS, last) + ending
    for pattern, plain in _SOFT:
        word = pattern.sub(plain, word)
    stem, ending = _without_ending(_DOUBLE.sub(r"\1", word), _ENGLISH_ENDINGS)
    if not ending and (magic := re.fullmatch("(.*[^aeiou])([aeiou])([^aeiouywx])e(s?)", stem)):
        stem = f"{magic[1]}{magic[2].upper()}{magic[3]}{magic[4]}"
    elif not ending and len(stem) > 2:
        stem = _SILENT_E.sub("", stem)
    last = _ENGLISH_LAST if not ending else {}
    return _written(stem, _ENGLISH, _ENGLISH_VOWELS, last) + ending


def _without_ending(word: str, endings: Mapping[str, str]) -> tuple[str, str]:
    for pattern, said in endings.items():
        found = re.search(pattern, word)
        if found and found.start() > 1 and found.end() == len(word):
            return word[: found.start()], said
    return word, ""


def _written(
    word: str, consonants: Mapping[str, str], vowels: Mapping[str, str], last: Mapping[str, str]
) -> str:
    """Write the sounds of a word one after the other."""
    out, at = "", 0
    open_consonant = False
    while at < len(word):
        size, sound, is_vowel = _next(word, at, consonants, vowels, last)
        if is_vowel:
            out += _SIGN_OF.get(sound, sound) if open_consonant else _first(sound)
        elif sound:
            out = _joined(out, sound) if open_consonant else out + sound
        open_consonant = not is_vowel if sound else open_consonant
        at += size
    return out


def _first(sound: str) -> str:
    return {"यू": "यू", "आर": "आर"}.get(sound, sound)


def _joined(out: str, sound: str) -> str:
    """A consonant right after a consonant; "n" before a stop is a nasal sign."""
    if out.endswith("न") and sound[0] in _NASAL_BEFORE and len(out) > 1:
        return out[:-1] + "ं" + sound
    return out + _VIRAMA + sound


def _next(
    word: str,
    at: int,
    consonants: Mapping[str, str],
    vowels: Mapping[str, str],
    last: Mapping[str, str],
) -> tuple[int, str, bool]:
    """How many letters the next sound has, its Devanagari, and whether it is a vowel."""
    letter = word[at]
    if letter in "AEIOU":
        return 1, _MAGIC[letter.lower()], True
    if at == len(word) - 1 and at and letter in last:
        return 1, last[letter], True
    for size in (3, 2, 1):
        piece = word[at : at + size]
        if len(piece) == size and piece in vowels:
            return size, vowels[piece], True
        if len(piece) == size and piece in consonants:
            return size, consonants[piece], False
    return 1, "", False
