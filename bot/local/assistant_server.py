"""Decides how the assistant's HTTP server starts, where it listens, and how it stops."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn

from bot.core.errors import ConfigError, ServiceUnavailable
from bot.local.assistant_routes import MODEL, AssistantOptions, assistant_app

__all__ = ["MODEL", "AssistantOptions", "RunningServer", "serve"]

_START_SECONDS = 10.0
_STOP_SECONDS = 2


class RunningServer:
    """A server that listens until `stop` is called. `port` and `url` say where."""

    def __init__(self, server: uvicorn.Server, task: "asyncio.Task[None]", address: str) -> None:
        """`address` is "host:port" as it is really bound."""
        self._server = server
        self._task = task
        self.port = int(address.rpartition(":")[2])
        self.url = f"http://{address}/v1"
        """The base URL for an OpenAI client."""

    async def stop(self) -> None:
        """Stop listening, give open streams two seconds, then cut them. Idempotent."""
        self._server.should_exit = True
        await asyncio.wait({self._task}, timeout=_STOP_SECONDS + 3)
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task


class _QuietServer(uvicorn.Server):
    """uvicorn without its own signal handling: the process belongs to the command."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave SIGINT and SIGTERM to the owner of the process."""
        yield


async def serve(options: AssistantOptions) -> RunningServer:
    """
    Start the assistant and return once it takes requests.

    Raises ConfigError when the script is wrong or the address cannot be bound.
    """
    app = assistant_app(options)
    listener = _bind(options.host, options.port)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=_STOP_SECONDS,
    )
    server = _QuietServer(config)
    task = asyncio.create_task(server.serve(sockets=[listener]), name="assistant")
    await _wait_started(server, task)
    host, port = listener.getsockname()[:2]
    name = f"[{host}]" if ":" in host else host
    return RunningServer(server, task, f"{name}:{port}")


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        reason = f"the assistant cannot listen on {host}:{port} ({error}); choose another port"
        raise ConfigError(reason) from error


async def _wait_started(server: uvicorn.Server, task: "asyncio.Task[None]") -> None:
    for _ in range(int(_START_SECONDS / 0.01)):
        if server.started:
            return
        if task.done():
            break
        await asyncio.sleep(0.01)
    task.cancel()
    raise ServiceUnavailable("llm", "the assistant's HTTP server did not start")
