"""
What one streamed answer of the model costs us: by the openai package, and by our own wire.

Run: python -m bench.answer_cost. A scripted server on another core answers requests as the bot
makes them, one at a time. Prints, of each run, the medians until the request is at the server and
of the processor time until the answer is read.
"""

import argparse
import asyncio
import os
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from multiprocessing import Process, Queue, queues
from typing import Any

import openai

from bench.process import machine
from bench.turn_overhead import nim
from bench.turn_overhead.notes import Notes
from bench.turn_overhead.script import Delays, tag_text
from bot.nim.tools import TOOLS
from bot.nim.wire import Wire, network

DELAYS = Delays(first_token=0.020, token=0.002, spread=0.0)
SAID = [
    {"role": "user", "content": "मेरा बिल इस बार इतना ज़्यादा क्यों आया है"},
    {"role": "assistant", "content": "जी, मैं देखती हूँ, आपका इस महीने का बिल पाँच सौ रुपये है।"},
] * 4
PAUSE = 0.005
"""Seconds between two answers."""
TIMEOUT = 60.0

Ask = Callable[[dict[str, Any]], Awaitable[None]]


def serve(told: "queues.Queue[Any]", over: "queues.Queue[Any]", core: int) -> None:
    """The server's process: tells its port, and in the end when each request came."""
    os.sched_setaffinity(0, {core})

    async def serving() -> None:
        notes = Notes()
        server, port = await nim.start(DELAYS, notes)
        told.put(port)
        await asyncio.to_thread(over.get, timeout=TIMEOUT)
        server.close()
        told.put([row["came"] for row in notes.rows if row["what"] == "asked"])

    asyncio.run(serving())


async def by_openai(url: str) -> AsyncIterator[Ask]:
    """As its documentation shows."""
    async with openai.AsyncOpenAI(base_url=url, api_key="none") as client:

        async def ask(request: dict[str, Any]) -> None:
            async for chunk in await client.chat.completions.create(**request):
                assert chunk.choices

        yield ask


async def by_openai_in_json(url: str) -> AsyncIterator[Ask]:
    """The package without its types of requests and chunks."""
    async with openai.AsyncOpenAI(base_url=url, api_key="none") as client:

        async def ask(request: dict[str, Any]) -> None:
            kind = openai.AsyncStream[object]
            stream = await client.post(
                "/chat/completions", body=request, cast_to=object, stream=True, stream_cls=kind
            )
            async for chunk in stream:
                assert isinstance(chunk, dict)

        yield ask


async def by_wire(url: str) -> AsyncIterator[Ask]:
    """As the bot does."""
    wire = Wire(url, "none", network(url))

    async def ask(request: dict[str, Any]) -> None:
        answer = await wire.complete(request, {})
        while await answer.next():
            pass
        await answer.close()

    yield ask
    await wire.close()


WAYS = {"openai": by_openai, "openai, plain JSON": by_openai_in_json, "wire": by_wire}


async def ask_all(way: str, url: str, answers: int) -> tuple[list[float], list[float]]:
    """When each request began, and what each answer took of the processor."""
    began, took = [], []
    async for ask in WAYS[way](url):
        for number in range(answers):
            words = {"role": "user", "content": f"{tag_text((0, number))} क्यों"}
            request = {
                "model": nim.MODEL, "messages": [*SAID, words], "stream": True,
                "temperature": 0.3, "max_tokens": 256, "tools": TOOLS,
            }  # fmt: skip
            began.append(time.monotonic())
            before = time.process_time()
            await ask(request)
            took.append(time.process_time() - before)
            await asyncio.sleep(PAUSE)
    return began, took


def run(way: str, answers: int) -> tuple[float, float]:
    """Medians of one run, in seconds: until the request is there, and of the processor."""
    ours, *rest = sorted(os.sched_getaffinity(0))
    told: queues.Queue[Any] = Queue()
    over: queues.Queue[Any] = Queue()
    server = Process(target=serve, args=(told, over, rest[0] if rest else ours), daemon=True)
    server.start()
    os.sched_setaffinity(0, {ours})
    try:
        url = f"http://127.0.0.1:{told.get(timeout=TIMEOUT)}/v1"
        began, took = asyncio.run(ask_all(way, url, answers))
        over.put(None)
        came = told.get(timeout=TIMEOUT)
    finally:
        os.sched_setaffinity(0, {ours, *rest})
        server.join(TIMEOUT)
    out = [b - a for a, b in zip(began, came, strict=True)]
    return statistics.median(out), statistics.median(took)


def main() -> int:
    """The ways take turns."""
    parser = argparse.ArgumentParser(description="What one streamed answer costs us.")
    parser.add_argument("--answers", type=int, default=150, help="of each run")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    tokens = len(nim.tokens((0, 0)))
    print(f"{machine()}; {options.answers} answers of {tokens} tokens a run\n")
    print("| way | run | request out, ms | processor of an answer, ms |\n|---|---:|---:|---:|")
    for number in range(options.runs):
        for way in WAYS:
            out, took = run(way, options.answers)
            print(f"| {way} | {number + 1} | {1000 * out:.2f} | {1000 * took:.2f} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
