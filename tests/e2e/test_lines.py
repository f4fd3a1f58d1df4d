"""
Whole calls over chan_websocket: a real softphone, Asterisk and bot; the services are scripted.

test_calls.py has the same, and more, over AudioSocket.
"""

import asyncio
import signal

import pytest
import trustme

from bot.asterisk.server import LineServer
from bot.call.ticks import Ticks
from bot.config import AudioSocketSettings, WebSocketSettings
from bot.core.events import Audio
from bot.sip.phone_call import Ending
from tests.asterisk.peer import Desk
from tests.e2e.fake_bot import FakeBot, until
from tests.e2e.pbx import CALLER, Pbx
from tests.e2e.studio import pitch, studio
from tests.e2e.test_calls import LONG, gone, gone_from_asterisk, greeted, now, speech, whistling
from tests.nim.fakes import saying, tool

pytestmark = [pytest.mark.asterisk, pytest.mark.real_time, pytest.mark.timeout(180)]


WEBSOCKET = {"BOT_LINE": "websocket"}


@pytest.mark.parametrize(
    ("line", "codec", "rate", "hertz"),
    [
        ("audiosocket", "PCMA", 8000, 700.0),
        ("websocket", "PCMA", 8000, 700.0),
        ("websocket", "G722", 16000, 5500.0),
    ],
)
async def test_the_caller_is_heard_and_answered(line, codec, rate, hertz):
    """Greeted, understood, answered in the phone's quality; keys arrive; the caller leaves."""
    async with studio(
        saying({"content": "आपका बिल।"}), hertz=hertz, bot={"BOT_LINE": line}
    ) as house:
        call = await (await house.phone()).dial("100", codec)
        assert await greeted(call) < 1.0
        await call.play(speech(rate))
        said = now()
        first = await call.hears(10.0, after=said)
        await call.hears_silence(0.5, 20.0)
        answer = call.received.pcm(first + 0.1, first + 0.6)
        assert pitch(answer, rate) == pytest.approx(hertz, abs=10)
        await call.press("#")
        await call.hears(5.0)
        assert house.asked() == ["मेरा बिल", "[keys: #]"]
        assert max(call.received.gaps(call.answered_at + 0.5, now() - 0.1)) < 0.2
        await call.hang_up()
        await gone(house)
        ended = await house.bot.logs("call ended")
        assert (ended["ending"], ended["dropped_out"]) == ("caller_left", 0)
        assert house.pbx.cli("database show bot").startswith("0 results")


@pytest.mark.parametrize("trusted", [True, False])
async def test_over_tls_the_bots_certificate_is_checked(tmp_path, trusted):
    """There is a call when the dialplan names the certificate's authority, and none when not."""
    authority = trustme.CA()
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(
        tmp_path / "bot.pem"
    )
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    trust = f"[globals](+)\nBOT_CA = {tmp_path / 'ca.pem'}\n" if trusted else ""
    desk = Desk(echoing)
    tls = WebSocketSettings(cert=str(tmp_path / "bot.pem"))
    server = LineServer(AudioSocketSettings(port=0), desk, "websocket", tls)
    await server.start()
    extra = {"extensions_custom.conf": CALLER + trust}
    with FakeBot() as bot, Pbx(bot.url, extra=extra) as pbx:
        bot.script([f"dial {server.scheme}localhost:{server.port}"], ["hangup"])
        await asyncio.to_thread(pbx.call)
        await asyncio.to_thread(until, lambda: bot.asked)
        assert len(desk.lines) == trusted
        assert [reason for reason, _ in desk.refusals] == ([] if trusted else ["no-uuid"])
    await server.stop()


async def echoing(line):
    """Speak until half a second of it came back, then hang up."""
    ticks, frames = Ticks(lambda late: line.send(bytes(320))), 0
    async for event in line.events():
        frames += isinstance(event, Audio)
        if frames == 25:
            break
    ticks.stop()
    await line.close()


async def test_barge_in_silences_the_phone():
    """The caller speaks over a long answer: the phone falls silent, what sounded is remembered."""
    async with studio(
        saying({"content": LONG}), saying({"content": "जी।"}), bot=WEBSOCKET
    ) as house:
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
        cut = next(row for row in house.bot.lines() if row["event"] == "turn" and row["cut"])
        assert 0 < len(cut["said"]) < len(LONG) / 2
        await call.hang_up()


async def test_the_bot_hangs_up():
    """The goodbye is heard to its end, then the phone is told that the call is over."""
    goodbye = saying({"content": "धन्यवाद, नमस्ते।"}, tool(0, "hang_up", "{}", "c1"))
    async with studio(goodbye, bot=WEBSOCKET) as house:
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
    """The caller stays on the line and hears the person."""
    wish = saying({"content": "जी, जोड़ रही हूँ।"}, tool(0, "transfer", "{}", "c1"))
    async with studio(wish, bot=WEBSOCKET) as house:
        call = await (await house.phone()).dial("100")
        await greeted(call)
        await call.press("9")
        await whistling(call)
        await call.hang_up()
        await gone(house)


async def test_a_bot_killed_in_mid_call_leaves_the_caller_to_the_fallback():
    """kill -9: the caller is still on the line, hears the apology and gets to a person."""
    async with studio(bot=WEBSOCKET) as house:
        call = await (await house.phone()).dial("100")
        await greeted(call)
        await house.bot.stop(signal.SIGKILL)
        killed = now()
        assert await call.hears(10.0, after=killed) - killed < 5.0
        await whistling(call)
        await call.hang_up()
        await gone_from_asterisk(house)


@pytest.mark.parametrize("address", ["127.0.0.1:9", "ws://127.0.0.1:9"])
def test_a_line_that_nobody_answers_leads_to_the_fallback(address):
    """Nobody listens where the bot said: it is asked what is next, and the caller apologised to."""
    with FakeBot() as bot, Pbx(bot.url) as pbx:
        bot.script([f"dial {address}"], ["again", "fallback"])
        pbx.call()
        until(lambda: "bot-apology" in pbx.log_text())
        assert len(bot.calls) == 2
        assert pbx.cli("database show bot").startswith("0 results")


@pytest.mark.parametrize("reply", ['ws://a"}:1', "ws://a/b:1", "ws://a:1,b"])
def test_an_address_that_is_none_is_never_dialled(reply):
    """What the bot says gets no further than a pattern: apology at once."""
    with FakeBot() as bot, Pbx(bot.url) as pbx:
        bot.script([f"dial {reply}"])
        pbx.call()
        until(lambda: "bot-apology" in pbx.log_text())
        assert "WebSocket/" not in pbx.log_text()
