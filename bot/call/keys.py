"""Keys that nobody asked for: which of them belong together."""

LAST = "#"
"""Ends a number at once."""
MOST = 64
"""Keys of one number; what is more is left out."""


class Keys:
    """The keys of the caller's turn so far."""

    def __init__(self, pause: float) -> None:
        """`pause`: seconds after a key in which the next one belongs to the same number."""
        self._pause = pause
        self._keys = ""
        self.deadline: float | None = None
        """When the number is over, if no other key comes."""

    def press(self, key: str, now: float) -> None:
        """Add a key."""
        self._keys = (self._keys + key)[:MOST]
        self.deadline = now + self._pause

    def clear(self) -> None:
        """Begin a new turn."""
        self._keys, self.deadline = "", None

    def __bool__(self) -> bool:
        """Whether any key was pressed."""
        return bool(self._keys)

    @property
    def single(self) -> bool:
        """Whether it is one key so far: perhaps the only one."""
        return len(self._keys) == 1

    @property
    def complete(self) -> bool:
        """Whether the caller has marked the end."""
        return self._keys.endswith(LAST)

    @property
    def text(self) -> str:
        """How the model is told: "[keys: 42]"; empty without keys."""
        return f"[keys: {self._keys}]" if self._keys else ""
