"""Where we are and where the server is: addresses, names, and routers in between."""

import asyncio
import socket
from contextlib import suppress
from ipaddress import ip_address

from bot.config_sip import SipSettings
from bot.core.errors import ConfigError, ProtocolError
from bot.sip.direct.addresses import DEFAULT_PORT
from bot.sip.softphone import facing

Place = tuple[str, int]
ANY = ("0.0.0.0", "::")


async def resolved(host: str, port: int) -> list[Place]:
    """The addresses of a name, for UDP. Raise ProtocolError where it has none."""
    with suppress(ValueError):
        return [(str(ip_address(host)), port)]
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except OSError as error:
        raise ProtocolError(f"{host}: the name has no address: {error}") from error
    return [(str(address[0]), int(address[1])) for *_, address in found]


def server_place(settings: SipSettings) -> Place:
    """Host and port of the setting `sip.server`."""
    host, _, port = settings.server.partition(":")
    return host, int(port or DEFAULT_PORT)


class Whereabouts:
    """Where we are: `host` and `port` are what we listen on, once we do."""

    def __init__(self, settings: SipSettings) -> None:
        self.host, self.port = settings.host, settings.port
        self._settings = settings

    def settle(self) -> None:
        """Choose the address to listen on. Raise ConfigError where the server is out of reach."""
        if not self.host:
            server = self._settings.server
            self.host = facing(server) if server else "127.0.0.1"

    def address(self, peer: str) -> str:
        """How `peer` reaches us: by `sip.public` from outside. Raise ProtocolError."""
        if self._settings.public and not ip_address(peer).is_private:
            return self._settings.public
        if self.host not in ANY:
            return self.host
        try:
            return facing(peer)
        except ConfigError as error:
            raise ProtocolError(str(error)) from error

    def sent_by(self, peer: str) -> str:
        """Our `host:port` as this peer sees it."""
        address = self.address(peer)
        return f"[{address}]:{self.port}" if ":" in address else f"{address}:{self.port}"

    def contact(self, peer: str) -> str:
        """Our URI as this peer sees it."""
        return f"sip:{self._settings.user}@{self.sent_by(peer)}"
