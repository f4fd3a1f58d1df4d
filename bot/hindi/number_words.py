"""Decides which words are numbers: Hindi and English, in both scripts, and figures."""

from bot.hindi.fold import folded_words

NUMBER_WORDS = folded_words("""
शून्य सिफर जीरो ज़ेरो शुन्य एक दो तीन चार पाँच पांच छह छः छे छै छ सात आठ नौ नो दस ग्यारह बारह तेरह चौदह
पंद्रह पन्द्रह सोलह सत्रह अठारह उन्नीस बीस इक्कीस बाईस बाइस तेईस तेइस चौबीस पच्चीस छब्बीस सत्ताईस सत्ताइस
अट्ठाईस अठाईस उनतीस उन्तीस तीस इकतीस इकत्तीस बत्तीस तैंतीस तेतीस चौंतीस चौतीस पैंतीस छत्तीस सैंतीस अड़तीस
उनतालीस चालीस इकतालीस बयालीस तैंतालीस चौवालीस चवालीस पैंतालीस छियालीस सैंतालीस अड़तालीस उनचास उनपचास
पचास इक्यावन बावन तिरपन चौवन पचपन छप्पन सत्तावन अट्ठावन उनसठ साठ इकसठ बासठ तिरसठ चौंसठ पैंसठ छियासठ
सड़सठ अड़सठ उनहत्तर सत्तर इकहत्तर बहत्तर तिहत्तर चौहत्तर पचहत्तर छिहत्तर सतहत्तर अठहत्तर उन्यासी उनासी अस्सी
इक्यासी बयासी तिरासी चौरासी पचासी छियासी सत्तासी अट्ठासी नवासी नब्बे इक्यानवे बानवे तिरानवे चौरानवे पचानवे
पंचानवे छियानवे सत्तानवे अट्ठानवे निन्यानवे सौ सो हज़ार लाख करोड़ डेढ़ ढाई साढ़े सवा पौने डबल ट्रिपल
वन टू थ्री फोर फ़ाइव फाइव सिक्स सेवन एट नाइन टेन ज़ीरो
ek teen tin char chaar paanch panch chhah chah chhe che saat sat aath ath nau das shunya jiro
bees pachas sau hazar hazaar hajar hajaar lakh
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred
thousand double triple
""")  # fmt: skip
"""Folded. "do" in Latin letters lacks: it is as often "give", and English."""
HEARD_FOR_NUMBERS = folded_words("""
साथ आउट आज छा पंच पंज सोने सोना अति अट तिन चर नव ऐट
""")
"""What the embedded recogniser writes for a digit among digits. Folded."""


def is_number_word(word: str) -> bool:
    """Whether a folded word is a number, or belongs to one (सौ, डबल, 98)."""
    return word.isdigit() or word in NUMBER_WORDS
