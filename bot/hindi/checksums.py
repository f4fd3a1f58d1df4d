"""Decides whether a number's own check digit is right: Aadhaar's by Verhoeff, a card's by Luhn."""

_TIMES = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
"""Verhoeff's multiplication, that of the dihedral group of ten elements."""
_MOVED = (
    "0123456789", "1576283094", "5803796142", "8916043527",
    "9453126870", "4286573901", "2793806415", "7046913258",
)  # fmt: skip
"""Verhoeff's permutation for each place, counted from the right."""
AADHAAR = 12


def is_aadhaar(digits: str) -> bool:
    """Whether ASCII digits are a possible Aadhaar: twelve, no 0 or 1 first, Verhoeff's check."""
    if len(digits) != AADHAAR or not digits.isdigit() or digits[0] in "01":
        return False
    check = 0
    for place, digit in enumerate(reversed(digits)):
        check = int(_TIMES[check][int(_MOVED[place % 8][int(digit)])])
    return check == 0


def is_card(digits: str) -> bool:
    """Whether ASCII digits are a possible payment card: 13 to 19, not all alike, Luhn's check."""
    if not 13 <= len(digits) <= 19 or not digits.isdigit() or len(set(digits)) == 1:
        return False
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
