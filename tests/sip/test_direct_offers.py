"""Offer and answer in direct SIP: which sound goes where, on hold and after a re-INVITE, too."""

import asyncio

import pytest

from bot.core.events import Audio, Digit
from bot.signal.g711 import alaw_decoded, ulaw_decoded
from tests.sip.caller import Caller, sdp
from tests.sip.desk import Desk, agent, read, until
from tests.sip.sounds import frame


@pytest.mark.parametrize(
    ("formats", "chosen"), [("0 8 101", 8), ("8 0", 8), ("0 13", 0), ("18 4 0", 0)]
)
async def test_a_law_is_taken_before_mu_law_and_mu_law_before_nothing(formats, chosen):
    """Whatever the caller likes best: India's network is A-law."""
    desk = Desk()
    async with agent(desk) as ours, Caller(("127.0.0.1", ours.port)) as caller:
        call = await caller.call(lambda port: sdp(port, formats))
        assert call.payload_type == chosen
        assert ("telephone-event" in call.text) is ("101" in formats)


async def test_mu_law_is_mu_law():
    """What was agreed on is what is sent and understood."""
    heard = []
    desk = Desk(lambda line: read(line, heard))
    async with agent(desk) as ours, Caller(("127.0.0.1", ours.port)) as caller:
        call = await caller.call(lambda port: sdp(port, "0"))
        await until(lambda: desk.lines)
        call.speak(call.packet(frame(7)))
        await until(lambda: heard)
        desk.lines[0].send(ulaw_decoded(frame(7)))
        assert (await call.hears(1))[0][::4] == (0, frame(7))
    assert heard[0] == Audio(ulaw_decoded(frame(7)))


@pytest.mark.parametrize(
    ("offer", "status"),
    [
        (lambda port: sdp(port, "18 4"), 488),
        (lambda port: sdp(port, protocol="RTP/SAVP"), 488),
        (lambda port: sdp(port, media="video"), 488),
        (lambda port: sdp(0), 488),
        (lambda port: sdp(port, address="voice.example"), 400),
        (lambda port: b"nonsense", 400),
    ],
)
async def test_a_call_without_common_sound_is_refused(offer, status):
    """The status says why; nobody is kept, and no place is taken."""
    desk = Desk()
    async with agent(desk) as ours, Caller(("127.0.0.1", ours.port)) as caller:
        call = await caller.call(offer)
        assert call.answer.status == status
        assert not ours.legs
    assert desk.lines == []
    assert len(desk.refusals) == 1


async def test_other_streams_are_refused_one_by_one():
    """The answer has as many streams as the offer, in its order (RFC 3264, 6)."""
    video = "m=video 9000 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n"
    async with agent(Desk()) as ours, Caller(("127.0.0.1", ours.port)) as caller:
        call = await caller.call(lambda port: sdp(port, more=video))
        lines = [line for line in call.text.splitlines() if line.startswith("m=")]
        assert lines[0].endswith("RTP/AVP 8 101")
        assert lines[1] == "m=video 0 RTP/AVP 96"


async def test_a_caller_who_offers_nothing_is_offered_what_we_have():
    """The answer comes with the ACK (RFC 3261, 13.2.1); the conversation begins then."""
    desk = Desk()
    async with agent(desk) as ours, Caller(("127.0.0.1", ours.port)) as caller:
        call = await caller.call(lambda port: b"", acknowledge=False)
        assert "RTP/AVP 8 0 101" in call.text
        call.acknowledge(sdp(call.port, "0 101"))
        await until(lambda: desk.lines)
        desk.lines[0].send(bytes(320))
        assert (await call.hears(1))[0][0] == 0


async def test_an_answer_in_the_ack_that_fits_nothing_ends_the_call():
    """We say goodbye, and nobody talks."""
    desk = Desk()
    async with agent(desk) as ours, Caller(("127.0.0.1", ours.port)) as caller:
        call = await caller.call(lambda port: b"", acknowledge=False)
        call.acknowledge(sdp(call.port, "18"))
        call.agrees(await caller.asked("BYE"))
    assert desk.lines == []
    assert len(desk.abandoned) == 1


async def test_hold_and_resume():
    """On hold nothing is sent and music is not heard; afterwards all is as before."""
    heard = []
    desk = Desk(lambda line: read(line, heard))
    async with agent(desk) as ours, Caller(("127.0.0.1", ours.port)) as caller:
        call = await caller.call()
        await until(lambda: desk.lines)
        line = desk.lines[0]
        for direction, mirrored in (("sendonly", "recvonly"), ("inactive", "inactive")):
            answer = await call.ask("INVITE", body=sdp(call.port, more=f"a={direction}\r\n"))
            assert answer.status == 200
            assert f"a={mirrored}" in call.text
            line.send(alaw_decoded(frame(1)))
            call.speak(call.packet(frame(2)))
            await asyncio.sleep(0.1)
            assert (call.packets, heard) == ([], [])
        call.press("1")
        await until(lambda: heard == [Digit("1")])
        assert (await call.ask("INVITE", body=sdp(call.port))).status == 200
        line.send(alaw_decoded(frame(3)))
        await call.hears(1)
        call.speak(call.packet(frame(4)))
        await until(lambda: len(heard) == 2)
    assert heard[1] == Audio(alaw_decoded(frame(4)))


async def test_sound_follows_to_a_new_address_and_coding():
    """A re-INVITE moves the call; an INVITE that fits nothing changes nothing."""
    heard = []
    desk = Desk(lambda line: read(line, heard))
    async with agent(desk) as ours, Caller(("127.0.0.1", ours.port)) as caller:
        call = await caller.call()
        other = await caller.call()
        await until(lambda: len(desk.lines) == 2)
        assert (await call.ask("INVITE", body=sdp(call.port, "18"))).status == 488
        desk.lines[0].send(bytes(320))
        await call.hears(1)
        assert (await call.ask("INVITE", body=sdp(other.port, "0"))).status == 200
        desk.lines[0].send(ulaw_decoded(frame(5)))
        assert (await other.hears(1))[0][::4] == (0, frame(5))
        call.payload_type = 0
        call.speak(call.packet(frame(6)), other.sound)
        await until(lambda: heard)
    assert heard[0] == Audio(ulaw_decoded(frame(6)))


async def test_a_re_invite_without_an_offer_is_offered_what_was_agreed():
    """Exchanges do so to learn our address; the answer is in the ACK."""
    async with agent(Desk()) as ours, Caller(("127.0.0.1", ours.port)) as caller:
        call = await caller.call()
        call.say("INVITE")
        answer = await caller.status("INVITE")
        assert [name for name, _ in answer.headers].count("Allow") == 1
        assert "RTP/AVP 8 101" in answer.body.decode()
        call.acknowledge(sdp(call.port, more="a=sendonly\r\n"))
        await until(lambda: next(iter(ours.legs.values()))._agreed.held)
