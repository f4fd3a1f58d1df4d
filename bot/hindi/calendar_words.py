"""Decides which words name a month or a day of the week: Hindi and English, in both scripts."""

from bot.hindi.fold import fold

_MONTHS = """\
जनवरी जन january jan janvari janwari
फ़रवरी फेब्रुअरी फेब्रुवरी february feb farvari farwari
मार्च march mar
अप्रैल एप्रिल अप्रेल april apr aprail
मई may mai
जून june jun joon
जुलाई जुलाइ july jul julai
अगस्त ऑगस्ट august aug agast
सितंबर सितम्बर सेप्टेंबर सेप्टेम्बर september sep sept sitambar sitamber
अक्टूबर अक्तूबर ऑक्टोबर october oct aktubar
नवंबर नवम्बर नोवेंबर november nov navambar
दिसंबर दिसम्बर डिसेंबर december dec disambar"""
_WEEKDAYS = """\
सोमवार सोम मंडे monday mon somvar somwar
मंगलवार मंगल ट्यूज़डे tuesday tue mangalvar mangalwar
बुधवार बुध वेडनेसडे वेन्सडे wednesday wed budhvar budhwar
गुरुवार गुरूवार बृहस्पतिवार वीरवार थर्सडे thursday thu guruvar guruwar
शुक्रवार शुक्र फ्राइडे friday fri shukravar shukrawar
शनिवार शनि शनिचर सैटरडे सैटर्डे saturday sat shanivar shaniwar
रविवार इतवार संडे sunday sun ravivar raviwar itvar itwar"""


def _numbered(lines: str, first: int) -> dict[str, int]:
    rows = enumerate(lines.splitlines(), first)
    return {fold(word): number for number, row in rows for word in row.split()}


MONTHS = _numbered(_MONTHS, 1)
"""From a folded word to the month, 1 to 12."""
WEEKDAYS = _numbered(_WEEKDAYS, 0)
"""From a folded word to the day of the week: Monday is 0, as for `date.weekday`."""
