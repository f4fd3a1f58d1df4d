"""What every line does, whatever the other end speaks: over real sockets on loopback."""

import asyncio
import os
from uuid import uuid4

import pytest

from bot.asterisk import line as lines
from bot.core.earpiece import HEARING_FRAMES
from bot.core.events import Audio, Digit
from tests.asterisk.peer import eventually
from tests.lines.far_end import WRONG

pytestmark = pytest.mark.real_time

RATES = pytest.mark.parametrize("rate", [8000, 16000])


def frame(number, rate=8000):
    """20 ms of sound that can be told from others; none is silence."""
    return (number + 1).to_bytes(2, "big") * (rate // 50)


async def read(line, into):
    """Collect the line's events until it ends."""
    async for event in line.events():
        into.append(event)
    into.append("end")


@RATES
async def test_sound_and_keys_arrive_in_order(house, rate):
    """What the caller does is what the call is told, nothing said is nothing; a hang-up ends it."""
    heard = []
    async with house.open(lambda line: read(line, heard), rate):
        end = await house.call()
        end.say(end.sound(frame(1, rate)))
        end.say(end.key("5") + end.sound(b"") + end.key("#"))
        end.say(end.sound(frame(2, rate)))
        end.hang_up()
        await eventually(lambda: "end" in heard)
        await house.empty()
    expected = [Audio(frame(1, rate)), Digit("5"), Digit("#"), Audio(frame(2, rate)), "end"]
    assert heard == expected
    assert house.desk.refusals == []


@RATES
async def test_frames_reach_the_caller_whole_and_in_order(house, rate):
    """Sixty frames of the line's rate; silent ones among them."""
    async with house.open(rate=rate):
        end, line = await house.answered()
        assert line.rate == rate
        sent = [bytes(rate // 25) if n % 3 == 0 else frame(n, rate) for n in range(60)]
        heard = []
        for one in sent:
            line.send(one)
            heard.append(await end.hears())
    assert heard == sent
    assert line.dropped_out == 0


async def test_bytes_may_come_one_by_one(house):
    """Wherever the network cuts, the sound is whole."""
    heard = []
    async with house.open(lambda line: read(line, heard)):
        end = await house.call()
        for byte in end.sound(frame(7)) + end.key("9"):
            end.say(bytes([byte]))
            await asyncio.sleep(0)
        await eventually(lambda: len(heard) == 2)
    assert heard[:2] == [Audio(frame(7)), Digit("9")]


async def test_hanging_up_gives_the_call_back(house):
    """The far end is told, while the caller still speaks, and is not cut off by a reset."""
    async with house.open(lambda line: line.close()):
        end = await house.call()
        end.say(end.sound(frame(1)))
        on_its_way = end.sound(frame(2))
        assert await end.hears() == b""
        end.say(on_its_way)
        end.hang_up()
        await eventually(lambda: house.desk.tasks[0].done())
        await house.empty()
    assert house.desk.tasks[0].exception() is None


async def test_hanging_up_twice_is_once(house):
    """Close again, close after the caller left, send after it: nothing happens."""
    async with house.open():
        end, line = await house.answered()
        end.hang_up()
        await house.empty()
        line.send(frame(1))
        await line.close()
        await line.close()
    assert line.dropped_out == 0


async def test_an_end_that_never_closes_is_closed_for(house):
    """A second after our hang-up the connection is gone, whatever the far end does."""
    async with house.open(lambda line: line.close()):
        await house.call()
        await eventually(lambda: house.desk.tasks and house.desk.tasks[0].done())
        await house.empty()


async def test_an_end_that_vanishes_ends_the_call(house):
    """A reset is a hang-up; what is sent afterwards goes nowhere, without an error."""
    heard = []
    async with house.open(lambda line: read(line, heard)):
        end, line = await house.answered()
        end.vanish()
        await eventually(lambda: heard == ["end"])
        for _ in range(10):
            line.send(frame(1))
        await line.close()
        await house.empty()


async def test_an_end_that_does_not_read_loses_frames_not_the_call(house):
    """Our buffer stays short, the loss is counted; what is said later is heard when it reads on."""
    async with house.open():
        end, line = await house.answered()
        end.stop_reading()
        await asyncio.sleep(0.01)
        while line.dropped_out < 100:
            line.send(frame(1))
        assert line._transport.get_write_buffer_size() <= 5 * 330
        end.read_on()
        async with asyncio.timeout(20):
            while await end.hears() != frame(2):
                line.send(frame(2))


async def test_an_end_that_reads_no_more_is_given_up(house, monkeypatch):
    """After a while of taking nothing it counts as dead: the call ends."""
    monkeypatch.setattr(lines, "DEAD_AFTER", 0.05)
    heard = []
    async with house.open(lambda line: read(line, heard)):
        end, line = await house.answered()
        end.stop_reading()
        while not heard:
            for _ in range(1000):
                line.send(frame(1))
            await asyncio.sleep(0.005)
        assert heard == ["end"]
        end.vanish()
        await house.empty()


async def test_after_a_stall_only_the_newest_half_second_is_heard_and_every_key(house):
    """A burst of two seconds and a key before anybody reads: 25 frames and the key are left."""
    heard = []
    async with house.open():
        end, line = await house.answered()
        for number in range(100):
            end.say(end.sound(frame(number)) + (end.key("7") if number == 10 else b""))
        end.hang_up()
        await eventually(lambda: line._ear.gone.is_set())
        await read(line, heard)
    frames = [event.pcm for event in heard if isinstance(event, Audio)]
    assert frames == [frame(number) for number in range(100 - HEARING_FRAMES, 100)]
    assert Digit("7") in heard
    assert line.dropped_in == 100 - HEARING_FRAMES


@pytest.mark.parametrize("what", WRONG)
async def test_nonsense_ends_the_call_in_one_line(house, what):
    """Whatever is wrong: one refusal in the log, the end of events, nothing left, no exception."""
    wrong, heard = [], []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: wrong.append(context))
    async with house.open(lambda line: read(line, heard)):
        end = await house.call()
        end.say(end.sound(frame(1)))
        await eventually(lambda: heard)
        end.say(end.wrong(what))
        end.say(end.sound(frame(2)))
        await end.closed()
        await eventually(lambda: "end" in heard)
        await house.empty()
    assert heard == [Audio(frame(1)), "end"]
    assert [reason for reason, _ in house.desk.refusals] == ["protocol"]
    assert wrong == []


async def test_a_call_of_another_rate_than_registered_is_refused_with_a_remedy(house):
    """Sound of 8 kHz on a call of 16 kHz would play at double speed: the log says what to mend."""
    async with house.open(rate=16000):
        end = await house.call(rate=8000)
        end.say(end.sound(frame(1)))
        await end.closed()
    assert "8000 Hz audio on a call registered at 16000 Hz" in house.desk.refusals[0][1]
    assert "c(...)" in house.desk.refusals[0][1]


async def test_an_unknown_call_is_refused_with_the_receptions_reason(house):
    """The desk says no: the reason goes into the log, the connection ends, nobody talks."""
    uuid = uuid4()
    async with house.open():
        house.desk.unknown.add(uuid)
        end = await house.call(uuid)
        await end.closed()
        await house.empty()
    assert house.desk.refusals == [("not-registered", f"call {uuid} was not registered")]
    assert house.desk.lines == []


async def test_who_says_nothing_is_sent_away(house):
    """A connection without a UUID ends when its time is over."""
    async with house.open(hello_timeout=0.05):
        end = await house.connect()
        assert await end.hears() is None
        await house.empty()
    assert [reason for reason, _ in house.desk.refusals] == ["hello-timeout"]


async def test_too_many_who_say_nothing_are_sent_away(house):
    """The third of two allowed is refused; a call that said its UUID does not count."""
    async with house.open(max_pending=2):
        await house.answered()
        _ = [await house.connect() for _ in range(2)]
        await eventually(lambda: house.server._pending() == 2)
        third = await house.connect()
        assert await third.hears() is None
        assert house.desk.refusals[0] == ("pending", "2 connections already wait for their UUID")


async def test_nothing_leaks_over_many_calls(house):
    """200 calls later as many file descriptors are open as after the first 50."""

    async def calls(number):
        ends = await asyncio.gather(*(house.call() for _ in range(number)))
        await asyncio.gather(*(end.gone() for end in ends))

    async with house.open(lambda line: line.close()):
        await calls(50)
        await house.empty()
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(4):
            await calls(50)
        await house.empty()
        await eventually(lambda: len(os.listdir("/proc/self/fd")) <= before)
