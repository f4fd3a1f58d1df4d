"""Is the bot alive, may calls come, and how late does its event loop run?"""

import asyncio
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

PULSE = 0.25
"""Seconds between two looks at the event loop."""


def routes(ready: Callable[[], tuple[bool, str]], page: Callable[[], bytes]) -> list[Route]:
    """`/livez`, `/readyz` (503 with the reason while calls may not come) and `/metrics`."""

    async def livez(request: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def readyz(request: Request) -> Response:
        good, why = ready()
        return JSONResponse({"status": why}, status_code=200 if good else 503)

    async def metrics(request: Request) -> Response:
        return Response(page(), media_type="text/plain; version=0.0.4")

    return [Route("/livez", livez), Route("/readyz", readyz), Route("/metrics", metrics)]


async def watch_loop(observe: Callable[[float], None]) -> None:
    """Report how late the event loop wakes, until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + PULSE
        await asyncio.sleep(PULSE)
        observe(max(0.0, loop.time() - due))
