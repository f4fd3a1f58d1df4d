"""How a direct SIP call ends: by us, by REFER, or because a session was not renewed."""

import asyncio

import pytest

from tests.sip.caller import Caller
from tests.sip.desk import Desk, agent, until


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
