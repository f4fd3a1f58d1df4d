"""examples/crm against a real bot with a call: webhooks, the card, the transcript, a call back."""

import asyncio
import importlib.util
import json
import socket
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import httpx2
import pytest
import uvicorn

from bot.asterisk.audiosocket import Kind
from bot.core.ports import ToolCall
from tests.api.bots import asking, made_key, running
from tests.app.test_bot import calling, sounding
from tests.asterisk.peer import eventually
from tests.records.stories import SECRET_KEY

pytestmark = pytest.mark.real_time
EXAMPLE = Path(__file__).resolve().parents[2] / "examples/crm"


@pytest.fixture
def example():
    """The example as a module."""
    spec = importlib.util.spec_from_file_location("crm", EXAMPLE / "crm.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@asynccontextmanager
async def open_for_agents(example, api):
    """The CRM on loopback: itself, its address."""
    contacts = json.loads((EXAMPLE / "contacts.json").read_text())
    crm = example.Crm(contacts, api)
    app = example.application(crm, example.Receiver(SECRET_KEY))
    with socket.create_server(("127.0.0.1", 0)) as bound:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
        serving = asyncio.create_task(server.serve(sockets=[bound]))
        await eventually(lambda: server.started)
        yield crm, f"http://127.0.0.1:{bound.getsockname()[1]}"
        server.should_exit = True
        await serving


async def test_an_agent_sees_who_comes_reads_what_was_said_and_has_them_called_back(example, url):
    """From the key that the caller presses to the order of a call."""
    answer = ["मैं जोड़ रही हूँ।", ToolCall("transfer", {"summary": "बिल के बारे में"})]
    async with httpx2.AsyncClient(timeout=20) as api, open_for_agents(example, api) as (crm, site):
        hooks = {"url": f"{site}/webhooks", "secret": SECRET_KEY}
        async with (
            running(url, answer, webhooks=hooks) as bot,
            asking(bot) as admin,
            httpx.AsyncClient(base_url=site, timeout=20) as agent,
        ):
            api.base_url = f"http://127.0.0.1:{bot.api.port}"
            api.headers["authorization"] = f"Bearer {made_key(bot, 'operator')}"
            async with calling(bot) as (uuid, peer):
                assert await sounding(peer)
                peer.say(Kind.DTMF, b"0")
                while (message := await peer.hear()) is not None:
                    if message.kind is Kind.HANGUP:
                        break
            await eventually(lambda: bool(crm.cards) and crm.cards[str(uuid)].summary)
            screen = (await agent.get("/")).text
            assert "दीपक शर्मा" in screen and "comes to bot-agents s" in screen
            said = (await agent.get(f"/cards/{uuid}/transcript")).json()
            assert ["bot", "मैं जोड़ रही हूँ।"] in said
            asked = await agent.post(f"/cards/{uuid}/call-back")
            assert asked.status_code == 303
            [order] = (await admin.get("/v1/orders")).json()["orders"]
            assert (order["number"], order["data"]) == ("+919812345678", {"name": "दीपक शर्मा"})
            assert order["id"] in (await agent.get("/")).text


async def test_a_call_back_that_is_refused_says_why(example, url):
    """In the words of the bot's API."""
    async with (
        httpx2.AsyncClient(timeout=20) as api,
        open_for_agents(example, api) as (crm, site),
        running(url, outbound={"enabled": False}) as bot,
        httpx.AsyncClient(base_url=site, timeout=20) as agent,
    ):
        api.base_url = f"http://127.0.0.1:{bot.api.port}"
        api.headers["authorization"] = f"Bearer {made_key(bot, 'operator')}"
        crm._card({"id": "c", "caller": "9812345678", "called": "", "profile": "default"})
        refused = await agent.post("/cards/c/call-back")
    assert refused.status_code == 502 and "outbound.enabled" in refused.text


async def test_what_became_of_a_call_back_is_on_its_card(example):
    """The webhook `order.ended` is about an order, and names no call as others do."""
    crm = example.Crm([], None)
    crm._card({"id": "c", "caller": "9812345678"}).order = "o"
    for order in ("o", "another"):
        crm.take({"type": "order.ended", "data": {"order": order, "outcome": f"busy-{order}"}})
    assert list(crm.cards) == ["c"]
    assert crm.cards["c"].state == "called back: busy-o"


async def test_it_takes_nothing_that_is_not_signed(example):
    """And makes no card of it."""
    async with httpx2.AsyncClient() as api, open_for_agents(example, api) as (crm, site):
        async with httpx.AsyncClient(base_url=site, timeout=20) as stranger:
            refused = await stranger.post("/webhooks", json={"type": "call.started"})
        assert (refused.status_code, crm.cards) == (401, {})


async def test_what_a_caller_says_is_no_markup_on_the_screen(example):
    """Nor is their number."""
    async with httpx2.AsyncClient() as api, open_for_agents(example, api) as (crm, site):
        call = {"id": "c", "caller": "<script>1</script>", "called": "", "profile": "default"}
        card = crm._card(call)
        card.summary = "<img src=x>"
        async with httpx.AsyncClient(base_url=site, timeout=20) as agent:
            screen = (await agent.get("/")).text
            assert (await agent.get("/cards/nobody/transcript")).status_code == 404
        assert "<script>" not in screen and "<img" not in screen
