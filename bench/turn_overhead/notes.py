"""What the services note of each turn: when a request came, when an answer left."""

from typing import Any

from bench.turn_overhead.script import Tag


class Notes:
    """Rows for the file that is written at the end."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def add(self, what: str, tag: Tag, **values: float) -> None:
        """Note something of a turn: times in seconds, or a count."""
        self.rows.append({"what": what, "tag": tag, **values})
