"""The dialplan in a real Asterisk, with a stand-in for the bot and callers without phones."""

import re
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.fake_bot import FakeBot, FakeLine, until
from tests.e2e.pbx import CALLER, Pbx

pytestmark = pytest.mark.asterisk

APOLOGY = "bot-apology"
TOKEN = "s3cret:/+="  # A token's usual characters, and the ones that dialplans trip over.
EXTRA = (
    CALLER
    + """
[test-nasty]
; Text from outside that tries to get out of its quotes.
exten => 1,1,Set(CALLERID(num)=+91"${SHELL(id)}&called=1)
 same => n,Goto(from-trunk,+91800,1)
[test-agents]
exten => s,1,Wait(20)
[bot-agents]
exten => people,1,Answer()
 same => n,Wait(20)
[bot-secret]
exten => 1,1,Wait(20)
"""
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Pbx, FakeBot]]:
    """One Asterisk and one bot for all tests here; the apology is half a second of silence."""
    sounds = tmp_path_factory.mktemp("sounds")
    Path(sounds / "bot-apology.sln16").write_bytes(bytes(16000))
    with (
        FakeBot() as bot,
        Pbx(
            bot.url,
            bot_token=TOKEN,
            fallback="test-agents,s,1",
            sounds=sounds,
            extra={"extensions_custom.conf": EXTRA},
        ) as pbx,
    ):
        yield pbx, bot


@pytest.fixture
def bot(shared: tuple[Pbx, FakeBot]) -> Iterator[FakeBot]:
    """The bot, with nothing said to it yet."""
    pbx, bot = shared
    bot.script(["refuse unscripted"])
    yield bot
    pbx.cli("channel request hangup all")
    until(lambda: pbx.channels() == 0)


@pytest.fixture
def pbx(shared: tuple[Pbx, FakeBot], bot: FakeBot) -> Pbx:
    """The Asterisk, without calls, its log read from here on."""
    shared[0].forget_log()
    return shared[0]


@pytest.fixture
def line() -> Iterator[FakeLine]:
    """A bot's audio side that talks until killed."""
    with FakeLine() as one:
        yield one


@pytest.fixture
def short_line() -> Iterator[FakeLine]:
    """A bot's audio side that says goodbye after 0.2 s."""
    with FakeLine(frames=10) as one:
        yield one


def apologised(pbx: Pbx) -> bool:
    return APOLOGY in pbx.log_text()


def test_a_call_is_registered_and_put_through_with_its_uuid(
    pbx: Pbx, bot: FakeBot, line: FakeLine
) -> None:
    """The bot learns uuid, caller, number, channel and format, then gets the audio."""
    bot.script([f"dial {line.address}"])
    pbx.call()
    call = line.line().removeprefix("call ")
    assert line.line() == "audio 0x10 320"
    [form] = bot.calls
    assert uuid.UUID(form["uuid"]) == uuid.UUID(call)
    assert form["called"] == "100"
    assert form["format"] == "slin"
    assert form["channel"].startswith("Local/100@from-softphones-")


def test_the_token_goes_with_every_question(pbx: Pbx, bot: FakeBot, short_line: FakeLine) -> None:
    """Registration and "next" carry the bearer token that was set up."""
    bot.script([f"dial {short_line.address}"])
    pbx.call()
    until(lambda: bot.asked)
    until(lambda: pbx.channels() == 0)
    assert bot.headers == [f"Bearer {TOKEN}"] * 2


def test_a_bot_that_hangs_gets_the_caller_an_apology(pbx: Pbx, bot: FakeBot) -> None:
    """A bot that takes the question and does not answer holds the caller 3 s, not longer."""
    given_up = threading.Event()

    def never() -> str:
        given_up.wait(60)
        return "hangup"

    bot.script([never])
    pbx.call()
    try:
        until(lambda: bot.calls)
        started = time.monotonic()
        until(lambda: apologised(pbx), 30)
        assert time.monotonic() - started < 4.5
    finally:
        given_up.set()


@pytest.mark.parametrize(
    "reply",
    ["refuse full", "", "dial", "dial nowhere", "dial 127.0.0.1:1/x,30,g", "dial h:1&SIP/x", "x"],
)
def test_a_refusal_or_nonsense_gets_the_caller_an_apology(
    pbx: Pbx, bot: FakeBot, reply: str
) -> None:
    """Only a well-formed "dial HOST:PORT" is dialled."""
    bot.script([reply])
    pbx.call()
    until(lambda: apologised(pbx))
    assert "Dial(" not in pbx.log_text()


@pytest.mark.parametrize("reply", ["refuse full", "refuse draining"])
def test_a_bot_that_has_no_line_left_is_not_the_last_one_asked(
    pbx: Pbx, bot: FakeBot, line: FakeLine, reply: str
) -> None:
    """Several bots may be behind one address; the caller hears of none of it."""
    bot.script([reply, reply, f"dial {line.address}"])
    pbx.call()
    line.line()
    assert len(bot.calls) == 3
    assert bot.calls[0] == bot.calls[2]
    assert not apologised(pbx)


def test_bots_that_are_all_full_are_asked_four_times(pbx: Pbx, bot: FakeBot) -> None:
    """Then the caller is not kept waiting any longer."""
    bot.script(["refuse full"])
    pbx.call()
    until(lambda: apologised(pbx))
    assert len(bot.calls) == 4


def test_a_refusal_for_another_reason_is_final(pbx: Pbx, bot: FakeBot) -> None:
    """Another bot would say the same."""
    bot.script(["refuse bad-request", "dial 127.0.0.1:9"])
    pbx.call()
    until(lambda: apologised(pbx))
    assert len(bot.calls) == 1


def test_the_fallback_goes_on_where_configured(pbx: Pbx, bot: FakeBot) -> None:
    """After the apology the call reaches the agents' extension."""
    bot.script(["refuse draining"])
    pbx.call()
    until(lambda: "!test-agents!s!" in pbx.cli("core show channels concise"))


def test_a_bot_killed_in_mid_call_is_followed_by_another(
    pbx: Pbx, bot: FakeBot, line: FakeLine
) -> None:
    """kill -9, "again": the same uuid is registered anew and the second bot has the caller."""
    with FakeLine() as first:
        bot.script([f"dial {first.address}", f"dial {line.address}"], ["again"])
        pbx.call()
        call = first.line()
        assert first.line().startswith("audio")
        first.kill()
        assert line.line() == call
        assert bot.calls[0] == bot.calls[1]
        assert bot.asked == [call.removeprefix("call ")]


def test_a_bot_that_crashes_each_time_is_tried_four_times(pbx: Pbx, bot: FakeBot) -> None:
    """A crash loop cannot hold the caller: three times "again", then the apology."""
    bot.script(["dial 127.0.0.1:9"], ["again"])
    pbx.call()
    until(lambda: apologised(pbx))
    assert len(bot.calls) == 4


def test_hangup_ends_the_call_without_an_apology(
    pbx: Pbx, bot: FakeBot, short_line: FakeLine
) -> None:
    """A conversation that ended by plan ends the call."""
    bot.script([f"dial {short_line.address}"], ["hangup"])
    pbx.call()
    until(lambda: bot.asked)
    until(lambda: pbx.channels() == 0)
    assert not apologised(pbx)


def test_a_transfer_reaches_its_extension(pbx: Pbx, bot: FakeBot, short_line: FakeLine) -> None:
    """The caller goes on in the context and extension that the bot named."""
    bot.script([f"dial {short_line.address}"], ["transfer bot-agents people"])
    pbx.call()
    until(lambda: "!bot-agents!people!" in pbx.cli("core show channels concise"))


@pytest.mark.parametrize(
    "reply",
    [
        "transfer bot-secret 1",
        "transfer bot-agents nobody",
        "transfer bot-agents|bot-secret 1",
        "transfer bot-agents people,1 x",
        "transfer",
        'hangup" = "hangup',
    ],
)
def test_a_transfer_elsewhere_gets_the_caller_an_apology(
    pbx: Pbx, bot: FakeBot, short_line: FakeLine, reply: str
) -> None:
    """The bot cannot send a caller into a context that is not named for it."""
    bot.script([f"dial {short_line.address}"], [reply])
    pbx.call()
    until(lambda: apologised(pbx))


def test_a_caller_id_is_only_ever_digits(pbx: Pbx, bot: FakeBot) -> None:
    """Quotes, functions and form fields in a caller id do not reach the bot."""
    pbx.call("1", "test-nasty")
    until(lambda: bot.calls)
    assert bot.calls[0]["called"] == "+91800"
    assert bot.calls[0]["caller"].startswith("+91")
    assert set(bot.calls[0]["caller"]) <= set("+0123456789")


def test_a_caller_who_hangs_up_while_the_bot_thinks_leaves_nothing(pbx: Pbx, bot: FakeBot) -> None:
    """Hanging up during the registration leaves no channel and plays nothing to nobody."""

    def slow() -> str:
        time.sleep(1)
        return "refuse full"

    bot.script([slow])
    pbx.call()
    until(lambda: bot.calls)
    pbx.cli("channel request hangup all")
    until(lambda: pbx.channels() == 0)
    assert not apologised(pbx)


def test_a_bot_and_its_service_killed_in_mid_call_end_in_an_apology(line: FakeLine) -> None:
    """With nobody left to ask, the caller hears the recorded apology, and the call ends."""
    with FakeBot() as bot, Pbx(bot.url) as pbx:
        bot.script([f"dial {line.address}"])
        pbx.call()
        line.line()
        bot.close()
        line.kill()
        until(lambda: apologised(pbx))
        until(lambda: pbx.channels() == 0, 30)


def test_a_bot_that_is_down_gets_the_caller_an_apology() -> None:
    """A refused connection leads to the apology at once."""
    with Pbx("http://127.0.0.1:9") as pbx:
        pbx.call()
        until(lambda: apologised(pbx))


def test_a_fallback_that_fails_too_ends_the_call() -> None:
    """Agents who do not answer send the caller back: he is told so, once, and not kept waiting."""
    with Pbx("http://127.0.0.1:9", fallback="bot-agents,s,1", agents="PJSIP/6002") as pbx:
        pbx.call("s", "bot-fallback")
        until(lambda: pbx.log_text().count("[s@bot-fallback:1]") == 2, 30)
        until(lambda: pbx.channels() == 0, 30)
        played = re.findall(r"Playing '.*hi/(bot-\w+)", pbx.log_text())
        assert played == ["bot-apology", "bot-nobody"]
