"""Who may call: the server at which we are registered, and the peers of the settings."""

import asyncio
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address

TELL_AFTER = 60.0
"""Seconds after which the same stranger is told of again: scanners knock many times a second."""
MOST_STRANGERS = 1000


class Door:
    """
    Knows peers by address.

    `_hosts` are the server's addresses; `_told` is when a stranger was told of last.
    """

    def __init__(self, peers: Sequence[IPv4Network | IPv6Network]) -> None:
        self._peers = peers
        self._hosts: frozenset[str] = frozenset()
        self._told: dict[str, float] = {}

    def serves(self, hosts: Iterable[str]) -> None:
        """These are the server's addresses now."""
        self._hosts = frozenset(hosts)

    def is_server(self, host: str) -> bool:
        """Whether this is the server's address: it may ask for our password."""
        return host in self._hosts

    def knows(self, host: str) -> bool:
        """Whether this address may call."""
        return host in self._hosts or any(ip_address(host) in peer for peer in self._peers)

    def is_worth_telling(self, host: str) -> bool:
        """Whether a stranger is to be logged: not again within a minute."""
        now = asyncio.get_running_loop().time()
        if now - self._told.get(host, -TELL_AFTER) < TELL_AFTER:
            return False
        if len(self._told) >= MOST_STRANGERS:
            self._told.clear()
        self._told[host] = now
        return True
