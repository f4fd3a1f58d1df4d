"""The rendered Asterisk pod as plain processes: its configuration, its calls, its drain."""

import base64
import subprocess
import urllib.error
import urllib.request

import pytest
import yaml

from scripts.house import free_port
from tests.deploy import pods
from tests.deploy.chart import render
from tests.deploy.pods import CALLER, TOKEN, start_asterisk, stop
from tests.e2e.fake_bot import FakeBot, FakeLine, until

pytestmark = [pytest.mark.deploy, pytest.mark.asterisk]


@pytest.fixture
def exchange():
    """Starts an Asterisk of these values, and waits until it is up by its own probe."""
    running = []

    def start(bot_url="http://127.0.0.1:9", **values):
        one = start_asterisk(values, bot_url)
        running.append(one)
        [container] = one.pod["containers"]
        until(lambda: one.run(container["startupProbe"]["exec"]["command"]) == 0, 30)
        return one

    yield start
    for one in running:
        stop(one)


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
        assert "100.64.3.4" in shown, "its own address would be told, not the external one"
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


def test_softphones_call_from_the_networks_that_are_named(exchange):
    """A carrier's NAT is not one of the defaults; the value replaces them."""
    one = exchange()
    conf = (one.folder / "var/lib/voicebot-asterisk/etc/pjsip.conf").read_text()
    assert "permit = 127.0.0.0/8,10.0.0.0/8" in conf and "permit = 100.64" not in conf
    other = exchange(asterisk={"softphones": {"networks": ["100.64.0.0/10"]}})
    conf = (other.folder / "var/lib/voicebot-asterisk/etc/pjsip.conf").read_text()
    lines = [line for line in conf.splitlines() if "permit" in line and "=" in line]
    assert lines == ["permit = 100.64.0.0/10", "contact_permit = 100.64.0.0/10"]


def test_metrics_are_served_at_the_pods_address_alone(exchange, monkeypatch):
    """Where they are wanted; the pod's address stands here for loopback's second one."""
    monkeypatch.setitem(pods.FIELDS, "status.podIP", "127.0.0.2")
    port = free_port()
    one = exchange(asterisk={"metricsPort": port}, monitoring={"serviceMonitor": {"enabled": True}})
    with urllib.request.urlopen(f"http://127.0.0.2:{port}/metrics", timeout=20) as page:
        assert "asterisk_core_uptime_seconds" in page.read().decode()
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5)
    named = {each["name"]: each["containerPort"] for each in one.pod["containers"][0]["ports"]}
    assert named["metrics"] == port


def test_calls_that_the_bots_make_need_the_password_of_the_secret(exchange, monkeypatch):
    """ARI is at the pod's address, for the networks that are named, and knows one user."""
    monkeypatch.setitem(pods.FIELDS, "status.podIP", "127.0.0.2")
    port = free_port()
    dials = {"dials": "91[0-9]{10}", "existingSecret": "ari", "port": port}
    one = exchange(
        asterisk={"outbound": {**dials, "networks": ["127.0.0.0/8"]}},
        records={"source": "external", "external": {"existingSecret": "db"}},
    )

    def status(user):
        pair = base64.b64encode(user.encode()).decode()
        asked = urllib.request.Request(
            f"http://127.0.0.2:{port}/ari/channels", headers={"authorization": f"Basic {pair}"}
        )
        try:
            with urllib.request.urlopen(asked, timeout=20) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    assert status(f"voicebot:{pods.PASSWORD}") == 200
    assert status("voicebot:wrong-password") == 401
    assert "91[0-9]{10}" in one.cli("dialplan show globals")


def test_the_bots_know_where_to_begin_calls():
    """One Asterisk, by its own name; the password comes from the Secret, as Asterisk's does."""
    values = {
        "asterisk": {"outbound": {"dials": "91[0-9]{10}", "existingSecret": "ari"}},
        "records": {"source": "external", "external": {"existingSecret": "db"}},
    }
    found = render(**values)
    settings = yaml.safe_load(found.one("ConfigMap", "-bot")["data"]["bot.yaml"])
    url = "http://line-voicebot-asterisk-0.line-voicebot-asterisk.voices.svc:8088/ari"
    assert settings["outbound"] == {"enabled": True, "ari": {"url": url}}
    [bot] = found.one("Deployment", "-bot")["spec"]["template"]["spec"]["containers"]
    secret = {"secretKeyRef": {"name": "ari", "key": "password"}}
    assert {"name": "BOT_OUTBOUND__ARI__PASSWORD", "valueFrom": secret} in bot["env"]
    assert "outbound" not in yaml.safe_load(render().one("ConfigMap", "-bot")["data"]["bot.yaml"])


def test_a_node_or_pod_with_its_own_address_is_told_it(exchange):
    """The last line that fits counts: the pod's own goes over the release's."""
    one = exchange(
        asterisk={
            "externalAddress": "203.0.113.1",
            "nodeAddresses": {"node-a": "203.0.113.2", "node-b": "203.0.113.3"},
        }
    )
    assert "external_media_address : 203.0.113.2" in one.cli("pjsip show transport udp")


def test_behind_a_proxy_the_sound_alone_comes_from_outside(exchange):
    """A BYE must find Asterisk by the address that the proxy can reach."""
    one = exchange(
        asterisk={
            "externalAddress": "203.0.113.1",
            "externalSignalling": False,
            "sip": {"tcp": True},
        }
    )
    for transport in ("udp", "tcp"):
        shown = one.cli(f"pjsip show transport {transport}")
        assert "external_media_address : 203.0.113.1" in shown
        assert "external_signaling_address : 203.0.113.1" not in shown


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


def test_the_bot_may_transfer_to_where_it_is_told_to(exchange):
    """A context of one's own, in `dialplan.custom`: Asterisk allows it beside its own."""
    custom = f"{CALLER}[sales]\nexten => s,1,Answer()\n same => n,Echo()\n"
    with FakeBot() as service, FakeLine(frames=10) as line:
        service.script([f"dial {line.address}"], ["transfer sales s"])
        port = int(service.url.rpartition(":")[2])
        bot = {"settings": {"pbx": {"transfer_context": "sales"}}, "ports": {"http": port}}
        one = exchange(service.url, bot=bot, asterisk={"dialplan": {"custom": custom}})
        one.call()
        until(lambda: "sales!s!2!Up!Echo" in one.cli("core show channels concise"))


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


def test_a_caller_is_put_through_to_a_person_while_the_pod_goes(exchange):
    """Asterisk would refuse the new leg if it were told to stop in its own graceful way."""
    with FakeBot() as service, FakeLine() as line:
        service.script([f"dial {line.address}"], ["transfer bot-agents s"])
        port = int(service.url.rpartition(":")[2])
        custom = f"{CALLER}[test-agent]\nexten => s,1,Answer()\n same => n,Echo()\n"
        dialplan = {"custom": custom, "agents": "Local/s@test-agent"}
        one = exchange(service.url, asterisk={"dialplan": dialplan}, bot={"ports": {"http": port}})
        one.call()
        assert line.line().startswith("call ")
        [container] = one.pod["containers"]
        hook = subprocess.Popen(
            one.words(container["lifecycle"]["preStop"]["exec"]["command"]), env=one.environment
        )
        with pytest.raises(subprocess.TimeoutExpired):
            hook.wait(timeout=2)
        line.kill()
        until(lambda: "test-agent!s!2!Up!Echo" in one.cli("core show channels concise"))
        assert hook.poll() is None
        one.cli("channel request hangup all")
        assert hook.wait(timeout=20) == 0
        assert one.process.wait(timeout=20) == 0


def test_made_up_passwords_are_long():
    """Of letters and digits, which Asterisk's files can hold."""
    [secret] = render().all("Secret")
    [password] = (base64.b64decode(value).decode() for value in secret["data"].values())
    assert len(password) == 24 and password.isalnum()
