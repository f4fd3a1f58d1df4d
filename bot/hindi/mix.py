"""
Decides how a caller mixes Hindi and English, by the words: so that the bot can answer alike.

English words count in either script ("order", ऑर्डर), but not what is Hindi by now (बिल, फ़ोन).
A word of no list counts for nothing in Latin letters, and for Hindi in Devanagari.
"""

from collections.abc import Iterable
from enum import StrEnum

from bot.hindi.fold import fold, folded_words


class Mix(StrEnum):
    """How a caller speaks."""

    HINDI = "hindi"
    MIXED = "mixed"
    """Hindi with English words in it."""
    ENGLISH = "english"
    """Mostly English words."""


MIXED_FROM = 0.12
"""The share of English words from which a caller mixes."""
ENGLISH_FROM = 0.6
FEWEST = 3
"""Words that tell anything."""
_HINDI_IN_LATIN = folded_words("""
hai hain ka ki ke ko se mein main mera meri mere mujhe aap aapka aapki kya kab kahan
kaise kitna kitne nahi nahin haan ji tha thi hoga hogi raha rahi rahe kar karo karna
karni kiya gaya gayi diya dijiye kijiye batao bataiye chahiye chahie aur ya par bhi toh
hi ye yeh wo woh abhi kal aaj bahut sab kuch ek teen paise paisa rupaye naam pata ghar
din bol bolo baat wala wali apna apni apne jo jab tak phir fir bijli bill phone mobile
number bank
""")
_ENGLISH = folded_words("""
please order payment call account balance status cancel refund delivery complaint
address email message app website internet net wifi recharge plan loan emi due date
amount online offline update check problem issue solve help service customer care agent
manager office branch tomorrow today yesterday last next month week new old my your is
are was the and i you want need not what when where how much why can will from with for
this that it have has password login link network speed slow working signal connection
router reading confirm register request wait hold transfer second okay ok thanks sorry
hello actually basically pending done details detail information charge charges discount
offer policy premium claim transaction debit credit block statement apply document
verification process approve reject booking activate deactivate card time ऑर्डर पेमेंट
कॉल अकाउंट बैलेंस स्टेटस कैंसल कैंसिल रिफंड डिलीवरी कंप्लेंट एड्रेस ईमेल मैसेज ऐप
वेबसाइट इंटरनेट नेट वाईफाई रिचार्ज प्लान लोन ईएमआई ड्यू डेट अमाउंट ऑनलाइन ऑफलाइन अपडेट
चेक प्रॉब्लम इशू सॉल्व हेल्प सर्विस कस्टमर केयर एजेंट मैनेजर ऑफिस ब्रांच टुमॉरो टुडे मंथ
वीक न्यू पासवर्ड लॉगिन ओटीपी लिंक नेटवर्क स्पीड स्लो सिग्नल कनेक्शन राउटर रीडिंग कन्फर्म
कंफर्म रजिस्टर रिक्वेस्ट वेट होल्ड ट्रांसफर एक्टिवेट डीएक्टिवेट एक्चुअली बेसिकली प्लीज़
सॉरी थैंक्यू ओके इनफॉर्मेशन डिटेल्स डिटेल चार्ज चार्जेस डिस्काउंट ऑफर पॉलिसी प्रीमियम
क्लेम ट्रांजैक्शन डेबिट क्रेडिट ब्लॉक स्टेटमेंट अप्लाई डॉक्यूमेंट वेरिफिकेशन प्रोसेस
अप्रूव रिजेक्ट पेंडिंग बुकिंग
""")


def english_share(text: str) -> float:
    """The share of English words among those that tell, 0 to 1; 0 where none does."""
    words = [word for word in fold(text).split() if _tells(word)]
    return sum(word in _ENGLISH for word in words) / len(words) if words else 0.0


def _tells(word: str) -> bool:
    return word[0] > "z" or word in _ENGLISH or word in _HINDI_IN_LATIN


def mix_of(turns: Iterable[str]) -> Mix | None:
    """How a caller mixes, by what was said lately; None where too little was."""
    said = " ".join(turns)
    if sum(map(_tells, fold(said).split())) < FEWEST:
        return None
    share = english_share(said)
    if share >= ENGLISH_FROM:
        return Mix.ENGLISH
    return Mix.MIXED if share >= MIXED_FROM else Mix.HINDI
