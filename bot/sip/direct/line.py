"""One SIP call as a telephone line: a `CallTransport` over its sound port and its dialog."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.core.earpiece import Earpiece
from bot.core.handset import Handset
from bot.core.ports import Ticket
from bot.sip.direct.sound_port import SoundPort


class SipLine(Handset):
    """
    What the conversation has of a SIP call.

    `_end` ends the dialog.
    """

    def __init__(
        self,
        ticket: Ticket,
        sound: SoundPort,
        ear: Earpiece,
        end: Callable[[], Awaitable[None]],
    ) -> None:
        super().__init__(ticket, ear)
        self.sound = sound
        self._end = end

    @property
    def dropped_out(self) -> int:
        """Frames that our socket did not take."""
        return self.sound.dropped_out

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
