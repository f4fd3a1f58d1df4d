"""Whole calls: a real softphone, a real Asterisk, the real bot; Riva and NIM scripted."""

import asyncio
import signal
import wave
from pathlib import Path

import pytest

from bot.signal.whole import resample_whole
from bot.sip.phone_call import Ending
from tests.e2e.studio import pitch, studio
from tests.nim.fakes import saying, tool

pytestmark = [pytest.mark.asterisk, pytest.mark.real_time, pytest.mark.timeout(180)]

SPEECH = Path(__file__).parent.parent / "speech"
LONG = "यह एक बहुत लंबा उत्तर है जो बीच में रोका जाएगा " * 4 + "।"


def speech(rate, name="kokoro-hf_alpha_s01"):
    """A Hindi sentence at the call's rate."""
    with wave.open(str(SPEECH / f"{name}.wav")) as file:
        return resample_whole(file.readframes(file.getnframes()), file.getframerate(), rate)


def now():
    """The loop's time, which is that of the recordings."""
    return asyncio.get_running_loop().time()


async def greeted(call):
    """Wait for the whole greeting; return how long after the answer it began."""
    first = await call.hears(10.0, after=call.answered_at)
    await call.hears_silence(0.5, 20.0)
    return first - call.answered_at


async def gone(house):
    """Wait until neither Asterisk nor the bot has a call."""
    try:
        async with asyncio.timeout(15.0):
            while house.pbx.channels() or await house.metric("voicebot_calls_active"):
                await asyncio.sleep(0.1)
    except TimeoutError:
        left = house.pbx.cli("core show channels verbose")
        calls = await house.metric("voicebot_calls_active")
        raise AssertionError(
            f"still there: {calls} calls of the bot, of Asterisk: {left}"
        ) from None


async def gone_from_asterisk(house):
    """Wait until Asterisk has no call; for when the bot is not there to be asked."""
    async with asyncio.timeout(15.0):
        while house.pbx.channels():
            await asyncio.sleep(0.1)


async def whistling(call):
    """Wait until the person is heard."""
    async with asyncio.timeout(40.0):
        while abs(pitch(call.received.pcm(now() - 0.5, now()), call.rate) - 1400) > 15:
            await asyncio.sleep(0.1)


@pytest.mark.parametrize(
    ("codec", "rate", "hertz"),
    [("PCMA", 8000, 700.0), ("PCMU", 8000, 700.0), ("G722", 16000, 5500.0)],
)
async def test_a_caller_is_greeted_within_a_second_speaks_and_is_answered(codec, rate, hertz):
    """All codecs; in wideband the phone hears 5.5 kHz, which no narrowband call carries."""
    async with studio(saying({"content": "आपका बिल पाँच सौ रुपये है।"}), hertz=hertz) as house:
        phone = await house.phone()
        call = await phone.dial("100", codec)
        assert call.rate == rate
        assert await greeted(call) < 1.0
        await call.play(speech(rate))
        said = now()
        first = await call.hears(10.0, after=said)
        await call.hears_silence(0.5, 20.0)
        answer = call.received.pcm(first + 0.1, first + 0.6)
        assert pitch(answer, rate) == pytest.approx(hertz, abs=10)
        assert house.asked() == ["मेरा बिल"]
        gaps = call.received.gaps(call.answered_at + 0.5, now() - 0.1)
        assert max(gaps) < 0.2
        await call.hang_up()
        await gone(house)
        ended = await house.bot.logs("call ended")
        assert (ended["ending"], ended["dropped_out"]) == ("caller_left", 0)
        assert len(house.recognition.streams) == 1
        assert house.recognition.streams[0].cancelled or house.recognition.streams[0].ended.is_set()


async def test_each_key_arrives_once_and_in_order():
    """Keys by RFC 4733 are answered one by one."""
    async with studio() as house:
        call = await (await house.phone()).dial("100")
        await greeted(call)
        for key in "12#":
            await call.press(key)
            await call.hears(5.0)
            await call.hears_silence(0.3, 10.0)
        assert house.asked() == ["[keys: 1]", "[keys: 2]", "[keys: #]"]
        assert await house.metric("voicebot_digits_total") == 3
        await call.hang_up()


async def test_barge_in_silences_the_phone():
    """The caller speaks over a long answer: the phone falls silent and stays so."""
    async with studio(saying({"content": LONG}), saying({"content": "जी।"})) as house:
        call = await (await house.phone()).dial("100")
        await greeted(call)
        await call.press("1")
        await call.hears(5.0)
        await asyncio.sleep(1.0)
        start = now()
        await call.play(speech(call.rate, "kokoro-hf_alpha_s22"))
        onset = call.sent.first_sound_after(start)
        silent = call.received.silent_from(onset, 0.5, until=now())
        assert silent is not None, "the bot went on speaking"
        assert silent - onset < 1.0
        await call.hears(10.0)
        turns = [row for row in house.bot.lines() if row["event"] == "turn"]
        cut = next(row for row in turns if row["cut"])
        assert 0 <= cut["intervals"]["silencing"] < 0.1
        assert 0 < len(cut["said"]) < len(LONG) / 2
        history = house.nim.requests[1]["messages"]
        assert history[-2]["content"] == cut["said"]
        await call.hang_up()


async def test_the_bot_hangs_up_when_the_model_asks_for_it():
    """The goodbye is heard to its end, then the phone is told that the call is over."""
    goodbye = saying({"content": "धन्यवाद, नमस्ते।"}, tool(0, "hang_up", "{}", "c1"))
    async with studio(goodbye) as house:
        call = await (await house.phone()).dial("100")
        await greeted(call)
        pressed = now()
        await call.press("0")
        assert await call.ended(15.0) is Ending.THEY
        first = call.received.first_sound_after(pressed)
        last = call.received.last_sound_before(now())
        assert last - first == pytest.approx(len("धन्यवाद, नमस्ते।") * 0.06, abs=0.15)
        await gone(house)
        assert (await house.bot.logs("call ended"))["ending"] == "hang_up"


async def test_the_bot_hands_the_caller_to_a_person():
    """The model asks for a transfer: the caller stays on the line and hears the person."""
    wish = saying({"content": "जी, जोड़ रही हूँ।"}, tool(0, "transfer", "{}", "c1"))
    async with studio(wish) as house:
        call = await (await house.phone()).dial("100")
        await greeted(call)
        await call.press("9")
        await whistling(call)
        await call.hang_up()
        await gone(house)


async def test_a_bot_killed_in_mid_call_leaves_the_caller_to_the_fallback():
    """kill -9: the caller is still on the line, hears the apology and gets to a person."""
    async with studio() as house:
        call = await (await house.phone()).dial("100")
        await greeted(call)
        await house.bot.stop(signal.SIGKILL)
        killed = now()
        first = await call.hears(10.0, after=killed)
        assert first - killed < 5.0
        await whistling(call)
        await call.hang_up()
        await gone_from_asterisk(house)


async def test_with_the_bot_down_the_caller_hears_the_apology():
    """Nobody answers the registration: an apology and then a person, never dead air."""
    async with studio() as house:
        await house.bot.stop()
        call = await (await house.phone()).dial("100")
        first = await call.hears(10.0, after=call.answered_at)
        assert first - call.answered_at < 2.0
        await whistling(call)
        await call.hang_up()
        await gone_from_asterisk(house)


async def test_without_riva_recordings_speak_and_a_person_takes_over():
    """Neither hearing nor a voice: the caller is told so in a recorded voice, and handed on."""
    nobody = {"BOT_RIVA__URI": "127.0.0.1:9", "BOT_RIVA__ASR__RECONNECTS": "1"}
    async with studio(bot=nobody, until="phrases not ready, trying again") as house:
        call = await (await house.phone()).dial("100")
        first = await call.hears(10.0, after=call.answered_at)
        assert first - call.answered_at < 8.0
        await whistling(call)
        await call.hang_up()
        ended = await house.bot.logs("call ended")
        assert ended["ending"] == "transfer"


async def test_a_full_bot_sends_the_caller_to_the_fallback():
    """One line, two callers: the second hears the apology, the first goes on."""
    async with studio(bot={"BOT_AUDIOSOCKET__MAX_CALLS": "1"}) as house:
        one = await (await house.phone()).dial("100")
        await greeted(one)
        two = await (await house.phone("6002")).dial("100")
        await two.hears(10.0, after=two.answered_at)
        refused = await house.bot.logs("refused")
        assert refused["reason"] == "full"
        assert one.up
        await one.hang_up()
        await two.hang_up()


async def test_twenty_calls_at_once():
    """Each is greeted, spoken to and hung up cleanly; nothing is left."""
    async with studio() as house:
        phone = await house.phone()
        calls = await asyncio.gather(*(phone.dial("100", within=20.0) for _ in range(20)))
        waits = await asyncio.gather(*(greeted(call) for call in calls))
        assert await house.metric("voicebot_calls_active") == 20
        assert sorted(waits)[10] < 1.0
        await asyncio.gather(*(call.hang_up() for call in calls))
        await gone(house)
        endings = [row["ending"] for row in house.bot.lines() if row["event"] == "call ended"]
        assert endings == ["caller_left"] * 20
        assert not [row for row in house.bot.lines() if row["level"] == "error"]


async def test_a_bot_told_to_stop_finishes_its_calls_first():
    """SIGTERM: new callers go to the fallback, the call under way goes on to its end."""
    async with studio() as house:
        call = await (await house.phone()).dial("100")
        await greeted(call)
        house.bot.process.send_signal(signal.SIGTERM)
        await house.bot.logs("draining")
        other = await (await house.phone("6002")).dial("100")
        await other.hears(10.0, after=other.answered_at)
        refused = [row["reason"] for row in house.bot.lines() if row["event"] == "refused"]
        assert refused == ["draining"] * 4  # there is no other bot: asked, and asked again
        await other.hang_up()
        pressed = now()
        await call.press("1")
        await call.hears(5.0, after=pressed)
        await call.hang_up()
        assert await asyncio.wait_for(house.bot.process.wait(), 10.0) == 0
