"""Peers that talk nonsense: each ends in at most one log line, and nothing of it stays."""

import asyncio
import os
import random

import httpx
import pytest
from starlette.applications import Starlette

from bot.asterisk import pbx_http
from bot.asterisk.audiosocket import Kind, Message, encode
from bot.asterisk.pbx import Reception
from bot.config import AudioSocketSettings, PbxSettings
from tests.asterisk.peer import Desk, Peer, eventually, served

PEERS = 300


def babble(dice):
    """A stream that is right for a while: messages of all kinds and lengths, then perhaps noise."""
    said = [encode(Message(Kind.UUID, dice.randbytes(16)))] if dice.random() < 0.8 else []
    for _ in range(dice.randrange(12)):
        kind = dice.choice([Kind.AUDIO_8K] * 6 + list(Kind))
        length = dice.choice([0, 1, 2, 16, 160, 320, 320, 320, 640, 8192, 8193, 65535])
        payload = dice.choice([b"5", dice.randbytes(length)])
        said.append(encode(Message(kind, payload)))
    if dice.random() < 0.3:
        said.append(dice.randbytes(dice.randrange(400)))
    return b"".join(said)


async def talk(port, dice):
    """Connect, say it in pieces, and leave in one of the ways there are."""
    peer = await Peer.connect(port)
    wire = babble(dice)
    while wire:
        size = dice.randrange(1, 2000)
        peer.writer.write(wire[:size])
        wire = wire[size:]
        await asyncio.sleep(0)
    match dice.randrange(3):
        case 0:
            peer.writer.transport.abort()
        case 1:
            peer.writer.write_eof()
            await peer.closed()
    await peer.leave()


@pytest.mark.real_time
async def test_nonsense_of_many_peers_ends_in_one_line_each_and_leaks_nothing():
    """No exception reaches the loop, no connection and no file descriptor stays."""
    wrong = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, what: wrong.append(what))
    heard = []

    async def converse(line):
        async for event in line.events():
            heard.append(event)
        await line.close()

    desk = Desk(converse)
    async with served(desk, max_pending=PEERS, hello_timeout=0.3) as server:
        before = len(os.listdir("/proc/self/fd"))
        for group in range(0, PEERS, 50):
            dice = [random.Random(seed) for seed in range(group, group + 50)]
            await asyncio.gather(
                *(talk(server.port, each) for each in dice), return_exceptions=True
            )
        await eventually(lambda: not server._connections)
        await eventually(lambda: len(os.listdir("/proc/self/fd")) <= before)
        await eventually(lambda: all(task.done() for task in desk.tasks))
    assert wrong == []
    assert 0 < len(desk.refusals) <= PEERS
    assert heard
    assert not any(task.exception() for task in desk.tasks)


async def test_nonsense_over_http_is_refused_with_a_reason():
    """Whatever the body and the path hold: one line, never an error of the server."""
    reception = Reception(AudioSocketSettings(), PbxSettings(), lambda: 0.0, "127.0.0.1:9092")
    app = Starlette(routes=pbx_http.routes(reception, lambda *row: None))
    transport = httpx.ASGITransport(app=app)
    dice = random.Random(7)
    async with httpx.AsyncClient(transport=transport, base_url="http://bot") as client:
        for _ in range(200):
            body = dice.choice([b"", b"uuid=", b"uuid=%00&format=slin&"]) + dice.randbytes(
                dice.randrange(300)
            )
            answer = await client.post("/pbx/calls", content=body)
            assert (answer.status_code, answer.text) == (400, "refuse bad-request")
            token = dice.randbytes(20).hex()
            assert (await client.get(f"/pbx/calls/{token}/next")).status_code == 400
    assert reception.active == 0
