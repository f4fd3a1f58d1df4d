"""A SIP caller by hand: what the tests of our user agent say to it, and what they hear."""

import asyncio
import re
import struct
from itertools import count

from bot.sip.direct import messages
from bot.sip.direct.messages import Request, Response

LIMIT = 20.0
_numbers = count(1)


def sdp(port, formats="8 0 101", more="", address="127.0.0.1", media="audio", protocol="RTP/AVP"):
    """A session description with one stream."""
    return (
        f"v=0\r\no=- 1 1 IN IP4 {address}\r\ns=-\r\nc=IN IP4 {address}\r\nt=0 0\r\n"
        f"m={media} {port} {protocol} {formats}\r\na=rtpmap:101 telephone-event/8000\r\n{more}"
    ).encode()


class _Socket(asyncio.DatagramProtocol):
    def __init__(self, take):
        self.take = take

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, source):
        self.take(data, source)


async def socket(take, address="127.0.0.1", port=0):
    """A UDP socket whose datagrams go to `take(data, source)`."""
    loop = asyncio.get_running_loop()
    _, protocol = await loop.create_datagram_endpoint(
        lambda: _Socket(take), local_addr=(address, port)
    )
    return protocol.transport


class Caller:
    """
    One address from which calls are made to our agent at `place`.

    `said` are all messages of the agent's that are no reply to a waiting request.
    """

    def __init__(self, place):
        self.place = place
        self.said = asyncio.Queue()
        self.calls = []

    async def __aenter__(self):
        self.transport = await socket(self._take)
        self.port = self.transport.get_extra_info("sockname")[1]
        return self

    async def __aexit__(self, *_):
        for call in self.calls:
            call.sound.close()
        self.transport.close()
        await asyncio.sleep(0)

    def _take(self, data, source):
        self.said.put_nowait(messages.parsed(data, source))

    def send(self, message):
        """Send a message, or bytes."""
        data = message if isinstance(message, bytes) else message.encode()
        self.transport.sendto(data, self.place)

    async def hears(self, true=lambda message: True):
        """The agent's next message for which this holds; others before it are dropped."""
        async with asyncio.timeout(LIMIT):
            while True:
                message = await self.said.get()
                if true(message):
                    return message

    async def status(self, method=None):
        """The next final reply (to this method)."""
        return await self.hears(
            lambda m: (
                isinstance(m, Response)
                and m.status >= 200
                and (method is None or m.cseq[1] == method)
            )
        )

    async def asked(self, method):
        """The next request of this method."""
        return await self.hears(lambda m: isinstance(m, Request) and m.method == method)

    def request(self, method, headers=(), body=b"", **fields):
        """A request outside of calls."""
        number = next(_numbers)
        known = {
            "Via": f"SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bK{number};rport",
            "From": f"<sip:asha@127.0.0.1:{self.port}>;tag=t{number}",
            "To": "<sip:100@127.0.0.1>",
            "Call-ID": f"call{number}",
            "CSeq": f"1 {method}",
            "Contact": f"<sip:asha@127.0.0.1:{self.port}>",
            "Max-Forwards": "70",
        }
        if body:
            known["Content-Type"] = "application/sdp"
        known.update(fields.pop("known", {}))
        pairs = [(name, value) for name, value in known.items() if value is not None]
        return Request([*pairs, *headers], body, method, fields.pop("uri", "sip:100@127.0.0.1"))

    async def call(self, offer=None, headers=(), **known):
        """A call that is answered and acknowledged."""
        call = PlacedCall(self)
        await call.invite(offer, headers, **known)
        return call


class PlacedCall:
    """One call from the caller's side; `packets` is the sound that came, as (type, payload)."""

    def __init__(self, caller):
        self.caller = caller
        self.packets, self.sources = [], set()
        self.arrived = asyncio.Event()
        self.sequence, self.timestamp, self.ssrc = 100, 5000, 77
        self.payload_type = 8
        self.number = 1

    async def invite(self, offer=None, headers=(), acknowledge=True, **known):
        """Send the INVITE and take its answer."""
        self.sound = await socket(self._heard)
        self.caller.calls.append(self)
        self.port = self.sound.get_extra_info("sockname")[1]
        body = sdp(self.port) if offer is None else offer(self.port)
        self.request = self.caller.request("INVITE", headers, body, known=known)
        self.caller.send(self.request)
        self.answer = await self.caller.status("INVITE")
        if self.answer.status == 200:
            self._note(self.answer)
            if acknowledge:
                self.acknowledge()

    def _note(self, answer):
        text = answer.body.decode()
        self.text = text
        if found := re.search(r"^m=audio (\d+) RTP/AVP (\d+)", text, re.MULTILINE):
            self.to = "127.0.0.1", int(found[1])
            self.payload_type = int(found[2])

    def acknowledge(self, body=b""):
        """Send the ACK of the last answer."""
        self.say("ACK", body=body, number=self.number)

    def say(self, method, headers=(), body=b"", number=None):
        """Send a request of this call; its CSeq is the next one unless given."""
        if number is None:
            self.number += 1
            number = self.number
        known = {
            "From": self.request.one("from"),
            "To": self.answer.one("to"),
            "Call-ID": self.request.call_id,
            "CSeq": f"{number} {method}",
            "Content-Type": None,
        }
        if body and not any(name == "Content-Type" for name, _ in headers):
            known["Content-Type"] = "application/sdp"
        request = self.caller.request(method, headers, body, known=known)
        self.caller.send(request)
        return request

    async def ask(self, method, headers=(), body=b""):
        """Send a request of this call; its final answer."""
        self.say(method, headers, body)
        answer = await self.caller.status(method)
        if method == "INVITE" and answer.status == 200:
            self._note(answer)
            self.acknowledge()
        return answer

    def agrees(self, request, status=200, reason="OK", headers=(), body=b""):
        """Answer a request of the agent's."""
        reply = messages.answer(request, status, headers=headers)
        reply.body = body
        self.caller.send(reply)

    # Sound.

    def _heard(self, data, source):
        second, sequence, timestamp = struct.unpack("!xBHI", data[:8])
        self.packets.append((second & 0x7F, sequence, timestamp, second > 0x7F, data[12:]))
        self.sources.add(source)
        self.arrived.set()

    def packet(self, payload, kind=None, marker=False, step=160, sequence=None):
        """The bytes of the next packet; a given sequence number does not count on."""
        if sequence is None:
            self.sequence = (self.sequence + 1) & 0xFFFF
            sequence = self.sequence
        self.timestamp += step
        kind = self.payload_type if kind is None else kind
        second = kind | (0x80 if marker else 0)
        return struct.pack("!BBHII", 0x80, second, sequence, self.timestamp, self.ssrc) + payload

    def speak(self, data, sound=None):
        """Send a packet's bytes."""
        (sound or self.sound).sendto(data, self.to)

    def key(self, digit, lasts=5):
        """The packets of one key (RFC 4733)."""
        event = "0123456789*#ABCD".index(digit)
        self.timestamp += 160
        packets = []
        for at in range(lasts + 2):
            end = 0x80 if at >= lasts - 1 else 0
            payload = struct.pack("!BBH", event, end | 10, 160 * (min(at, lasts - 1) + 1))
            packets.append(self.packet(payload, kind=101, marker=at == 0, step=0))
        return packets

    def press(self, digit):
        """Press a key."""
        for packet in self.key(digit):
            self.speak(packet)

    async def hears(self, number):
        """The first so many packets."""
        async with asyncio.timeout(LIMIT):
            while len(self.packets) < number:
                self.arrived.clear()
                await self.arrived.wait()
        return self.packets[:number]
