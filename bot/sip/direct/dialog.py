"""A call's place in SIP: who is who, what number comes next, where requests go (RFC 3261, 12)."""

import secrets
from dataclasses import dataclass

from bot.core.errors import ProtocolError
from bot.sip.direct.addresses import parsed_address, parsed_uri
from bot.sip.direct.messages import Headers, Request

Key = tuple[str, str, str]
"""Call-ID, our tag, theirs."""


@dataclass(slots=True)
class Dialog:
    """
    One dialog from our side.

    `us` and `them` are the headers From and To of our requests; `target` is their Contact, `routes`
    the proxies on the way, in our order; `number` is our last CSeq, `heard` their last one.
    """

    call_id: str
    us: str
    them: str
    tag: str
    target: str
    routes: list[str]
    number: int
    heard: int

    @classmethod
    def of_invite(cls, request: Request) -> "Dialog":
        """The dialog that an INVITE to us begins. Raise ProtocolError without a Contact."""
        if not request.one("contact"):
            raise ProtocolError("an INVITE without Contact")
        tag = secrets.token_hex(8)
        return cls(
            request.call_id,
            f"{request.one('to')};tag={tag}",
            request.one("from"),
            tag,
            parsed_address(request.one("contact")).uri,
            request.all("record-route"),
            secrets.randbelow(2**16),
            request.cseq[0],
        )

    @property
    def key(self) -> Key:
        """What names it."""
        return self.call_id, self.tag, parsed_address(self.them).tag

    def accepts(self, request: Request) -> bool:
        """Whether a request is newer than those before; an old one came late (12.2.2)."""
        number = request.cseq[0]
        if number <= self.heard:
            return False
        self.heard = number
        return True

    def moved(self, contact: str) -> None:
        """They are reached elsewhere from now on (12.2.1.2); an empty value changes nothing."""
        if contact:
            self.target = parsed_address(contact).uri

    def request(self, method: str, number: int | None = None) -> Request:
        """A request of ours, still without Via; `number`: that of the INVITE, for its ACK."""
        if number is None:
            self.number += 1
            number = self.number
        headers: Headers = [("Route", route) for route in self.routes]
        headers += [("From", self.us), ("To", self.them), ("Call-ID", self.call_id)]
        headers += [("CSeq", f"{number} {method}"), ("Max-Forwards", "70")]
        return Request(headers, method=method, uri=self.target)

    @property
    def hop(self) -> tuple[str, int]:
        """Host and port to which our requests are sent."""
        first = parsed_address(self.routes[0]).uri if self.routes else self.target
        return parsed_uri(first).place


def request_key(request: Request) -> Key:
    """The dialog that their request is in."""
    return request.call_id, request.receiver.tag, request.sender.tag
