"""The smoke test: through a real Asterisk and bot, where the bot is down, and in a cluster."""

import asyncio
import json
import math
import struct
import sys
import wave
from pathlib import Path

import pytest

from scripts.house import house
from scripts.smoke_report import Heard, NoConversation, heard, judge_sound, judge_turns, turns
from tests.deploy.cluster import ROOT, Cluster, namespace, thing
from tests.e2e.pbx import Pbx

VOICEBOT = str(Path(sys.executable).with_name("voicebot"))
SCRIPT = str(ROOT / "scripts/smoke_test.sh")


def record(path, *sides):
    """A stereo recording at 8 kHz; each side a list of (from, to) in which it is loud."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(8000)
        for index in range(6 * 8000):
            at = index / 8000
            tone = int(8000 * math.sin(index / 3))
            frame = [tone if any(a <= at < b for a, b in side) else 0 for side in sides]
            file.writeframes(struct.pack("<2h", *frame))


def log_of(*phrases, user="6001"):
    """A bot's log of one call with a turn for each phrase; an empty one is the model's answer."""
    rows = [
        {"event": "call began", "call": "u1", "caller": user, "timestamp": "2026-01-01T00:00:00Z"}
    ]
    for number, phrase in enumerate(phrases, 1):
        rows.append({"event": "turn", "call": "u1", "turn": number, "phrase": phrase,
                     "intervals": {} if phrase else {"turnaround": 0.8}})  # fmt: skip
    return "".join(f"{json.dumps(row)}\n" for row in rows)


async def smoke(*words, **variables):
    """Run smoke_test.sh; its exit code and all that it printed."""
    process = await asyncio.create_subprocess_exec(
        "bash", SCRIPT, *words,
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "VOICEBOT": VOICEBOT, **variables},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    printed, _ = await asyncio.wait_for(process.communicate(), 90)
    return process.returncode, printed.decode()


# ---- the report -------------------------------------------------------------------------------


def test_a_recording_tells_greeting_and_answer(tmp_path):
    """The greeting from the answer on, the answer from the caller's last sound."""
    record(tmp_path / "call.wav", [(2, 3)], [(0.5, 1.5), (4, 5)])
    sound = heard(tmp_path / "call.wav")
    assert sound.greeting() == pytest.approx(0.5, abs=0.03)
    assert sound.answer() == pytest.approx(1.0, abs=0.05)
    assert len(judge_sound(sound, spoken=True, within=2)) == 2


@pytest.mark.parametrize(("caller", "bot", "said"), [
    ([2.0], [], "nothing was heard"),
    ([2.0], [0.5, 1.0], "nobody answered what was said"),
    ([2.0], [0.5, 5.5], "the answer came after 3.50 s, and 3 are allowed"),
])  # fmt: skip
def test_a_call_that_was_no_conversation(caller, bot, said):
    """No greeting, no answer and a late one are each told apart."""
    with pytest.raises(NoConversation, match=said):
        judge_sound(Heard(caller, bot), spoken=True, within=3)


def test_the_newest_call_of_the_account_counts():
    """Other callers' turns, earlier calls and lines that are no JSON are passed over."""
    earlier = log_of("").replace("u1", "u0").replace("2026-01-01", "2025-01-01")
    text = earlier + log_of("", user="+919800000000").replace("u1", "u2") + "no JSON\n"
    text += "[pod/voicebot-bot-1/bot] " + log_of("greeting", "").replace("\n{", "\n[pod] {")
    found = turns(text.splitlines(), "6001")
    assert [turn["phrase"] for turn in found] == ["greeting", ""]
    assert judge_turns(found, spoken=True) == ["turn 2: turnaround 0.80 s"]


def test_an_apology_is_no_answer():
    """A bot that only says its phrases, and one that nobody reached, have failed."""
    with pytest.raises(NoConversation, match="but: greeting, apology"):
        judge_turns(turns(log_of("greeting", "apology").splitlines(), "6001"), spoken=True)
    failed = log_of("greeting", "", "apology").replace('{"turnaround": 0.8}', "{}")
    with pytest.raises(NoConversation, match="but: greeting, an answer that failed, apology"):
        judge_turns(turns(failed.splitlines(), "6001"), spoken=True)
    with pytest.raises(NoConversation, match="no bot logged a call from 6001"):
        turns([], "6001")


# ---- real calls --------------------------------------------------------------------------------


@pytest.mark.asterisk
@pytest.mark.models
@pytest.mark.real_time
@pytest.mark.timeout(420)
# `house` ends Asterisk by asking it, and does not wait for its process.
@pytest.mark.filterwarnings("ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning")
async def test_a_line_that_works_passes(tmp_path):
    """Asterisk, the bot and the embedded servers: greeted, heard, answered by the model."""
    patient = {"BOT_RIVA__TTS__FIRST_AUDIO_TIMEOUT": "30"}
    async with house(tmp_path, print, bot=patient) as up:
        code, printed = await smoke(
            "--host", f"127.0.0.1:{up.sip_port}", "--bind", "127.0.0.1",
            "--bot-log", str(up.bot.log), "--within", "20", "--seconds", "35",
            VOICEBOT_SIP_PASSWORD=up.accounts["6001"],
        )  # fmt: skip
    assert code == 0, printed
    assert "the bot was heard" in printed
    assert "it answered" in printed
    assert "turn 2: " in printed and "recognition" in printed
    assert printed.splitlines()[-1] == "The line works."
    assert up.accounts["6001"] not in printed


@pytest.mark.asterisk
@pytest.mark.real_time
async def test_asterisks_apology_does_not_pass(tmp_path):
    """The bot is down: a voice is heard, and yet the test fails and says why."""
    log = tmp_path / "bot.log"
    log.write_text("")
    with Pbx("http://127.0.0.1:9", fallback="") as pbx:
        code, printed = await smoke(
            "--host", f"127.0.0.1:{pbx.sip_port}", "--bind", "127.0.0.1", "--greeting-only",
            "--bot-log", str(log), "--seconds", "6",
            VOICEBOT_SIP_PASSWORD=pbx.accounts["6001"],
        )  # fmt: skip
    assert code == 1, printed
    assert "first sound" in printed
    assert "no bot logged a call from 6001" in printed


@pytest.mark.asterisk
@pytest.mark.real_time
async def test_a_wrong_password_does_not_pass():
    """What the phone was told, and the page that explains it."""
    with Pbx("http://127.0.0.1:9") as pbx:
        code, printed = await smoke(
            "--host", f"127.0.0.1:{pbx.sip_port}", "--bind", "127.0.0.1",
            VOICEBOT_SIP_PASSWORD="not-the-password",
        )  # fmt: skip
    assert code == 1, printed
    assert "call refused" in printed
    assert "docs/softphone.md" in printed
    assert "not-the-password" not in printed


# ---- in a cluster ------------------------------------------------------------------------------

PHONE = r"""#!/bin/bash
printf '%s\n' "$@" >FOLDER/words
printf '%s' "$VOICEBOT_SIP_PASSWORD" >FOLDER/password
while [ $# -gt 0 ]; do [ "$1" = --record ] && /bin/cp FOLDER/call.wav "$2"; shift; done
echo "answered after 0.10 s; first sound 0.50 s after the answer"
"""


@pytest.fixture
def line(tmp_path):
    """A cluster with an Asterisk on its node's network, its softphones and a bot."""
    labels = {"app.kubernetes.io/instance": "voicebot", "app.kubernetes.io/component": "asterisk"}
    pod = thing("v1", "Pod", "voicebot-asterisk-x", "voicebot", spec={"hostNetwork": True})
    pod["status"] = {"phase": "Running", "hostIP": "198.51.100.7", "podIP": "198.51.100.7"}
    ports = [{"name": "sip", "port": 5070, "protocol": "UDP"}]
    service = thing("v1", "Service", "voicebot-asterisk", "voicebot", spec={"ports": ports})
    secret = thing("v1", "Secret", "voicebot-asterisk-softphones", "voicebot")
    secret["data"] = {"6001": "c2VjcmV0LXdvcmQ="}
    for each in (pod, service, secret):
        each["metadata"]["labels"] = labels
    record(tmp_path / "call.wav", [(2, 3)], [(0.5, 1.5), (4, 5)])
    phone = tmp_path / "phone"
    phone.write_text(PHONE.replace("FOLDER", str(tmp_path)))
    phone.chmod(0o755)
    with Cluster(tmp_path, namespace(), pod, service, secret) as up:
        up.says("logs", log_of("greeting", ""))
        yield up


@pytest.mark.deploy
def test_the_cluster_is_asked_for_all_that_is_needed(line, tmp_path):
    """Address, password and log come from the cluster; the password is in no argument or output."""
    done = line.run("smoke_test.sh", VOICEBOT=str(tmp_path / "phone"))
    assert done.code == 0, done.text
    assert "sip:100@198.51.100.7:5070" in (tmp_path / "words").read_text()
    assert (tmp_path / "password").read_text() == "secret-word"
    assert "secret-word" not in done.text + line.seen() + (tmp_path / "words").read_text()
    assert "turn 2: turnaround 0.80 s" in done.out
    assert line.api.writes == []
    assert line.left_behind() == []


@pytest.mark.deploy
def test_a_pods_own_address_or_its_load_balancers(line, tmp_path):
    """On the pod network: the load balancer's address, if there is one."""
    pod = line.api.things["pods", "voicebot", "voicebot-asterisk-x"]
    pod["spec"], pod["status"]["podIP"] = {}, "10.1.2.3"
    line.run("smoke_test.sh", VOICEBOT=str(tmp_path / "phone"))
    assert "sip:100@10.1.2.3:5070" in (tmp_path / "words").read_text()
    balancer = thing("v1", "Service", "voicebot-asterisk-0", "voicebot")
    balancer["metadata"]["labels"] = pod["metadata"]["labels"]
    balancer["spec"] = {"type": "LoadBalancer", "ports": [{"name": "sip", "port": 5070}]}
    balancer["status"] = {"loadBalancer": {"ingress": [{"ip": "203.0.113.9"}]}}
    line.api.put(balancer)
    line.run("smoke_test.sh", VOICEBOT=str(tmp_path / "phone"))
    assert "sip:100@203.0.113.9:5070" in (tmp_path / "words").read_text()


@pytest.mark.deploy
@pytest.mark.parametrize(("gone", "said"), [
    (("pods", "voicebot", "voicebot-asterisk-x"), "no Asterisk runs in the namespace voicebot"),
    (("secrets", "voicebot", "voicebot-asterisk-softphones"), "the password of the softphone 6001"),
])  # fmt: skip
def test_what_the_cluster_does_not_have_is_told(line, tmp_path, gone, said):
    """With the option or the variable that gives it instead."""
    del line.api.things[gone]
    done = line.run("smoke_test.sh", VOICEBOT=str(tmp_path / "phone"))
    assert done.code == 1
    assert said in done.err
    assert not (tmp_path / "words").exists()


@pytest.mark.deploy
def test_an_apology_in_a_cluster_does_not_pass(line, tmp_path):
    """A voice alone is not enough: the bots' log has no answer of the model."""
    line.says("logs", log_of("greeting", "apology"))
    done = line.run("smoke_test.sh", VOICEBOT=str(tmp_path / "phone"))
    assert done.code == 1
    assert "but: greeting, apology" in done.err
