"""What a check of one neighbour found: a line of `voicebot doctor`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """
    One check: `name` of what was looked at, whether it is well, `what` was seen.

    `remedy` says what to do; it is empty where nothing needs doing.
    """

    name: str
    ok: bool
    what: str
    remedy: str = ""
