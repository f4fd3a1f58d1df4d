"""Decides what our own last words ask of the caller: a yes or no, a number, a key, or anything."""

from enum import Enum


class Asked(Enum):
    """What the caller is expected to say next."""

    NOTHING = "nothing"
    OPEN = "open"
    """A free answer: a question with कब, कहाँ, कौन, or an invitation ("बताइए")."""
    YES_NO = "yes_no"
    NUMBER = "number"
    """Digits: a telephone or account number, an OTP, a PIN."""
    MENU = "menu"
    """One key of several: "बिल के लिए एक दबाइए"."""
