"""Asterisk's side of AudioSocket, for tests: a TCP client that says what Asterisk would."""

import asyncio
from contextlib import asynccontextmanager, suppress
from uuid import UUID, uuid4

from bot.asterisk.audiosocket import Decoder, Kind, Message, encode
from bot.asterisk.pbx import Reason, Refused, Ticket
from bot.asterisk.server import LineServer
from bot.config import AudioSocketSettings
from bot.core.ports import Caller

LIMIT = 20.0


class Desk:
    """Admits every call but those in `unknown`; runs `talk(line)` for each."""

    def __init__(self, talk=None, rate=8000):
        self.lines, self.refusals, self.unknown = [], [], set()
        self._talk, self._rate, self.tasks = talk, rate, []

    def admit(self, uuid):
        """A ticket, or the refusal that the reception would give."""
        if uuid in self.unknown:
            raise Refused(Reason.NOT_REGISTERED, f"call {uuid} was not registered")
        return Ticket(uuid, Caller(str(uuid)), self._rate)

    def answer(self, line):
        """Note the line, and talk."""
        self.lines.append(line)
        if self._talk:
            self.tasks.append(asyncio.get_running_loop().create_task(self._talk(line)))

    def refuse(self, reason, detail, peer):
        """Note the refusal."""
        self.refusals.append((reason, detail))


@asynccontextmanager
async def served(desk, **settings):
    """A server on a free port of loopback; at the end, nothing of it is left."""
    server = LineServer(AudioSocketSettings(port=0, **settings), desk)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
        for task in desk.tasks:
            task.cancel()
        await asyncio.gather(*desk.tasks, return_exceptions=True)


class Peer:
    """One connection of Asterisk's."""

    def __init__(self, reader, writer):
        self._reader, self.writer = reader, writer
        self._decoder, self._messages = Decoder(65535), []

    @classmethod
    async def connect(cls, port):
        """Connect without a word."""
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    @classmethod
    async def call(cls, port, uuid: UUID | None = None):
        """Connect and say the UUID."""
        peer = await cls.connect(port)
        peer.say(Kind.UUID, (uuid or uuid4()).bytes)
        return peer

    def say(self, kind, payload=b""):
        """Send one message."""
        self.writer.write(encode(Message(kind, payload)))

    async def hear(self):
        """The bot's next message; None when it closed the connection."""
        async with asyncio.timeout(LIMIT):
            while not self._messages:
                try:
                    data = await self._reader.read(65536)
                except ConnectionError:
                    return None
                if not data:
                    return None
                self._messages += self._decoder.feed(data)
        return self._messages.pop(0)

    async def closed(self):
        """Wait until the bot closed, whatever it still said."""
        while await self.hear() is not None:
            pass

    async def leave(self):
        """Close our side."""
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()


async def eventually(true):
    """Wait until the condition holds."""
    async with asyncio.timeout(LIMIT):
        while not true():
            await asyncio.sleep(0.005)
