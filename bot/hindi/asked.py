"""
Decides what our own last words ask of the caller: a yes or no, a number, a key, or anything.

The last sentence counts; where that is a mere courtesy ("धन्यवाद।", "मैं सुन रही हूँ।"), the one
before it.
"""

import re
from collections.abc import Callable, Sequence
from enum import Enum

from bot.hindi.fold import fold, folded_words
from bot.hindi.number_words import is_number_word


class Asked(Enum):
    """What the caller is expected to say next."""

    NOTHING = "nothing"
    OPEN = "open"
    """A free answer: a question with कब, कहाँ, कौन, or an invitation ("बताइए")."""
    YES_NO = "yes_no"
    NUMBER = "number"
    """Digits: a telephone or account number, an OTP, a PIN."""
    MENU = "menu"
    """One key of several: "बिल के लिए एक दबाइए"."""


_SENTENCE = re.compile(r"[^।॥?!…\n]+[।॥?!…\n]*")
_LOOK_BACK = 300
"""Letters."""
_COURTESY = re.compile(
    "(?:(?:धन्यवाद|शुक्रिया|नमस्ते|कृपया|प्लीज|जी|आराम से|कोई जल्दी नहीं है|कोई जल्दी नहीं|कोई बात नहीं"
    "|मैं सुन रही हूं|मैं सुन रहा हूं|मैं लाइन पर हूं|हम सुन रहे हैं|मैं इंतजार कर रही हूं|मैं इंतजार कर रहा हूं)(?: |$))+"
)
_ASK = (
    "(?:बता|बताइए|बताएं|बताएंगे|बताएंगी|बोलिए|बोलें|कहिए|कहें|दीजिए|दें|दबाइए|दबाएं|डालिए|डालें|दोहराइए|दोहराएं|लिखवाइए"
    "|लिखाइए|कीजिए|करें|चाहिए|क्या है|बोल|भेजिए|टाइप|बताईए)"
)
_NUMBER = re.compile(
    "(?:नंबर|नम्बर|संख्या|क्रमांक|ओटीपी|पिन|पिनकोड|पिन कोड|अंक|कोड|otp|pin|number)"
    f"(?: (?!(?:के|का|की|से|में|पर|भेज|बदल|सही|यही|मिल)(?: |$))[^ ]+){{0,4}}? {_ASK}(?: |$)"
)
_PRESS = re.compile("(?:दबाइए|दबाएं|दबाए|दबाईए|दबा|press)$")
_CHOOSE = re.compile("(?:^| )(?:चुनिए|चुनें|चुन लीजिए)$|विकल्प (?:बताइए|दबाइए)")
_WHICH_ANSWER = re.compile("हां या (?:ना|नहीं)|(?:^| )या (?:नहीं|ना)$")
_WH = folded_words("""
कब कहाँ किधर कितना कितनी कितने कैसे कैसा कैसी कौन क्यों किस किसे किसको किसका किसकी किसके किन किसने किससे
""")
_INVITES = folded_words("""
बताइए बताइएगा बताएँ बोलिए बोलें कहिए कहें दोहराइए समझाइए फ़रमाइए पूछिए सुनाइए बताईए लिखवाइए
""")
_INDIRECT = re.compile(
    "(?:^| )आप .*(?:बता|बताए|बताएं|बोल|कह|कहें|दोहरा|समझा)(?:एंगे|एंगी|ेंगे|ेंगी)?(?: सक.*)?$"
)
"""A request in the shape of a question: "क्या आप अपना नाम बता सकते हैं"."""
_SUBJECTS = folded_words("""
मैं आप आपका आपकी आपके आपको आपने आपसे यह ये वह हम हमें मुझे अब कोई और इस इसे उसे अभी उस वो किसी सच
""")
_WHAT_THING = folded_words("हुआ समस्या परेशानी बात दिक्कत चाहिए काम मदद सहायता सेवा नाम जानना")
_BEFORE = folded_words("तो और अब जी अच्छा ठीक है नमस्ते ज़रूर फिर सर मैडम कृपया हाँ")
_WISHES = folded_words("चाहेंगे चाहेंगी दूँ लूँ करूँ")
"""The last word of a question, though no mark says so."""
_Words = Sequence[str]


def what_was_asked(text: str) -> Asked:
    """Say what our words ask for. Empty text asks for nothing."""
    sentences = [found for found in _SENTENCE.findall(text[-_LOOK_BACK:]) if fold(found)]
    while len(sentences) > 1 and _COURTESY.fullmatch(fold(sentences[-1])):
        sentences.pop()
    if not sentences:
        return Asked.NOTHING
    words = fold(sentences[-1]).split()
    asks = "?" in sentences[-1]
    return next((found for rule in _RULES if (found := rule(words, asks))), Asked.NOTHING)


def _menu(words: _Words, asks: bool) -> Asked | None:
    """Keys with what they are for, or the wish to choose."""
    presses = [place for place, word in enumerate(words) if _PRESS.search(word)]
    named = any(place and is_number_word(words[place - 1]) for place in presses)
    elliptic = len(words) > 1 and words[-2] == "लिए" and is_number_word(words[-1])
    return Asked.MENU if named or elliptic or _CHOOSE.search(" ".join(words)) else None


def _number(words: _Words, asks: bool) -> Asked | None:
    said = " ".join(words)
    if not _NUMBER.search(said) or (_leads(words) and not _INDIRECT.search(said)):
        return None
    return Asked.NUMBER


def _yes_no(words: _Words, asks: bool) -> Asked | None:
    """A क्या that opens the sentence or ends it; "हाँ या नहीं"."""
    said = " ".join(words)
    if _WHICH_ANSWER.search(said) or (len(words) > 1 and words[-1] == "क्या"):
        return Asked.YES_NO
    if not _leads(words) or _INDIRECT.search(said) or not _WH.isdisjoint(words):
        return None
    return None if "या" in words else Asked.YES_NO


def _open(words: _Words, asks: bool) -> Asked | None:
    """An invitation, a question word, or an answer that can be one of two."""
    if not _INVITES.isdisjoint(words):
        return Asked.OPEN
    wonders = "क्या" in words or not _WH.isdisjoint(words) or (asks and "या" in words)
    return Asked.OPEN if wonders and (asks or "कि" not in words) else None


def _by_tone(words: _Words, asks: bool) -> Asked | None:
    return Asked.YES_NO if asks or words[-1] in _WISHES else None


def _leads(words: _Words) -> bool:
    """Whether a क्या makes the whole sentence a question, and does not ask "what"."""
    if "क्या" not in words:
        return False
    place = words.index("क्या")
    after = words[place + 1] if place + 1 < len(words) else ""
    first = all(word in _BEFORE for word in words[:place])
    return after in _SUBJECTS or (first and bool(after) and after not in _WHAT_THING)


_RULES: Sequence[Callable[[_Words, bool], Asked | None]] = (
    _menu,
    _number,
    _yes_no,
    _open,
    _by_tone,
)
