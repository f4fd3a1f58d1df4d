"""Decides whether somebody plainly asks not to be called any more, in Hindi or English."""

import re
from typing import Final

from bot.hindi.fold import fold

_NOT: Final = "(?:मत|ना|न|नहीं|कभी मत|mat|na|nahi|nahin)"
_CALL: Final = "(?:फोन|काल|phone|call|fon|kaal)"
_OFTEN: Final = "दोबारा|दुबारा|फिर(?: से| कभी)?|आगे से|आइंदा|कभी(?: भी)?|dobara|dubara|phir se|aage se"
_AGAIN: Final = f"(?:{_OFTEN}|अब)"
_DO: Final = (
    "(?:करना|करिए|करिएगा|कीजिए|कीजिएगा|करें|करो|किया करो|किया करें|karna|karo|karen|kariye|kijiye)"
)
_ME: Final = "(?:मुझे|हमें|यहां|mujhe|hamen|is number par|इस नंबर पर)"
_STOP: Final = "(?:करो|करिए|कीजिए|करें|कर दो|कर दीजिए|karo|kariye|kijiye|kar do)"
_OFF: Final = "(?:हटा|निकाल|डिलीट|hata|nikal|delete|remove)"
_ASKED: Final = tuple(
    re.compile(f"(?:^| ){pattern}(?: |$)")
    for pattern in (
        # दोबारा फ़ोन मत करना; आगे से मुझे कॉल मत कीजिए
        f"{_AGAIN} (?:[^ ]+ ){{0,3}}{_CALL} (?:[^ ]+ ){{0,1}}{_NOT} {_DO}",
        # मुझे फ़ोन मत किया करो; फ़ोन मत करना दोबारा
        f"{_ME} (?:[^ ]+ ){{0,2}}{_CALL} {_NOT} {_DO}",
        f"{_CALL} {_NOT} {_DO} {_AGAIN}",
        f"{_CALL} (?:करना बंद|karna band) {_STOP}",
        f"(?:मेरा|यह|ये|mera|this|my) (?:नंबर|number) (?:[^ ]+ ){{0,3}}{_OFF}(?: [^ ]+){{0,2}}",
        "(?:do not|dont|never|stop) (?:ever )?(?:call|calling|phone|phoning|ring)"
        " (?:me|us|this number|here|again)(?: [^ ]+){0,2}",
        "(?:remove|delete) (?:me|my number|this number)(?: [^ ]+){0,3}",
        "(?:do not call|dnd|डीएनडी|डी एन डी) (?:list|लिस्ट)(?: [^ ]+){0,4}",
    )
)
"""In folded text."""
_FOR_NOW: Final = re.compile("(?:^| )(?:अभी|आज|इस समय|abhi|aaj|now|today|right now)(?: |$)")
"""Whoever is only busy now may be called another time."""


def wants_no_more_calls(text: str) -> bool:
    """Whether the words ask not to be called again: "दोबारा फ़ोन मत करना", "stop calling me"."""
    said = fold(text)
    if _FOR_NOW.search(said) and not re.search(_OFTEN, said):
        return False
    return any(pattern.search(said) for pattern in _ASKED)
