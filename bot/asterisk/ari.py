"""
Begins calls through Asterisk and learns what became of them, by its REST interface (ARI).

Requests go over HTTP, events come over one WebSocket, which is opened again when it breaks;
whatever ended in between is then found by asking for each channel. Source: the API descriptions of
Asterisk 22 (rest-api/api-docs/channels.json, events.json).
"""

import asyncio
import json
from base64 import b64encode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlsplit

import httpx2
import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from bot.config_outbound import AriSettings
from bot.core.errors import ServiceError, ServiceTimeout, ServiceUnavailable

BACK_OFF: Final = (0.5, 15.0)
"""Seconds before the socket is opened again, the first time and at most."""
LONGEST_EVENT: Final = 262_144
"""Bytes of one event."""
WAITING_EVENTS: Final = 256
"""Events that may wait to be read; then Asterisk's writes wait."""
LATE: Final = 0.5
"""Seconds in which an event may still come of a channel that is gone."""
TOLD: Final = ("ChannelDestroyed", "ChannelStateChange")
"""Events that we want; a busy exchange has many more."""

log = structlog.get_logger()


class Rejected(ServiceError):
    """Asterisk will not begin this call: to ask again is of no use."""


@dataclass(frozen=True, slots=True)
class Placing:
    """
    A call to begin: its name, which is the channel's, and what Asterisk dials (`endpoint`).

    Once somebody answers, the channel goes on at `s` in `context`. `seconds`: for so long.
    """

    call_id: str
    endpoint: str
    context: str
    seconds: int
    variables: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Ended:
    """
    A channel is gone. `cause` is that of Q.850 (17: busy); None: it ended while nobody told us.

    `up`: whether it had been answered, as far as we were told.
    """

    cause: int | None
    up: bool


@dataclass(slots=True)
class _Watched:
    ended: asyncio.Future[Ended]
    placed: bool = False
    up: bool = False


class Ari:
    """
    One connection to Asterisk.

    `_watched` are the channels whose end somebody waits for; `connected` says that events come.
    """

    def __init__(self, settings: AriSettings, app: str) -> None:
        """`app`: a name of this process alone; a second one of the same name takes its events."""
        self._settings = settings
        self._app = app
        password = settings.password.get_secret_value()
        auth = b64encode(f"{settings.user}:{password}".encode()).decode()
        self._headers = {"authorization": f"Basic {auth}"}
        self._client: httpx2.AsyncClient | None = None
        self._watched: dict[str, _Watched] = {}
        self.connected = False

    async def run(self) -> None:
        """Have events come until cancelled; never raises for what Asterisk does."""
        wait, told = BACK_OFF[0], False
        while True:
            try:
                async with asyncio.timeout(self._settings.timeout):
                    socket = await self._open()
                wait, told = BACK_OFF[0], False
                await self._listen(socket)
            except (OSError, TimeoutError, WebSocketException, ServiceError, ValueError) as error:
                if not told:
                    log.warning("no events of asterisk", error=str(error) or type(error).__name__)
                told = True
            finally:
                self.connected = False
            await asyncio.sleep(wait)
            wait = min(2 * wait, BACK_OFF[1])

    async def close(self) -> None:
        """Close the connections; whoever waits for the end of a channel waits no more."""
        for watched in self._watched.values():
            watched.ended.cancel()
        self._watched.clear()
        if self._client is not None:
            await self._client.aclose()

    # Calls.

    def watch(self, call_id: str, placed: bool = False) -> asyncio.Future[Ended]:
        """
        The end of this channel, from now on: ask before it is begun, and `forget` it in the end.

        `placed`: it is there already, or was.
        """
        watched = _Watched(asyncio.get_running_loop().create_future(), placed)
        self._watched[call_id] = watched
        return watched.ended

    def forget(self, call_id: str) -> None:
        """Nobody waits for the end of this channel any more."""
        watched = self._watched.pop(call_id, None)
        if watched is not None:
            watched.ended.cancel()

    def is_up(self, call_id: str) -> bool:
        """Whether somebody has answered, as far as we were told."""
        watched = self._watched.get(call_id)
        return watched is not None and watched.up

    async def begin(self, call: Placing) -> None:
        """
        Have Asterisk begin this call. Raises `Rejected`, ServiceTimeout, ServiceUnavailable.

        After a time-out it may have been begun all the same: `is_there` tells.
        """
        body = {
            "endpoint": call.endpoint,
            "context": call.context,
            "extension": "s",
            "priority": 1,
            "timeout": call.seconds,
            "channelId": call.call_id,
            "variables": dict(call.variables),
        }
        response = await self._ask("POST", "/channels", body)
        if response.status_code == 409:
            return  # our own try, whose answer was lost
        if response.status_code == 400:
            raise Rejected("ari", f"the call was refused: {_message(response)}")
        _check(response)
        if (watched := self._watched.get(call.call_id)) is not None:
            watched.placed = True

    async def is_there(self, call_id: str) -> bool:
        """Whether this channel exists. Raises ServiceTimeout, ServiceUnavailable."""
        response = await self._ask("GET", f"/channels/{quote(call_id, safe='')}")
        if response.status_code == 404:
            return False
        _check(response)
        return True

    # Events.

    async def _open(self) -> ClientConnection:
        """The socket, with the events that we want."""
        parts = urlsplit(self._settings.url)
        scheme = "wss" if parts.scheme == "https" else "ws"
        query = f"app={quote(self._app, safe='')}&subscribeAll=true"
        socket = await connect(
            f"{scheme}://{parts.netloc}{parts.path.rstrip('/')}/events?{query}",
            additional_headers=self._headers,
            max_size=LONGEST_EVENT,
            max_queue=WAITING_EVENTS,
            user_agent_header="voicebot",
        )
        try:
            wanted = {"allowed": [{"type": name} for name in TOLD]}
            _check(await self._ask("PUT", f"/applications/{self._app}/eventFilter", wanted))
        except BaseException:
            await socket.close()
            raise
        return socket

    async def _listen(self, socket: ClientConnection) -> None:
        """Take events until the socket closes."""
        async with socket:
            self.connected = True
            log.info("events of asterisk", url=self._settings.url)
            missed = asyncio.create_task(self._reconcile(socket))
            try:
                async for text in socket:
                    self._take(json.loads(text))
            finally:
                missed.cancel()
        raise ServiceUnavailable("ari", "asterisk closed the socket of events")

    async def _reconcile(self, socket: ClientConnection) -> None:
        """What ended while nobody told us. What is told only now says why it ended: that counts."""
        placed = [call_id for call_id, each in self._watched.items() if each.placed]
        try:
            gone = [call_id for call_id in placed if not await self.is_there(call_id)]
        except ServiceError as error:
            log.warning("channels not known", error=str(error))
            await socket.close()
            return
        await asyncio.sleep(LATE)
        for call_id in gone:
            self._ended(call_id, None)

    def _take(self, event: Mapping[str, Any]) -> None:
        channel = event.get("channel") or {}
        call_id = channel.get("id", "")
        watched = self._watched.get(call_id)
        if watched is None:
            return
        watched.placed = True
        if channel.get("state") == "Up":
            watched.up = True
        if event.get("type") == "ChannelDestroyed":
            self._ended(call_id, int(event.get("cause", 0)))

    def _ended(self, call_id: str, cause: int | None) -> None:
        watched = self._watched.get(call_id)
        if watched is not None and not watched.ended.done():
            watched.ended.set_result(Ended(cause, watched.up))

    async def _ask(self, method: str, path: str, body: object = None) -> httpx2.Response:
        if self._client is None:
            self._client = httpx2.AsyncClient(timeout=None, headers=self._headers)
        url = self._settings.url.rstrip("/") + path
        try:
            async with asyncio.timeout(self._settings.timeout):
                return await self._client.request(method, url, json=body)
        except TimeoutError:
            raise ServiceTimeout("ari", f"no answer within {self._settings.timeout:g} s") from None
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            what = str(error) or type(error).__name__
            raise ServiceUnavailable("ari", f"asterisk cannot be asked: {what}") from error


def _check(response: httpx2.Response) -> None:
    """Raise ServiceUnavailable unless all is well."""
    if response.status_code in (401, 403):
        raise ServiceUnavailable(
            "ari", "asterisk does not know us; see outbound.ari.user and password, and ari.conf"
        )
    if not response.is_success:
        raise ServiceUnavailable("ari", f"asterisk answers {response.status_code}")


def _message(response: httpx2.Response) -> str:
    with suppress(ValueError, AttributeError):
        return str(response.json().get("message", ""))[:200]
    return f"status {response.status_code}"
