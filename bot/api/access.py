"""Who may do what: keys with roles, of all profiles or of some; how often; how wrong keys fare."""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from bot.api.limits import Buckets
from bot.api.problems import Refusal
from bot.config_api import ApiSettings

REMEMBERED: Final = 3.0
"""Seconds for which a key that was looked up is believed: after so long a revoked one opens
nothing."""
MOST: Final = 1000
"""Keys that are remembered."""


class Role(IntEnum):
    """What a key may do; each may do what the ones before may."""

    VIEWER = 1
    """Read calls, without telephone numbers, values of fields and recordings."""
    OPERATOR = 2
    """Read all of them; say something in a call, transfer it, end it, place calls."""
    ADMIN = 3
    """Erase a caller's calls, read profiles anew."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key that is valid. `profiles`: those whose calls it sees and touches; None: all."""

    id: str
    name: str
    role: Role
    profiles: frozenset[str] | None = None

    @property
    def sees_numbers(self) -> bool:
        """Whether telephone numbers and what callers gave are shown whole."""
        return self.role >= Role.OPERATOR

    def sees(self, profile: str) -> bool:
        """Whether calls of this profile are its business."""
        return self.profiles is None or profile in self.profiles


Find = Callable[[str], Awaitable[Key | None]]


class Access:
    """Lets requests in. `_known` are keys found lately: the token, when, and the key."""

    def __init__(
        self, settings: ApiSettings, find: Find, now: Callable[[], float] = time.perf_counter
    ) -> None:
        """`find` looks a token up; None: it is no key, or no valid one."""
        self._find = find
        self._now = now
        self._requests = Buckets(settings.rate, settings.burst, now)
        self._failures = Buckets(settings.failures / 60, settings.failures, now)
        self._known: OrderedDict[str, tuple[float, Key]] = OrderedDict()

    async def enter(self, token: str, address: str, least: Role) -> Key:
        """The key of this token, where it may do what only `least` may. Raises `Refusal`."""
        key = await self.valid(token, address)
        if wait := self._requests.take(key.id):
            detail = f"The key {key.name} has made too many requests."
            raise Refusal(429, "too-many-requests", detail, "Ask again later.", wait)
        if key.role < least:
            raise not_allowed(f"The key {key.name} is a {key.role.name.lower()}'s", least)
        return key

    async def valid(self, token: str, address: str) -> Key:
        """The key of this token, which is not counted as a request. Raises `Refusal`."""
        found, key = self._known.get(token, (0.0, None))
        if key is not None and self._now() - found < REMEMBERED:
            return key
        wait = self._failures.lacking(address)
        if wait and key is None:  # one that was good is no guess
            detail = "There were too many wrong keys from this address."
            raise Refusal(429, "too-many-failures", detail, "Ask again later.", wait)
        key = await self._find(token) if token else None
        self._known.pop(token, None)
        if key is None:
            self._failures.take(address)
            raise _no_key()
        self._known[token] = self._now(), key
        while len(self._known) > MOST:
            self._known.popitem(last=False)
        return key


def not_allowed(why: str, least: Role) -> Refusal:
    """The key is good, but not for this."""
    remedy = f"Use a key with the role {least.name.lower()}."
    return Refusal(403, "not-allowed", f"{why}.", remedy)


def _no_key() -> Refusal:
    return Refusal(
        401,
        "no-key",
        "There is no valid key in this request.",
        "Send the header `Authorization: Bearer KEY`; voicebot api-keys add makes keys.",
    )
