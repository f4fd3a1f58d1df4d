"""One SIP call as a telephone line: a `CallTransport` over its sound port and its dialog."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable

from bot.core.earpiece import Earpiece
from bot.core.events import LineEvent
from bot.core.ports import Ticket
from bot.sip.direct.sound_port import SoundPort


class SipLine:
    """
    What the conversation has of a SIP call.

    `_ear` is what came and was not read yet; `_end` ends the dialog.
    """

    def __init__(
        self,
        ticket: Ticket,
        sound: SoundPort,
        ear: Earpiece,
        end: Callable[[], Awaitable[None]],
    ) -> None:
        self.ticket = ticket
        self.sound = sound
        self._ear = ear
        self._end = end

    @property
    def rate(self) -> int:
        """Samples a second, both ways."""
        return self.ticket.rate

    @property
    def dropped_in(self) -> int:
        """Frames of the caller's that nobody read in time."""
        return self._ear.dropped

    @property
    def dropped_out(self) -> int:
        """Frames that our socket did not take."""
        return self.sound.dropped_out

    def events(self) -> AsyncGenerator[LineEvent, None]:
        """Yield the caller's sound and keys until the caller hangs up."""
        return self._ear.events()

    def send(self, frame: bytes) -> None:
        """Play one 20 ms frame. Never waits; after a hang-up, does nothing."""
        if not self._ear.gone.is_set():
            self.sound.send(frame)

    def press(self, key: str) -> bool:
        """Press a key as telephone events, where the other side has them."""
        return not self._ear.gone.is_set() and self.sound.press(key)

    async def close(self) -> None:
        """Hang up, or hand the caller over, as the call's ending says. Idempotent."""
        await self._end()
