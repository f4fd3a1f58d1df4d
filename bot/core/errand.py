"""Why we have called somebody."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Errand:
    """
    A call that we made: for which order, whom, in which dialogue, and what is known of them.

    `number` is in its one writing (telephone.py); `data` is the order's: {"name": "आशा"}.
    """

    order: str
    number: str
    profile: str = "default"
    data: Mapping[str, str] = field(default_factory=dict)
