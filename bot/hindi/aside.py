"""
Decides what somebody means who was asked for a number and says something without digits.

Callers look for the paper, did not hear the question, give up, or come up with another matter.
"""

from collections.abc import Sequence
from enum import Enum, auto

from bot.hindi.counting import WORTH, keys
from bot.hindi.number_grammar import number_talk
from bot.hindi.number_talk import Kind


class Aside(Enum):
    """What is meant by words that hold no digits."""

    WAIT = auto()
    """The digits will come: "एक मिनट", "मेरा नंबर है", "जी"."""
    REPEAT = auto()
    """The question was not heard or understood."""
    DONE = auto()
    """These were all: "बस", "इतना ही"."""
    NO = auto()
    """A bare no."""
    OTHER = auto()
    """A question or a sentence about something else."""
    NOISE = auto()
    """Words that make no sense here."""


def _phrases(text: str) -> tuple[tuple[str, ...], ...]:
    parts = (part for line in text.splitlines() for part in line.split(","))
    return tuple(tuple(keys(part)) for part in parts if part)


_REFUSAL = _phrases("""\
रहने दीजिए,रहने दो,रहने दें,छोड़िए,छोड़ो,छोड़ दीजिए,छोड़ दो,जाने दीजिए,जाने दो
नहीं चाहिए,नहीं बताना,नहीं बताऊँगा,नहीं बताऊँगी,नहीं बता सकता,नहीं बता सकती
नहीं देना,नहीं दूँगा,नहीं दूँगी,क्यों दूँ,क्यों बताऊँ,याद नहीं,पता नहीं,मालूम नहीं
नहीं पता,नहीं मालूम,नहीं याद,मेरे पास नहीं,पास में नहीं,नहीं मिल रहा
मेरे पास अभी नहीं,एजेंट,प्रतिनिधि,ऑपरेटर,अधिकारी,मैनेजर,इंसान,आदमी से,किसी से बात
कस्टमर केयर,कैंसल,कैंसिल,रद्द,कॉल काट,फ़ोन काट,फ़ोन रख,agent,operator,manager,human
cancel,leave it,forget it,don't know,dont know,skip,स्किप,जाने दें,rehne do
rehne dijiye,pata nahi,yaad nahi,nahi pata""")
_REPEAT = _phrases("""\
क्या कहा,क्या बोला,क्या बोले,क्या बोल रहे,सुनाई नहीं,सुना नहीं,आवाज़ नहीं,आवाज़ कट
समझ नहीं,समझा नहीं,समझी नहीं,फिर से बोलिए,फिर से बताइए,फिर से कहिए,फिर से बोलो
फिर से बताओ,फिर से पूछिए,फिर से सुनाइए,दोबारा बोलिए,दोबारा बताइए,दोबारा कहिए
दोबारा बोलो,दोबारा पूछिए,दोबारा सुनाइए,एक बार और बोलिए,एक बार और बताइए,दोहराइए,रिपीट
repeat,pardon,come again,say again,say that again,सुनाई दे रहा,आवाज़ आ रही
क्या करना है,क्या बताना है,क्या बताऊँ,phir se boliye,phir se bolo,kya kaha,kya bola""")
_WAIT = _phrases("""\
एक मिनट,एक मिनिट,दो मिनट,एक सेकंड,दो सेकंड,एक क्षण,एक पल,रुकिए,रुको,रुकिएगा,रुक जाइए
ठहरिए,होल्ड,सब्र,इंतज़ार,देखता हूँ,देखती हूँ,देख रहा,देख रही,देखकर,देख के
देखने दीजिए,देखने दो,ढूँढ,खोज रहा,खोज रही,निकाल रहा,निकाल रही,निकालता,निकालती
लाता हूँ,लाती हूँ,ला रहा,ला रही,लेकर आता,लेकर आती,ले आता,ले आती,सोचने,याद कर
बताता हूँ,बताती हूँ,बता रहा,बता रही,बोलता हूँ,बोलती हूँ,बोल रहा,बोल रही,लिखिए
नोट कीजिए,one minute,one second,one moment,a minute,a second,wait,hold on,let me see
let me check,just a,ek minute,ek second,rukiye,ruko""")
_DONE = _phrases("बस,इतना ही,इतना ही है,हो गया,पूरा हो गया,that's all,done,bas,ho gaya")
_QUESTIONS = frozenset(
    keys("""
क्या क्यों कैसे कैसा कौन कौनसा कहाँ कब कितना कितने कितनी किस why what how which where when
""")
)
_HELLO = frozenset(keys("हेलो हैलो हलो hello क्या हैं हाँ जी what sorry सॉरी"))
_CALLS = frozenset(keys("हेलो हैलो हलो hello क्या what सॉरी sorry"))
_ABOUT_SOMETHING = (Kind.STRANGER, Kind.COUNTED, Kind.MEASURE)
_BABBLE = 5
"""From so many strange words on, it is a sentence, whatever its form."""


def aside(text: str) -> Aside:
    """What words without digits mean to somebody who waits for a number."""
    heard = keys(text)
    if not heard:
        return Aside.NOISE
    for phrases, meant in ((_REPEAT, Aside.REPEAT), (_WAIT, Aside.WAIT)):
        if any(_end_of(heard, phrase) for phrase in phrases):
            return meant
    if set(heard) <= _HELLO and not _CALLS.isdisjoint(heard):
        return Aside.REPEAT
    return Aside.DONE if says_done(text) else _otherwise(text, heard)


def refuses(text: str) -> bool:
    """Whether no number will come, or no more of it: "रहने दीजिए", "एजेंट से बात कराइए"."""
    heard = keys(text)
    end = max(_end_of(heard, phrase) for phrase in _REFUSAL)
    return end > 0 and not any(word.isdigit() or word in WORTH for word in heard[end:])


def says_done(text: str) -> bool:
    """Whether the text ends with "बस", "इतना ही" or "हो गया"."""
    heard = tuple(keys(text))
    return any(heard[-len(phrase) :] == phrase for phrase in _DONE)


def _end_of(heard: Sequence[str], phrase: tuple[str, ...]) -> int:
    """Where the phrase ends, when it comes for the last time; 0 where it does not."""
    length = len(phrase)
    places = range(len(heard), length - 1, -1)
    return next((end for end in places if tuple(heard[end - length : end]) == phrase), 0)


def _otherwise(text: str, heard: Sequence[str]) -> Aside:
    """By the form of the words, where none of them tells."""
    row = number_talk(text)
    strange = sum(token.kind in _ABOUT_SOMETHING for token in row)
    kinds = {token.kind for token in row if token.key not in _SOFTENS}
    if kinds == {Kind.NO}:
        return Aside.NO
    if not strange and _QUESTIONS.isdisjoint(heard):
        return Aside.WAIT
    whole = strange < len(heard) and (strange > 1 or Kind.IS in kinds)
    if strange >= _BABBLE or (whole and len(heard) > 3):
        return Aside.OTHER
    asks = len(heard) > 2 and not _QUESTIONS.isdisjoint(heard)
    return Aside.OTHER if asks else Aside.NOISE


_SOFTENS = frozenset(keys("जी अरे ओह हाँ सर मैडम ना न ji oh"))
"""Said with a no."""
