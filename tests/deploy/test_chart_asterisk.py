"""The rendered Asterisk pod as plain processes: its configuration, its calls, its drain."""

import base64
import os
import random
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

from scripts.asterisk_program import find_program
from scripts.house import free_port, free_udp_port
from tests.deploy.chart import ROOT, render
from tests.e2e.fake_bot import FakeBot, FakeLine, until

pytestmark = [pytest.mark.deploy, pytest.mark.asterisk]

PASSWORD = "eight-letters-or-more"
TOKEN = "s3cret~+/="
CALLER = """[test-caller]
exten => caller,1,Answer()
 same => n,Echo()
"""


@dataclass
class Exchange:
    """A running Asterisk of the chart, and what its log says."""

    process: subprocess.Popen[bytes]
    pod: dict
    folder: Path
    environment: dict
    program: str

    def log(self):
        """All that it wrote: the container's output."""
        return (self.folder / "output").read_text(errors="replace")

    def words(self, command):
        """A command of the manifest, with this machine's paths."""
        return [_here(word, self.folder) for word in command]

    def cli(self, command):
        """What the console answers, with one blank for several."""
        conf = self.folder / "var/lib/voicebot-asterisk/etc/asterisk.conf"
        words = [self.program, "-C", str(conf), "-rnx", command]
        told = subprocess.run(words, capture_output=True, text=True, timeout=10).stdout
        return "\n".join(" ".join(line.split()) for line in told.splitlines())

    def run(self, command):
        """Run a probe or hook as the kubelet does; its exit status."""
        return subprocess.run(
            self.words(command), env=self.environment, capture_output=True, timeout=30
        ).returncode

    def channels(self):
        """How many channels are up."""
        return len(self.cli("core show channels concise").splitlines())

    def call(self):
        """Somebody without a phone dials 100."""
        self.cli("channel originate Local/100@from-softphones extension caller@test-caller")


def _here(text, folder):
    """A path of the container, in our folder."""
    for place in ("/etc/voicebot", "/var/lib/voicebot-asterisk"):
        text = text.replace(place, f"{folder}{place}")
    return text


def _mounts(found, pod, folder):
    """Put each mounted ConfigMap and Secret where the container would see it."""
    [container] = pod["containers"]
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    for mount in container["volumeMounts"]:
        target = Path(f"{folder}{mount['mountPath']}")
        target.mkdir(parents=True, exist_ok=True)
        volume = volumes[mount["name"]]
        if "configMap" in volume:
            for name, text in found.one("ConfigMap", volume["configMap"]["name"])["data"].items():
                (target / name).write_text(_here(text, folder))
        elif "secret" in volume and volume["secret"]["secretName"] == "softphones":
            (target / "6001").write_text(PASSWORD)
        elif "secret" in volume and volume["secret"]["secretName"] == "sip-tls":
            _certificate(target)


def _certificate(folder):
    authority = trustme.CA()
    leaf = authority.issue_cert("sip.example.com")
    leaf.cert_chain_pems[0].write_to_path(folder / "tls.crt")
    leaf.private_key_pem.write_to_path(folder / "tls.key")
    authority.cert_pem.write_to_path(folder / "ca.crt")


def _environment(container, folder, bot_url):
    """The container's variables, as this machine has them; what the image has built in besides."""
    told = {
        "metadata.name": "line-voicebot-asterisk-0",
        "spec.nodeName": "node-a",
        "status.hostIP": "192.0.2.7",
    }
    found = {}
    for each in container["env"]:
        reference = each.get("valueFrom", {})
        if "fieldRef" in reference:
            found[each["name"]] = told[reference["fieldRef"]["fieldPath"]]
        elif "secretKeyRef" in reference:
            found[each["name"]] = TOKEN
        else:
            found[each["name"]] = _here(each["value"], folder)
    program = find_program()
    commands = folder / "bin"
    commands.mkdir()
    (commands / "asterisk-start").symlink_to(ROOT / "asterisk/container/start.sh")
    (commands / "asterisk").symlink_to(program.command)
    return {
        **found,
        "PATH": f"{commands}:{os.environ['PATH']}",
        "ASTERISK_BOT_URL": bot_url,
        "ASTERISK_BIND": "127.0.0.1",
        "ASTERISK_TEMPLATES": str(ROOT / "asterisk"),
        "ASTERISK_MODULES": str(program.modules),
        "ASTERISK_DATA": str(program.data),
    }


def _start(values, bot_url):
    """Render, lay out and start; the folder's name is short, since a socket's path is limited."""
    first = random.randrange(12000, 31000, 100)
    asterisk = {
        "sip": {"port": free_udp_port(), "tls": {"port": free_port()}},
        "rtp": {"first": first, "last": first + 99},
        "softphones": {"existingSecret": "softphones"},
        "dialplan": {"custom": CALLER},
        "trace": True,
    }
    for key, value in values.pop("asterisk", {}).items():
        asterisk[key] = {**asterisk.get(key, {}), **value} if isinstance(value, dict) else value
    found = render(asterisk=asterisk, **values)
    [workload] = found.all("StatefulSet") + found.all("DaemonSet")
    pod = workload["spec"]["template"]["spec"]
    [container] = pod["containers"]
    folder = Path(tempfile.mkdtemp(prefix="ast-"))
    _mounts(found, pod, folder)
    environment = _environment(container, folder, bot_url)
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            [_here(word, folder) for word in container["command"]],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    return Exchange(process, pod, folder, environment, find_program().command)


def _stop(exchange):
    if exchange.process.poll() is None:
        os.kill(exchange.process.pid, signal.SIGKILL)
    exchange.process.wait(timeout=10)
    shutil.rmtree(exchange.folder)


@pytest.fixture
def exchange(request):
    """An Asterisk of these values, up; `bot` answers it."""
    running = []

    def start(bot_url="http://127.0.0.1:9", **values):
        one = _start(values, bot_url)
        running.append(one)
        [container] = one.pod["containers"]
        until(lambda: one.run(container["startupProbe"]["exec"]["command"]) == 0, 30)
        return one

    yield start
    for one in running:
        _stop(one)


def test_asterisk_loads_the_rendered_configuration(exchange):
    """Transports with TLS, trunk and softphone are there, and it complains of nothing."""
    one = exchange(
        asterisk={
            "sip": {"tcp": True, "tls": {"enabled": True, "secret": "sip-tls"}},
            "trunk": {
                "enabled": True,
                "addresses": ["203.0.113.10", "198.51.100.0/24"],
                "contact": "sip:sip.provider.example:5061;transport=tls",
                "transport": "tls",
                "encryptMedia": True,
            },
            "externalAddress": "node",
        },
        pbxToken={"existingSecret": "pbx-token"},
    )
    for transport in ("udp", "tcp", "tls"):
        shown = one.cli(f"pjsip show transport {transport}")
        assert "external_media_address : 192.0.2.7" in shown
        assert "192.168.0.0" in shown
    trunk = one.cli("pjsip show endpoint trunk")
    assert "203.0.113.10/32" in trunk and "198.51.100.0/24" in trunk
    assert "media_encryption : sdes" in trunk
    contact = "contact : sip:sip.provider.example:5061;transport=tls"
    assert contact in one.cli("pjsip show aor trunk")
    assert "6001" in one.cli("pjsip show endpoint 6001")
    shown = one.cli("dialplan show globals")
    assert f"BOT_TOKEN={TOKEN}" in shown and "BOT_HTTP_PORT=8080" in shown
    [container] = one.pod["containers"]
    for probe in ("readinessProbe", "livenessProbe"):
        assert one.run(container[probe]["exec"]["command"]) == 0
    wrong = [line for line in one.log().splitlines() if "ERROR[" in line or "WARNING[" in line]
    assert [line for line in wrong if "sip.provider.example" not in line] == []


def test_a_node_or_pod_with_its_own_address_is_told_it(exchange):
    """The last line that fits counts: the pod's own goes over the release's."""
    one = exchange(
        asterisk={
            "externalAddress": "203.0.113.1",
            "nodeAddresses": {"node-a": "203.0.113.2", "node-b": "203.0.113.3"},
        }
    )
    assert "external_media_address : 203.0.113.2" in one.cli("pjsip show transport udp")


def test_the_bot_that_had_the_call_is_asked_what_is_next(exchange):
    """Not any bot behind the Service: that one would know nothing, and take the call anew."""
    with FakeBot() as service, FakeBot() as pod, FakeLine(frames=10) as line:
        service.script([f"dial {line.address}"], ["again"])
        pod.script(["refuse"], ["hangup"])
        port = int(pod.url.rpartition(":")[2])
        one = exchange(service.url, bot={"ports": {"http": port}})
        one.call()
        until(lambda: pod.asked)
        until(lambda: one.channels() == 0)
        assert service.asked == []
        assert len(service.calls) == 1


def test_a_bot_that_is_gone_is_not_waited_for(exchange):
    """Its neighbours are asked instead, and one of them takes the call over."""
    with FakeBot() as service, FakeLine(frames=10) as line:
        service.script([f"dial {line.address}"], ["again", "hangup"])
        one = exchange(service.url, bot={"ports": {"http": free_port()}})
        one.call()
        until(lambda: len(service.calls) == 2)
        until(lambda: one.channels() == 0)
        assert len(service.asked) == 2


def test_a_pod_that_goes_lets_its_calls_end(exchange):
    """preStop blocks while a call is up, takes no new one, and ends with it and Asterisk."""
    with FakeBot() as service, FakeLine() as line:
        service.script([f"dial {line.address}"], ["hangup"])
        one = exchange(service.url)
        one.call()
        assert line.line().startswith("call ")
        [container] = one.pod["containers"]
        hook = subprocess.Popen(
            one.words(container["lifecycle"]["preStop"]["exec"]["command"]), env=one.environment
        )
        with pytest.raises(subprocess.TimeoutExpired):
            hook.wait(timeout=3)
        assert one.process.poll() is None
        calls = len(service.calls)
        one.call()
        assert len(service.calls) == calls
        line.kill()
        assert hook.wait(timeout=20) == 0
        assert one.process.wait(timeout=20) == 0


def test_made_up_passwords_are_long():
    """Of letters and digits, which Asterisk's files can hold."""
    [secret] = render().all("Secret")
    [password] = (base64.b64decode(value).decode() for value in secret["data"].values())
    assert len(password) == 24 and password.isalnum()
