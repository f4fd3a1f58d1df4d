"""What waits between a line and its call."""

import asyncio

from bot.core.earpiece import HEARING_FRAMES, HEARING_KEYS, Earpiece
from bot.core.events import Audio, Digit


def frame(number):
    """A frame that can be told from others."""
    return Audio(bytes([number, number]))


async def rest(ear):
    """All that is read until the line is lost."""
    return [event async for event in ear.events()]


async def test_what_comes_is_read_in_its_order():
    """Sound and keys keep their order; the reader waits for more and ends with the line."""
    ear = Earpiece()
    reading = asyncio.create_task(rest(ear))
    for event in (frame(1), Digit("5"), frame(2)):
        ear.received(event)
        await asyncio.sleep(0.02)
    assert not reading.done()
    ear.lost()
    assert await reading == [frame(1), Digit("5"), frame(2)]
    assert ear.dropped == 0


async def test_of_sound_the_newest_half_second_is_kept():
    """Old frames go, and are counted; a key between them stays where it was."""
    ear = Earpiece()
    for number in range(40):
        ear.received(frame(number))
        if number == 20:
            ear.received(Digit("7"))
    ear.lost()
    expected = [frame(number) for number in range(40 - HEARING_FRAMES, 40)]
    assert await rest(ear) == [*expected[:6], Digit("7"), *expected[6:]]
    assert ear.dropped == 40 - HEARING_FRAMES


async def test_frames_that_were_read_make_room():
    """Only what waits is counted."""
    ear, events = Earpiece(), []

    async def read():
        async for event in ear.events():
            events.append(event)

    reading = asyncio.create_task(read())
    for number in range(100):
        ear.received(frame(number))
        await asyncio.sleep(0.02)
    ear.lost()
    await reading
    assert events == [frame(number) for number in range(100)]


async def test_of_keys_the_oldest_are_kept():
    """Nobody can fill the memory with keys; what was pressed first is what counts."""
    ear = Earpiece()
    for number in range(HEARING_KEYS + 30):
        ear.received(Digit(str(number % 10)))
    ear.lost()
    assert await rest(ear) == [Digit(str(number % 10)) for number in range(HEARING_KEYS)]
