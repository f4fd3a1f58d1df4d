"""What the cause with which a channel ended says of whom we called (ITU-T Q.850)."""

from typing import Final

REFUSED_BY_DIALPLAN: Final = 55
"""Q.850: "incoming calls barred"; our dialplan's for a number that BOT_DIALS has not."""
_OUTCOMES: Final = {
    17: ("busy", ""),
    21: ("busy", "declined"),
    18: ("no_answer", ""),
    19: ("no_answer", ""),
    20: ("no_answer", "switched off or out of reach"),
    0: ("no_answer", ""),
    16: ("no_answer", ""),
    1: ("failed", "no such number"),
    22: ("failed", "the number has changed"),
    28: ("failed", "no such number"),
    REFUSED_BY_DIALPLAN: ("refused", "BOT_DIALS"),
}
"""By cause: the outcome, and a detail."""


def outcome(cause: int | None, up: bool) -> tuple[str, str]:
    """
    The outcome of a call that no bot has held, and a detail.

    `up`: somebody had answered. `cause` None: the channel went while nobody told us.
    """
    if up:
        return "failed", "answered, but no bot took the call"
    if cause is None:
        return "lost", ""
    return _OUTCOMES.get(cause, ("failed", f"cause {cause}"))
