"""
Decides which digits are a row and not an amount, and how the row is grouped.

Telephone numbers show by their form; OTPs, account and order numbers by the words around them.
"""

import re

from bot.hindi.counting import NUMBERS
from bot.hindi.fold import fold, folded_words
from bot.hindi.read_back import one_by_one
from bot.hindi.spoken_rule import Match, after, before, pairs, rule, table

LETTERS = pairs("""
A ए B बी C सी D डी E ई F एफ़ G जी H एच I आई J जे K के L एल M एम N एन O ओ P पी Q क्यू R आर S एस T टी
U यू V वी W डब्ल्यू X एक्स Y वाई Z ज़ेड
""")
"""The letters' names, as they are said in Hindi."""
WORDS = table("spoken_words.tsv")
"""What a Latin word sounds like; in capitals, an acronym."""
_ALWAYS = folded_words("""
ओटीपी otp पिन pin पिनकोड pincode सीवीवी cvv आधार aadhaar aadhar uan पीएनआर pnr ifsc upi
अंक अंकों digits डिजिट कोड code micr uhid cif crn हेल्पलाइन helpline mpin एमपिन वेरिफिकेशन imei
puk gstin डायल dial
""")
"""Digits after them are a row, however few."""
_NAMED = folded_words("""
खाता खाते अकाउंट account a c ऑर्डर order कार्ड card टिकट ticket बुकिंग booking रेफरेंस
रेफ़रेंस reference ref शिकायत complaint ग्राहक कस्टमर customer consumer कंज्यूमर मोबाइल
mobile फ़ोन phone ट्रेन train फ्लाइट flight बिल bill पॉलिसी policy लोन loan ट्रांज़ैक्शन
ट्रांजैक्शन transaction txn टोकन token रजिस्ट्रेशन registration invoice इनवॉइस चेक cheque
केस case docket डॉकेट ट्रैकिंग tracking awb utr rrn आवेदन application एप्लिकेशन मीटर meter
गाड़ी वाहन vehicle व्हाट्सऐप whatsapp संपर्क contact टोल सीरियल serial
रोल roll shikayat grahak khata gaadi gadi फ़ाइल file रसीद receipt असेट user यूज़र client क्लाइंट
employee कर्मचारी सर्विस service अनुरोध request sr id आईडी एजेंट agent ईमेल लाइसेंस license
""")
"""Digits after them are a row, if a word for "number" comes between, or there are many."""
_ACCOUNTS = folded_words("खाता अकाउंट account c कार्ड card")
"""Four digits right after them are the last of theirs."""
_PLACES = folded_words("""
दिल्ली delhi मुंबई mumbai कोलकाता kolkata चेन्नई chennai बेंगलुरु बैंगलोर bengaluru bangalore हैदराबाद
hyderabad पुणे pune अहमदाबाद ahmedabad जयपुर jaipur लखनऊ lucknow कानपुर kanpur नागपुर nagpur इंदौर
indore भोपाल bhopal पटना patna नोएडा noida गुरुग्राम gurugram गुड़गाँव gurgaon गाज़ियाबाद ghaziabad
चंडीगढ़ chandigarh रांची ranchi रायपुर raipur वाराणसी varanasi आगरा agra सूरत surat नगर nagar हरियाणा
haryana पंजाब punjab राजस्थान rajasthan गुजरात gujarat महाराष्ट्र maharashtra कर्नाटक karnataka केरल kerala
बिहार bihar झारखंड jharkhand उत्तराखंड uttarakhand छत्तीसगढ़ chhattisgarh तेलंगाना telangana प्रदेश pradesh
बंगाल bengal ओडिशा odisha असम assam तमिलनाडु goa गोवा
""")
"""Six digits right after one of them are a postal code."""
_POSTAL = 6
_NAMING = folded_words("नंबर संख्या क्रमांक क्र सं आईडी id number no num नं nambar numbar sankhya kramank")
_BETWEEN = folded_words(
    "है हैं था थी is was का की के करें कीजिए करिए यह ये आपका आपकी your hai ka ki फ्री free"
)
_APART = folded_words("for login लॉगिन लिए ke liye आपके वेरिफिकेशन payment पेमेंट")
"""They may stand between an OTP and its digits: "OTP for login is 883421"."""
_COUNTED = re.compile(
    r"\s?(?:रु|₹|/-|rs|inr|सेकंड|मिनट|घंट|दिन|बार|लाख|हज़ार|हजार|करोड़|प्रतिशत|%|rupee|second|minute|hour|day|times|लोग|साल)",
    re.IGNORECASE,
)
_BEHIND = re.compile(
    r"\s?(?:नंबर\s+(?:पर|का|की|के|से|वाला|वाली|वाले)|(?:आपका|आपकी|is\syour)?\s?(?:ओटीपी|otp|पिन\s?कोड)(?!\w)"
    r"|(?:पर|par|pe)\s+(?:भेज|लिख|bhej|कॉल|फ़ोन|फोन|संपर्क|call|डायल|एसएमएस|sms|मिस्ड|phone|मैसेज|व्हाट्सऐप)|डायल|dial)",
    re.IGNORECASE,
)
_TRAIN_BEFORE = re.compile(
    r"(?:एक्सप्रेस|राजधानी|शताब्दी|दुरंतो|भारत|express|rajdhani|shatabdi|duronto|bharat)\s*[-(]?\s*$",
    re.IGNORECASE,
)
_TRAIN_AFTER = re.compile(
    r"\s+(?:\S+\s+){0,2}(?:एक्सप्रेस|राजधानी|शताब्दी|दुरंतो|express|rajdhani|shatabdi|duronto)(?!\w)",
    re.IGNORECASE,
)
_TRAIN = 5
"""Five digits beside its name are a train's number."""
_FEWEST = 3
"""Fewer digits are no row, whatever they are named."""
_ROW = 4
"""From so many digits on, what is named a number is said digit by digit."""
_MANY = 5
_PAUSE = ", "


def _grouped(text: str) -> str:
    """Digits in the groups in which they are written, long ones in ours."""
    return _PAUSE.join(one_by_one(group) for group in re.findall(r"\d+", text))


def _mobile(match: Match) -> str:
    country = {"+": "प्लस नौ एक", "0": NUMBERS[0], "9": "नौ एक"}.get((match["country"] or "")[:1])
    number = one_by_one(re.sub(r"\D", "", match["number"]))
    return f"{country}{_PAUSE}{number}" if country else number


def _abroad(match: Match) -> str:
    return f"प्लस {_grouped(match[0])}"


def _written_groups(match: Match) -> str:
    return _grouped(match[0])


def _row(match: Match) -> str:
    """Digits that the words around them name a row."""
    digits = re.sub(r"\D", "", match[0])
    if len(digits) < _FEWEST or _COUNTED.match(after(match)):
        return ""
    if len(digits) == _POSTAL and _PLACES & set(fold(before(match)).split()[-1:]):
        return one_by_one(digits)
    if len(digits) == _TRAIN and _is_train(match):
        return one_by_one(digits)
    least = _FEWEST if _BEHIND.match(after(match)) else _least(before(match))
    return _grouped(match[0]) if len(digits) >= least else ""


def _is_train(match: Match) -> bool:
    return bool(_TRAIN_BEFORE.search(before(match)) or _TRAIN_AFTER.match(after(match)))


_NEVER = 99
_NEAR = 6
"""Words before a row that may name it."""
_SENTENCE_END = re.compile(r"[।?!]\s*$|(?<!\bno)(?<!\bNo)(?<!नं)(?<!सं)(?<!क्र)\.\s*$")


def _least(said: str) -> int:
    """How many digits are a row after these words."""
    if _SENTENCE_END.search(said):
        return _NEVER
    words = fold(said).split()[-_NEAR:]
    if words and words[-1] in _ACCOUNTS:
        return _ROW
    naming, apart = said.rstrip().endswith("#"), False
    for word in reversed(words):
        if word in _ALWAYS:
            return _FEWEST
        if word in _NAMED and not apart:
            return _ROW if naming else _MANY
        naming = naming or word in _NAMING
        apart = apart or word in _APART
        if word not in _BETWEEN | _NAMING | _APART:
            break
    return _ROW if naming and not apart else _NEVER


def _masked(match: Match) -> str:
    """XXXX1234."""
    digits = match["digits"]
    return f"आख़िरी {NUMBERS[len(digits)]} अंक {one_by_one(digits)}"


def _mixed(match: Match) -> str:
    """Letters and digits: ORD-12345, MH 12 AB 1234, A4, 5G."""
    if match[0] in WORDS:
        return WORDS[match[0]]
    pieces = match[0].split("/")
    if len(pieces) > 2:
        return " स्लैश ".join(map(_letters_and_digits, pieces))
    return _letters_and_digits(match[0])


def _letters_and_digits(text: str) -> str:
    return " ".join(_part(part) for part in re.findall(r"[A-Za-z]+|\d+", text))


def _part(part: str) -> str:
    if part.isdigit():
        short = len(part) < 3 and not part.startswith("0")
        return NUMBERS[int(part)] if short else one_by_one(part)
    return spelled(part)


def spelled(letters: str) -> str:
    """Latin letters by their names: "SBI" is "एस बी आई"."""
    return " ".join(LETTERS[letter] for letter in letters.upper())


def _dialled(match: Match) -> str:
    """*121#."""
    pieces = re.findall(r"\d+|[*#]", match[0])
    return " ".join(_KEYS.get(piece) or one_by_one(piece) for piece in pieces)


def _slashed(match: Match) -> str:
    """210700/48/2024/1234; short numbers, "1/2/3", are a choice."""
    pieces = match[0].split("/")
    choice = max(map(len, pieces)) < _FEWEST and "".join(pieces).isdigit()
    return (" या " if choice else " स्लैश ").join(map(_letters_and_digits, pieces))


_KEYS = {"*": "स्टार", "#": "हैश"}
CODE_RULES = (
    rule(r"[Xx*•]{2,}[\s-]?(?P<digits>\d{2,6})", _masked),
    rule(r"\*#?\d+(?:\*\d+)*#", _dialled, end=""),
    rule(
        r"(?P<country>\+?91[\s-]?|0)?(?P<number>[6-9]\d{4}[\s-]?\d{5}|[6-9]\d{2}[\s-]\d{3}[\s-]\d{4}"
        r"|[6-9]\d{3}[\s-]\d{3}[\s-]\d{3}|[6-9]\d[\s-]\d{4}[\s-]\d{4})",
        _mobile,
    ),
    rule(r"1[89]00[\s-]?\d{2,4}(?:[\s-]?\d{2,4}){1,2}", _written_groups),
    rule(r"0\d{2,4}[\s-]\d{3,4}[\s-]?\d{3,4}", _written_groups),
    rule(r"\+\d{1,3}[\s-]?\d{2,}(?:[\s-]?\d{2,})*", _abroad),
    rule(r"\d+(?:/[A-Z\d]+){2,}", _slashed),
    rule(r"\d{3,6}(?:[ -]\d{3,6}){2,}", _written_groups),
    rule(r"\d+(?:[ -]\d{3,})*", _row),
)
"""Rows of digits."""
MIXED_RULES = (
    rule(r"[A-Za-z]+-\d+", lambda match: WORDS.get(match[0], "")),
    rule(r"(?:6E|9W|9I|IX|AI|SG|QP|G8|I5|UK)[\s-]\d{3,4}", _mixed),
    rule(r"[A-Z]{2}[\s-]?\d{1,2}[\s-]?(?:[A-Z][\s-])?[A-Z]{1,3}[\s-]?\d{1,4}", _mixed),
    rule(r"[A-Z]{1,6}[-/]?\d[A-Z0-9]*(?:[-/][A-Z0-9]*\d[A-Z0-9]*)*", _mixed),
    rule(r"[A-Za-z]{1,3}\d+[A-Za-z\d]*|\d+[A-Za-z]+-?\d[A-Za-z\d]*|\d+[A-Z]{1,2}", _mixed),
)
"""Letters with digits among them."""
