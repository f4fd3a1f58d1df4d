"""
Calls by SIP without an exchange: our user agent and callers by hand, on loopback.

Time is virtual where sockets of this process alone are waited for: what is sent on loopback has
arrived before anybody can wait for it.
"""

import asyncio

import pytest

from bot.core.events import Audio, Digit
from bot.signal.g711 import alaw_decoded, alaw_encoded
from tests.sip.caller import Caller, sdp
from tests.sip.desk import Desk, agent, read, until
from tests.sip.sounds import frame


async def test_a_call_is_answered_heard_and_spoken_to():
    """Offer and answer, sound both ways in A-law, a key, and the caller's hang-up."""
    heard = []
    desk = Desk(lambda line: read(line, heard))
    async with agent(desk) as ours, Caller(("127.0.0.1", ours.port)) as caller:
        call = await caller.call()
        await until(lambda: desk.lines)
        call.speak(call.packet(frame(1)))
        call.press("5")
        call.speak(call.packet(frame(2)))
        line = desk.lines[0]
        sound = alaw_decoded(frame(9))
        line.send(sound)
        line.send(sound)
        first, second = await call.hears(2)
        await until(lambda: len(heard) == 3)
        assert (await call.ask("BYE")).status == 200
        await until(lambda: heard[-1] == "end")
        assert not ours.legs
    assert heard[:3] == [Audio(alaw_decoded(frame(1))), Digit("5"), Audio(alaw_decoded(frame(2)))]
    assert (first[0], first[4]) == (8, alaw_encoded(sound))
    assert (second[1] - first[1], second[2] - first[2]) == (1, 160)
    assert [first[3], second[3]] == [True, False]
    assert (line.ticket.caller.number, line.ticket.caller.called) == ("asha", "100")
    assert desk.refusals == []


async def test_no_room_and_draining_have_their_status_and_say_when_to_try_again():
    """486 and 503, with Retry-After; proxies that ask for our health see 503, too."""
    desk = Desk()
    desk.full = True
    async with agent(desk, retry_after=7) as ours, Caller(("127.0.0.1", ours.port)) as caller:
        busy = (await caller.call()).answer
        assert (busy.status, busy.one("retry-after")) == (486, "7")
        caller.send(caller.request("OPTIONS"))
        assert (await caller.status("OPTIONS")).status == 200
        ours.drain()
        caller.send(caller.request("OPTIONS"))
        assert (await caller.status("OPTIONS")).status == 503


async def test_strangers_are_not_answered_and_told_of_once_a_minute():
    """Who is neither the server nor a peer gets no word, whatever he sends."""
    desk = Desk()
    async with (
        agent(desk, peers=["10.0.0.0/8"]) as ours,
        Caller(("127.0.0.1", ours.port)) as caller,
    ):
        for _ in range(10):
            caller.send(caller.request("INVITE", body=sdp(9000)))
            caller.send(b"nonsense")
        await asyncio.sleep(61)
        caller.send(caller.request("OPTIONS"))
        await asyncio.sleep(1)
        assert caller.said.empty()
    assert [reason for reason, _ in desk.refusals] == ["stranger", "stranger"]


async def test_nonsense_from_a_peer_ends_no_call():
    """Anybody can forge a datagram: it is counted, and the call goes on."""
    heard = []
    desk = Desk(lambda line: read(line, heard))
    async with agent(desk) as ours, Caller(("127.0.0.1", ours.port)) as caller:
        call = await caller.call()
        await until(lambda: desk.lines)
        for data in (b"\x77" * 99, b"INVITE\r\n\r\n", b"BYE sip:x SIP/2.0\r\n\r\n", b"\r\n\r\n"):
            caller.send(data)
        for data in (b"", b"\x80", b"\x80\xc8" + bytes(30), b"\xbf\x08" + bytes(12)):
            call.speak(data)
        call.speak(call.packet(frame(1)))
        await until(lambda: heard)
        assert len(ours.legs) == 1
    assert heard[0] == Audio(alaw_decoded(frame(1)))
    assert [reason for reason, _ in desk.refusals] == ["protocol"] * 3


@pytest.mark.parametrize(
    ("kind", "body", "key"),
    [
        ("application/dtmf-relay", b"Signal=5\r\nDuration=160\r\n", "5"),
        ("application/dtmf-relay", b"Signal= 11\r\n", "#"),
        ("application/dtmf", b"*", "*"),
    ],
)
async def test_keys_by_info(kind, body, key):
    """Once, unless keys come as telephone events, too: then those count."""
    heard = []
    desk = Desk(lambda line: read(line, heard))
    async with agent(desk) as ours, Caller(("127.0.0.1", ours.port)) as caller:
        call = await caller.call()
        assert (await call.ask("INFO", [("Content-Type", kind)], body)).status == 200
        await until(lambda: heard == [Digit(key)])
        call.press("9")
        await until(lambda: len(heard) == 2)
        assert (await call.ask("INFO", [("Content-Type", kind)], body)).status == 200
        wrong = [("Content-Type", "text/plain")]
        assert (await call.ask("INFO", wrong, b"hello")).status == 415
    assert heard[:2] == [Digit(key), Digit("9")]


async def test_a_caller_who_is_gone_is_noticed():
    """No packet for a while and no hold: we hang up. On hold we wait."""
    heard = []
    desk = Desk(lambda line: read(line, heard))
    async with agent(desk, rtp_timeout=5) as ours, Caller(("127.0.0.1", ours.port)) as caller:
        call = await caller.call()
        held = await caller.call()
        await until(lambda: len(desk.lines) == 2)
        await held.ask("INVITE", body=sdp(held.port, more="a=sendonly\r\n"))
        call.speak(call.packet(frame(1)))
        for _ in range(300):
            for line in desk.lines:
                line.send(bytes(320))
            await asyncio.sleep(0.02)
        assert "end" in heard
        assert [leg.source for leg in ours.legs.values()] == ["127.0.0.1"]
        assert len(call.packets) == pytest.approx(250, abs=5)
