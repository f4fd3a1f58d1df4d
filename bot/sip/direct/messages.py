"""SIP messages: bytes in, values out, and back (RFC 3261, 7 and 25). No I/O, no state."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field

from bot.core.errors import ProtocolError
from bot.sip.direct.addresses import Address, parameters, parsed_address, split

LONGEST = 65_535
MOST_HEADERS = 128
MAGIC = "z9hG4bK"
"""A branch that begins so names its transaction (RFC 3261, 8.1.1.7)."""
COMPACT = {
    "b": "referred-by",
    "c": "content-type",
    "e": "content-encoding",
    "f": "from",
    "i": "call-id",
    "k": "supported",
    "l": "content-length",
    "m": "contact",
    "o": "event",
    "r": "refer-to",
    "s": "subject",
    "t": "to",
    "u": "allow-events",
    "v": "via",
    "x": "session-expires",
}
LISTS = {"via", "route", "record-route", "contact", "allow", "supported", "require", "accept"}
"""Headers whose values may stand in one line, with commas between them."""
_NEEDED = ("via", "from", "to", "call-id", "cseq")
REASONS = {
    100: "Trying",
    200: "OK",
    202: "Accepted",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    415: "Unsupported Media Type",
    420: "Bad Extension",
    422: "Session Interval Too Small",
    481: "Call/Transaction Does Not Exist",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    491: "Request Pending",
    500: "Server Internal Error",
    503: "Service Unavailable",
}

Headers = list[tuple[str, str]]


@dataclass(slots=True)
class Message:
    """What requests and replies share: headers (names as written) and a body."""

    headers: Headers = field(default_factory=list)
    body: bytes = b""

    def all(self, name: str) -> list[str]:
        """The values of a header, in their order; a list in one line is taken apart."""
        lines = [value for key, value in self.headers if _plain(key) == name]
        if name in LISTS:
            return [part for line in lines for part in split(line, ",") if part]
        return lines

    def one(self, name: str) -> str:
        """The first value of a header; empty where there is none."""
        found = self.all(name)
        return found[0] if found else ""

    def has(self, name: str, option: str) -> bool:
        """Whether this list names this option, in any letters."""
        return option in (value.lower() for value in self.all(name))

    @property
    def call_id(self) -> str:
        """The call."""
        return self.one("call-id")

    @property
    def cseq(self) -> tuple[int, str]:
        """Number and method of the request, or of the one that is answered."""
        number, _, method = self.one("cseq").partition(" ")
        return int(number), method.strip()

    @property
    def sender(self) -> Address:
        """From."""
        return parsed_address(self.one("from"))

    @property
    def receiver(self) -> Address:
        """To."""
        return parsed_address(self.one("to"))

    @property
    def branch(self) -> str:
        """The transaction's name, by its sender."""
        return parameters(self.one("via").partition(";")[2]).get("branch", "")

    def _encoded(self, start: str) -> bytes:
        lines = [start, *(f"{name}: {value}" for name, value in self.headers)]
        lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join([*lines, "", ""]).encode() + self.body


@dataclass(slots=True)
class Request(Message):
    """A request, and where it came from (address and port)."""

    method: str = ""
    uri: str = ""
    source: tuple[str, int] = ("", 0)

    def encode(self) -> bytes:
        """The bytes of the wire."""
        return self._encoded(f"{self.method} {self.uri} SIP/2.0")


@dataclass(slots=True)
class Response(Message):
    """A reply."""

    status: int = 0
    reason: str = ""

    def encode(self) -> bytes:
        """The bytes of the wire."""
        return self._encoded(f"SIP/2.0 {self.status} {self.reason}")


def parsed(data: bytes, source: tuple[str, int] = ("", 0)) -> Request | Response:
    """One datagram as a message. Raise ProtocolError for what is none."""
    head, blank, body = data.partition(b"\r\n\r\n")
    if not blank or len(data) > LONGEST:
        raise ProtocolError(f"{len(data)} bytes that are no SIP message")
    try:
        start, *lines = head.decode().lstrip("\r\n").split("\r\n")
    except UnicodeDecodeError as error:
        raise ProtocolError("a SIP message that is not UTF-8") from error
    headers = _headers(lines)
    message = _started(start, headers, source)
    message.body = _body(message, body)
    _check(message)
    return message


def answer(
    request: Request, status: int, tag: str = "", headers: Iterable[tuple[str, str]] = ()
) -> Response:
    """A reply to this request. `tag` is ours, where the request gives none; any one without it."""
    receiver = request.one("to")
    if status > 100 and not request.receiver.tag:
        receiver = f"{receiver};tag={tag or secrets.token_hex(4)}"
    kept: Headers = [("Via", value) for value in request.all("via")]
    kept += [("Record-Route", value) for value in request.all("record-route")]
    kept += [("From", request.one("from")), ("To", receiver)]
    kept += [("Call-ID", request.call_id), ("CSeq", request.one("cseq"))]
    return Response([*kept, *headers], status=status, reason=REASONS.get(status, "-"))


def stamped(request: Request) -> None:
    """Note in its Via where a request came from (RFC 3261, 18.2.1; RFC 3581, 4)."""
    vias = request.all("via")
    protocol, _, rest = vias[0].partition(";")
    said = parameters(rest)
    host, port = request.source
    extra = f";received={host}"
    if "rport" in said:
        rest = ";".join(part for part in split(rest, ";") if not part.startswith("rport"))
        extra += f";rport={port}"
    vias[0] = f"{protocol};{rest}{extra}" if rest else protocol + extra
    others = [pair for pair in request.headers if _plain(pair[0]) != "via"]
    request.headers = [*(("Via", via) for via in vias), *others]


def reply_to(response: Response) -> tuple[str, int]:
    """Where a reply goes: to where the request came from, as its top Via says."""
    via, _, rest = response.one("via").partition(";")
    said = parameters(rest)
    sent_by = via.split()[-1]
    host, port = _host_and_port(sent_by)
    if said.get("rport", "").isdigit():
        port = int(said["rport"])
    return said.get("received") or host, port


def _host_and_port(text: str) -> tuple[str, int]:
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        port = rest.removeprefix(":")
    else:
        host, _, port = text.partition(":")
    return host, int(port) if port.isdigit() and int(port) < 65536 else 5060


def _plain(name: str) -> str:
    name = name.lower()
    return COMPACT.get(name, name)


def _headers(lines: list[str]) -> Headers:
    found: Headers = []
    for line in lines:
        if "\r" in line or "\n" in line or "\0" in line:
            raise ProtocolError("a bare line feed, carriage return or zero in a header")
        if line[:1] in (" ", "\t") and found:
            name, value = found[-1]
            found[-1] = name, f"{value} {line.strip()}"
            continue
        name, colon, value = line.partition(":")
        if not colon or len(found) >= MOST_HEADERS:
            raise ProtocolError(f"not a header, or one too many: {line[:80]!r}")
        found.append((name.strip(), value.strip()))
    return found


def _started(start: str, headers: Headers, source: tuple[str, int]) -> Request | Response:
    words = start.split(" ", 2)
    if len(words) == 3 and words[0] == "SIP/2.0" and len(words[1]) == 3 and words[1].isdigit():
        return Response(headers, status=int(words[1]), reason=words[2])
    if len(words) == 3 and words[2] == "SIP/2.0" and words[0].isalpha():
        return Request(headers, method=words[0], uri=words[1], source=source)
    raise ProtocolError(f"not the first line of a SIP message: {start[:80]!r}")


def _body(message: Message, body: bytes) -> bytes:
    length = message.one("content-length")
    if not length:
        return body
    if not length.isdigit() or int(length) > len(body):
        raise ProtocolError(f"Content-Length {length[:10]!r}, but {len(body)} bytes came")
    return body[: int(length)]


def _check(message: Request | Response) -> None:
    """Raise ProtocolError unless it has what every message needs."""
    if missing := [name for name in _NEEDED if not message.one(name)]:
        raise ProtocolError(f"a SIP message without {', '.join(missing)}")
    number, _, method = message.one("cseq").partition(" ")
    if not number.isdigit() or int(number) >= 2**31 or not method.strip():
        raise ProtocolError(f"CSeq {message.one('cseq')[:40]!r}")
    if isinstance(message, Request) and method.strip() != message.method:
        raise ProtocolError(f"CSeq of {method.strip()[:20]} in a request {message.method}")
    if len(message.one("via").split()) < 2 or not message.sender.uri or not message.receiver.uri:
        raise ProtocolError("Via, From or To without an address")
