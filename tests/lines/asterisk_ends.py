"""Asterisk's end of AudioSocket and of chan_websocket."""

import json

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.uri import parse_uri

from bot.asterisk.audiosocket import Decoder, Kind, Message, encode
from tests.lines.far_end import FarEnd

RATES = {8000: (Kind.AUDIO_8K, "slin"), 16000: (Kind.AUDIO_16K, "slin16")}
NOISE = b"\x77\xff" + bytes(range(256)) * 8


class AudioSocketEnd(FarEnd):
    """res_audiosocket.c."""

    async def introduce(self, uuid, rate):
        """The UUID's message."""
        self._decoder, self._kind, self._uuid = Decoder(65535), RATES[rate][0], uuid
        self.say(encode(Message(Kind.UUID, uuid.bytes)))

    def sound(self, pcm):
        """One message of sound."""
        return encode(Message(self._kind, pcm))

    def key(self, digit):
        """One message of DTMF."""
        return encode(Message(Kind.DTMF, digit.encode()))

    def wrong(self, what):
        """What Asterisk would never say."""
        other = Kind.AUDIO_8K if self._kind is Kind.AUDIO_16K else Kind.AUDIO_16K
        return {
            "noise": NOISE,
            "oversized": b"\x10\xff\xff",
            "half a sample": encode(Message(self._kind, bytes(321))),
            "no such key": encode(Message(Kind.DTMF, b"X")),
            "hello again": encode(Message(Kind.UUID, self._uuid.bytes)),
            "another rate": encode(Message(other, bytes(320))),
        }[what]

    def understand(self, data):
        """Sound and the message 0x00."""
        messages = self._decoder.feed(data)
        assert {message.kind for message in messages} <= {Kind.HANGUP, self._kind}
        return [message.payload for message in messages]

    def hang_up(self):
        """Asterisk ends a call by closing TCP."""
        self.writer.close()


class WebSocketEnd(FarEnd):
    """chan_websocket.c as a client, with the option f(json)."""

    async def introduce(self, uuid, rate):
        """The handshake, then MEDIA_START."""
        self._protocol = ClientProtocol(
            parse_uri(f"ws://127.0.0.1/calls/{uuid}"), subprotocols=["media"]
        )
        self._protocol.send_request(self._protocol.connect())
        self._flush()
        self._rate = rate
        while self._protocol.state.name == "CONNECTING":
            data = await self._reader.read(65536)
            if not data:
                return
            self._heard += self.understand(data)
        self.say(self.start(rate))

    def start(self, rate):
        """The message MEDIA_START."""
        return self.event("MEDIA_START", format=RATES[rate][1], optimal_frame_size=rate // 25)

    def event(self, name, **fields):
        """A text message."""
        self._protocol.send_text(json.dumps({"event": name, **fields}).encode())
        return b"".join(self._protocol.data_to_send())

    def sound(self, pcm):
        """One binary message."""
        self._protocol.send_binary(pcm)
        return b"".join(self._protocol.data_to_send())

    def key(self, digit):
        """The event DTMF_END."""
        return self.event("DTMF_END", channel_id="1.2", digit=digit)

    def wrong(self, what):
        """What Asterisk would never say."""
        return {
            "noise": lambda: NOISE,
            "oversized": lambda: self.sound(bytes(65535)),
            "half a sample": lambda: self.sound(bytes(321)),
            "no such key": lambda: self.key("X"),
            "hello again": lambda: self.start(self._rate),
            "another rate": lambda: self.start(24000 - self._rate),
        }[what]()

    def understand(self, data):
        """Binary messages, and the close frame."""
        self._protocol.receive_data(data)
        frames = [one for one in self._protocol.events_received() if isinstance(one, Frame)]
        self._flush()
        assert all(
            json.loads(one.data) == {"command": "GET_STATUS"}
            for one in frames
            if one.opcode is Opcode.TEXT
        )
        return [
            bytes(one.data) if one.opcode is Opcode.BINARY else b""
            for one in frames
            if one.opcode in (Opcode.BINARY, Opcode.CLOSE)
        ]

    def hang_up(self):
        """Asterisk sends a close frame and closes TCP."""
        if self._protocol.state.name == "OPEN":
            self._protocol.send_close(1000)
            self._flush()
        self.writer.close()

    def _flush(self):
        data = b"".join(self._protocol.data_to_send())
        if data and not self.writer.is_closing():
            self.writer.write(data)
