"""The file of numbers that nobody calls: read again whenever it has changed."""

from pathlib import Path

from bot.core.errors import BotError, ConfigError
from bot.core.telephone import one_writing


class Listed:
    """
    The numbers of one file, one a line; what stands behind `#` is a remark.

    `_seen` is what the file looked like when it was read.
    """

    def __init__(self, path: str) -> None:
        """An empty `path`: no file, no numbers."""
        self._path = Path(path) if path else None
        self._seen: tuple[int, int, int] | None = None
        self._numbers: frozenset[str] = frozenset()

    def has(self, number: str) -> bool:
        """Whether this number is in it, as it was last read."""
        return one_writing(number) in self._numbers

    def look(self) -> None:
        """Read it if it has changed. Raises ConfigError that names the file, or its line."""
        if self._path is None:
            return
        try:
            state = self._path.stat()
            seen = state.st_mtime_ns, state.st_size, state.st_ino
            if seen == self._seen:
                return
            text = self._path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            self._seen = None
            raise ConfigError(
                f"outbound.do_not_call_file: {self._path} cannot be read ({error}); nobody is"
                " called until it can"
            ) from error
        self._numbers = self._read(text)
        self._seen = seen

    def _read(self, text: str) -> frozenset[str]:
        numbers = set()
        for at, line in enumerate(text.splitlines(), 1):
            written = line.partition("#")[0].strip().lstrip("\ufeff")
            if not written:
                continue
            try:
                numbers.add(one_writing(written))
            except BotError as error:
                self._seen = None
                raise ConfigError(
                    f"{self._path}:{at}: {error}; nobody is called until it is right"
                ) from error
        return frozenset(numbers)
