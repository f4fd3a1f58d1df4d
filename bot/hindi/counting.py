"""
Decides what each number word is worth: Hindi 0 to 99, English, both scripts, and the scales.

Spellings are many; a table holds the usual ones, and a key folds what is left: short and long
vowels, nasals, viramas, doubled letters (अट्ठाइस अठाईस, उन्नासी उनासी). `NUMBERS` are the words to say.
"""

import re
from functools import lru_cache

from bot.hindi.fold import fold

NUMBERS = tuple(
    """
शून्य एक दो तीन चार पाँच छह सात आठ नौ दस ग्यारह बारह तेरह चौदह पंद्रह सोलह सत्रह अठारह उन्नीस
बीस इक्कीस बाईस तेईस चौबीस पच्चीस छब्बीस सत्ताईस अट्ठाईस उनतीस
तीस इकतीस बत्तीस तैंतीस चौंतीस पैंतीस छत्तीस सैंतीस अड़तीस उनतालीस
चालीस इकतालीस बयालीस तैंतालीस चौवालीस पैंतालीस छियालीस सैंतालीस अड़तालीस उनचास
पचास इक्यावन बावन तिरपन चौवन पचपन छप्पन सत्तावन अट्ठावन उनसठ
साठ इकसठ बासठ तिरसठ चौंसठ पैंसठ छियासठ सड़सठ अड़सठ उनहत्तर
सत्तर इकहत्तर बहत्तर तिहत्तर चौहत्तर पचहत्तर छिहत्तर सतहत्तर अठहत्तर उन्यासी
अस्सी इक्यासी बयासी तिरासी चौरासी पचासी छियासी सत्तासी अट्ठासी नवासी
नब्बे इक्यानवे बानवे तिरानवे चौरानवे पचानवे छियानवे सत्तानवे अट्ठानवे निन्यानवे
""".split()
)
"""The words of 0 to 99, as they are said to the caller."""

_MORE_HINDI = """
0 ज़ीरो ज़ेरो शुन्य शुन्या सिफ़र सिफर सुन्न जीरों  3 तिन  5 पाच  6 छः छे छै छ छ्ह  9 नव
11 ग्यारा गियारह ग्यारे  12 बारा  14 चौदा चउदह  15 पंद्रा पन्द्रह पंदरह  16 सोला  17 सतरह सत्तरह सत्रा
18 अठारा अट्ठारह अट्ठारा  19 उनीस  21 इकीस इक्किस  22 बाइस  23 तेइस  24 चौविस  26 छबीस  27 सताइस सत्ताइस
28 अठाइस अट्ठाइस अट्ठाइश  29 उन्तीस उनत्तीस  31 इकत्तीस इक्तीस इकत्तिस  33 तेंतीस तैतीस तेतीस  34 चौतीस
35 पेंतीस पैतीस  37 सेंतीस सैतीस  38 अड़त्तीस  39 उन्तालीस उनचालीस उनतालिस  41 इकतालिस इक्तालीस
42 बियालीस ब्यालीस बैयालीस  43 तेंतालीस तिरालीस तिरतालीस  44 चवालीस चौंतालीस चौआलीस चव्वालीस
45 पेंतालीस पैतालिस  46 छयालीस छ्यालीस छियालिस  47 सेंतालीस  48 अड़तालिस  49 उन्चास उनंचास उनपचास
51 इकावन इक्कावन एक्यावन  53 तिरेपन तरेपन त्रेपन तिरप्पन  54 चव्वन चौअन चउवन  55 पच्पन पचपनं  57 सतावन
58 अठावन  59 उन्सठ उनसाठ  61 इकसठ इक्सठ  62 बासट  63 तिरेसठ तरेसठ त्रेसठ  64 चौसठ चोंसठ  65 पेंसठ पैसठ
66 छयासठ छ्यासठ छाछठ छासठ  67 सरसठ सड़सट सतसठ  68 अरसठ अड़सट  69 उनहतर उन्हत्तर उनहत्तर उनत्तर  71 इकहतर इकत्तर
72 बहतर बाहत्तर  73 तेहत्तर तिहतर  74 चौहतर चौत्तर  75 पिचहत्तर पछत्तर पिछत्तर पचत्तर पिछहत्तर
76 छहत्तर छियत्तर छियहत्तर छेहत्तर  77 सतत्तर सत्तत्तर सतहतर  78 अठत्तर अठहतर अट्ठहत्तर  79 उनासी उन्नासी उनियासी
81 इकासी एक्यासी  82 ब्यासी बियासी बैयासी  83 तेरासी तिरासि  84 चौरासि  85 पिचासी पच्चासी  86 छयासी छ्यासी
87 सतासी  88 अठासी  89 नौवासी नव्वासी  91 इकानवे इक्यानबे एक्यानवे  92 बयानवे ब्यानवे बियानवे
93 तेरानवे त्रियानवे  94 चौरानबे चौरानवें  95 पंचानवे पिचानवे पंचानबे पच्चानवे  96 छयानवे छ्यानवे
97 सतानवे संतानवे सत्यानवे  98 अठानवे अंठानवे अट्ठानबे  99 निन्यानबे निन्नानवे निनानवे निन्यान्वे
"""
_ENGLISH = """
0 zero  1 one वन  2 two टू टु  3 three थ्री थिरी  4 four फोर फ़ोर  5 five फाइव फ़ाइव फाईव फाईभ  6 six सिक्स सिक्ष
7 seven सेवन सेवेन सैवन सेवन्  8 eight एट ऐट ऐठ एईट  9 nine नाइन नाईन नाईण नाएन
10 ten टेन  11 eleven इलेवन इलेवेन एलेवन  12 twelve ट्वेल्व टवेल्व  13 thirteen थर्टीन  14 fourteen फोर्टीन फॉर्टीन
15 fifteen फिफ्टीन फ़िफ़्टीन  16 sixteen सिक्सटीन सिक्स्टीन  17 seventeen सेवनटीन सेवेंटीन सेवेन्टीन  18 eighteen एटीन एट्टीन
19 nineteen नाइनटीन नाइंटीन नाइन्टीन  20 twenty ट्वेंटी ट्वेन्टी टवेंटी ट्वंटी  30 thirty थर्टी
40 forty fourty फोर्टी फॉर्टी  50 fifty फिफ्टी फ़िफ़्टी  60 sixty सिक्सटी सिक्स्टी
70 seventy सेवेंटी सेवेन्टी सेवनटी सेवंटी  80 eighty एटी ऐटी एट्टी एइटी  90 ninety नाइंटी नाइन्टी नाइनटी नाईंटी
"""
_ROMAN = """
0 shunya shoonya sunya jeero zeero  1 ek aik  2 do  3 teen tin  4 chaar char  5 paanch panch paach
6 chhah chah chhe che chhai chha  7 saat sat  8 aath ath aat  9 nau nou naw
10 das dus  11 gyarah gyara  12 barah baarah baara  13 terah  14 chaudah choudah  15 pandrah pandra
16 solah  17 satrah sattrah  18 atharah atthara  19 unnis  20 bees  21 ikkis  22 bais baees  23 teis
24 chaubis choubis  25 pachis  26 chhabbis chabbis  27 sattais  28 atthais athais  29 untis unattis
30 tees  31 ikatis ikattis iktis  32 battis  33 taintis tentis  34 chauntis chautis  35 paintis
36 chhattis chattis  37 saintis  38 adtis artis  39 untalis unchalis  40 chalis
41 iktalis ikatalis  42 bayalis byalis  43 taintalis tentalis  44 chauvalis chavalis  45 paintalis
46 chhiyalis chiyalis  47 saintalis  48 adtalis artalis  49 unchas  50 pachas
51 ikyavan ikyawan  52 bawan  53 tirpan tirepan  54 chauwan chauvan  55 pachpan  56 chhappan chappan
57 sattavan  58 atthavan athavan  59 unsath  61 iksath  62 basath  63 tirsath tiresath
64 chaunsath chausath  65 painsath  66 chhiyasath chiyasath  67 sadsath sarsath  68 adsath arsath
69 unhattar  70 sattar  71 ikhattar  72 bahattar  73 tihattar  74 chauhattar  75 pachhattar pachattar
76 chhihattar chihattar  77 satahattar sathattar  78 athahattar athattar  79 unyasi unasi  80 assi
81 ikyasi  82 bayasi  83 tirasi  84 chaurasi  85 pachasi  86 chhiyasi chiyasi  87 sattasi
88 atthasi athasi  89 navasi nawasi  90 nabbe  91 ikyanve ikyanave  92 banve banave bayanve
93 tiranve tiranave  94 chauranve chauranave  95 pachanve pachanave panchanve  96 chhiyanve chiyanve
97 sattanve sattanave  98 atthanve atthanave athanve  99 ninyanve ninyanave
"""
_SCALES = """
100 सौ हंड्रेड हन्ड्रेड hundred sau sou  1000 हज़ार हजार थाउज़ेंड थाउज़ंड थाउजन्ड थाउसेंड thousand hazar hazaar hajar
100000 लाख लैक lakh lac  10000000 करोड़ crore karod
"""
_LENGTHS = str.maketrans("ीूैईऊऐ", "िुेइउए", "ं्")
_DOUBLED = re.compile(r"(.)\1")
_HARDENED = re.compile("क(?=ख)|ग(?=घ)|च(?=छ)|ज(?=झ)|ट(?=ठ)|ड(?=ढ)|त(?=थ)|द(?=ध)|प(?=फ)|ब(?=भ)")
_NINETIES = re.compile("(?<=[ाय])नबे$")
_LATIN = (
    (re.compile("aa+"), "a"),
    (re.compile("ee|ii"), "i"),
    (re.compile("oo|uu"), "u"),
    (re.compile("w"), "v"),
    (re.compile("z"), "j"),
    (_DOUBLED, r"\1"),
)


@lru_cache(maxsize=20_000)
def key(word: str) -> str:
    """Under which a folded word is looked up: less than its spelling, for number talk only."""
    if word < "\u0900":
        for spelling, plain in _LATIN:
            word = spelling.sub(plain, word)
        return word
    plain = _DOUBLED.sub(r"\1", word.translate(_LENGTHS))
    return _NINETIES.sub("नवे", _HARDENED.sub("", plain))


def keys(text: str) -> list[str]:
    """The keys of all words of a text."""
    return [key(word) for word in fold(text).split()]


def _table(text: str) -> dict[str, int]:
    """From "value word word value word" to values by key; what a word is first, it stays."""
    values: dict[str, int] = {}
    value = 0
    for word in fold(text).split():
        if word.isdigit():
            value = int(word)
        else:
            values.setdefault(key(word), value)
    return values


_CANONICAL = {key(fold(word)): value for value, word in enumerate(NUMBERS)}
VALUES = {**_table(_ROMAN), **_table(_ENGLISH), **_table(_MORE_HINDI), **_CANONICAL}
"""What a word below a hundred is worth, by its key."""
SCALES = _table(_SCALES)
"""What a scale is worth, by its key."""
ENGLISH_TENS = frozenset(
    word for word, value in _table(_ENGLISH).items() if value in range(20, 100, 10)
)
"""Words that a digit may follow to make one number: "ninety eight"."""
