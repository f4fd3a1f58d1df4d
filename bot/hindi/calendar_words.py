"""Decides which words name a month or a day of the week: Hindi and English, in both scripts."""

from bot.hindi.fold import fold
from bot.hindi.spoken_rule import table

_MONTHS = """\
जन janvari janwari
फेब्रुअरी फेब्रुवरी farvari farwari
march
एप्रिल अप्रेल aprail
mai
joon
जुलाइ julai
ऑगस्ट agast
सेप्टेंबर सेप्टेम्बर sitambar sitamber
ऑक्टोबर aktubar
नोवेंबर navambar
डिसेंबर disambar"""
"""Beside the names in spoken_months.tsv."""
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


_WRITTEN = table("spoken_months.tsv")
_ORDER = list(dict.fromkeys(_WRITTEN.values()))
MONTHS = _numbered(_MONTHS, 1) | {
    fold(word): _ORDER.index(name) + 1 for word, name in _WRITTEN.items()
}
"""From a folded word to the month, 1 to 12."""
WEEKDAYS = _numbered(_WEEKDAYS, 0)
"""From a folded word to the day of the week: Monday is 0, as for `date.weekday`."""
