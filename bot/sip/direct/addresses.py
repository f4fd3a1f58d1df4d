"""What a SIP address says: URIs, and headers such as From, To and Contact (RFC 3261, 19 and 20)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.core.errors import ProtocolError

DEFAULT_PORT = 5060
_URI = re.compile(
    r"(?P<scheme>sips?):(?:(?P<user>[^@\s]*)@)?(?P<host>\[[0-9A-Fa-f:.]+\]|[^\s:;?@\[\]]+)"
    r"(?::(?P<port>\d{1,5}))?(?P<rest>[;?]\S*)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Uri:
    """A sip: URI. `port` is 0 where it says none."""

    user: str
    host: str
    port: int
    parameters: dict[str, str]

    @property
    def place(self) -> tuple[str, int]:
        """Host and port to send to."""
        return self.host, self.port or DEFAULT_PORT


@dataclass(frozen=True, slots=True)
class Address:
    """A URI in a header, with the header's parameters (names in small letters)."""

    uri: str
    parameters: dict[str, str]

    @property
    def tag(self) -> str:
        """The dialog's tag; empty where there is none."""
        return self.parameters.get("tag", "")


def parsed_uri(text: str) -> Uri:
    """Read a URI. Raise ProtocolError for what is no SIP URI."""
    found = _URI.fullmatch(text)
    if found is None or int(found["port"] or 0) > 65535:
        raise ProtocolError(f"not a SIP URI: {text[:80]!r}")
    host = found["host"].strip("[]")
    user = (found["user"] or "").partition(":")[0]
    rest = (found["rest"] or "").partition("?")[0]
    return Uri(user, host, int(found["port"] or 0), parameters(rest))


def number_of(text: str) -> str:
    """Who a URI names: the user of a sip: URI, the number of a tel: one, else nothing."""
    if text[:4].lower() == "tel:":
        return text[4:].partition(";")[0]
    try:
        return parsed_uri(text).user.partition(";")[0]
    except ProtocolError:
        return ""


def parsed_address(text: str) -> Address:
    """Read `"Name" <uri>;parameters` or `uri;parameters`. Raise ProtocolError."""
    text = _without_name(text.strip())
    if text.startswith("<"):
        uri, closed, rest = text[1:].partition(">")
        if not closed:
            raise ProtocolError(f"an address that does not end: {text[:80]!r}")
        return Address(uri.strip(), parameters(rest))
    uri, _, rest = text.partition(";")
    return Address(uri.strip(), parameters(rest))


def parameters(text: str) -> dict[str, str]:
    """`;a=1;b` as {"a": "1", "b": ""}; quotes are taken off."""
    found = {}
    for part in split(text, ";"):
        name, _, value = part.partition("=")
        if name.strip():
            found[name.strip().lower()] = value.strip().strip('"')
    return found


def split(text: str, separator: str) -> Iterator[str]:
    """The parts between separators that stand in neither quotes nor angle brackets."""
    start, quoted, depth = 0, False, 0
    for at, letter in enumerate(text):
        if letter == '"' and text[at - 1 : at] != "\\":
            quoted = not quoted
        elif quoted:
            continue
        elif letter in "<>":
            depth = 1 if letter == "<" else 0
        elif letter == separator and not depth:
            yield text[start:at].strip()
            start = at + 1
    yield text[start:].strip()


def _without_name(text: str) -> str:
    """The address without its display name."""
    if text.startswith('"'):
        end = re.match(r'"(?:[^"\\]|\\.)*"', text)
        if end is None:
            raise ProtocolError(f"a name whose quotes do not end: {text[:80]!r}")
        return text[end.end() :].lstrip()
    name, bracket, _ = text.partition("<")
    return text[len(name) :] if bracket else text
