"""What the chart's pods may do, and who reaches them."""

import pytest

from tests.deploy.chart import VALUES, render

pytestmark = pytest.mark.deploy

FILES = [(), *((name,) for name in VALUES)]
TLS = {"asterisk": {"sip": {"tls": {"enabled": True, "secret": "sip-tls"}}}}


def restricted(spec):
    """What keeps a pod from meeting pod security `restricted`, but for the host's network."""
    pod = spec["securityContext"]
    wrong = [] if pod.get("runAsNonRoot") and pod.get("runAsUser") != 0 else ["root"]
    if pod.get("seccompProfile") != {"type": "RuntimeDefault"}:
        wrong.append("seccomp")
    for volume in spec.get("volumes", []):
        if not {"configMap", "secret", "emptyDir"} & set(volume):
            wrong.append(f"volume {volume['name']}")
    containers = [*spec["containers"], *spec.get("initContainers", [])]
    return wrong + [f"{each['name']}: {what}" for each in containers for what in _rights(each)]


def _rights(container):
    inner = container["securityContext"]
    if inner.get("allowPrivilegeEscalation") is not False:
        yield "escalation"
    if inner.get("capabilities") != {"drop": ["ALL"]}:
        yield "capabilities"
    if any("hostPort" in port for port in container.get("ports", [])):
        yield "hostPort"


@pytest.mark.parametrize("files", FILES, ids=str)
def test_every_pod_meets_restricted(files):
    """Not as root, no rights, no way to get any; the host's network only where it is asked for."""
    found = render(*files)
    assert {name: restricted(spec) for name, spec in found.pods() if restricted(spec)} == {}
    on_the_host = [name for name, spec in found.pods() if spec.get("hostNetwork")]
    assert on_the_host == (["line-voicebot-asterisk"] if files == ("values-prod.yaml",) else [])


@pytest.mark.parametrize("files", FILES, ids=str)
def test_no_container_can_write_to_its_image(files):
    """What they write goes to volumes that end with the pod, each with a bound."""
    for _, spec in render(*files).pods():
        for container in spec["containers"]:
            assert container["securityContext"]["readOnlyRootFilesystem"]
        for volume in spec["volumes"]:
            assert "emptyDir" not in volume or "sizeLimit" in volume["emptyDir"]


@pytest.mark.parametrize("files", FILES, ids=str)
def test_no_pod_can_ask_kubernetes_anything(files):
    """Neither a token of its service account, nor variables named after other Services."""
    found = render(*files)
    for _, spec in found.pods():
        assert spec["automountServiceAccountToken"] is False
        assert spec["enableServiceLinks"] is False
    for account in found.all("ServiceAccount"):
        assert account["automountServiceAccountToken"] is False


def test_every_container_says_what_it_needs():
    """Requests for the scheduler and a bound of memory; no CPU limit, which would be heard."""
    for files in FILES:
        for _, spec in render(*files).pods():
            for container in spec["containers"]:
                assert set(container["resources"]["requests"]) == {"cpu", "memory"}
                assert "memory" in container["resources"]["limits"]
                assert "cpu" not in container["resources"]["limits"]


def who(policy, port):
    """From where a NetworkPolicy lets this port be reached."""
    return [
        source
        for rule in policy["spec"]["ingress"]
        if any(port == each["port"] for each in rule["ports"])
        for source in rule["from"]
    ]


def test_only_asterisk_reaches_audiosocket():
    """On the pod network by its labels, and nobody else has a rule."""
    found = render()
    [source] = who(found.one("NetworkPolicy", "-bot"), 9092)
    labels = found.one("StatefulSet")["spec"]["template"]["metadata"]["labels"]
    assert source["podSelector"]["matchLabels"].items() <= labels.items()
    bot = found.one("Deployment", "-bot")["spec"]["template"]["metadata"]["labels"]
    assert not source["podSelector"]["matchLabels"].items() <= bot.items()
    selected = found.one("NetworkPolicy", "-bot")["spec"]["podSelector"]["matchLabels"]
    assert selected.items() <= bot.items()


def test_asterisk_on_the_hosts_network_is_known_by_its_nodes():
    """A pod's labels say nothing of packets that come from its node."""
    found = render("values-prod.yaml")
    assert who(found.one("NetworkPolicy", "-bot"), 9092) == [{"ipBlock": {"cidr": "10.20.0.0/24"}}]


def test_the_policy_follows_the_ports():
    """Other ports, the same rules."""
    ports = {"bot": {"ports": {"audiosocket": 9999, "http": 8888}}}
    policy = render(**ports).one("NetworkPolicy", "-bot")
    assert len(who(policy, 9999)) == 1
    assert len(who(policy, 8888)) == 3
    assert who(policy, 9092) == []


def test_the_bot_reaches_no_more_than_it_must():
    """With egress rules: names, and each NIM at its port."""
    rules = render("values-prod.yaml").one("NetworkPolicy", "-bot")["spec"]["egress"]
    reached = [
        (rule["to"][0]["podSelector"]["matchLabels"]["app"], rule["ports"][0]["port"])
        for rule in rules
        if "to" in rule
    ]
    assert reached == [
        ("line-voicebot-asr", 50051),
        ("line-voicebot-tts", 50051),
        ("line-voicebot-llm", 8000),
    ]
    assert [rule for rule in rules if "to" not in rule] == [
        {"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]}
    ]


def test_nims_answer_bots_alone():
    """And who must: the operator asks for their models, an ingress what it is named for."""
    found = render()
    bot = found.one("Deployment", "-bot")["spec"]["template"]["metadata"]["labels"]
    for name, port in (("asr", 50051), ("tts", 50051), ("llm", 8000)):
        policy = found.one("NetworkPolicy", f"-{name}")
        assert policy["spec"]["podSelector"] == {"matchLabels": {"app": f"line-voicebot-{name}"}}
        peers = [each for each in who(policy, port) if "podSelector" in each]
        [peer] = peers
        assert peer["podSelector"]["matchLabels"].items() <= bot.items()
        assert namespace_of(peer) == "voices"
    operator = {namespace_of(each) for each in who(found.one("NetworkPolicy", "-asr"), 9000)}
    assert operator == {"nim-operator"}
    watched = render("values-prod.yaml").one("NetworkPolicy", "-llm")
    assert {namespace_of(each) for each in who(watched, 8000)} == {
        *("voices", "nim-operator", "monitoring"),
    }


def namespace_of(peer):
    """The namespace that a peer of a policy names."""
    return peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"]


def test_an_ingress_reaches_the_speech_nims_alone():
    """Where rivaAccess is wanted; the language model stays closed."""
    edge = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "edge"}}}
    access = {
        "kind": "gateway",
        "hosts": {"asr": "a.example.com", "tts": "t.example.com"},
        "gateway": {"name": "edge"},
    }
    found = render(rivaAccess=access, networkPolicy={"rivaFrom": [edge]})
    assert edge in who(found.one("NetworkPolicy", "-tts"), 50051)
    assert edge not in who(found.one("NetworkPolicy", "-llm"), 8000)


def test_nims_elsewhere_keep_their_policy_beside_them():
    """A policy works in its own namespace; bots are named with theirs."""
    found = render(nim={"namespace": "nims"})
    policy = found.one("NetworkPolicy", "-llm")
    assert policy["metadata"]["namespace"] == "nims"
    assert namespace_of(who(policy, 8000)[0]) == "voices"


def test_the_embedded_servers_answer_bots_alone_and_ask_nobody():
    """Their models are in the image."""
    spec = render("values-minimal.yaml").one("NetworkPolicy", "-local")["spec"]
    assert spec["policyTypes"] == ["Ingress", "Egress"] and "egress" not in spec
    [rule] = spec["ingress"]
    assert [set(peer) for peer in rule["from"]] == [{"podSelector"}]
    assert rule["ports"] == [{"port": 50051}, {"port": 8000}]


def test_what_asterisk_writes_stays_in_memory():
    """Its rendered configuration holds passwords."""
    spec = render(**TLS).one("StatefulSet")["spec"]["template"]["spec"]
    [run] = [volume for volume in spec["volumes"] if volume["name"] == "run"]
    assert run["emptyDir"]["medium"] == "Memory"


def test_a_token_is_shown_to_both_sides_from_one_secret():
    """Bot and Asterisk read the same key; no manifest holds it."""
    found = render(pbxToken={"existingSecret": "pbx", "key": "word"})
    reference = {"secretKeyRef": {"name": "pbx", "key": "word"}}
    variables = {
        each["name"]: each.get("valueFrom")
        for _, spec in found.pods()
        for container in spec["containers"]
        for each in container.get("env", [])
    }
    assert variables["BOT_PBX__TOKEN"] == reference
    assert variables["ASTERISK_BOT_TOKEN"] == reference
