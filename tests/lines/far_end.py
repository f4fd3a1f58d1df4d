"""
The other end of a line, in words that every line understands.

A line joins the contract by one subclass of `FarEnd` and one `House` in conftest.py.
"""

import asyncio
import ssl
from abc import ABC, abstractmethod
from contextlib import suppress

LIMIT = 20.0
LENGTH = 4
WRONG = ("noise", "oversized", "half a sample", "no such key", "hello again", "another rate")
"""What a broken or hostile peer may say; each line has its own words for it."""


class FarEnd(ABC):
    """One connection, from the side of the telephone exchange or the client."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self.writer = reader, writer
        self._heard: list[bytes] = []

    @abstractmethod
    async def introduce(self, uuid, rate) -> None:
        """Say which call it is, and be ready for sound."""

    @abstractmethod
    def sound(self, pcm) -> bytes:
        """The bytes of a piece of sound, to be given to `say`."""

    @abstractmethod
    def key(self, digit) -> bytes:
        """The bytes of a key."""

    @abstractmethod
    def wrong(self, what) -> bytes:
        """The bytes of one of `WRONG`."""

    @abstractmethod
    def understand(self, data) -> list[bytes]:
        """The pieces of sound in received bytes; b"" where the bot says goodbye."""

    @abstractmethod
    def hang_up(self) -> None:
        """Leave as a caller's hang-up does."""

    def say(self, data) -> None:
        """Send bytes."""
        self.writer.write(data)

    async def hears(self):
        """The next piece of sound; b"" when the bot says goodbye, None when it closed."""
        async with asyncio.timeout(LIMIT):
            while not self._heard:
                try:
                    data = await self._reader.read(65536)
                except ConnectionError:
                    return None
                if not data:
                    return None
                self._heard += self.understand(data)
        return self._heard.pop(0)

    async def closed(self):
        """Wait until the bot closed, whatever it still said."""
        while await self.hears() is not None:
            pass

    def stop_reading(self):
        """Take no more bytes."""
        self.writer.transport.pause_reading()

    def read_on(self):
        """Take bytes again."""
        self.writer.transport.resume_reading()

    def vanish(self):
        """Be gone without a word: the connection is reset."""
        self.writer.transport.abort()

    async def gone(self):
        """Close our side."""
        self.writer.close()
        with suppress(ConnectionError, ssl.SSLError):
            await self.writer.wait_closed()


def framed(data) -> bytes:
    """One message with its length before it: the bytes by which `say` of a `MessageEnd` cuts."""
    return len(data).to_bytes(LENGTH, "big") + data


class MessageEnd(FarEnd):
    """
    An end of a line that carries messages, not bytes (gRPC, RTP).

    The contract's bytes are framed messages; `_waits` is what makes no whole one yet.
    """

    def __init__(self) -> None:
        self._waits = b""

    @abstractmethod
    def say_message(self, data) -> None:
        """Send one message."""

    def say(self, data) -> None:
        """Send the messages in these bytes; what makes no whole one waits for the rest."""
        self._waits += data
        while len(self._waits) >= LENGTH:
            end = LENGTH + int.from_bytes(self._waits[:LENGTH], "big")
            if len(self._waits) < end:
                return
            self.say_message(self._waits[LENGTH:end])
            self._waits = self._waits[end:]
