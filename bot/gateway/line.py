"""
One client's stream as a telephone line.

Decides what of the client's sound is kept, and cuts it into frames. It knows neither gRPC nor
conversations: stream.py feeds it and empties its outbox, the call reads `events()`.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator

from bot.core.audio import FRAME_SECONDS, frame_bytes
from bot.core.events import Audio, Digit, LineEvent
from bot.gateway.desk import Ticket
from bot.gateway.formats import Codec
from bot.gateway.outbox import Outbox
from bot.gateway.wire import voice_workflow_pb2 as pb

HEARING_FRAMES = 25
"""Frames of the caller's sound that may wait to be read: after a stall, older sound is stale."""
LONGEST_AUDIO = 0.4
"""Seconds of sound in one message; more would not fit, and is no conversation."""
LINGER = 1.0
"""Seconds that the last messages may take to leave."""


class GatewayLine:
    """
    A `CallTransport` over one stream.

    `_rest` is sound that makes no whole frame yet; `_sequence` counts the frames sent or dropped;
    `_gone` is set when the client is, `left` when the stream is over for whatever reason.
    """

    def __init__(self, ticket: Ticket, codec: Codec) -> None:
        self.ticket = ticket
        self.outbox: Outbox[pb.ConverseResponse] = Outbox()
        self.left = asyncio.Event()
        self.dropped_in = self.dropped_out = 0
        self._codec = codec
        self._frame = frame_bytes(ticket.rate)
        self._longest = round(LONGEST_AUDIO / FRAME_SECONDS) * self._frame
        self._rest = b""
        self._events: deque[LineEvent] = deque()
        self._waiting_frames = 0
        self._arrived = asyncio.Event()
        self._gone = asyncio.Event()
        self._sequence = 0

    # What the call does.

    @property
    def rate(self) -> int:
        """Samples a second, both ways."""
        return self.ticket.rate

    async def events(self) -> AsyncGenerator[LineEvent, None]:
        """Yield the caller's sound and keys until the client is gone."""
        while True:
            while self._events:
                event = self._events.popleft()
                self._waiting_frames -= isinstance(event, Audio)
                yield event
            if self._gone.is_set():
                return
            self._arrived.clear()
            await self._arrived.wait()

    def send(self, frame: bytes) -> None:
        """Play one 20 ms frame. Never waits: where the client does not read, it is dropped."""
        if self._gone.is_set():
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
            self._received(Audio(pcm[start : start + self._frame]))
        self._rest = pcm[whole:]

    def pressed(self, keys: str) -> None:
        """Take keys, in their order."""
        for key in keys:
            self._received(Digit(key))

    def lost(self) -> None:
        """The client hung up, or is gone."""
        self._gone.set()
        self._arrived.set()

    def _received(self, event: LineEvent) -> None:
        if isinstance(event, Audio):
            self._waiting_frames += 1
            if self._waiting_frames > HEARING_FRAMES:
                self._drop_oldest_frame()
        self._events.append(event)
        self._arrived.set()

    def _drop_oldest_frame(self) -> None:
        oldest = next(i for i, event in enumerate(self._events) if isinstance(event, Audio))
        del self._events[oldest]
        self._waiting_frames -= 1
        self.dropped_in += 1
