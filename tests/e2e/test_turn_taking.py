"""Turn-taking on real calls: a real softphone, a real Asterisk, the real bot; services scripted."""

import asyncio
import json
from dataclasses import dataclass

import numpy as np
import pytest

from bot.core.audio import FRAME_SECONDS
from bot.signal.levels import gain
from bot.sip.phone_call import PhoneCall
from bot.sip.wavs import spoken
from tests.e2e.studio import LETTER, SPEECH, Ears, reader, studio
from tests.e2e.test_calls import greeted, now
from tests.nim.fakes import saying, tool

pytestmark = [pytest.mark.asterisk, pytest.mark.real_time, pytest.mark.timeout(180)]

EXPLANATION = " ".join(["आपका आवेदन मिल गया है और उस पर काम चल रहा है"] * 4) + "।"
"""About eleven seconds."""
LONGEST_WORD = len(" आवेदन") * LETTER
QUESTION = "अपना पिन कोड बताइए।"
ECHO_DELAY = 0.14
"""And some ten milliseconds on the way."""
ECHO_DECIBELS = -15.0


def asks_for(name, digits):
    """A model that asks for a number by the tool."""
    arguments = json.dumps({"name": name, "digits": digits, "secret": "false", "say": ""})
    return saying({"content": QUESTION}, tool(0, "collect_number", arguments, "c1"))


def turns(house):
    """What the bot logged of its turns so far."""
    return [row for row in house.bot.lines() if row["event"] == "turn"]


async def says(call, name):
    """
    The caller says this; return when its sound began.

    s04 is one word, and so one utterance: the words are those that the recogniser is told to hear.
    """
    start = now()
    await call.play(spoken(SPEECH / f"kokoro-hf_alpha_{name}.wav", call.rate))
    onset = call.sent.first_sound_after(start)
    assert onset is not None
    return onset


async def heard_whole(call, after):
    """Wait for one thing that the bot says; return how many seconds of sound it was."""
    first = await call.hears(10.0, after=after)
    await call.hears_silence(1.0, 30.0, after=first)
    return FRAME_SECONDS * sum(frame.dbfs > -45.0 for frame in call.received.between(first))


@dataclass
class Microphone:
    """What a telephone sends that is too loud: its loudspeaker, later and weaker, and its owner."""

    call: PhoneCall
    words: bytes = b""
    """What the owner says next."""

    async def sound(self):
        """All that, as it comes."""
        seen = len(self.call.received.frames)
        yield bytes(int(ECHO_DELAY * self.call.rate) * 2)
        while True:
            came = self.call.received.frames[seen:]
            seen += len(came)
            echo = np.frombuffer(b"".join(frame.pcm for frame in came), "<i2")
            size = echo.nbytes
            said, self.words = self.words[:size].ljust(size, b"\0"), self.words[size:]
            yield (echo * gain(ECHO_DECIBELS) + np.frombuffer(said, "<i2")).astype("<i2").tobytes()
            await asyncio.sleep(FRAME_SECONDS / 4)


async def test_a_number_is_collected_by_keys_and_confirmed_without_the_model():
    """Six keys through the exchange, read back, "हाँ": the model is told once, with all digits."""
    ears = Ears("पता बदलना है")
    model = asks_for("pin_code", "6"), saying({"content": "धन्यवाद।"})
    async with studio(*model, ears=ears) as house:
        call = await (await house.phone()).dial("100")
        await greeted(call)
        await says(call, "s04")
        await heard_whole(call, now())
        pressed = now()
        await call.press("110001")
        assert await heard_whole(call, pressed) > 2.0
        ears.words = "हाँ"
        await says(call, "s04")
        await heard_whole(call, now())
        assert house.asked() == ["पता बदलना है", "[pin_code: 110001]"]
        assert await house.metric("voicebot_digits_total") == 6
        read_back = "आपने एक एक शून्य, शून्य शून्य एक बताया। क्या यह सही है?"
        assert house.nim.requests[1]["messages"][-2]["content"] == f"{QUESTION} {read_back}"
        assert turns(house)[2]["said"] == "आपने [NUMBER] बताया। क्या यह सही है?"
        await call.hang_up()


async def test_speech_over_a_long_answer_silences_the_phone_soon():
    """The model is told only the part of its answer that the phone received."""
    async with studio(saying({"content": EXPLANATION}), saying({"content": "जी।"})) as house:
        call = await (await house.phone()).dial("100")
        await greeted(call)
        await says(call, "s04")
        began = await call.hears(5.0)
        await asyncio.sleep(2.0)
        onset = await says(call, "s15")
        silent = call.received.silent_from(onset, 0.5, until=now())
        assert silent is not None, "the bot went on speaking"
        assert silent - onset < 0.6
        await call.hears(10.0)
        said = house.nim.requests[-1]["messages"][-2]["content"]
        assert EXPLANATION.startswith(said)
        assert 0 <= silent - began - len(said) * LETTER < LONGEST_WORD + 0.2
        assert [row["said"] for row in turns(house) if row["cut"]] == [said]
        await call.hang_up()


async def test_a_nod_does_not_stop_an_explanation():
    """A "हाँ" over it: it may pause for a moment, but is said to its end; nobody is asked."""
    ears = Ears()
    async with studio(saying({"content": EXPLANATION}), ears=ears) as house:
        call = await (await house.phone()).dial("100")
        await greeted(call)
        await says(call, "s04")
        began = await call.hears(5.0)
        ears.words = "हाँ"
        await asyncio.sleep(2.0)
        await says(call, "s04")
        assert await heard_whole(call, began) > len(EXPLANATION) * LETTER - 0.2
        await asyncio.sleep(1.0)
        answer = turns(house)[-1]
        assert (answer["cut"], answer["said"]) == (False, EXPLANATION)
        assert house.asked() == ["मेरा बिल"]
        await call.hang_up()


async def answer_into_an_echo(house, key=""):
    """Have words, or a key, answered while the phone sends back what it hears."""
    call = await (await house.phone()).dial("100")
    microphone = Microphone(call)
    sends = asyncio.create_task(call.play_live(microphone.sound()))
    await greeted(call)
    if key:
        await call.press(key)  # no sound is sent meanwhile
    else:
        microphone.words = spoken(SPEECH / "kokoro-hf_alpha_s04.wav", call.rate)
    await heard_whole(call, now())
    await asyncio.sleep(1.0)
    sends.cancel()
    await call.hang_up()


@pytest.mark.parametrize("key", ["", "1"])
async def test_the_bot_is_not_interrupted_by_its_own_echo(key):
    """The phone sends all back, 150 ms later and 15 dB weaker: it is no caller."""
    voice = reader("kokoro-hf_beta_s01", "kokoro-hf_beta_s11")
    async with studio(saying({"content": EXPLANATION}), voice=voice) as house:
        await answer_into_an_echo(house, key)
        assert not any(row["cut"] for row in turns(house))
        assert [row["said"] for row in turns(house)][1:] == [EXPLANATION]


async def test_without_the_echo_guard_it_would_be():
    """What the guard is there for: the same call, and the bot takes its echo for the caller."""
    voice = reader("kokoro-hf_beta_s01", "kokoro-hf_beta_s11")
    off = {"BOT_TURNS__BARGE_IN__ECHO_GUARD": "false"}
    async with studio(saying({"content": EXPLANATION}), voice=voice, bot=off) as house:
        await answer_into_an_echo(house)
        assert any(row["cut"] for row in turns(house))
