"""The words that tell whether a sentence is over, by what they do at its end. All folded."""

from bot.hindi.fold import folded_phrases, folded_words

CONNECTIVES = folded_words("""
और तो कि क्योंकि क्यूँकि क्यूंकि लेकिन मगर पर परंतु किंतु अगर यदि जो जिस जिसका जिसकी जिसके जिसमें
जिससे जब जबकि जैसे
या अथवा एवं तथा बल्कि इसलिए ताकि फिर तब वरना चूँकि हालाँकि चाहे यानी यानि जहाँ जितना मानो अब तभी
""")
POSTPOSITIONS = folded_words("""
में से को का की के पर ने तक लिए बारे साथ पास बाद पहले द्वारा बिना तरफ़ वजह कारण बजाय अलावा अनुसार
हिसाब ऊपर नीचे
""")
_DETERMINERS = folded_words("""
मेरा मेरी मेरे हमारा हमारी हमारे अपना अपनी अपने आपका आपकी आपके उसका उसकी उसके इसका इसकी इसके उनका
उनकी उनके
इनका इनकी इनके तुम्हारा तुम्हारी इस उस इन उन किस यह ये यही वही हर नया नई नए बहुत थोड़ा थोड़ी आखिरी
आख़िरी अगला अगले अगली
पिछला पिछले पिछली दूसरा दूसरी दूसरे पहला पहली कोई किसी सारा सारी सारे पूरा पूरी पूरे इतना इतनी
इतने कितने कितनी सा सी
भी ही मत एक सुनाई दिखाई शुरू
""")
SUBJECTS = folded_words("""
मैं मैंने मुझे मुझको मुझसे हम हमें हमको हमने हमसे आप आपने आपको आपसे उसने उसको उसे उन्हें उन्होंने
इसे इसको वह तुम तू
इसने इन्होंने
""")
"""A sentence begins with them; after its verb they end it ("शिकायत करनी थी आपसे")."""
WANTING = (CONNECTIVES | POSTPOSITIONS | _DETERMINERS) - folded_words("पहले बाद साथ")
"""After these, something must come."""
ENGLISH_WANTING = folded_words("""
and but because or if so my your our the a an of for from with at i we that this very want need
which when while about have has am was were will can could would not
""")
QUESTION_WORDS = folded_words("क्या कब कहाँ कितना कितनी कितने क्यों कैसे कैसा कैसी कौन किसका किसकी किसने")
_OPENING = folded_words("मेरा मेरी मेरे हमारा हमारी हमारे यहाँ आपका आपकी आपके")
OPENING = (
    SUBJECTS
    | QUESTION_WORDS
    | _OPENING
    | frozenset(["इस", "उस", "इसका", "यह", "ये", "अपना", "अपनी"])
)
"""With one of these and no verb after it, a sentence has begun and is not over."""
NEGATED = folded_words("नहीं नही ना न नहि")
CAN_BE_NEGATED_ALONE = folded_words("""
पता मालूम याद कुछ अभी जी हाँ बिल्कुल बात ज़रूरत जरूरत और नहीं अब समझ ठीक सही ज़्यादा क्यों कभी है
आज
""")
""""पता नहीं", "कुछ नहीं": over without a verb."""
AS_OFTEN_OTHER = folded_words("की हो")
"""Verb forms that are as often something else."""
ORDERS = folded_words("देना लेना जाना")
"""After a stem, an order in its politest form: "बता देना"."""
POLITE = ("दीजिए", "कीजिए")
"""A word with this end is an order, whatever a recogniser has joined to it."""
AFTERTHOUGHTS = frozenset(
    tuple(phrase.split()) for phrase in folded_phrases("अभी तक, अब तक, आज तक, कल तक, कल से, सुबह से")
)
ADDRESSES = folded_words("सर मैडम मैम भैया भाई जी प्लीज़ प्लीज यार साहब बहनजी दीदी")
"""They, and a "ना", cling to what was said before."""
TAGS = ADDRESSES | folded_words("ना न")
HUMS = folded_words("हम्म ह्म्म म्हम्म हूँ hmm hm hmmm mm mmm")
HESITATIONS = folded_phrases("""
अम्म, अम, उम्म, उम, म्म, अं, अ, आं, एं, ऊं, अअ, एर, uh, um, umm, ummm, er, erm, uhh, hmm, hmmm
हम्म, ह्म्म
मतलब, मतलब कि, मतलब वो, वो, वो क्या है, वो क्या है कि, यानी कि, वो जो है, क्या कहते हैं
क्या बोलते हैं, क्या कहें, कैसे कहूँ
क्या नाम है उसका, क्या बोलूँ, कैसे बोलूँ, एक मिनट, एक मिनिट, एक सेकंड, एक सेकेंड, एक क्षण, दो मिनट
एक मिनट दीजिए, एक मिनट हाँ
ज़रा, ज़रा एक मिनट, रुकिए, रुकिए है, रुको, रुकना, ठहरिए, रुक जाइए, होल्ड, होल्ड कीजिए, होल्ड करिए
एक स्कंद, मनाते रखे, मिनट रखे
देखता हूँ, देखती हूँ, देख रहा हूँ, देख रही हूँ, देख के बताता हूँ, देख के बताती हूँ
देखकर बताता हूँ, देखकर बताती हूँ, देखने दीजिए
ढूँढ रहा हूँ, ढूँढ रही हूँ, निकाल रहा हूँ, निकाल रही हूँ, निकालता हूँ, निकालती हूँ, लेकर आता हूँ
लेकर आती हूँ, ले आता हूँ, ले आती हूँ
याद कर रहा हूँ, याद कर रही हूँ, सोच रहा हूँ, सोच रही हूँ, सोचने दीजिए, याद करने दीजिए, ek minute
ek minat, ek second, ek sec
one minute, one second, just a minute, just a second, wait, hold on, let me see, let me check
you know, i mean
""")
"""The end of what is said by one who looks for words, or for a paper. 1 to 4 words."""
FAREWELLS = folded_words("""
धन्यवाद शुक्रिया बाय अलविदा नमस्ते नमस्कार थैंक्यू थैंक्स हेलो हैलो हलो thanks thankyou bye hello
""")
WHOLE = folded_phrases("""
थैंक यू, thank you, बस, बस इतना ही, इतना ही, नो, no, nope, पता नहीं, कुछ नहीं, और कुछ नहीं
फिर मिलते हैं, अरे वाह, शुभ रात्रि, good night
""")
"""Over, if it is the end of what was said."""
