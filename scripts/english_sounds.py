"""
Makes bot/hindi/spoken_english.tsv: common English words as Hindi speakers say them, in Devanagari.

Run: `python -m scripts.english_sounds CMU LIST... --rarer LIST...`. CMU is index.js of the npm
package cmu-pronouncing-dictionary@3.0.0 (the CMU Pronouncing Dictionary: American sounds).
The LISTs are SCOWL's most common words (Debian's package scowl, usr/share/dict/scowl/
{english,american,british}-words.{10,20}, and .35 for the rarer). Their terms are in
spoken_english.LICENSE. A rarer word that is a Hindi one, too ("sari"), is left to Hindi. Where the
American sound has lost the vowel, the spelling tells which one India says: payment, service.
"""

import argparse
import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from bot.hindi.spoken_latin import roman

OUT = Path(__file__).resolve().parent.parent / "bot/hindi/spoken_english.tsv"
ENTRY = re.compile(r'\s*"?([a-z]+)"?: "([A-Z0-9 ]+)"')
CONSONANTS = dict(
    zip(
        ("B", "CH", "D", "DH", "F", "G", "HH", "JH", "K", "L", "M", "N", "P", "R", "S", "SH", "T")
        + ("TH", "V", "W", "Y", "Z", "ZH"),
        ("ब", "च", "ड", "द", "फ़", "ग", "ह", "ज", "क", "ल", "म", "न", "प", "र", "स", "श", "ट")
        + ("थ", "व", "व", "य", "ज़", "ज़"),
        strict=True,
    )
)
VOWELS = {
    "AA": "आ", "AE": "ऐ", "AO": "ऑ", "AW": "आउ", "AY": "आइ", "EH": "ए", "EY": "ए", "IH": "इ",
    "IY": "ई", "OW": "ओ", "OY": "ऑइ", "UH": "उ", "UW": "ऊ", "AH": "अ",
}  # fmt: skip
SIGNS = dict(zip("आइईउऊएऐओऑ", "ािीुूेैोॉ", strict=True)) | {"अ": ""}
LAST = {"AY": "आई", "OY": "ऑय"}
"""As they are written at the end of a word: supply, boy."""
BY = re.compile("(?:b|^m)ye?$")
GLIDES = {"आइ": "य", "ऑइ": "य", "आउ": "व", "ई": "य", "इ": "य"}
"""What is heard between such a vowel and another: fire is फ़ायर."""
NASAL_BEFORE = {
    "N": {"K", "G", "CH", "JH", "T", "D", "TH", "DH", "S", "SH", "F"},
    "M": {"P", "B"},
    "NG": {"K", "G"},
}
SPELT_VOWEL = re.compile("[aeiou]+(?:[yw](?![aeiou]))?|y(?![aeiou])")
SILENT_E = re.compile("(?<=[^aeiou])e(s?)$|(?<=[^aeioutd])e(d)$")
SYLLABIC = re.compile("[^aeiouwrl]le?s?$|sm$")
"""The l of bottle has no vowel before it in writing."""
LAST_AS_SPELT = re.compile("(a)$|(?<=m)(e)nts?$")
"""Their last vowel is written, whatever the letters before are."""
OPEN_O = re.compile("oar|(?<!c)oor|our|ore(?!ig|st)|orce|orge|port(?!un)")
"""The "o" of course and report is long."""
ROOTS = """
class pass glass fast last past cast mask task staff after answer ask chance dance advance plant
grant demand command branch path bath half laugh master basket grass france example sample slam
afternoon castle craft draft shaft raft aunt can't france glance lance nasty plaster rather rascal
disaster blast brass
"""
ENDINGS = ("", "s", "es", "ed", "ing", "er", "ers")
SHORT = 3
"""Letters of a rare word that is more likely a name or a Hindi word."""
BROAD = frozenset(word + end for word in ROOTS.split() for end in ENDINGS)
"""Words whose "a" is long in Britain and India: class, last."""
Sound = tuple[str, str]
"""A phone, and the letters that it is written with where it is a vowel."""


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sounds", type=Path)
    parser.add_argument("lists", type=Path, nargs="+")
    parser.add_argument("--rarer", type=Path, nargs="*", default=[])
    given = parser.parse_args()
    lines = given.sounds.read_text("utf-8").splitlines()
    phones = {match[1]: match[2] for line in lines if (match := ENTRY.match(line))}
    rarer = {word for word in _words(given.rarer) if len(word) > SHORT and not roman(word)}
    forms: dict[str, list[str]] = defaultdict(list)
    for word in sorted((_words(given.lists) | rarer) & set(phones)):
        if len(word) > 1:
            forms[devanagari(word, phones[word].split())].append(word)
    OUT.write_text(
        "".join(f"{said}\t{' '.join(forms[said])}\n" for said in sorted(forms)), encoding="utf-8"
    )


def _words(lists: Sequence[Path]) -> set[str]:
    return {word for path in lists for word in path.read_text("latin-1").split()}


def devanagari(word: str, phones: list[str]) -> str:
    """An English word as Hindi speakers say it."""
    said = _written(_heard(word, _aligned(word, phones)))
    return unicodedata.normalize("NFC", said[:-1] + "य" if BY.search(word) else said)


def _aligned(word: str, phones: list[str]) -> list[Sound]:
    """Each phone without its stress; vowels with the letters that they are written with."""
    letters = SPELT_VOWEL.findall(SILENT_E.sub(r"\1\2", word))
    letters += [""] * bool(SYLLABIC.search(word))
    vowels = sum(phone[-1].isdigit() for phone in phones)
    if len(letters) != vowels:
        last = LAST_AS_SPELT.search(word)
        letters = [""] * (vowels - 1) + [(last[1] or last[2]) if last else ""]
    spelt = iter(letters)
    return [(phone.rstrip("012"), next(spelt) if phone[-1].isdigit() else "") for phone in phones]


def _heard(word: str, sounds: list[Sound]) -> list[Sound]:
    """The sounds as India has them; the -ed of "blocked" is a d."""
    if word.endswith("ed") and sounds[-1] == ("T", ""):
        sounds = [*sounds[:-1], ("D", "")]
    out: list[Sound] = []
    for at, (phone, letters) in enumerate(sounds):
        after = sounds[at + 1 : at + 3]
        if phone == "ER":
            full = after and letters == "o" and not (out and out[-1][0] == "W")
            out += [("AO" if full else "AH", ""), ("R", "")]
        elif phone == "AO" and after[:1] == [("R", "")] and OPEN_O.search(word):
            out.append(("OW", letters))
        elif phone == "IH" and letters == "e" and at and _before_vowel(after):
            out.append(("IY", letters))
        elif phone == "IH" and letters in ("ea", "ee") and after[:1] == [("R", "")]:
            out += [(phone, letters), ("Y", ""), ("AH", "")]
        elif phone == "Z" and not after and out[-1][0] not in VOWELS:
            out.append(("S", ""))
        else:
            out.append((_vowel_heard(word, phone, letters, after), letters))
    return out


def _before_vowel(after: list[Sound]) -> bool:
    """Whether an "r" and a vowel follow, as in "serious"."""
    return after[:1] == [("R", "")] and len(after) > 1 and after[1][0] in VOWELS


def _vowel_heard(word: str, phone: str, letters: str, after: list[Sound]) -> str:
    """A vowel as India has it; another sound stays."""
    if word.endswith(("ted", "ded")) and after == [("D", "")]:
        return "EH"
    if phone == "AE" and word in BROAD:
        return "AA"
    if phone == "AA" and letters.startswith("o"):
        return "AO"
    if phone != "AH":
        return phone
    return _full(letters, after[0][0] if after else "", after[1:])


def _full(letters: str, after: str, then: list[Sound]) -> str:
    """The vowel for one that America has reduced."""
    if letters in ("i", "y", "ui"):
        return "IH"
    if letters == "a" and not after:
        return "AA"
    if letters in ("e", "a", "ie") and after == "N" and then and then[0][0] in ("T", "S"):
        return "EH"
    if "a" in letters and after in ("JH", "B") and [sound[0] for sound in then] in ([], ["AH"]):
        return "EH"
    return "AH"


def _written(sounds: list[Sound]) -> str:
    out, bare = "", False
    for at, (phone, _) in enumerate(sounds):
        after = sounds[at + 1][0] if at + 1 < len(sounds) else ""
        if phone in VOWELS:
            vowel = VOWELS[phone] if after else LAST.get(phone, VOWELS[phone])
            out += _vowel(vowel, bare, after in VOWELS)
            bare = after in VOWELS and VOWELS[phone] in GLIDES
        elif phone == "NG":
            out += "ं" if after in ("K", "G") else "ंग"
            bare = after not in ("K", "G")
        elif out and after in NASAL_BEFORE.get(phone, ()):
            out += "्न" if bare else "ं"
            bare = False
        else:
            out += "्" * bare + CONSONANTS[phone]
            bare = True
    return out


def _vowel(vowel: str, after_consonant: bool, before_vowel: bool) -> str:
    glide = GLIDES.get(vowel, "") if before_vowel else ""
    if glide:
        vowel = vowel[0] if len(vowel) > 1 else "इ"
    first = SIGNS[vowel[0]] if after_consonant else vowel[0]
    return first + vowel[1:] + glide


if __name__ == "__main__":
    main()
