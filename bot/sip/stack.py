"""
The SIP and RTP stack (baresip), of which a process can have one at a time: who shares it, and when.

It is started by the first softphone and closed with the last. Every 2 ms it lets each call take
the sound that came and hand over the sound to be sent. Only this module and `phone_call` know
baresip; its exceptions stop here.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakKeyDictionary

from bot.core.errors import ConfigError, ProtocolError
from bot.sip.errors import CallRefused, SoftphoneMissing

if TYPE_CHECKING:
    from baresip import Account, Call, Config, Runtime, StackEvent, UserAgent

POLL = 0.002
"""How often sound is fetched, which is how late a frame's time can be on an idle machine."""
_CONFIG = """\
sip_listen {address}:{port}
audio_jitter_buffer_type off
rtp_ports 20000-39999
"""
"""No jitter buffer: frames come when their packets come, so that a test sees the wire."""


Listener = Callable[["StackEvent"], None]


class Sounding(Protocol):
    """What the stack looks after: a call."""

    def pump(self) -> None:
        """Take the sound that came, hand over what is to be sent."""


class Stack:
    """The running stack, its events and its pump. `borrowed()` gives it out."""

    def __init__(self, runtime: "Runtime", place: "Place") -> None:
        self.place = place
        self.users = 0
        self._runtime = runtime
        self._agents: dict[str, UserAgent] = {}
        self._listeners: dict[int, Listener] = {}
        self._early: defaultdict[int, list[StackEvent]] = defaultdict(list)
        """Events of calls that nobody listens to yet: an answer can overtake `dial`'s return."""
        self._dialling = 0
        self._calls: set[Sounding] = set()
        self._work = asyncio.Event()
        self._pump = asyncio.get_running_loop().create_task(self._pumping())
        runtime.subscribe(self._route)

    @classmethod
    async def start(cls, place: "Place") -> "Stack":
        """Start the stack. Raise ProtocolError when it can't have its address."""
        library = baresip()
        runtime: Runtime = library.Runtime()
        try:
            await finished(runtime.start(place.config()))
        except library.BaresipError as error:
            raise ProtocolError(f"the softphone cannot start on {place.bind}: {error}") from error
        return cls(runtime, place)

    async def close(self) -> None:
        """Stop the pump and the stack."""
        self._pump.cancel()
        await asyncio.wait([self._pump])
        await self._runtime.close()
        await asyncio.sleep(0)  # the runtime cancels a task of its own and does not await it

    async def agent(self, account: "Account") -> "UserAgent":
        """Return the user agent of this account, made once."""
        line = account.aor()
        if line not in self._agents:
            library = baresip()
            try:
                self._agents[line] = await library.UserAgent.create(self._runtime, account)
            except library.BaresipError as error:
                raise ProtocolError(f"account {account.user}: {error}") from error
        return self._agents[line]

    async def dial(self, agent: "UserAgent", uri: str, listener: Listener) -> "Call":
        """Send the INVITE. `listener` gets the call's events, those that came already first."""
        self._dialling += 1
        try:
            call = await agent.dial(uri)
            self._listeners[call.handle] = listener
            for event in self._early.pop(call.handle, ()):
                listener(event)
            return call
        except (ValueError, baresip().BaresipError) as error:
            raise CallRefused(0, f"{uri}: {error}") from error
        finally:
            self._dialling -= 1
            if not self._dialling:
                self._early.clear()

    def attach(self, call: Sounding) -> None:
        """Pump this call from now on."""
        self._calls.add(call)
        self._work.set()

    def detach(self, call: Sounding, handle: int) -> None:
        """Forget this call."""
        self._calls.discard(call)
        self._listeners.pop(handle, None)

    def _route(self, event: "StackEvent") -> None:
        listener = self._listeners.get(event.call)
        if listener is not None:
            listener(event)
        elif self._dialling:
            self._early[event.call].append(event)

    async def _pumping(self) -> None:
        while True:
            await self._work.wait()
            for call in tuple(self._calls):
                call.pump()
            if not self._calls:
                self._work.clear()
            await asyncio.sleep(POLL)


@dataclass(frozen=True, slots=True)
class Place:
    """
    Where a softphone lives: what all softphones of a process have in common.

    `bind` is "address" or "address:port"; without a port it takes a free one. A call in which
    the other side sends nothing for `rtp_timeout` seconds ends as failed; 0 waits for ever.
    """

    bind: str
    rtp_timeout: int = 30

    def config(self) -> "Config":
        """Return baresip's configuration."""
        address, _, port = self.bind.partition(":")
        config: Config = baresip().Config(
            net_interface=address,
            max_concurrent_calls=None,
            rtp_timeout=self.rtp_timeout,
            extra_config_text=_CONFIG.format(address=address, port=port or 0),
        )
        return config


_shared: WeakKeyDictionary[asyncio.AbstractEventLoop, "_Share"] = WeakKeyDictionary()


class _Share:
    """The stack of one event loop, and whose turn it is to start or close it."""

    def __init__(self) -> None:
        self.turn = asyncio.Lock()
        self.stack: Stack | None = None


@asynccontextmanager
async def borrowed(place: Place) -> AsyncIterator[Stack]:
    """
    Give out the process's stack: started for the first who asks, closed after the last.

    Raise ConfigError while it runs in another place.
    """
    share = _shared.setdefault(asyncio.get_running_loop(), _Share())
    async with share.turn:
        if share.stack is None:
            share.stack = await Stack.start(place)
        stack = share.stack
        if stack.place != place:
            raise ConfigError(
                f"a softphone of this process runs on {stack.place}, so none can run on {place}: "
                "close it first, or use the same bind and rtp_timeout"
            )
        stack.users += 1
    try:
        yield stack
    finally:
        await finished(_give_back(share, stack))


async def _give_back(share: _Share, stack: Stack) -> None:
    async with share.turn:
        stack.users -= 1
        if not stack.users:
            share.stack = None
            await stack.close()


def baresip() -> Any:
    """Return the library, or raise SoftphoneMissing."""
    try:
        import baresip as library
    except ModuleNotFoundError as error:
        raise SoftphoneMissing from error
    return library


async def finished(work: Coroutine[Any, Any, None]) -> None:
    """Await `work` to its end even when cancelled meanwhile: half a start can't be undone."""
    task = asyncio.get_running_loop().create_task(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
