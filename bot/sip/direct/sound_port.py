"""
The sound of one call: a UDP socket, RTP in and out.

Decides from whom packets are taken, what of them is a frame or a key, and when the far end is gone.
The beat is the call's: each `send` is one packet, on the playout's absolute deadlines.
"""

import asyncio
import random
import socket
from collections import deque
from collections.abc import Callable
from typing import cast

from bot.core.audio import frame_bytes
from bot.core.errors import ProtocolError
from bot.core.events import Audio, Digit, LineEvent
from bot.signal.levels import faded
from bot.sip.direct import rtp
from bot.sip.direct.keys import EventEar, Press
from bot.sip.direct.reorder import PATIENCE, Figures, Reorder
from bot.sip.direct.sdp import Agreed

GAP = 0.020 * PATIENCE
"""Seconds that a packet waits for a missing one when no further ones come."""
LONGEST = 4096
"""Bytes of sound in a packet; more is none."""
MOVED_AFTER = 0.5
"""Seconds of silence after which packets from another port are taken: a router has moved it."""
WRITE_AHEAD = 4096
"""Bytes that may wait in our socket before frames are dropped."""
MOST_PRESSES = 8
"""Keys of ours that may wait: more means that nobody sends frames."""
EXPEDITED = 46 << 2
"""The class of voice in the type of service (RFC 3246; RFC 4594, 4.1)."""

Place = tuple[str, int]


class NoPort(ProtocolError):
    """No port for sound is free."""


class SoundPort(asyncio.DatagramProtocol):
    """
    RTP of one call.

    `_agreed` is what both sides do, `_hosts` whose packets we take; `_from` is where they came from
    last, and where ours go (symmetric RTP), None until one came. `_rest` is sound that makes no
    whole frame yet, `_last` the last packet's sound. `heard_at` is when the last packet came.
    `_presses` are our keys that are still to be told.
    """

    def __init__(self, take: Callable[[LineEvent], None]) -> None:
        """`take` gets each frame of 20 ms and each key."""
        self.dropped_out = 0
        self.heard_at = asyncio.get_running_loop().time()
        self.heard_keys = False
        """Whether keys came as telephone events: those of INFO are the same ones then."""
        self._take = take
        self._agreed: Agreed | None = None
        self._hosts: frozenset[str] = frozenset()
        self._from: Place | None = None
        self._stream: rtp.Stream | None = None
        self._reorder = Reorder()
        self._events = EventEar()
        self._presses: deque[Press] = deque(maxlen=MOST_PRESSES)
        self._rest = self._last = b""
        self._gap: asyncio.TimerHandle | None = None

    @property
    def figures(self) -> Figures:
        """What became of their packets."""
        return self._reorder.figures

    @property
    def port(self) -> int:
        """Where they send to."""
        port: int = self._transport.get_extra_info("sockname")[1]
        return port

    def agree(self, agreed: Agreed, signalling: str) -> None:
        """
        From now on it goes so. Packets are taken from their address for sound, and from that of
        their signalling (`signalling`), which is the same router where they are behind one.
        """
        if self._agreed is None or agreed.to != self._agreed.to:
            self._from = None
        if self._stream is None or self._agreed is None or agreed.codec != self._agreed.codec:
            self._stream = rtp.Stream(agreed.codec.clock)
        self._hosts = frozenset((agreed.to[0], signalling))
        self.heard_at = asyncio.get_running_loop().time()
        self._agreed = agreed
        if not self._takes_keys:
            self._presses.clear()

    def send(self, frame: bytes) -> None:
        """Send one frame; nothing while we are on hold. Never waits."""
        agreed = self._agreed
        if agreed is None or self._stream is None or agreed.held or self._transport.is_closing():
            return
        if self._transport.get_write_buffer_size() > WRITE_AHEAD:  # type: ignore[attr-defined]
            self.dropped_out += 1
            return
        now = asyncio.get_running_loop().time()
        packet = self._key_packet(agreed, self._stream, now) or self._stream.sound(
            agreed.payload_type, agreed.codec.encode(frame), now
        )
        self._transport.sendto(packet, self._from or agreed.to)

    def press(self, key: str) -> bool:
        """Press a key in the coming frames; False where they take no telephone events."""
        if self._takes_keys:
            self._presses.append(Press(key))
        return self._takes_keys

    @property
    def _takes_keys(self) -> bool:
        agreed = self._agreed
        return agreed is not None and agreed.events is not None and not agreed.held

    def _key_packet(self, agreed: Agreed, stream: rtp.Stream, now: float) -> bytes | None:
        """What is to be told of a key in these 20 ms, if anything."""
        if not self._presses or agreed.events is None:
            return None
        press = self._presses[0]
        packet = press.packet(stream, agreed.events, now)
        if press.is_over:
            self._presses.popleft()
        return packet

    def silent_for(self) -> float:
        """Seconds for which they have sent nothing, though they should."""
        if self._agreed is None or self._agreed.direction != "sendrecv":
            return 0.0
        return asyncio.get_running_loop().time() - self.heard_at

    def close(self) -> None:
        """Give the port back. Idempotent."""
        if self._gap is not None:
            self._gap.cancel()
        self._transport.close()

    # What the socket does.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is there; routers that care let voice go first."""
        self._transport = cast(asyncio.DatagramTransport, transport)
        sock: socket.socket = transport.get_extra_info("socket")
        if sock.family is socket.AF_INET:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, EXPEDITED)

    def datagram_received(self, data: bytes, source: tuple[str, int]) -> None:
        """A packet, or what somebody throws at us."""
        packet = rtp.parsed(data)
        agreed = self._agreed
        if packet is None or agreed is None or len(packet.payload) > LONGEST:
            return
        if not self._is_theirs(source[:2]):
            return
        self.heard_at = asyncio.get_running_loop().time()
        self._pass_on(self._reorder.put(packet))
        self._mind_the_gap()

    def _is_theirs(self, source: Place) -> bool:
        """Whether to take a packet from there; the first one fixes the port."""
        if source == self._from:
            return True
        quiet = asyncio.get_running_loop().time() - self.heard_at
        if source[0] not in self._hosts or (self._from is not None and quiet < MOVED_AFTER):
            return False
        self._from = source
        return True

    def _pressed(self, packet: rtp.Packet) -> None:
        if key := self._events.key(packet):
            self.heard_keys = True
            self._take(Digit(key))

    def _mind_the_gap(self) -> None:
        """Do not wait for a missing packet for ever where none follow."""
        if self._gap is not None:
            self._gap.cancel()
            self._gap = None
        if self._reorder.waits:
            loop = asyncio.get_running_loop()
            self._gap = loop.call_later(GAP, lambda: self._pass_on(self._reorder.flush()))

    def _pass_on(self, packets: list[rtp.Packet | None]) -> None:
        """Sound, keys and comfort noise share one numbering; only the first two say something."""
        agreed = self._agreed
        assert agreed is not None
        for packet in packets:
            if packet is None:
                self._sound(faded(self._last, 1.0, 0.0))
                self._last = bytes(len(self._last))
            elif packet.payload_type == agreed.events:
                self._pressed(packet)
            elif packet.payload_type == agreed.payload_type and not agreed.held:
                self._last = agreed.codec.decode(packet.payload)
                self._sound(self._last)

    def _sound(self, pcm: bytes) -> None:
        """Cut sound of any length into frames. Of a lost packet it fades out, then it is silent."""
        assert self._agreed is not None
        self._rest += pcm
        size = frame_bytes(self._agreed.codec.clock)
        whole = len(self._rest) // size * size
        for start in range(0, whole, size):
            self._take(Audio(self._rest[start : start + size]))
        self._rest = self._rest[whole:]


async def opened(host: str, first: int, last: int, take: Callable[[LineEvent], None]) -> SoundPort:
    """A port between `first` and `last`, an even one (RFC 3550, 11). Raise NoPort."""
    loop = asyncio.get_running_loop()
    ports = range(first + first % 2, last + 1, 2)
    start = random.randrange(len(ports)) if ports else 0
    for at in range(len(ports)):
        port = ports[(start + at) % len(ports)]
        try:
            _, sound = await loop.create_datagram_endpoint(
                lambda: SoundPort(take), local_addr=(host, port)
            )
        except OSError:
            continue
        return sound
    raise NoPort(f"no free port for sound from {first} to {last}; widen sip.rtp_first/rtp_last")
