"""
Decides whether a recording speaks: an answering machine, or the network's announcement.

Two signs are needed. Callers, too, say "स्विच ऑफ़" and "थोड़ी देर बाद"; only recordings say so and
"आप जिस नंबर पर" in one breath.
"""

import re

from bot.hindi.fold import fold

_SIGNS_NEEDED = 2
_LONGEST = 300
"""Letters that are looked at."""
_SIGNS = tuple(
    re.compile(f"(?:^| )(?:{sign})(?: |$)")
    for sign in (
        # Who is called.
        "आप जिस (?:व्यक्ति|नंबर|ग्राहक|उपभोक्ता|सब्सक्राइबर|सब्सक्राईबर|मोबाइल)"
        "|जिस (?:व्यक्ति|नंबर|ग्राहक|उपभोक्ता|सब्सक्राइबर|मोबाइल)[^।]{0,25} आप(?:ने)?"
        "|आपके द्वारा डायल|डायल किया गया|डायल किए गए|आपने जो नंबर|आपका डायल किया"
        "|(?:number|person|subscriber|customer|party) (?:that )?(?:you|u) (?:are|have|re)"
        "|(?:number|call) youve|you have dialed|you have dialled|नंबर यू|पर्सन यू|सब्सक्राइबर यू",
        # How the line is.
        "उत्तर नहीं दे|जवाब नहीं दे|फोन नहीं उठा|उपलब्ध नहीं|व्यस्त|अन्य काल पर|दूसरी काल पर|बंद है"
        "|स्विच आफ|स्विच्ड आफ"
        "|पहुंच (?:क्षेत्र )?से बाहर|क्षेत्र से बाहर|कवरेज|सेवा में नहीं|मौजूद नहीं|अस्तित्व में नहीं|अमान्य"
        "|switched off|not reachable|unreachable|out of (?:coverage|reach|service)|not in service"
        "|busy|not available|unavailable|not answering|does not exist|not valid|invalid"
        "|another call"
        "|नाट रीचेबल|नाट रिचेबल|नाट अवेलेबल|नाट आंसरिंग|आउट आफ कवरेज|बिजी|बिज़ी|डज नाट एग्जिस्ट",
        # What to do.
        "(?:थोडी|कुछ) (?:देर|समय) (?:के )?(?:बाद|में) (?:फिर से |पुन |दोबारा |दुबारा )?"
        "(?:प्रयास|काल|कोशिश|डायल)",
        "प्रयास करें|प्रयास कीजिए|कोशिश करें|बाद में काल करें|पुन काल करें|दोबारा डायल करें|नंबर जांच"
        "|try again|(?:please )?(?:try|call) (?:again )?(?:after|later)|call back later"
        "|check the number"
        "|प्लीज ट्राई|प्लीज ट्राय|ट्राई अगेन|काल लेटर|प्लीज चेक",
        # The machine.
        "(?:संदेश|मैसेज|मेसेज) (?:छोड|छोडें|छोडिए|छोड दें|छोड दीजिए|रिकार्ड)|संदेश रिकार्ड"
        "|leave (?:a|your|me a|us a) (?:brief )?message|record your message|लीव ए मैसेज|लीव योर मैसेज",
        "(?:बीप|टोन|बीप की आवाज|सिग्नल) (?:के|सुनने के) (?:बाद|पश्चात)"
        "|(?:after|at) the (?:beep|tone)|आफ्टर द (?:बीप|टोन)",
        "voicemail|voice mail|voice message|answering machine|mailbox"
        "|वाइस मेल|वाइसमेल|वायस मेल|मेलबाक्स",
        "call (?:has been|is being) forwarded|forwarded to|काल फारवर्ड|काल अग्रेषित|इस समय फोन पर"
        "|cant (?:take|come to)|cannot (?:take|come to)|unable to (?:take|answer)",
        # A queue, or the menu of another bot.
        "काल हमारे लिए महत्वपूर्ण|call is important to us|महत्वपूर्ण है",
        "लाइन पर बने रहें|प्रतीक्षा करें|stay on the line|please hold|सभी प्रतिनिधि|सभी अधिकारी",
        "के लिए [^ ]+ (?:दबाएं|दबाइए|डायल करें)",
        "के लिए [^ ]+ (?:दबाएं|दबाइए|डायल करें) .*के लिए [^ ]+ (?:दबाएं|दबाइए|डायल करें)",
    )
)
"""Each pattern is one sign, however often it is found. In folded text."""


def sounds_recorded(text: str) -> bool:
    """Whether these words are those of a recording: two signs of it, in Hindi or English."""
    said = fold(text[:_LONGEST])
    found = 0
    for sign in _SIGNS:
        found += sign.search(said) is not None
        if found == _SIGNS_NEEDED:
            return True
    return False
