"""The lines that fulfil the contract. A new one joins by one more entry in `HOUSES`."""

import asyncio
import ssl
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest
import trustme

from bot.asterisk.server import LineServer
from bot.config import AudioSocketSettings, WebSocketSettings
from tests.asterisk.peer import Desk, eventually
from tests.lines.asterisk_ends import AudioSocketEnd, WebSocketEnd


class House:
    """
    One server of a line, and callers from the other end of it.

    `tls`: the server's settings, and what a client trusts.
    """

    def __init__(self, name, end, tls=(None, None)):
        self.name, self._end, (self._websocket, self._trust) = name, end, tls

    @asynccontextmanager
    async def open(self, talk=None, rate=8000, **settings):
        """Serve on a free port of loopback; `talk(line)` holds each call."""
        self.rate, self.desk, self._ends = rate, Desk(talk, rate), []
        bounds = AudioSocketSettings(port=0, **settings)
        self.server = LineServer(bounds, self.desk, self.name, self._websocket)
        await self.server.start()
        try:
            yield self
        finally:
            await self.server.stop()
            await self._leave()

    async def _leave(self):
        """Nobody calls any more, nobody talks."""
        for end in self._ends:
            await end.gone()
        for task in self.desk.tasks:
            task.cancel()
        await asyncio.gather(*self.desk.tasks, return_exceptions=True)

    async def connect(self):
        """Connect without a word."""
        where = "127.0.0.1", self.server.port
        end = self._end(*await asyncio.open_connection(*where, ssl=self._trust))
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


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A certificate for loopback: the server's settings and a client's context."""
    folder, authority = tmp_path_factory.mktemp("tls"), trustme.CA()
    pair = authority.issue_cert("127.0.0.1")
    pair.private_key_and_cert_chain_pem.write_to_path(folder / "server.pem")
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    return WebSocketSettings(cert=str(folder / "server.pem")), trust


HOUSES = {
    "audiosocket": lambda tls: House("audiosocket", AudioSocketEnd),
    "websocket": lambda tls: House("websocket", WebSocketEnd),
    "websocket over TLS": lambda tls: House("websocket", WebSocketEnd, tls),
}


@pytest.fixture(params=list(HOUSES))
def house(request, certificate):
    """A house with one kind of line."""
    return HOUSES[request.param](certificate)
