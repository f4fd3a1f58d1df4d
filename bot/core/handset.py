"""What every telephone line is to its call, whatever carries it: a ticket, and what was heard."""

from collections.abc import AsyncGenerator

from bot.core.earpiece import Earpiece
from bot.core.events import LineEvent
from bot.core.ports import Ticket


class Handset:
    """
    A `CallTransport` without its mouthpiece: how sound is sent, and hung up, is each line's own.

    `_ear` is what came and was not read yet.
    """

    def __init__(self, ticket: Ticket, ear: Earpiece | None = None) -> None:
        self.ticket = ticket
        self._ear = ear or Earpiece()

    @property
    def rate(self) -> int:
        """Samples a second, both ways."""
        return self.ticket.rate

    @property
    def dropped_in(self) -> int:
        """Frames of the caller's that nobody read in time."""
        return self._ear.dropped

    def events(self) -> AsyncGenerator[LineEvent, None]:
        """Yield the caller's sound and keys until the line is lost."""
        return self._ear.events()

    def press(self, key: str) -> bool:
        """This line takes no keys of ours: their tones are to be played."""
        return False

    def received(self, event: LineEvent) -> None:
        """Queue what the caller did; of sound, only the newest half second is kept."""
        self._ear.received(event)

    def lost(self) -> None:
        """Nothing more comes; let the reader finish."""
        self._ear.lost()
