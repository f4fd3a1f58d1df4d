"""The softphone against another SIP stack on loopback."""

import asyncio
import sys
import threading
from itertools import pairwise

import numpy as np
import pytest

from bot.core.errors import BotError, ConfigError, ProtocolError
from bot.signal.g711 import ALAW_SILENCE, alaw_decoded, alaw_encoded, ulaw_decoded, ulaw_encoded
from bot.sip.errors import CallOver, CallRefused, CallTimeout, SoftphoneMissing
from bot.sip.phone_call import Ending
from bot.sip.softphone import Account, Softphone, facing
from tests.sip.desk import until
from tests.sip.far_end import DTMF, FarEnd
from tests.sip.refusals import Door
from tests.sip.sounds import middle, purity, tone

pytestmark = pytest.mark.real_time

LAWS = {"PCMA": (alaw_encoded, alaw_decoded), "PCMU": (ulaw_encoded, ulaw_decoded)}


def phone_to(server, **more):
    return Softphone(Account("6001", "secret", server), **more)


@pytest.mark.parametrize("codec", LAWS)
async def test_what_we_say_arrives_in_both_laws_of_g711(codec):
    """The far end decodes our tone with the quality that 8 bits of G.711 give."""
    async with FarEnd() as far, phone_to(far.server) as phone:
        call = await phone.dial("100", codec)
        await call.play(tone(1013, 8000))
        before = len(far.legs[0].packets)
        await until(lambda: len(far.legs[0].packets) > before + 2)
        heard = LAWS[codec][1](far.legs[0].sound())
        first = int(np.argmax(np.abs(np.frombuffer(heard, "<i2")) > 500)) * 2
        assert call.rate == 8000
        assert purity(heard[first : first + 15000], 1013, 8000)[0] > 35


@pytest.mark.parametrize("codec", LAWS)
async def test_what_they_say_is_heard_in_both_laws_of_g711(codec):
    """The phone decodes their tone with the quality that 8 bits of G.711 give, and no seams."""
    async with FarEnd() as far, phone_to(far.server) as phone:
        call = await phone.dial("100", codec)
        await far.legs[0].say(LAWS[codec][0](tone(1013, 8000)))
        await until(lambda: len(call.received.frames) >= 50)
        heard = b"".join(frame.pcm for frame in call.received.frames)
        assert len(heard) == 16000
        assert purity(heard, 1013, 8000)[0] > 35


@pytest.mark.parametrize(("hertz", "least"), [(1013, 40), (5013, 18)])
async def test_g722_carries_16_khz_there_and_back(hertz, least):
    """An echo over G.722 gives back a tone of the telephone band and one far above it."""
    async with FarEnd(echo=True) as far, phone_to(far.server) as phone:
        call = await phone.dial("100", "G722")
        start = asyncio.get_running_loop().time()
        await call.play(tone(hertz, 16000))
        begin = await call.hears(20.0, after=start)
        sound = middle(call, begin)
        assert call.rate == 16000
        clean, amplitude = purity(sound, hertz, 16000)
        assert clean > least
        assert amplitude == pytest.approx(8000, rel=0.1)


async def test_each_frame_has_the_time_at_which_it_came():
    """The times of received frames follow the times at which they were sent."""
    async with FarEnd() as far, phone_to(far.server) as phone:
        call = await phone.dial("100")
        await far.legs[0].say(bytes(160 * 50))
        await until(lambda: len(call.received.frames) >= 50)
        late = [f.at - at for f, at in zip(call.received.frames, far.legs[0].sent_at, strict=True)]
        assert min(late) > -0.02  # of two read at once, the first is dated by the second
        assert sorted(late)[25] < 0.010


async def test_lost_packets_leave_a_gap():
    """What did not come is not made up: half a second lost is half a second of silence."""
    async with FarEnd() as far, phone_to(far.server) as phone:
        call = await phone.dial("100")
        start = asyncio.get_running_loop().time()
        sound = alaw_encoded(tone(1013, 8000))
        await far.legs[0].say(sound, lost=range(12, 37))
        await call.hears_silence(0.3, 20.0, after=await call.hears(20.0, after=start))
        await until(lambda: len(call.received.frames) >= 25)
        assert len(call.received.frames) == 25
        assert call.received.frames[12].place > 12 * 160 + 0.4 * 8000


async def test_the_phone_sends_without_a_pause():
    """Silent or speaking, it sends 50 packets a second, numbered one after the other."""
    async with FarEnd() as far, phone_to(far.server) as phone:
        call = await phone.dial("100")
        await asyncio.sleep(0.5)
        await call.play(tone(500, 8000, 0.5))
        await asyncio.sleep(0.5)
        packets = far.legs[0].packets
        assert all((b.sequence - a.sequence) % 65536 == 1 for a, b in pairwise(packets))
        assert all((b.timestamp - a.timestamp) % 2**32 == 160 for a, b in pairwise(packets))
        assert len(packets) > 40


async def test_playing_takes_as_long_as_speech():
    """It returns when the last frame left, and has noted when each frame did."""
    async with FarEnd() as far, phone_to(far.server) as phone:
        call = await phone.dial("100")
        start = asyncio.get_running_loop().time()
        await call.play(tone(500, 8000, 0.5))
        assert asyncio.get_running_loop().time() - start > 0.4
        assert b"".join(frame.pcm for frame in call.sent.frames) == tone(500, 8000, 0.5)


async def test_live_sound_leaves_whole_and_in_order():
    """Pieces that come one by one are said without a seam, until the last one has left."""
    sound = tone(500, 8000, 0.5)

    async def pieces():
        for at in range(0, len(sound), 1600):
            yield sound[at : at + 1600]
            await asyncio.sleep(0.01)

    async with FarEnd() as far, phone_to(far.server) as phone:
        call = await phone.dial("100")
        await call.play_live(pieces())
        assert b"".join(frame.pcm for frame in call.sent.frames) == sound
        await call.hang_up()
        with pytest.raises(CallOver):
            await call.play_live(pieces())


async def test_cancelled_speech_stops_at_once():
    """The wire is silent within a few frames."""
    async with FarEnd() as far, phone_to(far.server) as phone:
        call = await phone.dial("100")
        speech = asyncio.create_task(call.play(tone(500, 8000, 3.0)))
        await asyncio.sleep(0.5)
        speech.cancel()
        await asyncio.wait([speech])
        at_most = len(far.legs[0].sound()) + 10 * 160
        await asyncio.sleep(0.3)
        assert not far.legs[0].sound()[at_most:].strip(ALAW_SILENCE)


async def test_words_after_cancelled_speech_come_whole():
    """What is said right after an interruption loses nothing."""
    words = tone(900, 8000, 0.2)
    async with FarEnd() as far, phone_to(far.server) as phone:
        call = await phone.dial("100")
        speech = asyncio.create_task(call.play(tone(500, 8000, 3.0)))
        await asyncio.sleep(0.3)
        speech.cancel()
        await asyncio.wait([speech])
        await call.play(words)
        await until(lambda: alaw_encoded(words) in far.legs[0].sound())


async def test_keys_arrive_once_and_in_order():
    """Each key is one RFC 4733 event with an end, even the last before we hang up."""
    async with FarEnd() as far, phone_to(far.server) as phone:
        call = await phone.dial("100")
        await call.press("12#*0A")
        await call.hang_up()
        events = [p for p in far.legs[0].packets if p.payload_type == DTMF]
        keys = {p.timestamp: "0123456789*#ABCD"[p.payload[0]] for p in events}
        ends = {p.timestamp for p in events if p.payload[1] & 0x80}
        assert "".join(keys.values()) == "12#*0A"
        assert ends == set(keys)


async def test_a_key_that_does_not_exist_is_refused():
    """Nothing is pressed of keys that include a wrong one."""
    async with FarEnd() as far, phone_to(far.server) as phone:
        call = await phone.dial("100")
        for keys in ("12X", ""):
            with pytest.raises(ValueError, match="keys"):
                await call.press(keys)


async def test_we_hang_up():
    """The far end gets one BYE; a second hang-up does nothing; there is no speaking any more."""
    async with FarEnd() as far, phone_to(far.server) as phone:
        call = await phone.dial("100")
        await call.hang_up()
        await call.hang_up()
        assert await call.ended(20.0) is Ending.WE
        with pytest.raises(CallOver, match="we hung up"):
            await call.play(bytes(320))
        await until(lambda: far.byes == 1)


async def test_they_hang_up_while_we_speak():
    """Speech in progress fails with the reason, and the call tells who ended it."""
    async with FarEnd() as far, phone_to(far.server) as phone:
        call = await phone.dial("100")
        speech = asyncio.create_task(call.play(tone(500, 8000, 5.0)))
        await asyncio.sleep(0.2)
        far.hang_up(far.legs[0])
        assert await call.ended(20.0) is Ending.THEY
        with pytest.raises(CallOver, match="they hung up"):
            await speech


async def test_a_far_end_that_vanishes():
    """Without a packet for the time-out the call has failed, and leaving does not hang."""
    async with FarEnd() as far, phone_to(far.server, rtp_timeout=1) as phone:
        call = await phone.dial("100")
        await far.legs[0].say(bytes(160 * 10))
        far.vanish()
        assert await call.ended(20.0) is Ending.FAILED
        assert call.detail


async def test_hanging_up_on_one_who_vanished_does_not_wait():
    """The phone closes although nobody answers its BYE."""
    async with FarEnd() as far:
        async with phone_to(far.server) as phone, asyncio.timeout(20):
            call = await phone.dial("100")
            far.vanish()
        assert await call.ended(0) is Ending.WE


async def test_nobody_answers():
    """After the time-out the attempt is cancelled on the wire."""
    async with FarEnd(answers=False) as far, phone_to(far.server) as phone:
        with pytest.raises(CallTimeout, match="nobody answered within 2 s"):
            await phone.dial("100", within=2)
        await until(lambda: far.cancels == 1)


@pytest.mark.parametrize("status", ["404 Not Found", "486 Busy Here", "503 Service Unavailable"])
async def test_a_refused_call_says_why(status):
    """The error has the SIP status, and the refusal is acknowledged."""
    async with Door(status) as door, phone_to(door.server) as phone:
        with pytest.raises(CallRefused) as refused:
            await phone.dial("999", within=20.0)
        await until(lambda: len(door.methods) == 2)
        assert f"{refused.value.status} {refused.value.reason}" == status
        assert isinstance(refused.value, BotError)
        assert door.methods == ["INVITE", "ACK"]


async def test_a_lost_invitation_is_sent_again():
    """UDP may lose the INVITE; the call attempt goes on."""
    async with Door("486 Busy Here", ignore=1) as door, phone_to(door.server) as phone:
        with pytest.raises(CallRefused, match="486"):
            await phone.dial("100", within=20.0)
        assert door.methods[:2] == ["INVITE", "INVITE"]


async def test_the_password_opens_the_door():
    """Challenged, the phone answers with a digest of the password; who has it may dial."""
    async with Door("486 Busy Here", password="secret") as door, phone_to(door.server) as phone:
        with pytest.raises(CallRefused, match="486"):
            await phone.dial("100", within=20.0)


async def test_a_wrong_password_is_refused_once():
    """The phone does not try for ever."""
    async with Door("486 Busy Here", password="other") as door, phone_to(door.server) as phone:
        with pytest.raises(CallRefused) as refused:
            await phone.dial("100", within=20.0)
        assert refused.value.status == 401
        assert door.methods.count("INVITE") == 2


async def test_answers_that_come_at_once_are_not_missed():
    """The answer of a fast far end can overtake everything; thirty calls all come up."""
    async with FarEnd() as far, phone_to(far.server) as phone:
        for _ in range(30):
            call = await phone.dial("100", within=20.0)
            await call.hang_up()
        assert len(far.legs) == 30


async def test_twenty_calls_at_once():
    """Each call hears its own far end, without a loss."""
    async with FarEnd() as far, phone_to(far.server) as phone:
        calls = await asyncio.gather(*(phone.dial(f"{n}", within=20.0) for n in range(20)))
        sounds = [alaw_encoded(tone(300 + 100 * n, 8000)) for n in range(20)]
        numbers = [int(leg.invitation.invite.uri[4:].split("@")[0]) for leg in far.legs]
        legs = zip(far.legs, numbers, strict=True)
        await asyncio.gather(*(leg.say(sounds[number]) for leg, number in legs))
        await until(lambda: all(len(call.received.frames) >= 50 for call in calls))
        for number, call in enumerate(calls):
            frames = [frame.pcm for frame in call.received.frames]
            assert b"".join(frames) == alaw_decoded(sounds[number])


async def test_a_codec_that_does_not_exist_is_named():
    """The error lists the codecs there are."""
    async with FarEnd() as far, phone_to(far.server) as phone:
        with pytest.raises(ConfigError, match="PCMA, PCMU, G722"):
            await phone.dial("100", "OPUS")


async def test_softphones_of_one_process_share_one_place():
    """A second phone of the same place works beside the first; one elsewhere is refused."""
    async with FarEnd() as far, phone_to(far.server) as first, phone_to(far.server) as second:
        calls = await asyncio.gather(first.dial("1"), second.dial("2"))
        assert all(call.up for call in calls)
        with pytest.raises(ConfigError, match="close it first"):
            async with phone_to(far.server, rtp_timeout=7):
                pass
        assert all(call.up for call in calls)


async def test_nothing_is_left_behind():
    """No task and no thread of the stack outlives the phone, whose calls it hangs up itself."""
    async with FarEnd() as far:
        tasks = asyncio.all_tasks()
        async with phone_to(far.server) as phone:
            call = await phone.dial("100")
            await call.play(bytes(3200))
        assert await call.ended(0) is Ending.WE
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == tasks
        assert not [t.name for t in threading.enumerate() if t.name.startswith("baresip")]


async def test_a_phone_that_is_not_started_cannot_dial():
    """The error says how it is started."""
    with pytest.raises(ConfigError, match="async with"):
        await Softphone().dial("100")


async def test_a_missing_package_is_named_with_the_remedy(monkeypatch):
    """Without the optional package the error says what to install."""
    monkeypatch.setitem(sys.modules, "baresip", None)
    with pytest.raises(SoftphoneMissing, match=r"pip install 'voicebot\[sip\]'"):
        async with Softphone():
            pass


async def test_a_port_that_is_taken():
    """The error names the address, and the next phone starts."""
    async with FarEnd() as far:
        with pytest.raises(ProtocolError, match=far.server):
            async with phone_to(far.server, bind=far.server):
                pass
        async with phone_to(far.server) as phone:
            assert (await phone.dial("100")).up


@pytest.mark.parametrize("moment", [0.0, 0.001, 0.003, 0.006, 0.012, 0.1])
async def test_it_can_be_cancelled_at_any_moment(moment):
    """Cancelled while it starts, dials or speaks, it leaves nothing, and the next one starts."""

    async def speak():
        async with phone_to(far.server) as phone:
            call = await phone.dial("100")
            await call.play(tone(500, 8000, 2.0))

    async with FarEnd() as far:
        tasks = asyncio.all_tasks()
        speaking = asyncio.create_task(speak())
        await asyncio.sleep(moment)
        speaking.cancel()
        await asyncio.wait([speaking])
        assert speaking.cancelled()
        assert asyncio.all_tasks() == tasks
        async with phone_to(far.server) as phone:
            assert (await phone.dial("100")).up


@pytest.mark.parametrize("bind", ["localhost", "127.0.0.1:sip"])
async def test_a_bind_that_is_no_address_is_named(bind):
    """The error says what an address looks like."""
    with pytest.raises(ConfigError, match="ADDRESS:PORT"):
        Softphone(bind=bind)


async def test_a_server_that_cannot_be_is_named():
    """The address that faces a server is ours; a port that is no number is refused."""
    assert facing("127.0.0.1:5060") == "127.0.0.1"
    with pytest.raises(ConfigError, match="here"):
        facing("127.0.0.1:here")
