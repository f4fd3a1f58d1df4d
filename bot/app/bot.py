"""Joins the rooms: builds the adapters, listens, drains on SIGTERM; the desk holds the calls."""

import asyncio
import contextlib
import gc
import signal
import socket
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import structlog
import uvicorn
from starlette.applications import Starlette

from bot.app.announcement import announced
from bot.app.desk import Desk
from bot.app.dialogue import Dialogue
from bot.app.dialogues import Dialogues
from bot.app.entrance import Entrance
from bot.app.phrases import Phrases
from bot.app.sip_entrance import SipEntrance
from bot.app.speech_memory import SpeechMemory
from bot.app.toolbox import Toolbox
from bot.asterisk import pbx_http
from bot.asterisk.pbx import Reception
from bot.asterisk.server import LineServer
from bot.call.turnstile import Turnstile
from bot.config import LlmSettings, Settings
from bot.core.errors import ConfigError
from bot.gateway.board import Board
from bot.gateway.server import Gateway
from bot.nim.chat import NimChat
from bot.nim.server import NimServer
from bot.ops import health, traces
from bot.ops.metrics import Metrics
from bot.ops.outbox import open_traces
from bot.riva.channel import Riva
from bot.signal.silero import silero
from bot.signal.smart_turn import EndScorer
from bot.sip.direct.agent import UserAgent
from bot.tools.http import HttpClient

if TYPE_CHECKING:
    from bot.app.api import Api
    from bot.app.outbound import Dialler
    from bot.app.records import Records

COLLECTIONS = (20_000, 20, 50)
"""When Python looks for cycles: 50 calls make its usual 700 objects many times a second."""
LAST_QUESTIONS = 1.0
"""Seconds for which the dialplan can still ask what is next, after the last call."""

log = structlog.get_logger()


class Bot:
    """The bot of one process. `async with bot.running(): await bot.drained()`."""

    def __init__(self, settings: Settings) -> None:
        """Raises ConfigError for settings that cannot work (certificates, addresses)."""
        self.settings = settings
        self.metrics = Metrics()
        self.traces = open_traces(settings.trace, self.metrics.spans)
        self.riva = Riva(settings.riva, traces.context)
        model = settings.turns.end_of_turn.acoustic_model
        self.judge = EndScorer(model) if model else None
        self.speech = SpeechMemory(settings.riva.tts.memory_mb, self.metrics.speech_memory)
        self.metrics.watch("voicebot_speech_memory_bytes", lambda: self.speech.size)
        self.metrics.watch("voicebot_calls_limit", lambda: settings.audiosocket.max_calls)
        self.metrics.watch("voicebot_draining", lambda: self._drain.is_set())
        self._turnstile = Turnstile()
        self._http_client = HttpClient()
        self._servers: dict[object, NimServer] = {}
        self.dialogues = Dialogues(settings, self.metrics, self._dialogue, self.speech.forget_own)
        watched = settings.gateway.enabled or settings.api.enabled
        self.board = Board(settings.gateway) if watched else None
        self.desk = Desk(settings, self.metrics, self.traces, self.board, self.dialogues)
        self.server = LineServer(settings.audiosocket, self.desk, settings.line, settings.websocket)
        self.reception: Reception | None = None
        self.http_port = 0
        self._socket: socket.socket | None = None
        self.gateway: Gateway | None = None
        self.api: Api | None = None
        self.sip: UserAgent | None = None
        self.dialler: Dialler | None = None
        self._drain = asyncio.Event()

    @property
    def dialogue(self) -> Dialogue:
        """The dialogue of numbers that no profile has."""
        return self.dialogues.default

    def _dialogue(self, name: str, settings: Settings) -> Dialogue:
        """The dialogue of a profile, over the adapters of the process."""
        settings = announced(settings, self.settings.recordings.enabled)
        toolbox = Toolbox(settings, self._http_client, self.metrics, self._unwanted)
        server = self._server(settings.llm)
        chat = NimChat(settings.llm, traces.context, server, lambda: toolbox.offered)
        phrases = Phrases(settings, self.riva, self.speech)
        return Dialogue(
            name,
            settings,
            self.riva,
            chat,
            phrases,
            toolbox,
            self.judge,
            self._turnstile,
            self.speech,
        )

    def _server(self, llm: LlmSettings) -> NimServer:
        """The connections for these settings, which profiles share where they agree."""
        waits = llm.first_token_timeout, llm.token_timeout
        return self._servers.setdefault((llm.base_url, llm.api_key, waits), NimServer(llm))

    # Starting and stopping.

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None, None]:
        """Be ready for calls until the block ends. Raises ConfigError when a port is taken."""
        self.desk.records = await self._records()
        await self.server.start()
        self.reception = self.desk.reception = self._reception()
        try:
            self._outbound(self.reception)
            http = await self._http(self.reception)
            self.api = self._api()
            self.gateway = await self._gateway(self.reception)
            self.sip = await self._sip(self.reception)
        except ConfigError:
            await self._stop()
            await self._close()
            raise
        async with asyncio.TaskGroup() as group:
            serving = [group.create_task(each) for each in self._serving(http)]
            chores = self._chores(group)
            try:
                gc.collect()
                gc.freeze()  # what is loaded now stays: no collection looks at it in mid-call
                gc.set_threshold(*COLLECTIONS)
                log.info("ready", audiosocket=self.server.port, http=self.http_port)
                yield
            finally:
                await self._stop()
                http.should_exit = True
                await asyncio.wait(serving)
                for chore in chores:
                    chore.cancel()
        await self._close()

    def _chores(self, group: asyncio.TaskGroup) -> list[asyncio.Task[None]]:
        """What goes on beside the calls."""
        works = {
            "loop watch": health.watch_loop(self.metrics.loop_lag),
            "phrases": self._prepare(),
            "profiles": self.dialogues.watch(),
            "tools": self.dialogues.discover(),
            "warming": self._warm(),
        }
        if self.dialler is not None:
            works["dialler"] = self.dialler.run()
        return [group.create_task(_chore(name, work)) for name, work in works.items()]

    async def _records(self) -> "Records | None":
        """What keeps calls, where it is wanted. Raises ConfigError."""
        if not self.settings.records.url.get_secret_value():
            _needs_no_records(self.settings)
            return None
        from bot.app.records import open_records  # SQLAlchemy is not for who keeps nothing

        return await open_records(self.settings, self.metrics)

    def _api(self) -> "Api | None":
        """The HTTP API, where it is wanted. Raises ConfigError."""
        if not self.settings.api.enabled:
            return None
        from bot.app.api import Api  # FastAPI is not for who has no API

        records = self.desk.records
        assert records is not None, "checked by _needs_no_records"
        api = Api(
            self.settings,
            self.desk,
            self.dialogues,
            records,
            self._drain.is_set,
            self.metrics.api_answered,
        )
        log.info("api ready", port=api.port)
        return api

    def _outbound(self, reception: Reception) -> None:
        """What calls people, where it is wanted. Raises ConfigError."""
        if self.desk.records is None or not self.settings.outbound.enabled:
            return
        from bot.app.errands import Errands
        from bot.app.outbound import Dialler

        engine = self.desk.records.engine
        dialler = Dialler(self.settings, engine, self.dialogues, reception, self.metrics)
        self.dialler = dialler
        self.desk.errands = Errands(engine, dialler.heard)

    async def _unwanted(self, number: str) -> bool:
        """Call this number no more; False where that could not be noted."""
        errands = self.desk.errands
        return await errands.unwanted(number) if errands is not None else False

    async def _close_records(self) -> None:
        if self.desk.errands is not None:
            await self.desk.errands.close()
        if self.desk.records is not None:
            await asyncio.to_thread(self.desk.records.close)

    def _reception(self) -> Reception:
        audiosocket = self.settings.audiosocket
        address = audiosocket.advertise or f"{audiosocket.host}:{self.server.port}"
        now = asyncio.get_running_loop().time
        address = self.server.scheme + address
        return Reception(audiosocket, self.settings.pbx, now, address, self.dialogues.place)

    async def _gateway(self, reception: Reception) -> Gateway | None:
        """The gRPC gateway, where it is wanted. Raises ConfigError."""
        if self.board is None or not self.settings.gateway.enabled:
            return None
        entrance = Entrance(reception, self.desk.answer, self.desk.end, self.desk.refuse)
        gateway = Gateway(self.settings.gateway, entrance, self.board)
        await gateway.start()
        log.info("gateway ready", port=gateway.port)
        return gateway

    async def _sip(self, reception: Reception) -> UserAgent | None:
        """Direct SIP, where it is wanted. Raises ConfigError."""
        if not self.settings.sip.enabled:
            return None
        entrance = SipEntrance(reception, self.desk.answer, self.desk.refuse, self.settings.sip)
        agent = UserAgent(self.settings.sip, entrance)
        await agent.start()
        self.metrics.watch("voicebot_sip_registered", lambda: agent.is_registered)
        log.info("sip ready", port=agent.port)
        return agent

    async def _http(self, reception: Reception) -> uvicorn.Server:
        self._socket = _bind(self.settings.http.host, self.settings.http.port)
        self.http_port = self._socket.getsockname()[1]
        app = Starlette(
            routes=[
                *pbx_http.routes(reception, self.desk.refuse, self.desk.errands, self.desk.settled),
                *health.routes(self.ready, self.metrics.page),
            ]
        )
        config = uvicorn.Config(
            app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=2
        )
        return _Http(config)

    def _serving(self, http: uvicorn.Server) -> list[Coroutine[None, None, None]]:
        """What answers over HTTP: the dialplan and orchestrators, integrators."""
        assert self._socket is not None, "not bound"
        api = [_chore("api", self.api.serve())] if self.api is not None else []
        return [http.serve(sockets=[self._socket]), *api]

    async def _warm(self) -> None:
        """Load, import and connect what the first call would otherwise wait for."""
        self.dialogue.connect()
        await asyncio.to_thread(silero)

    async def _prepare(self) -> None:
        """
        Have the phrases ready; all is loaded then, and left out of collections for good.

        Those of profiles that change are made as they come.
        """
        await self.dialogues.prepare()
        gc.freeze()
        await self.dialogues.prepare_new()

    def ready(self) -> tuple[bool, str]:
        """Whether calls may come, and the reason."""
        return (False, "draining") if self._drain.is_set() else (True, "ready")

    def drain(self) -> None:
        """Take no new calls; `drained()` returns when the last one is over."""
        if self._drain.is_set():
            return
        log.info("draining", calls=len(self.desk.calls), timeout=self.settings.drain_timeout)
        if self.reception is not None:
            self.reception.draining = True
        if self.gateway is not None:
            self.gateway.drain()
        if self.sip is not None:
            self.sip.drain()
        if self.dialler is not None:
            self.dialler.drain()
        self._drain.set()

    async def drained(self) -> None:
        """Wait until `drain()` was asked for and the calls are over, or their time is."""
        await self._drain.wait()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.settings.drain_timeout):
                if self.dialler is not None:
                    await self.dialler.over()
                await self.desk.over()

    async def _stop(self) -> None:
        """End the calls that are left; their callers go to the dialplan's fallback."""
        self.drain()
        await self.server.stop()
        await self.desk.cut()
        if self.gateway is not None:
            await self.gateway.stop()
        if self.sip is not None:
            await self.sip.stop()
        if self.api is not None:
            self.api.stop()
        if self.desk.held:
            await asyncio.sleep(LAST_QUESTIONS)

    async def _close(self) -> None:
        """Close the connections to the services, and the port that asked for them."""
        if self._socket is not None:
            self._socket.close()
        for server in self._servers.values():
            await server.close()
        await self._http_client.close()
        if self.api is not None:
            await self.api.close()
        await self.riva.close()
        await self._close_records()
        if self.judge is not None:
            await self.judge.close()
        if self.traces is not None:
            await asyncio.to_thread(self.traces.close)


async def _chore(name: str, work: Coroutine[None, None, None]) -> None:
    """Do background work whose failure must not end the bot."""
    try:
        await work
    except Exception:
        log.exception("chore failed", chore=name)


def _needs_no_records(settings: Settings) -> None:
    """Raises ConfigError where something that is wanted is kept in the records."""
    wanting = {
        "webhooks.url": settings.webhooks.url,
        "recordings": settings.recordings.enabled,
        "api.enabled": settings.api.enabled,
        "outbound.enabled": settings.outbound.enabled,
    }
    for name, wanted in wanting.items():
        if wanted:
            raise ConfigError(f"{name} needs records.url, which is empty; set BOT_RECORDS__URL")


class _Http(uvicorn.Server):
    """uvicorn that leaves the signals of the process to us."""

    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]
        """Capture nothing."""
        yield


def _bind(host: str, port: int) -> socket.socket:
    """A listening socket. Raises ConfigError when it cannot be had."""
    try:
        return socket.create_server((host, port), backlog=256, reuse_port=False)
    except OSError as error:
        raise ConfigError(
            f"http.host/port {host}:{port} cannot be bound: {error.strerror};"
            " choose another with BOT_HTTP__PORT"
        ) from error


async def serve(settings: Settings) -> None:
    """Run the bot until SIGTERM or SIGINT and the end of its calls; a second one ends it now."""
    bot = Bot(settings)
    loop = asyncio.get_running_loop()
    main = asyncio.current_task()
    assert main is not None

    def stop() -> None:
        main.cancel() if bot.ready()[1] == "draining" else bot.drain()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    loop.add_signal_handler(signal.SIGHUP, bot.dialogues.look)
    try:
        async with bot.running():
            await bot.drained()
    except asyncio.CancelledError:
        log.warning("stopped at once")
