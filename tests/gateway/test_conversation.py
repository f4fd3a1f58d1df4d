"""Conversations over real gRPC with a whole bot; the services behind it are scripted."""

import asyncio

import grpc
import pytest

from bot.core.ports import ToolCall
from bot.gateway.client import GatewayError
from bot.gateway.wire import voice_workflow_pb2 as pb
from tests.gateway.bots import (
    ANSWER,
    WORDS,
    conversing,
    eventually,
    hearing,
    running,
    to_the_end,
    until,
)

pytestmark = pytest.mark.real_time


def sounding(audio):
    """Whether this is more than silence, in any coding of the tests."""
    return len(set(audio.data)) > 1


async def test_a_client_is_greeted_and_ends_by_hanging_up():
    """Half-closing is a hang-up; the last event says so, and the status is OK."""
    async with running() as bot, conversing(bot) as conversation:
        assert (await until(conversation, "audio", sounding)).sequence > 0
        assert [up.caller.call_id for up in bot.board.calls()] == [conversation.call_id]
        await conversation.hang_up()
        responses = await to_the_end(conversation)
        assert responses[-1].ended.ending == pb.ENDING_CALLER_LEFT
        assert responses[-1].ended.seconds > 0
        await eventually(lambda: bot.reception.active == 0)
        assert b'voicebot_calls_total{ending="caller_left"} 1.0' in bot.metrics.page()


async def test_a_wish_of_the_model_to_transfer_is_told_to_the_client():
    """A key, an answer with the tool `transfer`: the client connects the caller."""
    async with running([ToolCall("transfer")]) as bot, conversing(bot) as conversation:
        await conversation.press("0")
        responses = await to_the_end(conversation)
        assert responses[-1].ended.ending == pb.ENDING_TRANSFER
