"""
What callers say to a contact centre: words that count as common there, whatever newspapers print.

The frequencies of written Hindi put "strength" before "bill"; on the telephone it is the other way
round. A deployment adds its own words by Riva's `speech_contexts`.
"""

import re

COMMON = 5.3
"""Frequency (Zipf scale) that these words have at least."""

_CALLS = """
हेलो हैलो नमस्ते नमस्कार जी हाँ नहीं ठीक अच्छा बिल्कुल सही गलत धन्यवाद शुक्रिया माफ़ कीजिए रुकिए
मिनट बताइए बताओ बोलिए सुनिए दोबारा फिर धीरे ज़ोर आवाज़ समझ मदद सहायता जानकारी बात करनी करना कराना
चाहिए चाहता चाहती सकते सकता सकती कब कहाँ कैसे कितना कितने कितनी कौन क्यों एजेंट ऑपरेटर अधिकारी
कस्टमर केयर मैनेजर इंसान आदमी
"""
_BUSINESS = """
बिल बिजली पानी गैस फ़ोन मोबाइल नंबर इंटरनेट वाईफ़ाई ब्रॉडबैंड कनेक्शन नेटवर्क सिम सिग्नल रिचार्ज प्लान डेटा
पैक ऑफ़र स्पीड राउटर लाइन बंद चालू खराब काम शिकायत दर्ज टिकट समस्या दिक्कत परेशानी ऑर्डर डिलीवरी
पार्सल सामान प्रोडक्ट कूरियर ट्रैक स्टेटस रद्द कैंसिल वापस रिटर्न रिफ़ंड पैसा पैसे बदल बदलना बदलवाना
एक्सचेंज दुकान स्टोर शोरूम ऑफ़िस शाखा ब्रांच समय बजे खुलती खुलता बंद छुट्टी तारीख आखिरी अंतिम भुगतान
पेमेंट जमा रुपये रुपया रसीद खाता खाते अकाउंट बैंक बैलेंस शेष राशि कार्ड एटीएम क्रेडिट डेबिट ब्लॉक पिन
पासवर्ड ओटीपी यूपीआई लेनदेन ट्रांज़ैक्शन लोन कर्ज़ किस्त ईएमआई ब्याज बीमा पॉलिसी पता नाम ईमेल
आधार पैन पहचान अपॉइंटमेंट डॉक्टर बुकिंग सीट होटल कमरा सेवा सर्विस
"""
_COUNTING = """
शून्य ज़ीरो एक दो तीन चार पाँच छह सात आठ नौ दस बीस पच्चीस पचास सौ हज़ार लाख आधा डेढ़ ढाई
आज कल परसों सुबह दोपहर शाम रात दिन हफ़्ते महीने साल सोमवार मंगलवार बुधवार गुरुवार शुक्रवार शनिवार रविवार
"""

CONTACT_CENTRE = frozenset(f"{_CALLS} {_BUSINESS} {_COUNTING}".split())

_ALONE = """
हाँ जी नहीं हेलो नमस्ते ठीक अच्छा बिल्कुल सही धन्यवाद शुक्रिया बस रुकिए क्या कब एजेंट
एक दो तीन चार पाँच छह सात आठ नौ शून्य
"""
SHORT_ANSWERS = tuple(_ALONE.split())
"""What a caller says as a word on its own."""
SHORT_ANSWER_BOOST = 4.0

MISSPELT = frozenset(["नही", "मे", "मै", "हे"])
"""Frequent in what people type, and never what is meant."""

_NASAL = re.compile("[ङञणनम]्(?=[कखगघचछजझटठडढतथदधपफबभ])")
_SAME = (
    (re.compile("ँ"), "ं"),
    (re.compile("\u093c"), ""),
    (re.compile("िये"), "िए"),
    (re.compile("ये$"), "ए"),
    (re.compile("यी$"), "ई"),
)


def without_variants(word: str) -> str:
    """What all accepted spellings of a word have in common: हिन्दी and हिंदी, चाहिये and चाहिए."""
    word = with_anusvara(word)
    for pattern, plain in _SAME:
        word = pattern.sub(plain, word)
    return word


def with_anusvara(word: str) -> str:
    """A nasal before its consonant as a dot: हिंदी, नंबर. The usual spelling today."""
    return _NASAL.sub("ं", word)
