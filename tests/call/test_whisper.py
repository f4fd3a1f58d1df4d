"""What an agent is told about a call, and what they make of it."""

import asyncio

import pytest

from bot.call.phrasebook import Phrasebook
from bot.call.whisper import Whisper, summary
from bot.config_transfer import WhisperSettings
from bot.core.errors import ServiceUnavailable
from bot.core.events import Digit
from bot.core.ports import Message, Speech, ToolCall

SECOND = bytes(16_000)


class AgentLine:
    """A phone that was picked up: presses keys at their times, and hangs up when told."""

    rate = 8000

    def __init__(self, *keys, leaves=None):
        self.keys, self.leaves, self.frames = keys, leaves, 0

    async def events(self):
        """The keys, then nothing, until it hangs up."""
        began = asyncio.get_running_loop().time()
        for at, key in self.keys:
            await asyncio.sleep(began + at - asyncio.get_running_loop().time())
            yield Digit(key)
        await asyncio.sleep(1000 if self.leaves is None else self.leaves)

    def send(self, frame):
        """Count them."""
        self.frames += 1

    async def close(self):
        """Nothing to close."""


class Voice:
    """A synthesizer whose sentences last a second."""

    def __init__(self, error=None):
        self.said, self.error = [], error

    def warm(self):
        """Is warm."""

    async def speech(self, sentence):
        """One second."""
        self.said.append(sentence)
        if self.error:
            raise self.error
        yield Speech(SECOND)


async def told(line, voice=None, **settings):
    """What the agent on this line makes of it, and after how many seconds."""
    book = Phrasebook({}, lexicon=None)
    loop = asyncio.get_running_loop()
    began = loop.time()
    whisper = Whisper(line, voice or Voice(), book, WhisperSettings(**settings), "बिल।")
    return await whisper.run(), round(loop.time() - began, 1)


@pytest.mark.parametrize(("key", "takes"), [("1", True), ("2", False), ("#", False), ("0", False)])
async def test_only_the_key_that_is_named_takes_the_call(key, takes):
    """At once, in the middle of a word."""
    assert await told(AgentLine((0.4, key))) == (takes, 0.4)


async def test_an_agent_who_hangs_up_refuses():
    """The caller goes back."""
    assert await told(AgentLine(leaves=0.7)) == (False, 0.7)


async def test_it_is_said_twice_and_then_counts_as_refused():
    """Two seconds of words, two pauses; frames go out all the time."""
    line, voice = AgentLine(), Voice()
    assert await told(line, voice, times=2, pause=3.0) == (False, 8.0)
    assert voice.said == ["नमस्ते। बिल। कॉल लेने के लिए एक दबाइए।"] * 2
    assert line.frames == pytest.approx(400, abs=2)


async def test_it_never_takes_longer_than_it_may():
    """Whatever the words are."""
    assert await told(AgentLine(), times=5, pause=20.0, longest=5.0) == (False, 5.0)


async def test_without_a_voice_nobody_has_decided():
    """The dialplan asks instead."""
    verdict, _ = await told(AgentLine(), Voice(ServiceUnavailable("tts", "gone")))
    assert verdict is None


HISTORY = (
    Message("assistant", "नमस्ते!"),
    Message("user", "मेरा बिल ज़्यादा आया है"),
    Message("assistant", "जी।"),
    Message("user", "मेरा नंबर 9876543210 है"),
)


@pytest.mark.parametrize(
    ("reason", "history", "expected"),
    [
        ("बिल समझना है", HISTORY, "बिल समझना है।"),
        ("", HISTORY, "कॉल करने वाले ने कहा, मेरा बिल ज़्यादा आया है, मेरा नंबर [PHONE] है।"),
        ("", HISTORY[:1], "कॉल करने वाले ने अभी कुछ नहीं बताया।"),
        ("फ़ोन 9876543210 का बिल।", (), "फ़ोन [PHONE] का बिल।"),
        ("क " * 400, (), None),
    ],
)
def test_the_summary_is_the_models_or_the_callers_words_without_their_numbers(
    reason, history, expected
):
    """And never longer than half a minute."""
    wish = ToolCall("transfer", {"reason": reason}) if reason else None
    about = summary(wish, history, WhisperSettings())
    assert len(about) <= 301
    assert expected is None or about == expected


def test_numbers_stay_where_the_settings_say_so():
    """An agent who has to call back may need them."""
    wish = ToolCall("transfer", {"reason": "9876543210 पर फ़ोन करना है।"})
    assert "9876543210" in summary(wish, (), WhisperSettings(masked=False))
