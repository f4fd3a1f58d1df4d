"""What the network and callers do with requests: twice, late, never, unknown, or too early."""

import asyncio

import pytest

from tests.sip.caller import Caller, sdp
from tests.sip.desk import Desk, agent, until


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


async def test_an_old_request_is_refused():
    """A BYE of yesterday ends nothing (RFC 3261, 12.2.2)."""
    async with agent(Desk()) as ours, Caller(("127.0.0.1", ours.port)) as caller:
        call = await caller.call()
        assert (await call.ask("INFO")).status == 200
        call.say("BYE", number=1)
        assert (await caller.status("BYE")).status == 500
        assert len(ours.legs) == 1


async def test_two_re_invites_at_once_are_told_apart():
    """While our own refresh is under way, theirs gets 491 (RFC 3261, 14.2)."""
    timer = [("Supported", "timer"), ("Session-Expires", "90;refresher=uas"), ("Allow", "INVITE")]
    async with agent(Desk(), rtp_timeout=1000) as ours, Caller(("127.0.0.1", ours.port)) as caller:
        call = await caller.call(headers=timer)
        await asyncio.sleep(46)
        await caller.asked("INVITE")
        call.say("INVITE", body=sdp(call.port))
        assert (await caller.status("INVITE")).status == 491


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
