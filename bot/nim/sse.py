"""
Server-sent events: bytes as they come in, the data of each whole event out.

As WHATWG's HTML writes them (html.spec.whatwg.org, "Server-sent events"): lines end in LF, CR or
both; the `data` lines of an event are joined, an empty line ends it. Its other fields are not
needed here.
"""

from typing import Final

LONGEST: Final = 1 << 20
"""Bytes of an event that is not over yet: more is no answer of a model."""


class Events:
    """
    One stream's.

    `_rest` is the line that is not over, `_data` the data lines of the event; `_half`: the last
    piece ended in a CR, which may be half of a line's end.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []
        self._size = 0
        self._half = False

    def feed(self, piece: bytes) -> list[bytes]:
        """The data of the events that this piece completes. Too long an event is a ValueError."""
        if self._half:
            piece = piece.removeprefix(b"\n")
        lines = (self._rest + piece).splitlines(keepends=True)
        self._half = piece.endswith(b"\r") or (self._half and not piece)
        self._rest = b"" if not lines or lines[-1].endswith((b"\n", b"\r")) else lines.pop()
        found: list[bytes] = []
        for line in lines:
            if (data := self._take(line.rstrip(b"\r\n"))) is not None:
                found.append(data)
        if len(self._rest) + self._size > LONGEST:
            raise ValueError(f"an event of the answer has more than {LONGEST} bytes")
        return found

    def _take(self, line: bytes) -> bytes | None:
        """The event's data, where this line ends one."""
        if not line:
            data, self._data, self._size = self._data, [], 0
            return b"\n".join(data) if data else None
        name, _, value = line.partition(b":")
        if name == b"data":
            self._data.append(value.removeprefix(b" "))
            self._size += len(value)
        return None
