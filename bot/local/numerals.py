"""How a written number is spoken in Hindi, as callers read out amounts and account numbers."""

_WORDS = (
    "शून्य एक दो तीन चार पाँच छह सात आठ नौ दस ग्यारह बारह तेरह चौदह पंद्रह सोलह सत्रह अठारह उन्नीस "
    "बीस इक्कीस बाईस तेईस चौबीस पच्चीस छब्बीस सत्ताईस अट्ठाईस उनतीस तीस इकतीस बत्तीस तैंतीस चौंतीस "
    "पैंतीस छत्तीस सैंतीस अड़तीस उनतालीस चालीस इकतालीस बयालीस तैंतालीस चौवालीस पैंतालीस छियालीस "
    "सैंतालीस अड़तालीस उनचास पचास इक्यावन बावन तिरपन चौवन पचपन छप्पन सत्तावन अट्ठावन उनसठ साठ "
    "इकसठ बासठ तिरसठ चौंसठ पैंसठ छियासठ सड़सठ अड़सठ उनहत्तर सत्तर इकहत्तर बहत्तर तिहत्तर चौहत्तर "
    "पचहत्तर छिहत्तर सतहत्तर अठहत्तर उन्यासी अस्सी इक्यासी बयासी तिरासी चौरासी पचासी छियासी सत्तासी "
    "अट्ठासी नवासी नब्बे इक्यानवे बानवे तिरानवे चौरानवे पचानवे छियानवे सत्तानवे अट्ठानवे निन्यानवे"
)
_BELOW_HUNDRED = _WORDS.split()
LONGEST_AMOUNT = 5
"""More digits than these are a number to be read out, digit by digit."""


def spoken_number(digits: str) -> str:
    """Give the words of a number in ASCII digits: an amount, or digit by digit if it is long."""
    if len(digits) > LONGEST_AMOUNT or (digits[0] == "0" and len(digits) > 1):
        return " ".join(_BELOW_HUNDRED[int(digit)] for digit in digits)
    number = int(digits)
    words: list[str] = []
    for size, name in ((1000, "हज़ार"), (100, "सौ")):
        if number >= size:
            words += [_BELOW_HUNDRED[number // size], name]
            number %= size
    if number or not words:
        words.append(_BELOW_HUNDRED[number])
    return " ".join(words)
