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


def listening_at(settings: SipSettings) -> str:
    """The address to listen on. Raise ConfigError where the server cannot be reached."""
    if settings.host:
        return settings.host
    return facing(settings.server) if settings.server else "127.0.0.1"


def our_address(settings: SipSettings, bound: str, peer: str) -> str:
    """How `peer` reaches us: from outside by `sip.public`, else by the address we listen on."""
    if settings.public and not ip_address(peer).is_private:
        return settings.public
    if bound not in ANY:
        return bound
    try:
        return facing(peer)
    except ConfigError as error:
        raise ProtocolError(str(error)) from error
