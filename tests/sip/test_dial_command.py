"""`voicebot dial` as a process, against independent peers: exit code, words, recording."""

import asyncio
import re
import signal

import pytest

from bot.signal.g711 import alaw_encoded
from bot.sip.dial import BUSY, REFUSED, UNANSWERED, UNREACHED, WRONG_PASSWORD
from bot.sip.softphone import Account, Softphone
from scripts.house import free_udp_port
from tests.e2e.pbx import Pbx
from tests.sip.command import dialled, dialling, ended
from tests.sip.far_end import DTMF, FarEnd
from tests.sip.refusals import Door
from tests.sip.sounds import loud, sides, tone
from tests.sip.test_wavs import wav

pytestmark = [pytest.mark.real_time, pytest.mark.timeout(300)]

DIALPLAN = """
[from-softphones]
exten => 701,1,Busy()
exten => 702,1,Ringing()
 same => n,Wait(120)
exten => 703,1,Hangup(21)
exten => 704,1,Answer()
 same => n,Read(KEYS,,2,,,60)
 same => n,Verbose(0,the keys are ${KEYS})
 same => n,Hangup()
"""


class Talker(FarEnd):
    """Answers, speaks for 0.4 s, then listens."""

    async def _answer(self, invitation):
        await super()._answer(invitation)
        await self.legs[-1].say(alaw_encoded(tone(700, 8000, 0.4) + bytes(8000)))


async def until(true):
    """Wait until the condition holds, however slow the machine is."""
    async with asyncio.timeout(60):
        while not true():
            await asyncio.sleep(0.05)


async def test_a_call_to_its_end(tmp_path):
    """Exit code 0; times, files and who hung up are told; the recording has both sides."""
    words, record = wav(tmp_path / "words.wav", tone(1013, 8000, 0.5), 8000), tmp_path / "call.wav"
    script = ("--wav", words, "--dtmf", "7#", "--record", record, "--seconds", "100")
    async with Talker() as far:

        def keys():
            return {p.payload[0] for leg in far.legs for p in leg.packets if p.payload_type == DTMF}

        async with dialling(f"sip:100@{far.server}", *script) as process:
            await until(lambda: keys() == {7, 11})
            far.hang_up(far.legs[0])
            call = await ended(process)
    assert call.code == 0, call.said
    assert re.fullmatch(
        r"answered after \d+\.\d\d s; first sound \d+\.\d\d s after the answer\n"
        r"\d+\.\d s long, 1 of 1 files said\nend: they hung up\n",
        call.said,
    )
    caller, other = sides(record)
    assert len(loud(caller)) > 3000
    assert len(loud(other)) > 2400


async def test_ctrl_c_hangs_up_and_keeps_the_recording(tmp_path):
    """130, as of any interrupted command; the other side hears BYE."""
    record = tmp_path / "call.wav"
    async with Talker() as far:
        async with dialling(f"sip:100@{far.server}", "--record", record) as process:
            await until(lambda: far.legs and len(far.legs[0].sent_at) > 40)
            process.send_signal(signal.SIGINT)
            call = await ended(process)
        assert (call.code, call.said) == (130, "")
        assert far.byes == 1
    assert len(loud(sides(record)[1])) > 2400


async def test_a_call_that_breaks_off_is_no_success():
    """They are gone without a word: exit code 1, and why."""
    async with (
        FarEnd() as far,
        dialling(f"sip:100@{far.server}", "--seconds", "200") as process,
    ):
        await until(lambda: far.legs)
        far.vanish()
        call = await ended(process)
    assert call.code == 1
    assert "end: failed (" in call.said


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("486 Busy Here", BUSY),
        ("600 Busy Everywhere", BUSY),
        ("480 Temporarily Unavailable", UNANSWERED),
        ("603 Decline", REFUSED),
        ("503 Service Unavailable", REFUSED),
    ],
)
async def test_a_refusal_has_its_exit_code(status, code):
    """And one line that says what SIP says."""
    async with Door(status) as door:
        call = await dialled(f"sip:100@{door.server}")
    assert (call.code, call.said) == (code, f"voicebot: call refused: {status}\n")


async def test_nobody_answers():
    """It rang: that is another matter than nobody there."""
    async with FarEnd(answers=False) as far:
        call = await dialled(f"sip:100@{far.server}", "--ring", "5")
        assert (call.code, far.cancels) == (UNANSWERED, 1)
    assert "rang, and nobody answered within 5 s" in call.said


async def test_nobody_is_there():
    """A port where nothing listens: the address and the way are to be looked at."""
    call = await dialled(f"sip:100@127.0.0.1:{free_udp_port()}", "--ring", "2")
    assert call.code == UNREACHED
    assert "neither rang nor answered within 2 s; is it the right address" in call.said


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("sip:100@no.such.host.invalid",), "'no.such.host.invalid' cannot be reached"),
        (("sip:100@127.0.0.1:99999",), "'127.0.0.1:99999' cannot be reached"),
        (("sip:100",), "must look like sip:100@127.0.0.1:5060"),
        (("sip:1@127.0.0.1", "--dtmf", "12x"), "dtmf '12x': keys are 0123456789*#ABCD"),
        (("sip:1@127.0.0.1", "--record", "/no/such/call.wav"), "record /no/such/call.wav"),
        (("sip:1@127.0.0.1", "--wav", "/no/such.wav"), "/no/such.wav"),
    ],
)
async def test_wrong_words_are_named_before_anything_is_dialled(words, named):
    """Exit code 2, and one line."""
    call = await dialled(*words)
    assert (call.code, call.said.count("\n")) == (2, 1), call.said
    assert named in call.said


@pytest.fixture(scope="module")
def pbx():
    """Asterisk, with extensions that end in every way."""
    with Pbx("http://127.0.0.1:9", extra={"extensions_custom.conf": DIALPLAN}) as running:
        yield running


def of(pbx, number, *words, password=""):
    """Call this number of that Asterisk as 6001."""
    uri = f"sip:{number}@127.0.0.1:{pbx.sip_port}"
    words = ("--user", "6001", *words)
    return dialled(uri, *words, password=password or pbx.accounts["6001"])


@pytest.mark.asterisk
@pytest.mark.parametrize("codec", ["PCMA", "PCMU", "G722"])
async def test_asterisks_echo_is_recorded_in_each_codec(pbx, tmp_path, codec):
    """What was said is on the left, its echo on the right."""
    words, record = wav(tmp_path / "words.wav", tone(1013, 8000), 8000), tmp_path / "call.wav"
    script = ("--wav", words, "--codec", codec, "--record", record, "--seconds", "9")
    call = await of(pbx, 600, *script)
    assert call.code == 0, call.said
    caller, other = sides(record)
    assert min(len(loud(caller)), len(loud(other))) > 4000


@pytest.mark.asterisk
async def test_asterisk_reads_the_keys_and_hangs_up(pbx):
    """Its own Read() has both; then it is Asterisk that ends the call."""
    pbx.forget_log()
    call = await of(pbx, 704, "--dtmf", "4#2", "--seconds", "60")
    assert (call.code, call.said.splitlines()[-1]) == (0, "end: they hung up")
    assert "the keys are 4" in pbx.log_text()


@pytest.mark.asterisk
@pytest.mark.parametrize(
    ("number", "code", "said"),
    [
        (999, REFUSED, "call refused: 404 Not Found"),
        (701, BUSY, "call refused: 486 Busy Here"),
        (702, UNANSWERED, "rang, and nobody answered within 5 s"),
        (703, REFUSED, "call refused: 403 Forbidden"),
    ],
)
async def test_asterisk_puts_nobody_through(pbx, number, code, said):
    """Each with its exit code."""
    call = await of(pbx, number, "--ring", "5")
    assert call.code == code
    assert said in call.said


@pytest.mark.asterisk
async def test_a_wrong_password(pbx):
    """Of the account, or none at all."""
    call = await of(pbx, 600, password="guess")
    assert (call.code, call.said) == (
        WRONG_PASSWORD,
        "voicebot: call refused: 401 Unauthorized\n",
    )


@pytest.mark.asterisk
async def test_baresip_is_called_through_asterisk(pbx, tmp_path):
    """Another telephone rings, is picked up, hears the words and hangs up."""
    words = wav(tmp_path / "words.wav", tone(1013, 8000), 8000)
    account = Account("6002", pbx.accounts["6002"], f"127.0.0.1:{pbx.sip_port}", register=True)
    async with Softphone(account) as phone:
        calling = asyncio.create_task(of(pbx, 6002, "--wav", words, "--seconds", "100"))
        call = await phone.rings(60.0)
        await call.answer()
        heard = await call.hears(60.0, after=call.answered_at)
        await call.hears_silence(0.5, 60.0, after=heard)
        await call.hang_up()
        report = await calling
    assert (report.code, report.said.splitlines()[-1]) == (0, "end: they hung up")
