"""Real phones on the real Asterisk: what they may do, and in which quality the bot hears them."""

import pytest

from bot.sip.errors import CallRefused, RegistrationRefused
from bot.sip.softphone import Account, Codec, Softphone
from scripts.asterisk_program import CONFIGURATION
from tests.asterisk.peer import eventually
from tests.e2e.fake_bot import FakeBot, FakeLine, until
from tests.e2e.pbx import Pbx

pytestmark = [pytest.mark.asterisk, pytest.mark.real_time]


def account(pbx: Pbx, name: str = "6001", register: bool = False) -> Account:
    return Account(name, pbx.accounts[name], f"127.0.0.1:{pbx.sip_port}", register)


@pytest.mark.parametrize(
    ("codec", "form", "audio"),
    [
        (("PCMA", "G722"), "slin", "audio 0x10 320"),
        (("G722", "PCMA"), "slin16", "audio 0x12 640"),
        ("PCMA", "slin", "audio 0x10 320"),
        ("PCMU", "slin", "audio 0x10 320"),
        ("G722", "slin16", "audio 0x12 640"),
    ],
)
async def test_the_bot_gets_the_quality_that_the_phone_speaks(
    codec: Codec | tuple[Codec, ...], form: str, audio: str
) -> None:
    """G.711 reaches the bot at 8 kHz, G.722 at 16 kHz; keys arrive once; hanging up ends it."""
    rate = 16000 if form == "slin16" else 8000
    with FakeLine(rate=rate) as line, FakeBot() as bot, Pbx(bot.url) as pbx:
        bot.script([f"dial {line.address}"])
        async with Softphone(account(pbx)) as phone:
            call = await phone.dial("100", codec)
            assert line.line().startswith("call ")
            assert line.line() == audio
            assert bot.calls[0]["format"] == form
            assert bot.calls[0]["caller"] == "6001"
            await call.press("5#")
            assert [line.line(), line.line()] == ["digit 5", "digit #"]
            await call.hang_up()
            assert line.line() == "over"
        until(lambda: pbx.channels() == 0)


async def test_a_wrong_password_neither_registers_nor_calls() -> None:
    """Without the password made at set-up there is no service."""
    with Pbx("http://127.0.0.1:9") as pbx:
        server = f"127.0.0.1:{pbx.sip_port}"
        with pytest.raises(RegistrationRefused):
            async with Softphone(Account("6001", "6001", server, register=True)):
                pass
        async with Softphone(Account("6001", "6001", server)) as phone:
            with pytest.raises(CallRefused):
                await phone.dial("100")
        async with Softphone(Account("nobody", "", server)) as phone:
            with pytest.raises(CallRefused):
                await phone.dial("100")


async def test_a_registered_phone_takes_a_transferred_call_only_when_it_is_there() -> None:
    """A phone registers with its password and is then known to Asterisk by its address."""
    with Pbx("http://127.0.0.1:9") as pbx:
        async with Softphone(account(pbx, "6002", register=True)):
            await eventually(lambda: "6002/sip:" in pbx.cli("pjsip show contacts"))


async def test_a_number_of_the_trunk_reaches_the_bot() -> None:
    """Calls from the provider's address need no password; the number dialled is passed on."""
    trunk = (CONFIGURATION / "pjsip_trunk.conf.example").read_text()
    trunk = trunk.replace("203.0.113.10", "127.0.0.1").replace("sip.provider.example", "127.0.0.1")
    with FakeLine() as line, FakeBot() as bot:
        bot.script([f"dial {line.address}"])
        with Pbx(bot.url, extra={"pjsip_trunk.conf": trunk}) as pbx:
            async with Softphone(Account("919800000000", "", f"127.0.0.1:{pbx.sip_port}")) as phone:
                call = await phone.dial("+918041234567")
                assert line.line().startswith("call ")
                assert bot.calls[0]["called"] == "+918041234567"
                assert bot.calls[0]["caller"] == "919800000000"
                await call.hang_up()
