"""`voicebot mic`: by script against a whole bot, and by a sound card that a test can hold."""

import asyncio
import sys
import wave
from contextlib import contextmanager, suppress
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest

from bot.cli import main
from bot.core.errors import ConfigError
from bot.core.ports import ToolCall
from bot.gateway.client import GatewayError
from bot.gateway.mic import MicOptions, talk
from bot.gateway.sound_card import HEARD_FRAMES, SoundCard, port_audio
from bot.gateway.speaker import MOST_FRAMES, PREFILL_FRAMES, PlayBuffer
from tests.gateway.bots import (
    ANSWER,
    WORDS,
    conversing,
    eventually,
    hearing,
    loud,
    running,
    to_the_end,
)

SPEECH = Path(__file__).parents[1] / "speech/kokoro-hf_alpha_s01.wav"


def options(bot, **more):
    """What to do in a conversation with this bot."""
    return MicOptions(f"127.0.0.1:{bot.gateway.port}", seconds=20, **more)


@pytest.mark.real_time
@pytest.mark.parametrize("codec", ["opus", "mulaw"])
async def test_a_conversation_by_script(codec, tmp_path):
    """Greeting, a WAV file, its answer, keys, theirs; and both sides are in the recording."""
    record, shown = tmp_path / "call.wav", []
    async with running(ANSWER, "धन्यवाद।", listens=hearing) as bot:
        wanted = options(bot, codec=codec, wavs=(SPEECH,), dtmf="12#", record=record)
        report = await talk(wanted, shown.append)
        assert (report.said, report.ending, report.lost) == (1, "caller_left", 0)
        assert report.turns >= 3
        asked = [m.content for m in bot.dialogue.chat.asked[0] if m.role == "user"]
        assert asked == [WORDS]
    assert shown.index(f"you: {WORDS}") < shown.index(f"bot: {ANSWER}")
    assert shown[-1] == "bot: धन्यवाद।"
    with wave.open(str(record)) as file:
        assert file.getnchannels() == 2
        both = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
        rate = file.getframerate()
    ours, theirs = (
        [key for key, _ in groupby(loud(side[at : at + rate // 2].tobytes())
                                   for at in range(0, len(side), rate // 2))]
        for side in (both[:, 0], both[:, 1])
    )  # fmt: skip
    assert ours[0] is False and True in ours
    assert theirs[0] is True


@pytest.mark.real_time
async def test_the_bot_may_hang_up_first(tmp_path):
    """Then the rest of the script is not said."""
    end = ["नमस्ते।", ToolCall("hang_up")]
    async with running(end, listens=hearing) as bot:
        report = await talk(options(bot, wavs=(SPEECH, SPEECH)), str)
        assert (report.said, report.ending) == (1, "hang_up")


@pytest.mark.real_time
async def test_a_gateway_that_is_not_there_is_a_clear_error():
    """Not a group of errors, and not a trace."""
    with pytest.raises(GatewayError, match="UNAVAILABLE"):
        await talk(MicOptions("127.0.0.1:1", dtmf="1"), str)


@pytest.mark.real_time
async def test_the_command(capsys, tmp_path, monkeypatch):
    """A check, then a conversation; the token comes from a file."""
    token = "kiosk-token-0123456789"
    (tmp_path / "token").write_text(token + "\n")
    async with running(gateway={"tokens": {"kiosk": token}}) as bot:
        address = f"127.0.0.1:{bot.gateway.port}"
        words = ["mic", address, "--codec", "alaw", "--dtmf", "1#", "--seconds", "20"]
        assert await asyncio.to_thread(main, ["mic", address, "--check"]) == 0
        assert await asyncio.to_thread(main, words) == 1
        words += ["--token-file", str(tmp_path / "token")]
        assert await asyncio.to_thread(main, words) == 0
    out, error = capsys.readouterr()
    assert f"{address} takes calls" in out and f"bot: {ANSWER}" in out
    assert "end: caller_left" in out
    assert "voicebot: gateway: UNAUTHENTICATED" in error


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--wav", "none.wav"], "none.wav: not a WAV file"),
        (["--wav", __file__], "not a WAV file"),
        (["--dtmf", "1", "--ca", "x.pem"], "--ca: only with --tls"),
        (["--dtmf", "1", "--tls", "--cert", "x.pem"], "--cert and --key"),
        (["--dtmf", "1", "--tls", "--ca", "none.pem"], "none.pem: cannot be read"),
        (["--dtmf", "1", "--token-file", "none"], "--token-file none: cannot be read"),
    ],
)
def test_words_that_cannot_be_meant_so_are_named(words, complaint, capsys):
    """With exit code 2, before anything is sent."""
    assert main(["mic", "127.0.0.1:1", *words]) == 2
    assert complaint in capsys.readouterr().err


class FakeSound:
    """The module `sounddevice` with a microphone and a loudspeaker that a test holds."""

    PortAudioError = OSError

    def __init__(self, fails=False):
        self.fails = fails
        self.streams = {}

    @contextmanager
    def _stream(self, name, options):
        if self.fails:
            raise self.PortAudioError("Invalid device")
        self.streams[name] = options
        yield
        del self.streams[name]

    def RawInputStream(self, **options):
        return self._stream("in", options)

    def RawOutputStream(self, **options):
        return self._stream("out", options)

    def record(self, pcm):
        """The sound card has recorded this."""
        self.streams["in"]["callback"](pcm, len(pcm) // 2, None, None)

    def play(self, size=640):
        """What the sound card plays now."""
        data = bytearray(size)
        self.streams["out"]["callback"](data, size // 2, None, None)
        return bytes(data)


@pytest.mark.real_time
async def test_a_conversation_by_microphone():
    """The greeting is played; what is recorded is heard; the bot's answer is played."""
    sound, shown = FakeSound(), []
    async with running([ANSWER, ToolCall("hang_up")], listens=hearing) as bot:
        talking = asyncio.create_task(talk(options(bot), shown.append, sound))
        await eventually(lambda: sound.streams)
        frame = (np.sin(np.arange(320) / 6) * 9000).astype("<i2").tobytes()
        greeted = False
        for _ in range(100):
            greeted = loud(sound.play()) or greeted
            await asyncio.sleep(0.02)
        for number in range(1000):
            if talking.done():
                break
            sound.record(frame if number < 50 else bytes(640))
            sound.play()
            await asyncio.sleep(0.02)
        report = await talking
    assert greeted
    assert (report.ending, sound.streams) == ("hang_up", {})
    assert f"you: {WORDS}" in shown and f"bot: {ANSWER}" in shown


async def test_a_device_that_is_not_there_is_named_with_the_remedy():
    """And no trace of PortAudio's."""
    card = SoundCard(FakeSound(fails=True), 16_000, "3", "usb")
    with pytest.raises(ConfigError, match="Invalid device; `voicebot mic --devices`"), card.open():
        pass


async def test_a_microphone_that_nobody_listens_to_keeps_the_newest_sound():
    """Half a second of it; half frames are none."""
    sound = FakeSound()
    card = SoundCard(sound, 8000, None, None)
    with card.open():
        for number in range(HEARD_FRAMES + 5):
            sound.record(bytes([number]) * 320)
        sound.record(b"half")
        await asyncio.sleep(0)
        first = await anext(card.frames())
    assert (first[0], card.dropped) == (5, 5)


def test_without_sounddevice_the_remedy_is_named(monkeypatch):
    """The extra, or a WAV file."""
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(ConfigError, match=r"voicebot\[mic\].*--wav FILE"):
        port_audio()


def frames(*numbers):
    """Frames of 8 kHz, each of one byte."""
    return [bytes([number]) * 320 for number in numbers]


def test_the_loudspeaker_waits_for_a_little_sound_before_it_plays():
    """And again after it ran dry."""
    buffer = PlayBuffer(8000)
    for number in range(1, PREFILL_FRAMES):
        buffer.put(frames(number)[0])
        assert buffer.take(320) == bytes(320)
    buffer.put(frames(PREFILL_FRAMES)[0])
    assert [buffer.take(320)[0] for _ in range(4)] == [1, 2, 3, 0]
    assert buffer.missed == 1
    buffer.put(frames(9)[0])
    assert buffer.take(320) == bytes(320)


def test_a_late_loudspeaker_leaves_out_silence_and_at_last_the_oldest_sound():
    """What waits is bounded, and a barge-in empties it."""
    buffer = PlayBuffer(8000)
    for frame in frames(*[1] * 7, 0, 0, 2):
        buffer.put(frame)
    assert [buffer.take(320)[0] for _ in range(9)] == [1] * 7 + [2, 0]
    for frame in frames(*range(1, MOST_FRAMES + 11)):
        buffer.put(frame)
    assert buffer.take(320)[0] == 11
    buffer.clear()
    assert buffer.take(320) == bytes(320)


@pytest.mark.real_time
async def test_a_conversation_that_lasts_too_long_is_hung_up(tmp_path):
    """As by a caller: the bot's last events still come, and the recording is there."""
    async with running(ANSWER) as bot:
        record = tmp_path / "call.wav"
        wanted = MicOptions(f"127.0.0.1:{bot.gateway.port}", dtmf="1", seconds=1.0, record=record)
        report = await talk(wanted, str)
        assert report.ending == "caller_left"
        assert record.stat().st_size > 16_000 * 4 * 0.8
        assert b'voicebot_calls_total{ending="caller_left"} 1.0' in bot.metrics.page()


@pytest.mark.real_time
async def test_who_is_cancelled_while_speaking_or_listening_ends_no_conversation():
    """A client may put a time limit on each wait."""
    async with running() as bot, conversing(bot) as conversation:
        for _ in range(20):
            with suppress(TimeoutError):
                async with asyncio.timeout(0.005):
                    await conversation.say(bytes(320))
                    async for _response in conversation.events():
                        pass
        await conversation.hang_up()
        assert (await to_the_end(conversation))[-1].HasField("ended")
