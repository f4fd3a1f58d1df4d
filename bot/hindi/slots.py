"""What a caller can be asked for: the slots of `values`."""

from enum import StrEnum


class Slot(StrEnum):
    """What the caller was asked for."""

    DIGITS = "digits"
    AMOUNT = "amount"
    COUNT = "count"
    DATE = "date"
    TIME = "time"
    YES_NO = "yes_no"
    LETTERS = "letters"
