"""Small SIP peers on UDP: a provider that calls, and stand-ins for Asterisk that answer.

They know of RFC 3261 what a dialog needs: the route set of Record-Route in its right order (12.1),
the next hop by the first Route (12.2.1.1), replies to where the request came from. Each has an
address of its own (127.0.0.2, 127.0.0.3), so that a proxy can tell them apart.
"""

import re
import select
import socket
import ssl
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import uuid4

WAIT = 20.0
"""Seconds for anything on loopback; a proxy's time-out of 2 s is in it."""
SDP = "v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8\r\n"


@dataclass
class Message:
    """One SIP message: its first line, its headers in their order, and who sent it."""

    start: str
    headers: list[tuple[str, str]]
    sender: tuple[str, int] = ("", 0)
    body: str = ""

    def media(self):
        """Where the other side wants its sound: address and port of the SDP."""
        ip = re.search(r"^c=IN IP4 (\S+)", self.body, re.MULTILINE)[1]
        return ip, int(re.search(r"^m=audio (\d+)", self.body, re.MULTILINE)[1])

    @property
    def method(self):
        """Of a request, or of the request that a reply answers."""
        return self.one("CSeq").split()[1] if self.code else self.start.split()[0]

    @property
    def code(self):
        """Of a reply; 0 for a request."""
        return int(self.start.split()[1]) if self.start.startswith("SIP/2.0") else 0

    def all(self, name):
        """Values of a header, in their order; several in one line are taken apart."""
        lines = [value for key, value in self.headers if key.lower() == name.lower()]
        if name.lower() in ("record-route", "route", "via"):
            return [part.strip() for line in lines for part in line.split(",")]
        return lines

    def one(self, name):
        """The header's only or first value."""
        return (self.all(name) or [""])[0]


def parsed(data, sender):
    """Bytes of a datagram as a message."""
    head, _, body = data.decode().partition("\r\n\r\n")
    start, *lines = head.split("\r\n")
    headers = [tuple(line.split(": ", 1)) for line in lines if ": " in line]
    return Message(start, headers, sender, body)


def address(uri):
    """Where a URI or a Route says that a request is to be sent."""
    host, port = re.search(r"sips?:(?:[^@>]*@)?([\d.]+)(?::(\d+))?", uri).groups()
    return host, int(port or 5060)


def bare(header):
    """The URI of a header such as Contact."""
    return re.search(r"<([^>]*)>", header)[1] if "<" in header else header.split(";")[0]


class Peer:
    """A UDP socket and a thread that reads it; `seen` are all messages in their order."""

    transport = "UDP"
    parameters = ""
    """Of its own URI, such as ;transport=tls."""

    def __init__(self, ip, port=0):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((ip, port))
        self.ip, self.port = self._socket.getsockname()
        self.seen = []
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(2)

    @property
    def contact(self):
        """Where this peer is reached."""
        return f"sip:peer@{self.ip}:{self.port}{self.parameters}"

    def _read(self):
        while True:
            try:
                data, sender = self._socket.recvfrom(65_535)
            except OSError:
                return
            if not data:
                return
            if not data.strip():
                continue
            self.take(parsed(data, sender))

    def take(self, message):
        """Note a message that came, and act on it."""
        with self._news:
            self.seen.append(message)
            self._news.notify_all()
        self.handle(message)

    def handle(self, message):
        """Answer a message; nothing by default."""

    def wait(self, wanted, within=WAIT):
        """The first message seen, before or from now, for which `wanted` holds; None when none."""
        deadline = time.monotonic() + within
        with self._news:
            while True:
                found = next((each for each in self.seen if wanted(each)), None)
                left = deadline - time.monotonic()
                if found is not None or left <= 0:
                    return found
                self._news.wait(left)

    def send(self, start, headers, to, body=""):
        """One datagram."""
        lines = [start, *(f"{name}: {value}" for name, value in headers)]
        lines.append(f"Content-Length: {len(body)}")
        self._socket.sendto(("\r\n".join(lines) + "\r\n\r\n" + body).encode(), to)

    def reply(self, request, code, reason, extra=(), body=""):
        """To where the request's Via says (received and rport are the sender's)."""
        copied = ("via", "from", "call-id", "cseq", "record-route")
        headers = [(k, v) for k, v in request.headers if k.lower() in copied]
        to = request.one("To")
        if code > 100 and ";tag=" not in to:
            to += f";tag={self.port}"
        self.send(f"SIP/2.0 {code} {reason}", [*headers, ("To", to), *extra], request.sender, body)


@dataclass
class Dialog:
    """What one side of a call must know to send a request in it."""

    peer: Peer
    call_id: str
    local: str
    remote: str
    target: str
    routes: list[str]
    cseq: int = 1
    through: tuple[str, int] | None = field(default=None)
    """Instead of the first Route's address: where packets to that address end (a NAT)."""

    def ask(self, method, cseq=None):
        """Send a request in the dialog (RFC 3261, 12.2.1.1)."""
        if cseq is None:
            self.cseq += 1
        here = f"{self.peer.ip}:{self.peer.port}"
        via = f"SIP/2.0/{self.peer.transport} {here};rport;branch=z9hG4bK{uuid4().hex}"
        headers = [
            ("Via", via),
            *(("Route", route) for route in self.routes),
            ("From", self.local),
            ("To", self.remote),
            ("Call-ID", self.call_id),
            ("CSeq", f"{cseq or self.cseq} {method}"),
            ("Contact", f"<{self.peer.contact}>"),
            ("Max-Forwards", "70"),
        ]
        hop = self.through or address(self.routes[0] if self.routes else self.target)
        self.peer.send(f"{method} {self.target} SIP/2.0", headers, hop)

    def bye(self, within=WAIT):
        """Hang up; the reply's code, 0 when none came."""
        self.ask("BYE")
        number = f"{self.cseq} BYE"
        answer = self.peer.wait(
            lambda m: (
                m.code >= 200 and m.one("CSeq") == number and m.one("Call-ID") == self.call_id
            ),
            within,
        )
        return answer.code if answer else 0


class Asterisk(Peer):
    """Answers OPTIONS and calls. `answer`: the code for an INVITE, 0 for no word at all."""

    def __init__(self, port=0, answer=200, ip="127.0.0.3"):
        self.answer = answer
        self.options = 200
        self.calls = {}
        self.byes = []
        self.cancelled = []
        super().__init__(ip, port)

    def handle(self, message):
        """As Asterisk does: 100 at once, then the answer."""
        if message.code:
            return
        act = getattr(self, f"_{message.method.lower()}", None)
        if act is not None:
            act(message)

    def _options(self, message):
        if self.options:
            self.reply(message, self.options, "As asked")

    def _invite(self, message):
        if not self.answer:
            return
        self.reply(message, 100, "Trying")
        if self.answer == 180:
            self.reply(message, 180, "Ringing", [("Contact", f"<{self.contact}>")])
        elif self.answer >= 300:
            self.reply(message, self.answer, "As asked")
        else:
            self._accept(message)

    def _accept(self, message):
        to = message.one("To")
        local = to if ";tag=" in to else f"{to};tag={self.port}"
        self.calls[message.one("Call-ID")] = Dialog(
            self, message.one("Call-ID"), local, message.one("From"),
            bare(message.one("Contact")), message.all("Record-Route"),
        )  # fmt: skip
        extra = [("Contact", f"<{self.contact}>"), ("Content-Type", "application/sdp")]
        self.reply(message, 200, "OK", extra, SDP.format(ip=self.ip))

    def _bye(self, message):
        self.byes.append(message.one("Call-ID"))
        known = message.one("Call-ID") in self.calls
        self.reply(message, 200 if known else 481, "OK" if known else "No Such Call")

    def _cancel(self, message):
        self.cancelled.append(message.one("Call-ID"))
        self.reply(message, 200, "OK")
        call_id = message.one("Call-ID")
        invite = next(m for m in self.seen if m.method == "INVITE" and m.one("Call-ID") == call_id)
        self.reply(invite, 487, "Request Terminated")


class Provider(Peer):
    """Calls through a proxy at `edge`; hangs up when it is told to (BYE from the other side)."""

    def __init__(self, edge, ip="127.0.0.2"):
        self.edge = edge
        self.sdp = SDP
        self.byes = []
        super().__init__(ip)

    def handle(self, message):
        """Accept a BYE."""
        if not message.code and message.method == "BYE":
            self.byes.append(message.one("Call-ID"))
            self.reply(message, 200, "OK")

    def ask(self, method, number="100", extra=(), within=WAIT):
        """A request outside of any call; the final reply, or None."""
        call_id = uuid4().hex
        self.begin(method, call_id, number, extra)
        return self.wait(lambda m: m.code >= 200 and m.one("Call-ID") == call_id, within)

    def begin(self, method, call_id, number="100", extra=()):
        """Send a request and wait for nothing."""
        here = f"{self.ip}:{self.port}"
        headers = [
            ("Via", f"SIP/2.0/{self.transport} {here};rport;branch=z9hG4bK{call_id}"),
            ("From", f"<sip:9876543210@{self.ip}>;tag={self.port}"),
            ("To", f"<sip:{number}@{self.edge[0]}>"),
            ("Call-ID", call_id),
            ("CSeq", f"1 {method}"),
            ("Contact", f"<{self.contact}>"),
            ("Max-Forwards", "70"),
            *extra,
        ]
        body = ""
        if method == "INVITE":
            headers.append(("Content-Type", "application/sdp"))
            body = self.sdp.format(ip=self.ip)
        start = f"{method} sip:{number}@{self.edge[0]}:{self.edge[1]} SIP/2.0"
        self.send(start, headers, self.edge, body)

    def call(self, number="100", extra=(), within=WAIT):
        """An answered call as a dialog, or the reply that refused it, or None."""
        answer = self.ask("INVITE", number, extra, within)
        if answer is None or answer.code >= 300:
            return answer
        dialog = Dialog(
            self, answer.one("Call-ID"), answer.one("From"), answer.one("To"),
            bare(answer.one("Contact")), answer.all("Record-Route")[::-1],
        )  # fmt: skip
        dialog.ask("ACK", cseq=1)
        return dialog


class TlsProvider(Provider):
    """The same over TLS, as a client; `context` holds the authority and our certificate.

    OpenSSL allows one thread at a time in a connection, and not every Python sees to it:
    a request sent while the reader takes the server's session tickets may never leave. So nobody
    waits inside the connection, and one lock stands before it.
    """

    transport = "TLS"
    parameters = ";transport=tls"

    def __init__(self, edge, context, ip="127.0.0.2"):
        plain = socket.create_connection(edge, timeout=WAIT, source_address=(ip, 0))
        self._tls = context.wrap_socket(plain, server_hostname=edge[0])
        self._tls.setblocking(False)
        self._one_at_a_time = threading.Lock()
        super().__init__(edge, ip)
        self.ip, self.port = self._tls.getsockname()

    def __exit__(self, *_):
        with suppress(OSError):
            self._tls.shutdown(socket.SHUT_RDWR)
        self._tls.close()
        super().__exit__()

    def _read(self):
        kept = b""
        while True:
            while b"\r\n\r\n" in kept.lstrip(b"\r\n"):
                head, rest = kept.lstrip(b"\r\n").split(b"\r\n\r\n", 1)
                message = parsed(head + b"\r\n\r\n", self.edge)
                length = int(message.one("Content-Length") or 0)
                if len(rest) < length:
                    break
                kept = rest[length:]
                self.take(message)
            try:
                data = self._received()
            except (OSError, ValueError):
                return
            if not data:
                return
            kept += data

    def _received(self):
        """What came next; b"" at the connection's end. ValueError when it was closed here."""
        while True:
            with self._one_at_a_time, suppress(ssl.SSLWantReadError):
                return self._tls.recv(65_535)
            select.select([self._tls], [], [])

    def send(self, start, headers, to, body=""):
        """Over the connection, wherever `to` is."""
        lines = [start, *(f"{name}: {value}" for name, value in headers)]
        lines.append(f"Content-Length: {len(body)}")
        left = ("\r\n".join(lines) + "\r\n\r\n" + body).encode()
        while left:
            with self._one_at_a_time, suppress(ssl.SSLWantWriteError):
                left = left[self._tls.send(left) :]
                continue
            select.select([], [self._tls], [], WAIT)
