"""Is there a SIP server where callers come in? One OPTIONS request (RFC 3261, section 11)."""

import asyncio
import secrets

from bot.core.findings import Finding

WAIT = 2.0
"""Seconds for an answer."""


class _Answer(asyncio.DatagramProtocol):
    """The first datagram that comes back."""

    def __init__(self) -> None:
        self.arrived: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:
        """Take the answer."""
        if not self.arrived.done():
            self.arrived.set_result(data.decode("utf-8", "replace"))

    def error_received(self, exc: Exception) -> None:
        """The port is closed."""
        if not self.arrived.done():
            self.arrived.set_exception(exc)


async def probe(host: str, port: int) -> Finding:
    """Ask the SIP server at this UDP address who it is. Any answer is a sign of life."""
    name = f"asterisk at {host}:{port}"
    remedy = "start it (scripts/asterisk up), or name its SIP address with --asterisk HOST:PORT"
    loop = asyncio.get_running_loop()
    try:
        transport, answer = await loop.create_datagram_endpoint(_Answer, remote_addr=(host, port))
    except OSError as error:
        return Finding(name, False, str(error), remedy)
    try:
        local = transport.get_extra_info("sockname")
        transport.sendto(_options(host, port, str(local[0]), int(local[1])))
        async with asyncio.timeout(WAIT):
            text = await answer.arrived
    except TimeoutError:
        return Finding(name, False, f"no answer to SIP OPTIONS within {WAIT:g} s", remedy)
    except OSError as error:
        return Finding(name, False, str(error), remedy)
    finally:
        transport.close()
    return Finding(name, True, _who(text))


def _options(host: str, port: int, our_host: str, our_port: int) -> bytes:
    tag, branch = secrets.token_hex(4), f"z9hG4bK{secrets.token_hex(8)}"
    lines = (
        f"OPTIONS sip:{host}:{port} SIP/2.0",
        f"Via: SIP/2.0/UDP {our_host}:{our_port};branch={branch};rport",
        "Max-Forwards: 5",
        f"From: <sip:doctor@{our_host}>;tag={tag}",
        f"To: <sip:{host}:{port}>",
        f"Call-ID: {secrets.token_hex(8)}@{our_host}",
        "CSeq: 1 OPTIONS",
        f"Contact: <sip:doctor@{our_host}:{our_port}>",
        "Content-Length: 0",
    )
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


def _who(answer: str) -> str:
    """The status line's end, and what the server calls itself."""
    first, *rest = answer.split("\r\n")
    names = [line.split(":", 1)[1].strip() for line in rest if line.lower().startswith("server:")]
    return f"answers {first.removeprefix('SIP/2.0 ')!r}" + (f", {names[0]}" if names else "")
