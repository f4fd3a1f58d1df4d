"""
Decides which words are the names of Latin letters: "बी", "डब्ल्यू", "B for Bombay", "एसबीआई".

People spell with the English names, written in Devanagari. Many are also words (के, जी, ए), so this
is for text that is known to be spelled out, or that has the shape of a code.
"""

import re
from collections.abc import Sequence

from bot.hindi.fold import fold, folded_words

_NAMES = """
A ए ऐ ay  B बी बि bee  C सी सि see cee  D डी डि dee  E ई इ ee  F एफ़ ऍफ़ ef eff  G जी gee
H एच ऐच aitch  I आई आइ  J जे jay  K के केए kay  L एल ऐल el ell  M एम ऐम em  N एन ऐन en
O ओ oh  P पी पि pee  Q क्यू क्यु queue cue  R आर ar  S एस ऐस es ess  T टी टि tee  U यू यु you
V वी वि vee  W डब्ल्यू डब्ल्यु डबल्यू डब्लू डब्लयू डब्ल्यूं  X एक्स ऐक्स ex  Y वाई वाइ वाय why
Z ज़ेड ज़ैड जेड zed zee
"""


def _named() -> dict[str, str]:
    """From the folded name to the letter, single Latin letters included."""
    found: dict[str, str] = {chr(code): chr(code).upper() for code in range(ord("a"), ord("z") + 1)}
    letter = ""
    for word in _NAMES.split():
        if "A" <= word <= "Z":
            letter = word
        else:
            found[fold(word)] = letter
    return found


LETTERS = _named()
"""The letter that a folded word names."""
DEVANAGARI_NAMES = {name: letter for name, letter in LETTERS.items() if name[0] > "z"}
_EACH = "|".join(sorted(DEVANAGARI_NAMES, key=len, reverse=True))
_JOINED = re.compile(f"(?:{_EACH}){{2,}}")
_ONE = re.compile(_EACH)
FOR = folded_words("फॉर फोर for से as")
"""Between a letter and the word that begins with it: "B for Bombay", "बी से बॉम्बे"."""
_MOST_JOINED = 8


def letter_at(words: Sequence[str], at: int) -> tuple[int, str]:
    """How many folded words name letters here, and which: "b for bombay" is 3 and B; 0 for none."""
    word = words[at]
    if word in ("डबल", "double") and words[at + 1 : at + 2] in (["यू"], ["u"]):
        return 2, "W"
    letters = LETTERS.get(word) or joined(word)
    if not letters:
        return 0, ""
    if len(letters) == 1 and len(words) > at + 2 and words[at + 1] in FOR:
        return (3, letters) if _begins(words[at + 2], letters) else (1, letters)
    return 1, letters


def joined(word: str) -> str:
    """The letters of a folded word that consists of their names: "एसबीआई" is SBI; else empty."""
    if len(word) > 4 * _MOST_JOINED or not _JOINED.fullmatch(word):
        return ""
    return "".join(DEVANAGARI_NAMES[name] for name in _ONE.findall(word))


_INITIALS = {
    "A": "aअआएऐ", "B": "bबभ", "C": "cसकचश", "D": "dडदध", "E": "eइईएऐ", "F": "fफ", "G": "gगजघ",
    "H": "hह", "I": "iइईआ", "J": "jजझ", "K": "kकख", "L": "lल", "M": "mम", "N": "nन", "O": "oओऑऔअ",
    "P": "pप", "Q": "qक", "R": "rर", "S": "sसश", "T": "tतटथ", "U": "uउऊअय", "V": "vव", "W": "wव",
    "X": "xएज", "Y": "yय", "Z": "zज",
}  # fmt: skip


def _begins(word: str, letter: str) -> bool:
    return word[0] in _INITIALS[letter]
