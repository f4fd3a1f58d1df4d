"""
Decides which words are verb forms: every regular form of the verbs that callers use, folded.

Hindi verbs are regular but for six. A sentence ends in a finite form (है, दिया, आएगा, कीजिए); a
stem (कर), an infinitive (करने) or a participle (करके, करता) asks for what comes after it.
"""

from collections.abc import Callable, Iterable

from bot.hindi.fold import folded_words

STEMS = folded_words("""
कर करा करवा हो जा आ ला पा दे ले खो पी धो गा चाह सक चुक रह पड़ लग लगा लगवा बन बना बनवा बता बतला
बोल कह पूछ सुन सुना समझ समझा सोच जान मान भूल सीख पहचान मांग देख दिख दिखा पढ़ लिख लिखा लिखवा
मिल चल चला रुक रोक रख बैठ उठ उठा छोड़ पकड़ ढूँढ खोज खोल खुल खुलवा बदल बदलवा हट हटा हटवा
भर भरवा कट काट कटवा भेज भिजवा मंगा मंगवा पहुँच लौट लौटा निकल निकाल निकलवा डाल डलवा खरीद
बेच चुरा टूट तोड़ जुड़ जोड़ जुड़वा चढ़ चढ़ा घट घटा बढ़ बढ़ा गिर जल जला उड़ अटक फँस बिगड़ सुधर सुधार
सुधरवा दिला दिलवा दबा बजा मर बच बचा टाल छीन फेंक बुला बुलवा भाग घूम निपट निपटा मना बिक छूट
""")
_PERFECTIVE = {
    "कर": "किया किए कीं",
    "जा": "गया गई गए गईं",
    "दे": "दिया दी दिए दीं",
    "ले": "लिया ली लिए लीं",
    "हो": "हुआ हुई हुए हुईं",
    "पी": "पिया पी",
    "रह": "",
    "चुक": "",
}
_FINITE = {
    "दे": "दीजिए दीजिएगा दीजे दो दें दूँ दूँगा दूँगी देगा देगी देंगे देंगी दोगे दोगी",
    "ले": "लीजिए लीजिएगा लीजे लो लें लूँ लूँगा लूँगी लेगा लेगी लेंगे लेंगी लोगे लोगी",
    "हो": "हों होगा होगी होंगे होंगी होऊँगा होइए",
}
_VOWELS = "ािीुूेैोौ"
_AFTER_CONSONANT = ("िए", "िएगा", "ो", "ें", "ूं", "ूंगा", "ूंगी", "ेगा", "ेगी", "ेंगे", "ेंगी", "ोगे", "ोगी")
_AFTER_VOWEL = ("इए", "इएगा", "ओ", "एं", "ऊं", "ऊंगा", "ऊंगी", "एगा", "एगी", "एंगे", "एंगी", "ओगे", "ओगी")


def _ends_in_vowel(stem: str) -> bool:
    return stem[-1] in _VOWELS or stem == "आ"


def _perfective(stem: str) -> Iterable[str]:
    """आया, भेजा, दिया."""
    if stem in _PERFECTIVE:
        return folded_words(_PERFECTIVE[stem])
    if _ends_in_vowel(stem):
        return [stem + ending for ending in ("या", "ई", "ए", "ईं")]
    return [stem + ending for ending in ("ा", "ी", "े", "ीं")]


def _finite(stem: str) -> Iterable[str]:
    """Orders, the future, and "shall I": भेजिए, भेजो, भेजेगा, भेजूँ."""
    if stem in _FINITE:
        return folded_words(_FINITE[stem])
    endings = _AFTER_VOWEL if _ends_in_vowel(stem) else _AFTER_CONSONANT
    return [stem + ending for ending in endings]


def _joined(stem: str) -> Iterable[str]:
    """What recognisers write as one word: करदो, बतादीजिए, करदी."""
    return [stem + light for light in ("दो", "दें", "दीजिए", "दीजे", "दिया", "दी", "दूंगा", "देना")]


def _forms(form: Callable[[str], Iterable[str]]) -> frozenset[str]:
    return frozenset(word for stem in STEMS for word in form(stem))


PERFECTIVES = _forms(_perfective)
"""आया, भेजी, किए: they end a sentence as they are, or with है."""
HABITUALS = _forms(lambda stem: [stem + ending for ending in ("ता", "ती", "ते", "तीं")])
"""करता, मिलती: they want है or हूँ, but where the sentence says नहीं."""
PROGRESSIVES = folded_words("रहा रही रहे चुका चुकी चुके")
"""Likewise, after a stem: कर रहा."""
INFINITIVES = _forms(lambda stem: [stem + ending for ending in ("ना", "नी", "ने")])
PARTICIPLES = _forms(lambda stem: [stem + "के", stem + "कर"]) - {"होके"}
"""करके, जाकर: having done that, …"""
_SPECIAL = folded_words("कीजिए कीजिएगा कीजे करिए चाहिए चाहिएँ")
FINITE = _forms(_finite) | _forms(_joined) | _SPECIAL
"""What ends a sentence and can be nothing else: कीजिए, आएगा, दूँ, चाहिए."""
AUXILIARIES = folded_words("है हैं हूँ हे था थी थे थीं")
