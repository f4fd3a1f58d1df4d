"""
The SIP and RTP stack (baresip), of which a process can have one at a time: who shares it, and when.

It is started by the first softphone and closed with the last. Every 2 ms it lets each call take
the sound that came and hand over the sound to be sent. Only this module and `phone_call` know
baresip; its exceptions stop here.
"""

import asyncio
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from weakref import WeakKeyDictionary

from bot.core.errors import ConfigError, ProtocolError
from bot.sip.errors import CallRefused, SoftphoneMissing

if TYPE_CHECKING:
    from baresip import Account, Call, Config, Runtime, StackEvent, UserAgent

HEADERS = ("X-Call-Id", "X-Summary")
"""Headers of calls to us that can be read."""
POLL = 0.002
"""How often sound is fetched, which is how late a frame's time can be on an idle machine."""
_CONFIG = """\
sip_listen {address}:{port}
audio_jitter_buffer_type off
rtp_ports 20000-39999
"""
"""No jitter buffer: frames come when their packets come, so that a test sees the wire."""


_BIND = re.compile(r"\d+(\.\d+){3}(:\d+)?")

Outcome = TypeVar("Outcome")
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
            await runtime.start(place.config())
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
                making = library.UserAgent.create(self._runtime, account)
                self._agents[line] = await finished(making)
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
        except baresip().NoLocalAddressError as error:
            reason = f"{uri} cannot be reached from {self.place.bind}: choose another bind"
            raise CallRefused(0, reason) from error
        except (ValueError, baresip().BaresipError) as error:
            raise CallRefused(0, f"{uri}: {error}") from error
        finally:
            self._dialling -= 1
            if not self._dialling:
                self._early.clear()

    def take(self, call: "Call", listener: Listener) -> None:
        """`listener` gets the events of this call, which is for us."""
        self._listeners[call.handle] = listener

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

    def __post_init__(self) -> None:
        """Raise ConfigError for a bind that is no address."""
        if not _BIND.fullmatch(self.bind):
            raise ConfigError(f"bind {self.bind!r}: must be ADDRESS or ADDRESS:PORT (IPv4)")

    def config(self) -> "Config":
        """Return baresip's configuration."""
        address, _, port = self.bind.partition(":")
        config: Config = baresip().Config(
            net_interface=address,
            max_concurrent_calls=None,
            expose_headers=HEADERS,
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
    lease = _Lease()
    try:
        await finished(lease.take(share, place))
        assert lease.stack is not None
        yield lease.stack
    finally:
        await finished(lease.give_back(share))


class _Lease:
    """One user's hold on the shared stack."""

    def __init__(self) -> None:
        self.stack: Stack | None = None

    async def take(self, share: _Share, place: Place) -> None:
        async with share.turn:
            if share.stack is None:
                share.stack = await Stack.start(place)
            elif share.stack.place != place:
                raise ConfigError(
                    f"a softphone of this process runs on {share.stack.place}, so none can run "
                    f"on {place}: close it first, or use the same bind and rtp_timeout"
                )
            self.stack = share.stack
            self.stack.users += 1

    async def give_back(self, share: _Share) -> None:
        async with share.turn:
            if self.stack is None:
                return
            self.stack.users -= 1
            if not self.stack.users:
                share.stack = None
                await self.stack.close()


def baresip() -> Any:
    """Return the library, or raise SoftphoneMissing."""
    try:
        import baresip as library
    except ModuleNotFoundError as error:
        raise SoftphoneMissing from error
    return library


async def finished(work: Coroutine[Any, Any, Outcome], give_up: bool = False) -> Outcome:
    """
    Await `work` to its end even when cancelled meanwhile, and be cancelled then.

    What is half done can't be undone, and the library's own waits may swallow a cancellation
    (`asyncio.wait_for` up to Python 3.11). With `give_up`, `work` is cancelled too.
    """
    task = asyncio.get_running_loop().create_task(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        if give_up:
            task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            task.exception()  # seen: the cancellation goes first
        raise
