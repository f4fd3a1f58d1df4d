"""Operators and the calls of Asterisk: the same words, and the dialplan is told."""

import asyncio

import pytest

from bot.asterisk.audiosocket import Kind
from bot.core.events import Ending
from tests.app.test_bot import calling, get
from tests.gateway.bots import client_of, eventually, running

pytestmark = pytest.mark.real_time


async def ended(peer):
    """Listen until the bot hangs up."""
    async with asyncio.timeout(20):
        while (message := await peer.hear()) is not None and message.kind is not Kind.HANGUP:
            pass


@pytest.mark.parametrize(
    ("order", "ending", "told"),
    [
        ("hang_up", Ending.HANG_UP, "hangup"),
        ("transfer", Ending.TRANSFER, "transfer bot-agents s"),
    ],
)
async def test_a_telephone_call_is_ended_by_an_operator(order, ending, told):
    """It is listed with its number, its audio ends, and `next` says what was ordered."""
    async with running() as bot, client_of(bot) as operator, calling(bot) as (uuid, peer):
        await eventually(lambda: bot.board.calls())
        [call] = await operator.calls()
        assert (call.call_id, call.caller, call.line) == (str(uuid), "9812345678", "audiosocket")
        await getattr(operator, order)(str(uuid))
        await ended(peer)
        assert await get(bot, f"/pbx/calls/{uuid}/next") == (200, told)
        assert await operator.calls() == []
        counted = f'voicebot_calls_total{{ending="{ending.value}"}} 1.0'
        await eventually(lambda: counted in bot.metrics.page().decode())


async def test_a_call_is_ended_once():
    """A second order, while the first is carried out, changes nothing."""
    async with running() as bot, client_of(bot) as operator, calling(bot) as (uuid, peer):
        await eventually(lambda: bot.board.calls())
        assert bot.desk.end(str(uuid), Ending.TRANSFER)
        assert bot.desk.end(str(uuid), Ending.HANG_UP)
        await ended(peer)
        assert (await get(bot, f"/pbx/calls/{uuid}/next"))[1] == "transfer bot-agents s"
        assert await operator.calls() == []
