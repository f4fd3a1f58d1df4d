"""Stand-ins for the bot: what the dialplan asks over HTTP, and a line that can be killed."""

import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs

Reply = str | Callable[[], str]


class FakeBot:
    """
    Answers registrations and "next" from two lists, the last of each for ever; writes down all.

    `calls` holds the form of each registration, `asked` the uuid of each "next", `headers` the
    Authorization header of every request.
    """

    def __init__(self, port: int = 0) -> None:
        self.script([])
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def script(self, registrations: list[Reply], nexts: list[Reply] | None = None) -> None:
        """Start anew with these replies."""
        self.registrations = registrations
        self.nexts = nexts or ["hangup"]
        self.calls: list[dict[str, str]] = []
        self.asked: list[str] = []
        self.headers: list[str | None] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Be gone: the next connection is refused."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()

    def register(self, form: dict[str, str]) -> str:
        """The reply to one registration."""
        self.calls.append(form)
        return _take(self.registrations, len(self.calls))

    def next(self, call: str) -> str:
        """The reply to one "next"."""
        self.asked.append(call)
        return _take(self.nexts, len(self.asked))


def _take(replies: list[Reply], number: int) -> str:
    reply = replies[min(number, len(replies)) - 1]
    return reply if isinstance(reply, str) else reply()


def _handler(bot: FakeBot) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {k: v[0] for k, v in parse_qs(body, strict_parsing=True).items()}
            self._reply(bot.register(form) if self.path == "/pbx/calls" else "?")

        def do_GET(self) -> None:
            _, pbx, calls, call, word = self.path.split("/")
            self._reply(bot.next(call) if (pbx, calls, word) == ("pbx", "calls", "next") else "?")

        def _reply(self, line: str) -> None:
            bot.headers.append(self.headers["Authorization"])
            data = f"{line}\n".encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

    return Handler


class FakeLine:
    """The process of `fake_line.py`: `address` to dial, `line()` what it reports, `kill()`."""

    def __init__(self, frames: int = 1_000_000, rate: int = 8000) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("fake_line.py")), str(frames), str(rate)],
            stdout=subprocess.PIPE,
            text=True,
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        self.address = f"127.0.0.1:{self.line().removeprefix('port ')}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def line(self, seconds: float = 10.0) -> str:
        """The next report of the process; `queue.Empty` when there is none in time."""
        return self._lines.get(timeout=seconds)

    def kill(self) -> None:
        """kill -9, in the middle of whatever it does."""
        self._process.kill()
        self._process.wait()
        self._reader.join()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _read(self) -> None:
        for line in self._process.stdout or ():
            self._lines.put(line.strip())


def until(condition: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait for something that another process does; AssertionError when it does not."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
