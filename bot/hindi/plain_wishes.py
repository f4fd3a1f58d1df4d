"""Decides whether a caller plainly asks for a person, or plainly takes leave. Any script."""

import re

from bot.hindi.fold import fold

_PERSON = re.compile(
    "(?:^| )(?:एजेंट|प्रतिनिधि|ऑपरेटर|आपरेटर|अधिकारी|मैनेजर|इंसान|आदमी|कर्मचारी|कस्टमर केयर|किसी से"
    "|किसी और से|agent|operator|manager|human|person|someone|representative|insaan"
    "|insan|aadmi|kisi se)(?: |$)"
)
_LEAVE = re.compile(
    "(?:^| )(?:धन्यवाद|शुक्रिया|अलविदा|बाय|थैंक यू|थैंक्यू|थैंक्स|बस इतना ही|और कुछ नहीं|कुछ नहीं चाहिए"
    "|फोन (?:रख|काट)|काल (?:रख|काट)|bye|goodbye|thanks|thank you|dhanyavad|shukriya|hang up"
    "|nothing else|bas itna hi|phone rakh|call kaat)"
)


def wants_person(text: str) -> bool:
    """Whether the words ask for a person to talk to: "किसी एजेंट से बात कराइए"."""
    return _PERSON.search(fold(text)) is not None


def wants_to_leave(text: str) -> bool:
    """Whether the words take leave: "धन्यवाद", "फ़ोन रखिए", "bye"."""
    return _LEAVE.search(fold(text)) is not None
