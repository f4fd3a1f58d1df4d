"""
Decides what of a text must not be stored, logged or sent out, and puts a typed mark in its place.

First version: what is written in figures and Latin letters.
"""

import re

from bot.hindi.checksums import is_aadhaar, is_card

_FIGURES = {0x966 + figure: str(figure) for figure in range(10)}
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_UPI = re.compile(r"[\w.-]{2,}@[A-Za-z]{2,}")
_PAN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{5}\d{4}[A-Za-z](?![A-Za-z0-9])")
_IFSC = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{4}0[A-Za-z0-9]{6}(?![A-Za-z0-9])")
_UUID = r"(?i:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
_NUMBER = re.compile(rf"({_UUID})|\+?\d(?:[ -]?\d){{5,}}")


def redact(text: str) -> str:
    """The text with what identifies or opens something replaced by a mark such as [PHONE]."""
    for pattern, mark in ((_EMAIL, "[EMAIL]"), (_UPI, "[UPI]"), (_PAN, "[PAN]"), (_IFSC, "[IFSC]")):
        text = pattern.sub(mark, text)
    return _NUMBER.sub(_marked, text)


def _marked(match: re.Match[str]) -> str:
    if match[1]:
        return match[1]
    digits = re.sub(r"\D", "", match.group().translate(_FIGURES))
    if is_aadhaar(digits):
        return "[AADHAAR]"
    if is_card(digits):
        return "[CARD]"
    return "[PHONE]" if len(digits) >= 10 and digits[-10] in "6789" else "[NUMBER]"
