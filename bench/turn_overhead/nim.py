"""
A scripted OpenAI server: the first token and the others at fixed times after the request.

Bare HTTP/1.1 on asyncio, so that it costs little of the core that it shares with the callers.
"""

import asyncio
import json
import random
import time
from typing import Any

from bench.turn_overhead.notes import Notes
from bench.turn_overhead.script import REST, SENTENCE, Delays, Tag, tag_in, tag_text

MODEL = "scripted"
_SENTENCE_TOKENS = 1 + len(SENTENCE.split())
"""The tag is one, too."""
_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n"
    b"transfer-encoding: chunked\r\n\r\n"
)


def tokens(tag: Tag) -> list[str]:
    """The answer of this turn, a word at a time."""
    return [f"{word} " for word in [tag_text(tag), *SENTENCE.split(), *REST.split()]]


class Connection(asyncio.Protocol):
    """One connection: requests one after the other. `_timer` is the next token's."""

    def __init__(self, delays: Delays, notes: Notes, whole: bool = False) -> None:
        """`whole`: an answer is sent when its last token is there."""
        self._delays, self._notes, self._whole_answers = delays, notes, whole
        self._loop = asyncio.get_running_loop()
        self._dice = random.Random()
        self._timer: asyncio.TimerHandle | None = None
        self._bytes = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep it."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody wants the rest."""
        if self._timer is not None:
            self._timer.cancel()

    def data_received(self, data: bytes) -> None:
        """Answer each whole request."""
        came = time.monotonic()
        self._bytes += data
        while (request := self._whole()) is not None:
            head, body = request
            if head.startswith(b"POST"):
                self._complete(json.loads(body), came)
            else:
                self._offer()

    def _whole(self) -> tuple[bytes, bytes] | None:
        head, end, rest = self._bytes.partition(b"\r\n\r\n")
        lines = [line.split(b":") for line in head.lower().split(b"\r\n")]
        length = sum(int(line[1]) for line in lines if line[0] == b"content-length")
        if not end or len(rest) < length:
            return None
        self._bytes = rest[length:]
        return head, rest[:length]

    def _offer(self) -> None:
        model = {"id": MODEL, "object": "model", "created": 0, "owned_by": ""}
        body = json.dumps({"object": "list", "data": [model]}).encode()
        head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}"
        self._transport.write(head.encode() + b"\r\n\r\n" + body)

    def _complete(self, request: dict[str, Any], came: float) -> None:
        tag = tag_in(request["messages"][-1]["content"]) or (0, 0)
        self._notes.add("asked", tag, came=came)
        first = came + self._delays.first_token + self._dice.uniform(0, self._delays.spread)
        words = tokens(tag)
        if self._whole_answers:
            last = first + self._delays.token * (len(words) - 1)
            self._timer = self._loop.call_at(last, self._send_all, tag, words)
        else:
            self._timer = self._loop.call_at(first, self._send, tag, words, 0, first)

    def _send_all(self, tag: Tag, words: list[str]) -> None:
        self._transport.write(_HEAD + _chunk(_event({"content": "".join(words)}, None)))
        self._notes.add("sentence", tag, sent=time.monotonic())
        self._finish()

    def _send(self, tag: Tag, words: list[str], number: int, due: float) -> None:
        """This token now, the next one at its time."""
        if number + 1 == _SENTENCE_TOKENS:
            self._notes.add("sentence", tag, sent=time.monotonic())
        data = b"" if number else _HEAD
        if number < len(words):
            self._transport.write(data + _chunk(_event({"content": words[number]}, None)))
            due += self._delays.token
            self._timer = self._loop.call_at(due, self._send, tag, words, number + 1, due)
            return
        self._finish()

    def _finish(self) -> None:
        self._timer = None
        end = _event({}, "stop") + b"data: [DONE]\n\n"
        self._transport.write(_chunk(end) + b"0\r\n\r\n")


def _event(delta: dict[str, str], reason: str | None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    kind = "chat.completion.chunk"
    row = {"id": "c", "object": kind, "created": 0, "model": MODEL, "choices": [choice]}
    return f"data: {json.dumps(row)}\n\n".encode()


def _chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


async def start(delays: Delays, notes: Notes, whole: bool = False) -> tuple[asyncio.Server, int]:
    """On a free port."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(delays, notes, whole), "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()[1]
