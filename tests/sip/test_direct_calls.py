"""
Calls by SIP without an exchange: our user agent and callers by hand, on loopback.

Time is virtual where sockets of this process alone are waited for: what is sent on loopback has
arrived before anybody can wait for it.
"""

import asyncio

import pytest

from bot.core.events import Audio, Digit
from bot.signal.g711 import alaw_decoded, alaw_encoded, ulaw_decoded
from tests.sip.caller import Caller, sdp
from tests.sip.desk import Desk, agent


def frame(number):
    """20 ms of A-law that can be told from others."""
    return bytes([number + 1]) * 160


async def until(true):
    """Wait until the condition holds."""
    async with asyncio.timeout(5):
        while not true():
            await asyncio.sleep(0.005)


async def read(line, into):
    """Collect the line's events until it ends."""
    async for event in line.events():
        into.append(event)
    into.append("end")


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


async def test_a_request_that_comes_twice_is_answered_twice_and_done_once():
    """The network repeats; one call comes of it, with one answer's words."""
    desk = Desk()
    async with agent(desk) as ours, Caller(("127.0.0.1", ours.port)) as caller:
        call = await caller.call(acknowledge=False)
        caller.send(call.request)
        assert (await caller.status("INVITE")).encode() == call.answer.encode()
        call.acknowledge()
        call.acknowledge()
        await until(lambda: desk.lines)
        caller.send(call.say("BYE"))
        first, second = await caller.status("BYE"), await caller.status("BYE")
        assert (first.status, second.status) == (200, 200)
    assert len(desk.lines) == 1


async def test_our_answer_is_repeated_until_it_is_acknowledged():
    """By T1, doubled to T2 (RFC 3261, 13.3.1.4); after 32 s the call is given up."""
    desk = Desk()
    async with agent(desk) as ours, Caller(("127.0.0.1", ours.port)) as caller:
        await caller.call(acknowledge=False)
        began, times = asyncio.get_running_loop().time(), []
        while len(times) < 10:
            await caller.status("INVITE")
            times.append(round(asyncio.get_running_loop().time() - began, 1))
        assert times[:6] == [0.5, 1.5, 3.5, 7.5, 11.5, 15.5]
        async with asyncio.timeout(10):
            while (await caller.said.get()).cseq[1] != "BYE":
                pass
        assert not ours.legs
    assert desk.lines == []
    assert [reason for reason, _ in desk.refusals] == ["no-ack"]


async def test_a_caller_who_cancels_before_our_answer_hears_that_it_is_over():
    """CANCEL gets 200, the INVITE 487, and nobody talks."""
    desk = Desk()
    async with agent(desk) as ours, Caller(("127.0.0.1", ours.port)) as caller:
        invite = caller.request("INVITE", body=sdp(9000))
        cancel = caller.request("CANCEL")
        cancel.headers = [
            (name, value if name != "CSeq" else "1 CANCEL") for name, value in invite.headers
        ]
        cancel.body = b""
        caller.send(invite)
        caller.send(cancel)
        statuses = {m.cseq[1]: m.status for m in [await caller.status(), await caller.status()]}
        assert statuses == {"CANCEL": 200, "INVITE": 487}
        assert not ours.legs
    assert desk.lines == []


async def test_a_request_of_an_unknown_call_is_refused():
    """481, so that the other side lets the call go."""
    async with agent(Desk()) as ours, Caller(("127.0.0.1", ours.port)) as caller:
        for method in ("BYE", "INFO", "INVITE", "UPDATE"):
            known = {"To": "<sip:100@127.0.0.1>;tag=gone"}
            caller.send(caller.request(method, known=known))
            assert (await caller.status(method)).status == 481


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("SUBSCRIBE", (), 405),
        ("INVITE", (("Require", "100rel"),), 420),
        ("OPTIONS", (), 200),
    ],
)
async def test_what_we_cannot_is_refused_by_name(method, headers, status):
    """Methods and extensions that we do not have; what we have is told."""
    async with agent(Desk()) as ours, Caller(("127.0.0.1", ours.port)) as caller:
        caller.send(caller.request(method, headers))
        answer = await caller.status()
        assert answer.status == status
        if status == 420:
            assert answer.one("unsupported") == "100rel"
        else:
            assert answer.has("allow", "bye")


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


async def test_an_old_request_is_refused():
    """A BYE of yesterday ends nothing (RFC 3261, 12.2.2)."""
    async with agent(Desk()) as ours, Caller(("127.0.0.1", ours.port)) as caller:
        call = await caller.call()
        assert (await call.ask("INFO")).status == 200
        call.say("BYE", number=1)
        assert (await caller.status("BYE")).status == 500
        assert len(ours.legs) == 1


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


async def test_hanging_up_says_bye_and_is_done_once():
    """The caller is told; a second close does nothing."""
    desk = Desk(lambda line: line.close())
    async with agent(desk) as ours, Caller(("127.0.0.1", ours.port)) as caller:
        call = await caller.call()
        bye = await caller.asked("BYE")
        call.agrees(bye)
        await until(lambda: desk.tasks[0].done())
        await desk.lines[0].close()
        desk.lines[0].send(bytes(320))
        await asyncio.sleep(1)
        assert caller.said.empty()
        assert not ours.legs


async def test_a_caller_who_wants_a_person_is_transferred():
    """REFER to the setting's address; its news say that it went well, then we hang up."""
    desk = Desk(lambda line: line.close(), "sip:agents@127.0.0.1:5099")
    async with agent(desk) as ours, Caller(("127.0.0.1", ours.port)) as caller:
        call = await caller.call()
        refer = await caller.asked("REFER")
        assert refer.one("refer-to") == "<sip:agents@127.0.0.1:5099>"
        call.agrees(refer, 202, "Accepted")
        kind = [("Event", "refer"), ("Content-Type", "message/sipfrag")]
        assert (await call.ask("NOTIFY", kind, b"SIP/2.0 100 Trying")).status == 200
        await asyncio.sleep(5)
        assert not desk.tasks[0].done()
        assert (await call.ask("NOTIFY", kind, b"SIP/2.0 200 OK")).status == 200
        call.agrees(await caller.asked("BYE"))


@pytest.mark.parametrize("answer", [405, None])
async def test_a_transfer_that_fails_ends_the_call(answer):
    """Refused, or without news for 20 s: the caller is not left in silence."""
    desk = Desk(lambda line: line.close(), "sip:agents@127.0.0.1:5099")
    async with agent(desk) as ours, Caller(("127.0.0.1", ours.port)) as caller:
        call = await caller.call()
        call.agrees(await caller.asked("REFER"), answer or 202)
        began = asyncio.get_running_loop().time()
        async with asyncio.timeout(30):
            while (await caller.said.get()).cseq[1] != "BYE":
                pass
        took = asyncio.get_running_loop().time() - began
        assert took == pytest.approx(0 if answer else 20, abs=0.1)


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


async def test_a_session_that_they_do_not_renew_ends():
    """Session-Expires 90 by them: after 60 s without a word the call is over (RFC 4028, 10)."""
    timer = [("Supported", "timer"), ("Session-Expires", "90")]
    async with agent(Desk(), rtp_timeout=1000) as ours, Caller(("127.0.0.1", ours.port)) as caller:
        call = await caller.call(headers=timer)
        assert call.answer.one("session-expires") == "90;refresher=uac"
        assert call.answer.has("require", "timer")
        await asyncio.sleep(40)
        assert (await call.ask("UPDATE", timer)).status == 200
        await asyncio.sleep(40)
        assert ours.legs
        await asyncio.sleep(21)
        assert not ours.legs


@pytest.mark.parametrize("method", ["UPDATE", "INVITE"])
async def test_a_session_that_is_ours_to_renew_is_renewed(method):
    """After half of its time, by UPDATE where the caller has it; who is gone is let go."""
    timer = [("Supported", "timer"), ("Session-Expires", "90;refresher=uas"), ("Allow", method)]
    async with agent(Desk(), rtp_timeout=1000) as ours, Caller(("127.0.0.1", ours.port)) as caller:
        call = await caller.call(headers=timer)
        began = asyncio.get_running_loop().time()
        for _ in range(2):
            async with asyncio.timeout(50):
                while (asked := await caller.said.get()).cseq[1] != method:
                    pass
            call.agrees(asked, headers=[("Session-Expires", "90;refresher=uac")])
            if method == "INVITE":
                assert b"m=audio" in asked.body
                assert (await caller.asked("ACK")).cseq == (asked.cseq[0], "ACK")
        assert asyncio.get_running_loop().time() - began == pytest.approx(90, abs=1)
        await asyncio.sleep(45 + 33)
        assert not ours.legs


async def test_a_session_that_is_too_short_is_refused():
    """422 with the least that we take."""
    async with agent(Desk(), rtp_timeout=1000) as ours, Caller(("127.0.0.1", ours.port)) as caller:
        call = await caller.call(headers=[("Session-Expires", "30")])
        assert (call.answer.status, call.answer.one("min-se")) == (422, "90")


@pytest.mark.parametrize("password", ["secret", ""])
async def test_a_server_may_ask_for_our_password_within_a_call(password):
    """Our BYE goes again with its proof and the next CSeq; without a password it stays refused."""
    desk = Desk(lambda line: line.close())
    async with Caller(("127.0.0.1", 0)) as caller:
        server = f"127.0.0.1:{caller.port}"
        async with agent(desk, server=server, password=password) as ours:
            caller.place = "127.0.0.1", ours.port
            await caller.asked("REGISTER")
            call = await caller.call()
            bye = await caller.asked("BYE")
            question = [("Proxy-Authenticate", 'Digest realm="office", nonce="1", qop="auth"')]
            call.agrees(bye, 407, headers=question)
            if not password:
                await until(lambda: desk.tasks[0].done())
                return
            again = await caller.asked("BYE")
            assert again.cseq[0] == bye.cseq[0] + 1
            assert 'nonce="1"' in again.one("proxy-authorization")
            assert again.branch != bye.branch
            call.agrees(again)
            await until(lambda: desk.tasks[0].done())


async def test_two_re_invites_at_once_are_told_apart():
    """While our own refresh is under way, theirs gets 491 (RFC 3261, 14.2)."""
    timer = [("Supported", "timer"), ("Session-Expires", "90;refresher=uas"), ("Allow", "INVITE")]
    async with agent(Desk(), rtp_timeout=1000) as ours, Caller(("127.0.0.1", ours.port)) as caller:
        call = await caller.call(headers=timer)
        await asyncio.sleep(46)
        await caller.asked("INVITE")
        call.say("INVITE", body=sdp(call.port))
        assert (await caller.status("INVITE")).status == 491


async def test_a_caller_who_leaves_before_the_ack_is_no_fault():
    """BYE instead of ACK ends the call; half a minute later nothing is logged about it."""
    desk = Desk()
    async with agent(desk) as ours, Caller(("127.0.0.1", ours.port)) as caller:
        call = await caller.call(acknowledge=False)
        call.say("BYE")
        assert (await caller.status("BYE")).status == 200
        await asyncio.sleep(40)
        assert not ours.legs
    assert (desk.lines, desk.refusals) == ([], [])
    assert len(desk.abandoned) == 1
