"""
Decides in which language a caller wants to go on: "English please", "हिंदी में बोलिए".

It looks at the words alone. To name a language is no wish: "मेरा इंग्लिश का पेपर".
"""

import re
from enum import StrEnum

from bot.hindi.fold import fold


class Language(StrEnum):
    """What a call can be held in."""

    HINDI = "hi"
    ENGLISH = "en"


_NAMES = {
    Language.ENGLISH: "(?:english|inglish|angrezi|angreji|अंग्रेजी|अंग्रेजि|इंग्लिश|इंगलिश)",
    Language.HINDI: "(?:hindi|हिंदी)",
}
_OTHER = {Language.HINDI: Language.ENGLISH, Language.ENGLISH: Language.HINDI}
_SPEAK = (
    "(?:speak|talk|continue|switch|change|answer|reply|prefer|बात|बोल[^ ]*|बताइए|बताओ|कहिए|जवाब"
    "|समझा[^ ]*|baat|bol[^ ]*|bata[^ ]*|jawab|kahiye|samjha[^ ]*)"
)
_PLEASE = "(?:please|प्लीज|plz|only|now)"
_IN = "(?:में|mein|me|main)"
_NOT = "(?:नहीं|nahi|nahin|not|dont|cant|cannot)"
_KNOW = (
    "(?:आती|आता|समझ[^ ]*|जानता|जानती|aati|aata|samajh[^ ]*|janta|janti"
    "|understand|speak|know|follow)"
)
_LIGHT = (
    "in to में mein me main se please प्लीज plz can we you could would i us let lets want the is am "
    "language only now sir madam सर मैडम कृपया आप आपसे हम जी हां ji haan yes no मुझे mujhe अब ab क्या "
    "kya करें करिए कीजिए करो करना है हैं हूं सकते सकती सकता sakte sakti hai karo kare karein kijiye "
    "kariye karna चाहता चाहती चाहूंगा चाहूंगी from on भाषा bhasha do दीजिए dijiye ok okay hello हेलो "
    "नमस्ते ठीक अच्छा पर par हो जाए it well good"
)
_MAY_BE_SAID = frozenset(_LIGHT.split())


def language_wanted(text: str) -> Language | None:
    """The language in which the caller wants to go on; None where no wish is clear."""
    said = f" {fold(text)} "
    for language, other in _OTHER.items():
        if _not_known(said, _NAMES[language]):
            return other
    return next((wish for wish in _OTHER if _wished(said, _NAMES[wish])), None)


def _not_known(said: str, name: str) -> bool:
    """Whether the caller says not to know a language: "हिंदी नहीं आती", "I don't speak Hindi"."""
    ways = f" {name} (?:[^ ]+ )?{_NOT} {_KNOW} | {_NOT} (?:[^ ]+ )?{_KNOW} {name} "
    return re.search(ways, said) is not None


def _wished(said: str, name: str) -> bool:
    ways = (
        f" {name} {_IN} (?:[^ ]+ ){{0,2}}{_SPEAK} | {_SPEAK} (?:[^ ]+ ){{0,2}}(?:in|to) {name} "
        f"| {_SPEAK} {name} | {name} {_PLEASE} | {_PLEASE} (?:in )?{name} | आप {name} बोल[^ ]* "
        f"|^ (?:in )?{name}(?: {_IN})? $"
    )
    return re.search(ways, said) is not None


def only_a_wish(text: str) -> bool:
    """Whether the words ask for a language and for nothing else."""
    names = "|".join(_NAMES.values())
    known = re.compile(f"{names}|{_SPEAK}|{_NOT}|{_KNOW}")
    return all(word in _MAY_BE_SAID or known.fullmatch(word) for word in fold(text).split())
