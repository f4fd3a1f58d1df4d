"""
Decides which words are the names of Latin letters: "बी", "डब्ल्यू", "B for Bombay", "एसबीआई".

People spell with the English names, written in Devanagari. Many are also words (के, जी, ए), so this
is for text that is known to be spelled out, or that has the shape of a code.
"""

import re
from collections.abc import Sequence

from bot.hindi.counting import WORTH, key
from bot.hindi.fold import fold, folded_words
from bot.hindi.spoken_codes import LETTERS as NAMES

_SPELLINGS = """
A ऐ ay B बि bee C सि see cee D डि dee E इ ee F ऍफ़ ef eff G gee H ऐच aitch I आइ J jay K केए kay
L ऐल el ell M ऐम em N ऐन en O oh P पि pee Q क्यु queue cue R ar S ऐस es ess T टि tee U यु you V वि
vee W डब्ल्यु डबल्यू डब्लू डब्लयू X ऐक्स ex Y वाइ वाय why Z ज़ैड zed zee
"""
"""Beside the names in `spoken_codes`."""


def _named() -> dict[str, str]:
    """From the folded name to the letter, single Latin letters included."""
    found = {letter.lower(): letter for letter in NAMES}
    found |= {fold(name): letter for letter, name in NAMES.items()}
    letter = ""
    for word in _SPELLINGS.split():
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
    named = at + 2 + (words[at + 1 : at + 3] == ["as", "in"])
    if len(letters) == 1 and len(words) > named and words[at + 1] in FOR:
        return (named + 1 - at, letters) if _begins(words[named], letters) else (1, letters)
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


_BETWEEN = folded_words("""
और फिर अम्म उम्म उम हम्म कॉमा डैश हाइफन स्पेस comma dash hyphen space and then उसके बाद बड़ा छोटा capital
कैपिटल स्मॉल small
""")
_TIMES = dict.fromkeys(folded_words("डबल double"), 2) | dict.fromkeys(
    folded_words("ट्रिपल triple"), 3
)
_LONGEST_ONE = 3
"""Words of one letter: "के फॉर कमल"."""
_MERE_WORDS = folded_words("जी के ए ऐ ओ इ")
"""Alone, they are no letters."""


def spelled(text: str) -> str:
    """
    The letters and digits that were spelled out, in capitals: "एम एच बारह ए बी" is "MH12AB".

    The longest row of them counts; empty where there is none.
    """
    words = fold(_apart(text)).split()
    rows, at = [""], 0
    while at < len(words):
        taken, signs = signs_at(words, at)
        if taken:
            rows[-1] += signs
        elif words[at] not in _BETWEEN:
            rows.append("")
        at += max(taken, 1)
    best = max(rows, key=len)
    if len(best) == 1 and (
        len(words) > _LONGEST_ONE or len(rows) > 1 or (len(words) == 1 and words[0] in _MERE_WORDS)
    ):
        return ""
    return best if any(sign.isalpha() for sign in best) else ""


_YES_FIRST = re.compile(r"^\s*(?:(?:हाँ|हां|haan)\s+(?:जी|ji)\s|(?:हाँ|हां|जी|haan|ji)\s*[,।])")
_CODE = re.compile(
    r"(?<![A-Za-z0-9])(?!(?:PAN|IFSC|UPI|VPA|GST|OTP|PIN|ID)\b)"
    r"(?:[A-Z]{2,}|(?=[A-Za-z]*\d+[A-Za-z]|[A-Za-z]+\d)[A-Za-z\d]+)(?![A-Za-z0-9])"
)
"""Written in capitals, or of letters and figures."""
_DOTTED = re.compile("(?<=[A-Za-z])\\.(?=[A-Za-z])|(?<=[^\\W\\d_])(?=\\d)|(?<=\\d)(?=[A-Za-z])")


def _apart(text: str) -> str:
    """Without a "जी," before it, with letters apart from digits, and codes letter by letter."""
    text = _CODE.sub(lambda code: " ".join(code.group()), _YES_FIRST.sub("", text))
    return _DOTTED.sub(" ", text)


def signs_at(words: Sequence[str], at: int) -> tuple[int, str]:
    """How many words are the next letters or digits, and which; 0 for none."""
    word = words[at]
    if word in _TIMES and at + 1 < len(words) and letter_at(words, at)[0] != 2:
        taken, signs = signs_at(words, at + 1)
        return (taken + 1, signs[:1] * _TIMES[word] + signs[1:]) if taken else (0, "")
    taken, letters = letter_at(words, at)
    if taken:
        return taken, letters
    if word.isdigit():
        return 1, word
    worth = WORTH.get(key(word), 100)
    return (1, str(worth)) if worth < 100 else (0, "")
