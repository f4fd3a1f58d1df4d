"""Decides which numbers were heard in Hindi words or figures, and how numbers are spoken."""

import re

from bot.local.assistant_sounds import Lexicon, sounding, sounds, words

_NUMBERS = """
शून्य एक दो तीन चार पाँच छह सात आठ नौ दस ग्यारह बारह तेरह चौदह पंद्रह सोलह सत्रह अठारह उन्नीस
बीस इक्कीस बाईस तेईस चौबीस पच्चीस छब्बीस सत्ताईस अट्ठाईस उनतीस
तीस इकतीस बत्तीस तैंतीस चौंतीस पैंतीस छत्तीस सैंतीस अड़तीस उनतालीस
चालीस इकतालीस बयालीस तैंतालीस चौवालीस पैंतालीस छियालीस सैंतालीस अड़तालीस उनचास
पचास इक्यावन बावन तिरपन चौवन पचपन छप्पन सत्तावन अट्ठावन उनसठ
साठ इकसठ बासठ तिरसठ चौंसठ पैंसठ छियासठ सड़सठ अड़सठ उनहत्तर
सत्तर इकहत्तर बहत्तर तिहत्तर चौहत्तर पचहत्तर छिहत्तर सतहत्तर अठहत्तर उन्यासी
अस्सी इक्यासी बयासी तिरासी चौरासी पचासी छियासी सत्तासी अट्ठासी नवासी
नब्बे इक्यानवे बानवे तिरानवे चौरानवे पचानवे छियानवे सत्तानवे अट्ठानवे निन्यानवे
"""
_UP_TO_99 = _NUMBERS.split()
_SCALES = (("करोड़", 10_000_000), ("लाख", 100_000), ("हज़ार", 1_000), ("सौ", 100))
_SPELLINGS = """
ज़ीरो:0 ज़ेरो:0 शुन्य:0 छः:6 छे:6 छै:6 पांच:5 नो:9 वन:1 टू:2 थ्री:3 फोर:4 फाइव:5 सिक्स:6 सेवन:7
एट:8 नाइन:9 zero:0 one:1 two:2 three:3 four:4 five:5 six:6 seven:7 eight:8 nine:9 ek:1 teen:3
char:4 paanch:5 panch:5 chhah:6 chah:6 saat:7 aath:8 nau:9 shunya:0
"""
_TIMES = {"डबल": 2, "ट्रिपल": 3, "double": 2, "triple": 3}
_NEAR = 0.72
"""A word this like a digit's, next to digits, is that digit."""
_LIMIT = 10**9

_SPELLED: dict[str, int] = {word: value for value, word in enumerate(_UP_TO_99)}
_SPELLED |= {word: int(value) for word, value in (entry.split(":") for entry in _SPELLINGS.split())}
_SOUNDING: dict[str, int] = {}
for _word, _value in _SPELLED.items():
    _SOUNDING.setdefault(sounds(_word), _value)
_SCALE_SOUNDS = {sounds(word): value for word, value in _SCALES} | {"hundred": 100}
_DIGITS = [value for word, value in _SPELLED.items() if value < 10]
_DIGIT_LEXICON = Lexicon([sounding(word) for word, value in _SPELLED.items() if value < 10])


def spoken_digits(digits: str) -> str:
    """The digits one by one in words: "40" is "चार शून्य"."""
    return " ".join(_UP_TO_99[int(digit)] for digit in digits)


def spoken_number(number: int) -> str:
    """A number from 0 to 999,999,999 in words: 1240 is "एक हज़ार दो सौ चालीस"."""
    parts: list[str] = []
    for name, scale in _SCALES:
        count, number = divmod(number, scale)
        if count:
            parts.append(f"{spoken_number(count)} {name}")
    if number or not parts:
        parts.append(_UP_TO_99[number])
    return " ".join(parts)


def number_share(text: str) -> float:
    """Which part of the words are numbers, 0 to 1."""
    spoken = words(text)
    numbers = sum(_value_of(word) is not None or _scale_of(word) > 0 for word in spoken)
    return numbers / len(spoken) if spoken else 0.0


def heard_number(text: str) -> int | None:
    """The first number that was said: "दो हज़ार पच्चीस" is 2025; None without one."""
    total = count = 0
    found = False
    for word in _joined_figures(text):
        scale = _scale_of(word)
        value = _value_of(word)
        if scale:
            count = (count or 1) * scale
            total, count = (total + count, 0) if scale > 100 else (total, count)
        elif value is not None:
            count += value
        elif found:
            break
        found = found or bool(scale) or value is not None
    number = total + count
    return number if found and number < _LIMIT else None


def _joined_figures(text: str) -> list[str]:
    return words(re.sub(r"(?<=\d),(?=\d)", "", text))


def heard_digits(text: str) -> str:
    """The longest run of digits said one by one or in pairs; one strange word inside is skipped."""
    best = run = ""
    strangers = 0
    times = 1
    for word in _joined_figures(text):
        if sounds(word) in _TIME_SOUNDS:
            times = _TIME_SOUNDS[sounds(word)]
            continue
        digits = _digits_of(word, bool(run))
        strangers = 0 if digits else strangers + 1
        run = "" if strangers > 1 else run + digits * times
        times = 1
        best = max(best, run, key=len)
    return best


_TIME_SOUNDS = {sounds(word): times for word, times in _TIMES.items()}


def _digits_of(word: str, among_digits: bool) -> str:
    if word.isdigit():
        return "".join(str(int(figure)) for figure in word)
    value = _value_of(word)
    if value is None and among_digits and not _scale_of(word):
        value = _nearest_digit(word)
    return "" if value is None else str(value)


def _nearest_digit(word: str) -> int | None:
    alike = _DIGIT_LEXICON.likeness(sounding(word))
    place = int(alike.argmax())
    return _DIGITS[place] if alike[place] >= _NEAR else None


def _value_of(word: str) -> int | None:
    """The number below 100 that a word says, or the figures it is written in."""
    if word.isdigit():
        return int(word[:12])
    return _SPELLED.get(word, _SOUNDING.get(sounds(word)))


def _scale_of(word: str) -> int:
    return _SCALE_SOUNDS.get(sounds(word), 0)
