"""The lines that fulfil the contract. A new one joins by one more entry in `HOUSES`."""

import asyncio
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest

from bot.asterisk.server import LineServer
from bot.config import AudioSocketSettings
from tests.asterisk.peer import Desk, eventually
from tests.lines.asterisk_ends import AudioSocketEnd, WebSocketEnd


class House:
    """One server of a line, and callers from the other end of it."""

    def __init__(self, name, end):
        self.name, self._end = name, end

    @asynccontextmanager
    async def open(self, talk=None, rate=8000, **settings):
        """Serve on a free port of loopback; `talk(line)` holds each call."""
        self.rate, self.desk, self._ends = rate, Desk(talk, rate), []
        self.server = LineServer(AudioSocketSettings(port=0, **settings), self.desk, self.name)
        await self.server.start()
        try:
            yield self
        finally:
            await self.server.stop()
            for end in self._ends:
                await end.gone()
            for task in self.desk.tasks:
                task.cancel()
            await asyncio.gather(*self.desk.tasks, return_exceptions=True)

    async def connect(self):
        """Connect without a word."""
        end = self._end(*await asyncio.open_connection("127.0.0.1", self.server.port))
        self._ends.append(end)
        return end

    async def call(self, uuid=None, rate=None):
        """A call that said who it is."""
        end = await self.connect()
        await end.introduce(uuid or uuid4(), rate or self.rate)
        return end

    async def answered(self, uuid=None):
        """A call that the bot has answered: its far end, and our line."""
        before = len(self.desk.lines)
        end = await self.call(uuid)
        await eventually(lambda: len(self.desk.lines) > before)
        return end, self.desk.lines[before]

    async def empty(self):
        """Wait until no connection is left."""
        await eventually(lambda: not self.server._connections)


HOUSES = {"audiosocket": AudioSocketEnd, "websocket": WebSocketEnd}


@pytest.fixture(params=list(HOUSES))
def house(request):
    """A house with one kind of line."""
    return House(request.param, HOUSES[request.param])
