"""
One client's stream as a telephone line.

Decides what of the client's sound is kept, and cuts it into frames. It knows neither gRPC nor
conversations: stream.py feeds it and empties its outbox, the call reads `events()`.
"""

import asyncio

from bot.core.audio import FRAME_SECONDS, frame_bytes
from bot.core.events import Audio, Digit
from bot.core.handset import Handset
from bot.core.ports import Ticket
from bot.gateway.formats import Codec
from bot.gateway.outbox import Outbox
from bot.gateway.wire import voice_workflow_pb2 as pb

LONGEST_AUDIO = 0.4
"""Seconds of sound in one message; more would not fit, and is no conversation."""
LINGER = 1.0
"""Seconds that the last messages may take to leave."""


class GatewayLine(Handset):
    """
    A `CallTransport` over one stream.

    `_rest` is sound that makes no whole frame yet; `_sequence` counts the frames sent or dropped;
    `left` is set when the stream is over for whatever reason.
    """

    def __init__(self, ticket: Ticket, codec: Codec) -> None:
        super().__init__(ticket)
        self.outbox: Outbox[pb.ConverseResponse] = Outbox()
        self.left = asyncio.Event()
        self.dropped_out = 0
        self._codec = codec
        self._frame = frame_bytes(ticket.rate)
        self._longest = round(LONGEST_AUDIO / FRAME_SECONDS) * self._frame
        self._rest = b""
        self._sequence = 0

    # What the call does.

    def send(self, frame: bytes) -> None:
        """Play one 20 ms frame. Never waits: where the client does not read, it is dropped."""
        if self._ear.gone.is_set():
            return
        self._sequence += 1
        if not self.outbox.has_room_for_sound:
            self.dropped_out += 1
            return
        audio = pb.Audio(data=self._codec.encode(frame), sequence=self._sequence)
        self.outbox.put_sound(pb.ConverseResponse(audio=audio))

    async def close(self) -> None:
        """Hang up: what waits is sent, then the stream ends."""
        self.outbox.close()
        try:
            async with asyncio.timeout(LINGER):
                await self.left.wait()
        except TimeoutError:
            return

    # What the client does.

    def heard(self, data: bytes) -> None:
        """Take one message's sound. Raises ValueError for what is none, or too much."""
        pcm = self._codec.decode(data)
        if len(pcm) > self._longest:
            raise ValueError(f"over {LONGEST_AUDIO * 1000:.0f} ms in one message")
        pcm = self._rest + pcm
        whole = len(pcm) // self._frame * self._frame
        for start in range(0, whole, self._frame):
            self._ear.received(Audio(pcm[start : start + self._frame]))
        self._rest = pcm[whole:]

    def pressed(self, keys: str) -> None:
        """Take keys, in their order."""
        for key in keys:
            self._ear.received(Digit(key))
