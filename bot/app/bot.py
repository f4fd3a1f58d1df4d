"""
Joins the rooms: builds the adapters, holds one `Call` per connection, drains on SIGTERM.

A bug in a call ends that call: it is logged, and the caller goes to the dialplan's fallback.
"""

import asyncio
import contextlib
import gc
import signal
import socket
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from uuid import UUID

import structlog
import uvicorn
from starlette.applications import Starlette

from bot.app.entrance import Entrance
from bot.app.journal import Journal
from bot.app.phrases import Phrases
from bot.app.services import Services, WatchedModel, WatchedRecognizer
from bot.app.speech_memory import SpeechMemory
from bot.app.told import both, telling
from bot.asterisk import pbx_http
from bot.asterisk.line import Line
from bot.asterisk.pbx import Reception, Ticket
from bot.asterisk.server import LineServer
from bot.call.call import Call, Watch
from bot.call.hearing import Hearing
from bot.call.turnstile import Turnstile
from bot.config import Settings
from bot.core.errors import ConfigError
from bot.core.events import Ending
from bot.gateway.board import Board, Up
from bot.gateway.line import GatewayLine
from bot.gateway.server import Gateway
from bot.nim.chat import NimChat
from bot.ops import health, traces
from bot.ops.logs import masked
from bot.ops.metrics import Metrics
from bot.ops.outbox import open_traces
from bot.riva.asr import RivaRecognizer
from bot.riva.channel import Riva
from bot.signal.echo import EchoGuard
from bot.signal.silero import silero
from bot.signal.smart_turn import EndScorer
from bot.signal.tones import Tones
from bot.signal.voice import VoiceActivity, voice_settings

COLLECTIONS = (20_000, 20, 50)
"""When Python looks for cycles: 50 calls make its usual 700 objects many times a second."""
LAST_QUESTIONS = 1.0
"""Seconds for which the dialplan can still ask what is next, after the last call."""

log = structlog.get_logger()

AnyLine = Line | GatewayLine


class Bot:
    """
    The bot of one process. `async with bot.running(): await bot.drained()`.

    It is the `Desk` of the line's server. `_calls` owns the task of each call; `_held` says
    whether there ever was one.
    """

    def __init__(self, settings: Settings) -> None:
        """Raises ConfigError for settings that cannot work (certificates, addresses)."""
        self.settings = settings
        self.metrics = Metrics()
        self.traces = open_traces(settings.trace, self.metrics.spans)
        self.riva = Riva(settings.riva, traces.context)
        self.chat = NimChat(settings.llm, traces.context)
        model = settings.turns.end_of_turn.acoustic_model
        self.judge = EndScorer(model) if model else None
        self.speech = SpeechMemory(settings.riva.tts.memory_mb, self.metrics.speech_memory)
        self.metrics.watch("voicebot_speech_memory_bytes", lambda: self.speech.size)
        self.metrics.watch("voicebot_calls_limit", lambda: settings.audiosocket.max_calls)
        self.metrics.watch("voicebot_draining", lambda: self._drain.is_set())
        self.phrases = Phrases(settings, self.riva, self.speech)
        self.server = LineServer(settings.audiosocket, self, settings.line, settings.websocket)
        self._turnstile = Turnstile()
        self.reception: Reception | None = None
        self.http_port = 0
        self.board = Board(settings.gateway, masked) if settings.gateway.enabled else None
        self.gateway: Gateway | None = None
        self._calls: dict[asyncio.Task[None], AnyLine] = {}
        self._drain = asyncio.Event()
        self._held = False

    # Starting and stopping.

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None, None]:
        """Be ready for calls until the block ends. Raises ConfigError when a port is taken."""
        await self.server.start()
        self.reception = self._reception()
        try:
            http = await self._http(self.reception)
            self.gateway = await self._gateway(self.reception)
        except ConfigError:
            await self.server.stop()
            raise
        async with asyncio.TaskGroup() as group:
            serving = group.create_task(http.serve(sockets=[self._socket]))
            chores = [
                group.create_task(_chore("loop watch", health.watch_loop(self.metrics.loop_lag))),
                group.create_task(_chore("phrases", self._prepare())),
                group.create_task(_chore("warming", self._warm())),
            ]
            try:
                gc.collect()
                gc.freeze()  # what is loaded now stays: no collection looks at it in mid-call
                gc.set_threshold(*COLLECTIONS)
                log.info("ready", audiosocket=self.server.port, http=self.http_port)
                yield
            finally:
                await self._stop()
                http.should_exit = True
                await serving
                for chore in chores:
                    chore.cancel()
        await self.chat.close()
        await self.riva.close()
        if self.judge is not None:
            await self.judge.close()
        if self.traces is not None:
            await asyncio.to_thread(self.traces.close)

    def _reception(self) -> Reception:
        audiosocket = self.settings.audiosocket
        address = audiosocket.advertise or f"{audiosocket.host}:{self.server.port}"
        now = asyncio.get_running_loop().time
        return Reception(audiosocket, self.settings.pbx, now, self.server.scheme + address)

    async def _gateway(self, reception: Reception) -> Gateway | None:
        """The gRPC gateway, where it is wanted. Raises ConfigError."""
        if self.board is None:
            return None
        entrance = Entrance(reception, self.answer, self.end, self.refuse)
        gateway = Gateway(self.settings.gateway, entrance, self.board)
        await gateway.start()
        log.info("gateway ready", port=gateway.port)
        return gateway

    async def _http(self, reception: Reception) -> uvicorn.Server:
        self._socket = _bind(self.settings.http.host, self.settings.http.port)
        self.http_port = self._socket.getsockname()[1]
        app = Starlette(
            routes=[
                *pbx_http.routes(reception, self.refuse),
                *health.routes(self.ready, self.metrics.page),
            ]
        )
        config = uvicorn.Config(
            app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=2
        )
        return _Http(config)

    async def _warm(self) -> None:
        """Load, import and connect what the first call would otherwise wait for."""
        self._connect()
        await asyncio.to_thread(silero)

    async def _prepare(self) -> None:
        """Have the phrases ready; all is loaded then, and left out of collections for good."""
        await self.phrases.prepare()
        gc.freeze()

    def _connect(self) -> None:
        """See that the services are connected by the time a call needs them."""
        self.riva.wake()
        self.chat.warm()

    def ready(self) -> tuple[bool, str]:
        """Whether calls may come, and the reason."""
        return (False, "draining") if self._drain.is_set() else (True, "ready")

    def drain(self) -> None:
        """Take no new calls; `drained()` returns when the last one is over."""
        if self._drain.is_set():
            return
        log.info("draining", calls=len(self._calls), timeout=self.settings.drain_timeout)
        if self.reception is not None:
            self.reception.draining = True
        if self.gateway is not None:
            self.gateway.drain()
        self._drain.set()

    async def drained(self) -> None:
        """Wait until `drain()` was asked for and the calls are over, or their time is."""
        await self._drain.wait()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.settings.drain_timeout):
                while self._calls:
                    await asyncio.wait(list(self._calls))

    async def _stop(self) -> None:
        """End the calls that are left; their callers go to the dialplan's fallback."""
        self.drain()
        await self.server.stop()
        left = list(self._calls)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        if self.gateway is not None:
            await self.gateway.stop()
        if self._held:
            await asyncio.sleep(LAST_QUESTIONS)

    # The desk of the line's server.

    def admit(self, uuid: UUID) -> Ticket:
        """The ticket of a call that may come. Raises `Refused`."""
        assert self.reception is not None, "not started"
        return self.reception.admit(uuid)

    def answer(self, line: AnyLine) -> None:
        """Begin the conversation on this line."""
        self._connect()
        task = asyncio.get_running_loop().create_task(self._hold(line))
        self._calls[task] = line
        self._held = True
        task.add_done_callback(lambda done: self._calls.pop(done))

    def end(self, call_id: str, ending: Ending) -> bool:
        """End this call in this way, as an operator wants; False where it is not up."""
        up = self.board.find(call_id) if self.board else None
        if up is None:
            return False
        if up.ordered is None:
            up.ordered = ending
            for task, line in self._calls.items():
                if line.ticket.caller.call_id == call_id:
                    task.cancel()
        return True

    def refuse(self, reason: str, detail: str, peer: str) -> None:
        """Log and count what was turned away."""
        self.metrics.refused(reason)
        log.warning("refused", reason=reason, detail=detail, peer=peer)

    async def _hold(self, line: AnyLine) -> None:
        """One call, from answer to hang-up; no exception leaves it."""
        assert self.reception is not None, "not started"
        loop = asyncio.get_running_loop()
        began, ending = loop.time(), Ending.FALLBACK
        trace = self._trace(line)
        journal = self._journal(line, trace)
        journal.began(line.rate)
        up = self._up(line)
        watch = both(journal.watch, telling(up)) if up else journal.watch
        self.chat.warm()
        try:
            ending = await self._call(line, watch, Services(self.metrics, trace)).run()
        except asyncio.CancelledError:
            if up is None or up.ordered is None:
                raise
            ending = up.ordered
        except Exception:
            log.exception("call failed", call=line.ticket.caller.call_id)
        finally:
            self.reception.ended(line.ticket.uuid, ending)
            if self.board is not None and up is not None:
                self.board.ended(up, ending)
            await line.close()
            journal.ended(ending, loop.time() - began, line.dropped_in, line.dropped_out)

    def _up(self, line: AnyLine) -> Up | None:
        """The call's place on the board, where there is one."""
        if self.board is None:
            return None
        caller = line.ticket.caller
        if isinstance(line, GatewayLine):
            return self.board.began(caller, "gateway", line.outbox)
        return self.board.began(caller, self.settings.line)

    def _trace(self, line: AnyLine) -> traces.CallTrace | None:
        if self.traces is None:
            return None
        caller = line.ticket.caller
        return self.traces.call({"voicebot.call_id": caller.call_id, "voicebot.rate": line.rate})

    def _journal(self, line: AnyLine, trace: traces.CallTrace | None) -> Journal:
        transcripts = self.settings.log.transcripts, self.settings.trace.transcripts
        return Journal(line.ticket.caller, self.metrics, transcripts[0], trace, transcripts[1])

    def _call(self, line: AnyLine, watch: Watch, services: Services) -> Call:
        asr = self.settings.riva.asr
        recognizer = RivaRecognizer(self.riva.asr, asr, line.rate)
        return Call(
            line,
            WatchedRecognizer(recognizer, services, asr.language),
            WatchedModel(self.chat, services, self.settings.llm.model),
            self.phrases.synthesizer(line.rate, services),
            self._hearing(line.rate),
            self.phrases.book,
            self.settings.turns,
            watch,
            self._turnstile,
        )

    def _hearing(self, rate: int) -> Hearing:
        turns = self.settings.turns
        return Hearing(
            rate,
            VoiceActivity(rate, silero(), voice_settings(self.settings.voice)),
            EchoGuard(rate) if turns.barge_in.echo_guard else None,
            Tones(rate) if turns.idle.machine else None,
            self.judge,
        )


async def _chore(name: str, work: Coroutine[None, None, None]) -> None:
    """Do background work whose failure must not end the bot."""
    try:
        await work
    except Exception:
        log.exception("chore failed", chore=name)


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
    try:
        async with bot.running():
            await bot.drained()
    except asyncio.CancelledError:
        log.warning("stopped at once")
