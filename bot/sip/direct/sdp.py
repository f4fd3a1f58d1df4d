"""
Offers and answers: what sound goes where (RFC 8866; RFC 3264). No I/O.

Decides which coding a call has: the first of ours that they offer. One audio stream is taken, the
others are refused in the answer; encryption (SRTP) is not spoken.
"""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.core.errors import ProtocolError
from bot.sip.direct.codecs import CODECS, EVENTS_PAYLOAD_TYPE, STATIC, Codec

DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")
_OURS = {"sendrecv": "sendrecv", "sendonly": "recvonly", "recvonly": "sendonly"}
"""Our direction for theirs; `inactive` for `inactive`."""
_EVENTS = "telephone-event"


class NotAcceptable(ProtocolError):
    """We have no sound in common."""


@dataclass(frozen=True, slots=True)
class Media:
    """One m= line: `formats` are its payload types with name and clock, in their order."""

    kind: str
    port: int
    protocol: str
    formats: tuple[tuple[int, str, int], ...]
    words: str
    address: str
    direction: str


@dataclass(frozen=True, slots=True)
class Agreed:
    """
    What both sides will do.

    `events` is the payload type of keys, None where they can't be sent so. `to` is where they want
    our sound. `held`: they want none of ours, and what they send is no caller (music on hold).
    """

    codec: Codec
    payload_type: int
    events: int | None
    to: tuple[str, int]
    direction: str

    @property
    def held(self) -> bool:
        """Whether we have been put on hold."""
        return self.direction in ("sendonly", "inactive")


@dataclass(slots=True)
class Ours:
    """Our side of a session: address and port of our sound, and its version in `o=`."""

    address: str
    port: int
    codecs: Sequence[Codec]
    version: int = 0
    last: str = ""

    def offer(self, agreed: Agreed | None = None) -> str:
        """What we offer: all our codings, or that which was agreed on."""
        codecs = [agreed.codec] if agreed else list(self.codecs)
        types = {codec: codec.payload_type for codec in codecs}
        events: int | None = EVENTS_PAYLOAD_TYPE
        if agreed:
            types, events = {agreed.codec: agreed.payload_type}, agreed.events
        direction = _OURS.get(agreed.direction, "inactive") if agreed else "sendrecv"
        return self._session([self._audio(types, events, direction)], codecs[0].clock)

    def answer(self, offered: Sequence[Media], agreed: Agreed) -> str:
        """The answer to an offer, stream by stream."""
        direction = _OURS.get(agreed.direction, "inactive")
        lines, taken = [], False
        for media in offered:
            if not taken and _usable(media):
                taken = True
                types = {agreed.codec: agreed.payload_type}
                lines.append(self._audio(types, agreed.events, direction))
            else:
                lines.append(f"m={media.kind} 0 {media.protocol} {media.words}\r\n")
        return self._session(lines, agreed.codec.clock)

    def _session(self, streams: list[str], clock: int) -> str:
        family = "IP6" if ":" in self.address else "IP4"
        body = f"s=-\r\nc=IN {family} {self.address}\r\nt=0 0\r\n" + "".join(streams)
        if body != self.last:
            self.last = body
            self.version += 1
        return f"v=0\r\no=- {self.port} {self.version} IN {family} {self.address}\r\n{body}"

    def _audio(self, types: dict[Codec, int], events: int | None, direction: str) -> str:
        numbers = [str(number) for number in types.values()]
        maps = [f"a=rtpmap:{number} {codec.rtpmap}" for codec, number in types.items()]
        if events is not None:
            clock = next(iter(types)).clock
            numbers.append(str(events))
            maps += [f"a=rtpmap:{events} {_EVENTS}/{clock}", f"a=fmtp:{events} 0-15"]
        lines = [f"m=audio {self.port} RTP/AVP {' '.join(numbers)}", *maps, "a=ptime:20"]
        return "".join(f"{line}\r\n" for line in [*lines, f"a={direction}"])


def parsed(body: bytes) -> tuple[Media, ...]:
    """The streams of a session description. Raise ProtocolError."""
    try:
        lines = [line.strip() for line in body.decode().splitlines() if line.strip()]
    except UnicodeDecodeError as error:
        raise ProtocolError("an SDP that is not UTF-8") from error
    if not lines or lines[0] != "v=0":
        raise ProtocolError("an SDP that does not begin with v=0")
    starts = [at for at, line in enumerate(lines) if line.startswith("m=")]
    session = lines[: starts[0]] if starts else lines
    ends = [*starts[1:], len(lines)]
    return tuple(_media(lines[start:end], session) for start, end in zip(starts, ends, strict=True))


def agreed(offered: Sequence[Media], ours: Sequence[Codec]) -> Agreed:
    """What an offer and our codings have in common. Raise NotAcceptable."""
    media = next((each for each in offered if _usable(each)), None)
    if media is None:
        raise NotAcceptable("no stream of sound by RTP/AVP (SRTP is not spoken)")
    for codec in ours:
        for number, name, clock in media.formats:
            if (name.upper(), clock) == (codec.name, codec.clock):
                return Agreed(
                    codec,
                    number,
                    _events(media, codec.clock),
                    (media.address, media.port),
                    media.direction,
                )
    theirs = ", ".join(f"{name}/{clock}" for _, name, clock in media.formats)
    raise NotAcceptable(f"they have {theirs}; we have {', '.join(c.rtpmap for c in ours)}")


def codecs(names: Sequence[str]) -> list[Codec]:
    """Our codings by the names of the setting."""
    return [CODECS[name] for name in names]


def _usable(media: Media) -> bool:
    return media.kind == "audio" and media.port > 0 and media.protocol == "RTP/AVP"


def _events(media: Media, clock: int) -> int | None:
    """The payload type of keys: that of our clock, else any."""
    found = [(c == clock, number) for number, name, c in media.formats if name.lower() == _EVENTS]
    return max(found)[1] if found else None


def _media(lines: list[str], session: list[str]) -> Media:
    words = lines[0][2:].split()
    if len(words) < 4 or not words[1].partition("/")[0].isdigit():
        raise ProtocolError(f"SDP: {lines[0][:80]!r}")
    address = _address(lines) or _address(session)
    port = int(words[1].partition("/")[0])
    if port > 65535 or (port and not address):
        raise ProtocolError(f"SDP: {lines[0][:80]!r} without an address and a port")
    direction = _direction(lines) or _direction(session) or "sendrecv"
    if address == "0.0.0.0":  # hold as RFC 2543 had it
        direction = "inactive" if direction in ("recvonly", "inactive") else "sendonly"
    formats = _formats(words[3:], lines) if words[0] == "audio" else ()
    return Media(words[0], port, words[2], formats, " ".join(words[3:]), address, direction)


def _formats(types: list[str], lines: list[str]) -> tuple[tuple[int, str, int], ...]:
    """Payload type, name and clock of each format that we can know."""
    known = dict(STATIC)
    for line in lines:
        if found := re.fullmatch(r"a=rtpmap:(\d{1,3}) ([^/\s]+)/(\d{1,6})(?:/1)?", line):
            known[int(found[1])] = found[2], int(found[3])
    numbers = [int(each) for each in types if each.isdigit() and int(each) < 128]
    return tuple((number, *known[number]) for number in numbers if number in known)


def _address(lines: list[str]) -> str:
    line = next((each for each in lines if each.startswith("c=")), "")
    words = line[2:].split()
    if len(words) != 3 or words[0] != "IN":
        return ""
    try:
        return str(ipaddress.ip_address(words[2].partition("/")[0]))
    except ValueError as error:
        raise ProtocolError(f"SDP: {line[:80]!r} is no IP address") from error


def _direction(lines: list[str]) -> str:
    return next((line[2:] for line in lines if line[2:] in DIRECTIONS and line[:2] == "a="), "")
