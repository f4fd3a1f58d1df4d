"""
`voicebot mic`: one conversation with a gateway, by microphone or by script.

With WAV files or keys it needs no sound card: it waits until the bot has spoken, says the next
file, presses the keys when all is said, and hangs up after the last answer.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, nullcontext, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Final, Literal

from bot.core.audio import FRAME_SECONDS, NARROWBAND, WIDEBAND, frame_bytes
from bot.gateway.client import ClientTls, Conversation, GatewayClient, GatewayError
from bot.gateway.sound_card import PortAudio, SoundCard, port_audio
from bot.gateway.wavs import frames_of, write_stereo
from bot.gateway.wire import voice_workflow_pb2 as pb

Coding = Literal["opus", "linear16", "mulaw", "alaw"]
CODINGS: Final[dict[Coding, tuple[pb.Encoding, int]]] = {
    "opus": (pb.ENCODING_OPUS, WIDEBAND),
    "linear16": (pb.ENCODING_LINEAR16, WIDEBAND),
    "mulaw": (pb.ENCODING_MULAW, NARROWBAND),
    "alaw": (pb.ENCODING_ALAW, NARROWBAND),
}
HUSHED: Final = (pb.BargeIn.STATE_HUSHED, pb.BargeIn.STATE_INTERRUPTED)
GOODBYE = 3.0
"""Seconds for the last events, once we have hung up."""


@dataclass(frozen=True, slots=True)
class MicOptions:
    """What to do in the conversation."""

    address: str
    """host:port of the gateway."""
    token: str = field(default="", repr=False)
    tls: ClientTls | None = None
    codec: Coding = "opus"
    profile: str = ""
    caller: str = "microphone"
    wavs: tuple[Path, ...] = ()
    """Said in turn (mono, 16 bits, any rate), in the place of a microphone."""
    dtmf: str = ""
    """Keys to press when all is said; there is no microphone then, either."""
    record: Path | None = None
    """Where to write the conversation: stereo, we left, the bot right."""
    seconds: float = 300.0
    """How long it may last."""
    microphone: str | None = None
    loudspeaker: str | None = None

    @property
    def scripted(self) -> bool:
        """Whether it needs no sound card."""
        return bool(self.wavs or self.dtmf)


@dataclass(slots=True)
class MicReport:
    """How it went."""

    call_id: str
    said: int = 0
    """How many files were said to their end."""
    turns: int = 0
    """How often the bot spoke."""
    lost: int = 0
    """Frames of the bot's that did not come."""
    ending: str = ""
    seconds: float = 0.0


async def talk(
    options: MicOptions, show: Callable[[str], None], audio: PortAudio | None = None
) -> MicReport:
    """
    Hold the conversation; `show` gets a line for each thing said. `audio`: the sound card's module.

    Raise GatewayError where the gateway refuses or is lost, ConfigError for options that can't be.
    """
    encoding, rate = CODINGS[options.codec]
    script = [frames_of(path, rate) for path in options.wavs]
    card = None if options.scripted else _card(options, rate, audio or port_audio())
    wanted = pb.AudioFormat(encoding=encoding, sample_rate_hz=rate)
    async with (
        GatewayClient(options.address, options.token, options.tls) as client,
        client.converse(wanted, options.profile, options.caller) as conversation,
    ):
        party = _Party(conversation, show, card)
        lines = party.microphone() if card else party.script(script, options.dtmf)
        try:
            with card.open() if card else nullcontext(), suppress(TimeoutError):
                async with asyncio.timeout(options.seconds):
                    await party.talk(lines)
            await party.part()
        finally:
            if options.record is not None:
                write_stereo(options.record, rate, party.ours, party.theirs)
    return party.report


def _card(options: MicOptions, rate: int, audio: PortAudio) -> SoundCard:
    return SoundCard(audio, rate, options.microphone, options.loudspeaker)


class _Party:
    """
    Our side of a conversation.

    `ours` and `theirs` are the frames of both sides from the beginning on; `_our_turn` is set when
    the bot has spoken.
    """

    def __init__(
        self, conversation: Conversation, show: Callable[[str], None], card: SoundCard | None
    ) -> None:
        self.report = MicReport(conversation.call_id)
        self.ours: list[bytes] = []
        self.theirs: list[bytes] = []
        self._conversation = conversation
        self._show = show
        self._card = card
        self._silence = bytes(frame_bytes(conversation.rate))
        self._our_turn = asyncio.Event()

    async def talk(self, frames: AsyncGenerator[bytes, None]) -> None:
        """Send the frames and take what comes, until the conversation is over."""
        try:
            async with asyncio.TaskGroup() as group:
                speaking = group.create_task(self._speak(frames))
                await self._listen()
                speaking.cancel()
        except* GatewayError as errors:
            raise errors.exceptions[0] from None

    async def part(self) -> None:
        """Hang up, where nobody has, and take what still comes."""
        if self._conversation.ended is None:
            await self._conversation.hang_up()
            with suppress(TimeoutError):
                async with asyncio.timeout(GOODBYE):
                    await self._listen()

    # What we say.

    async def microphone(self) -> AsyncGenerator[bytes, None]:
        """Yield what the microphone records."""
        assert self._card is not None, "there is no sound card"
        async for frame in self._card.frames():
            yield frame

    async def script(self, files: list[list[bytes]], keys: str) -> AsyncGenerator[bytes, None]:
        """Yield a frame every 20 ms: silence, and each file when it is our turn."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        frames = self._lines(files, keys)
        for number in count(1):
            frame = await anext(frames, None)
            if frame is None:
                return
            yield frame
            await asyncio.sleep(max(0.0, began + number * FRAME_SECONDS - loop.time()))

    async def _lines(self, files: list[list[bytes]], keys: str) -> AsyncGenerator[bytes, None]:
        for frames in files:
            while not self._our_turn.is_set():
                yield self._silence
            for frame in frames:
                yield frame
            self.report.said += 1
            self._our_turn.clear()
        if keys:
            while not self._our_turn.is_set():
                yield self._silence
            self._our_turn.clear()
            await self._conversation.press(keys)
        while not self._our_turn.is_set():
            yield self._silence

    async def _speak(self, frames: AsyncGenerator[bytes, None]) -> None:
        async with aclosing(frames):
            async for frame in frames:
                self.ours.append(frame)
                await self._conversation.say(frame)
        await self._conversation.hang_up()

    # What we hear.

    async def _listen(self) -> None:
        async for response in self._conversation.events():
            match response.WhichOneof("response"):
                case "audio":
                    self._hear(response.audio)
                case "transcript" if response.transcript.is_final:
                    self._show(f"you: {response.transcript.text}")
                case "bot_text":
                    self._show(f"bot: {response.bot_text.text}")
                case "barge_in" if response.barge_in.state in HUSHED and self._card:
                    self._card.speaker.clear()
                case "turn_ended":
                    self.report.turns += 1
                    self._our_turn.set()
                case "ended":
                    name = pb.Ending.Name(response.ended.ending)
                    self.report.ending = name.removeprefix("ENDING_").lower()
                    self.report.seconds = response.ended.seconds

    def _hear(self, audio: pb.Audio) -> None:
        """Keep and play a frame; what was dropped before it is silence."""
        missing = max(0, audio.sequence - 1 - len(self.theirs))
        self.report.lost += missing
        self.theirs += [self._silence] * missing
        pcm = self._conversation.heard(audio)
        self.theirs.append(pcm)
        if self._card is not None:
            self._card.speaker.put(pcm)
