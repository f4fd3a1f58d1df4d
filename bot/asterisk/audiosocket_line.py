"""A line over AudioSocket: a message of the wire is sound, a key or the end of the call."""

from bot.asterisk.audiosocket import HANGUP, RATES, Decoder, Kind, Message, audio_header, call_id
from bot.asterisk.audiosocket import key as digit_key
from bot.asterisk.connection import Connection
from bot.asterisk.line import Desk, Line
from bot.config import AudioSocketSettings
from bot.core.errors import ProtocolError
from bot.core.events import Audio, Digit


class AudioSocketLine(Line):
    """One AudioSocket connection."""

    def _header_of(self, length: int) -> bytes:
        return audio_header(self.rate, length)

    def _say_goodbye(self) -> None:
        self._transport.write(HANGUP)
        self._transport.write_eof()


class AudioSocketConnection(Connection):
    """Reads AudioSocket: first a UUID, then sound and keys."""

    def __init__(self, desk: Desk, settings: AudioSocketSettings, all_: set[Connection]) -> None:
        super().__init__(desk, settings, all_)
        self._decoder = Decoder(settings.max_frame_bytes)

    def _feed(self, data: memoryview) -> None:
        for message in self._decoder.feed(data):
            self._take(message)

    def _take(self, message: Message) -> None:
        if self._line is None:
            if message.kind is not Kind.UUID:
                raise ProtocolError(f"the first message is 0x{message.kind:02x}, not a UUID")
            self._greet(call_id(message), lambda ticket: AudioSocketLine(ticket, self._transport))
        elif message.kind in RATES:
            self._check(RATES[message.kind])
            if len(message.payload) % 2:
                raise ProtocolError(f"{len(message.payload)} bytes of sound: samples have two")
            if message.payload:
                self._line.received(Audio(message.payload))
        elif message.kind is Kind.DTMF:
            self._line.received(Digit(digit_key(message)))
        elif message.kind in (Kind.HANGUP, Kind.ERROR):
            self._transport.close()
        else:
            raise ProtocolError("a second UUID")
