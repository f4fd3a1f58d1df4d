"""What an orchestrator asks."""

import asyncio

import httpx
import pytest
from starlette.applications import Starlette

from bot.ops import health


async def get(path, ready=(True, "ready")):
    """One request; status, text and kind of the answer."""
    app = Starlette(routes=health.routes(lambda: ready, lambda: b"voicebot_calls 1\n"))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://bot") as client:
        answer = await client.get(path)
    return answer.status_code, answer.text, answer.headers["content-type"]


async def test_a_bot_that_takes_calls_is_ready():
    """200, so that calls are sent here."""
    assert (await get("/readyz"))[:2] == (200, '{"status":"ready"}')


async def test_a_draining_bot_is_alive_but_not_ready():
    """503 with the reason: no new calls, but nobody kills it."""
    draining = (False, "draining")
    assert (await get("/readyz", draining))[:2] == (503, '{"status":"draining"}')
    assert (await get("/livez", draining))[0] == 200


async def test_metrics_are_text_for_prometheus():
    """The page as it is, with the version of the format."""
    status, text, kind = await get("/metrics")
    assert (status, text) == (200, "voicebot_calls 1\n")
    assert kind.startswith("text/plain; version=0.0.4")


async def test_the_lag_of_the_loop_is_how_late_it_wakes():
    """Idle: none. Busy for a second: what was left of that after the nap."""
    lags = []
    watching = asyncio.create_task(health.watch_loop(lags.append))
    await asyncio.sleep(health.PULSE * 2.5)
    assert lags == [pytest.approx(0, abs=1e-9)] * 2
    asyncio.get_running_loop().jump(1.0)
    await asyncio.sleep(0.001)
    assert lags[2] == pytest.approx(1.0 - health.PULSE / 2)
    watching.cancel()
