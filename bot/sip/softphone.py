"""A softphone with an account: it dials, is called, and gives out calls."""

import asyncio
import socket
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self, get_args

from bot.core.errors import ConfigError
from bot.sip.errors import CallFailed, CallTimeout, RegistrationRefused
from bot.sip.phone_call import PhoneCall
from bot.sip.stack import Place, Stack, baresip, borrowed, finished

if TYPE_CHECKING:
    from baresip import Call, UserAgent

Codec = Literal["PCMA", "PCMU", "G722"]
_NATIVE = {"PCMA": "pcma", "PCMU": "pcmu", "G722": "g722/16000/1"}
_MOST_RINGING = 8
"""Calls at once that nobody has looked at."""
_REGISTERED_FOR = 300
"""Seconds; refreshed in time by the stack."""


@dataclass(frozen=True, slots=True)
class Account:
    """
    Who calls, and through which server ("host" or "host:port").

    An account can call without being registered; `register` is for being called, and for
    servers that insist. `auth_user` is for servers whose user name is not the account's.
    """

    user: str = "softphone"
    password: str = field(default="", repr=False)
    server: str = "127.0.0.1:5060"
    register: bool = False
    auth_user: str = ""


class Softphone:
    """
    A softphone: `async with Softphone(account=Account(...)) as phone: await phone.dial("100")`.

    Softphones of one process share one SIP stack, so their `bind` and `rtp_timeout` must agree.
    """

    def __init__(
        self, account: Account | None = None, bind: str | None = None, rtp_timeout: int = 30
    ) -> None:
        """
        Without `bind` ("address" or "address:port") it takes the address that faces the server.

        A call in which they send no packet for `rtp_timeout` seconds ends as failed (0: never).
        """
        self.account = account or Account()
        self._place = Place(bind or facing(self.account.server), rtp_timeout)
        self._stack: Stack | None = None
        self._open = AsyncExitStack()
        self._calls: list[PhoneCall] = []
        self._ringing: asyncio.Queue[PhoneCall] = asyncio.Queue(_MOST_RINGING)

    async def __aenter__(self) -> Self:
        """Start. Raise SoftphoneMissing, ConfigError, ProtocolError or RegistrationRefused."""
        async with self._open:
            self._stack = await self._open.enter_async_context(borrowed(self._place))
            if self.account.register:
                agent = await self._agent(tuple(_NATIVE), _REGISTERED_FOR)
                agent.on_incoming(self._rung)
                await self._register(agent)
            self._open = self._open.pop_all()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Hang up what is up, and stop."""
        async with self._open:
            await asyncio.gather(*(self._leave(call) for call in self._calls))

    async def dial(
        self, number: str, codec: Codec | tuple[Codec, ...] = "PCMA", within: float = 10.0
    ) -> PhoneCall:
        """
        Call `number` ("100", or a whole "sip:100@host:port") and wait for the answer.

        Several codecs are offered in this order. Raise CallRefused, CallTimeout, ConfigError.
        """
        if self._stack is None:
            raise ConfigError("the softphone is not started: use `async with Softphone(...)`")
        agent = await self._agent((codec,) if isinstance(codec, str) else codec, 0)
        uri = number if number.startswith("sip:") else f"sip:{number}@{self.account.server}"
        self._calls = [call for call in self._calls if call.ended_at is None]
        call = PhoneCall(self._stack)
        self._calls.append(call)
        await call.dial(agent, uri, within)
        return call

    async def rings(self, within: float = 10.0) -> PhoneCall:
        """Wait for a call to us, which rings until it is answered. Raise CallTimeout."""
        try:
            async with asyncio.timeout(within):
                return await self._ringing.get()
        except TimeoutError as error:
            raise CallTimeout(f"nobody called within {within:g} s") from error

    def _rung(self, native: "Call") -> None:
        assert self._stack is not None
        if self._ringing.full():
            return
        call = PhoneCall(self._stack)
        call.take(native)
        self._calls.append(call)
        self._ringing.put_nowait(call)

    async def _agent(self, codecs: tuple[str, ...], interval: int) -> "UserAgent":
        assert self._stack is not None
        wrong = [codec for codec in codecs if codec not in _NATIVE]
        if wrong or not codecs:
            raise ConfigError(f"codec must be one of {', '.join(get_args(Codec))}, not {wrong}")
        account = self.account
        try:
            native = baresip().Account(
                account.user,
                account.server,
                account.password,
                reg_interval=interval,
                audio_codecs=tuple(_NATIVE[codec] for codec in codecs),
                auth_user=account.auth_user or None,
            )
        except ValueError as error:
            raise ConfigError(f"SIP account: {error}") from error
        return await self._stack.agent(native)

    async def _register(self, agent: "UserAgent") -> None:
        library = baresip()
        try:
            await finished(agent.register(timeout=10.0), give_up=True)
        except library.RegistrationError as error:
            raise RegistrationRefused(error.status or 0, error.reason or str(error)) from error
        self._open.push_async_callback(self._unregister, agent)

    async def _unregister(self, agent: "UserAgent") -> None:
        with suppress(baresip().BaresipError):
            await finished(agent.unregister(timeout=2.0))

    async def _leave(self, call: PhoneCall) -> None:
        with suppress(CallFailed):
            await call.hang_up()


def facing(server: str) -> str:
    """Return our address on the way to `server` ("host" or "host:port")."""
    host, _, port = server.partition(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((host, int(port or 5060)))
        except (OSError, ValueError, OverflowError) as error:
            raise ConfigError(f"SIP server {server!r} cannot be reached: {error}") from error
        address: str = probe.getsockname()[0]
        return address
