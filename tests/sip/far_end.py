"""The called side of a test: aiosipua's SIP, and RTP by hand with the time of every packet."""

import asyncio
import struct
from dataclasses import dataclass, field

from aiosipua import SipUAS, UdpSipTransport, negotiate_sdp

DTMF = 101


@dataclass(frozen=True)
class Packet:
    at: float
    payload_type: int
    marker: bool
    sequence: int
    timestamp: int
    payload: bytes


@dataclass
class Leg(asyncio.DatagramProtocol):
    """The sound of one call, as it is on the wire."""

    echo: bool
    packets: list[Packet] = field(default_factory=list)
    sent_at: list[float] = field(default_factory=list)
    payload_type: int = 0
    invitation: object = None

    def connection_made(self, transport):
        self.transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data, address):
        second, sequence, timestamp = struct.unpack("!xBHI", data[:8])
        kind = second & 0x7F
        now = asyncio.get_running_loop().time()
        self.packets.append(Packet(now, kind, second > 0x7F, sequence, timestamp, data[12:]))
        if self.echo and kind != DTMF:
            self.transport.sendto(data, address)

    def sound(self):
        return b"".join(p.payload for p in self.packets if p.payload_type == self.payload_type)

    async def say(self, coded, size=160, lost=()):
        """Send G.711 or G.722, 20 ms a packet; packets numbered in `lost` are not sent."""
        loop = asyncio.get_running_loop()
        start = loop.time()
        media = self.invitation.sdp_offer.audio
        for number in range(len(coded) // size):
            await asyncio.sleep(start + number * 0.02 - loop.time())
            head = struct.pack("!BBHII", 0x80, self.payload_type, number, number * 160, 7)
            if number not in lost:
                self.sent_at.append(loop.time())
                piece = coded[number * size : (number + 1) * size]
                self.transport.sendto(head + piece, ("127.0.0.1", media.port))


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, owner):
        self.owner = owner

    def datagram_received(self, data, address):
        self.owner.inbound(data, address)


class _Udp(UdpSipTransport):
    """aiosipua's transport without its assertion that fails on Python 3.11."""

    deaf = False

    async def start(self):
        loop = asyncio.get_running_loop()
        self._udp_transport, _ = await loop.create_datagram_endpoint(
            lambda: _Datagrams(self), local_addr=("127.0.0.1", 0)
        )
        self.local_addr = self._udp_transport.get_extra_info("sockname")

    def inbound(self, data, address):
        if not self.deaf:
            self._dispatch(data, address)


class FarEnd:
    """Answers every call; `legs` are the calls in the order they came."""

    def __init__(self, echo=False, answers=True):
        self.legs = []
        self.byes = 0
        self.cancels = 0
        self._echo = echo
        self._answers = answers
        self._tasks = set()

    async def __aenter__(self):
        self._udp = _Udp()
        self._uas = SipUAS(self._udp)
        self._uas.on_invite = self._ring
        self._uas.on_bye = self._bye
        self._uas.on_cancel = self._cancel
        await self._uas.start()
        self.server = f"127.0.0.1:{self._udp.local_addr[1]}"
        return self

    async def __aexit__(self, *_):
        for task in self._tasks:
            task.cancel()
        for leg in self.legs:
            leg.transport.close()
        await self._uas.stop()
        await asyncio.sleep(0)

    def hang_up(self, leg):
        leg.invitation.hangup()

    def vanish(self):
        """As when the power fails: no word, no sound, no answer to anything."""
        self._udp.deaf = True
        for leg in self.legs:
            leg.transport.close()

    def _ring(self, invitation):
        invitation.ringing()
        if self._answers:
            task = asyncio.get_running_loop().create_task(self._answer(invitation))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _answer(self, invitation):
        leg = Leg(self._echo, invitation=invitation)
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: leg, local_addr=("127.0.0.1", 0))
        offer = invitation.sdp_offer
        codecs = [c.payload_type for c in offer.audio.codecs if c.payload_type in (0, 8, 9)]
        answer, leg.payload_type = negotiate_sdp(
            offer=offer, local_ip="127.0.0.1", rtp_port=leg.port, supported_codecs=codecs
        )
        self.legs.append(leg)
        invitation.accept(answer)

    def _bye(self, _call, _request):
        self.byes += 1

    def _cancel(self, _request, _address):
        self.cancels += 1
