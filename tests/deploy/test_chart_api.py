"""The HTTP API in the chart: what is switched on with it, who reaches it, what is refused."""

import pytest
import yaml

from bot.config import Settings
from tests.deploy.chart import changes, notes_of, refusal, render

pytestmark = pytest.mark.deploy

RECORDS = {"records": {"source": "external", "external": {"existingSecret": "records"}}}
OURS = {**RECORDS, "asterisk": {"softphones": {"existingSecret": "softphones"}}}
EDGE = [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "edge"}}}]
TLS = {"secret": "api-tls", "name": "calls.example.com"}
INGRESS = {"enabled": True, "host": "calls.example.com", "tlsSecret": "edge-tls"}


def rendered(network=None, **values):
    """The chart with the API."""
    return render(**OURS, api={"enabled": True, **values}, networkPolicy=network or {})


def settings(found):
    """What the bot reads."""
    return Settings(**yaml.safe_load(found.one("ConfigMap", "-bot")["data"]["bot.yaml"])).api


def container(found):
    """The bot's."""
    [one] = found.one("Deployment", "-bot")["spec"]["template"]["spec"]["containers"]
    return one


def test_there_is_no_api_unless_it_is_wanted():
    """Neither in the settings nor as a port, a Service or a variable."""
    found = render(**OURS)
    assert not settings(found).enabled
    assert found.all("Service", "-api") == []
    assert "BOT_API__ADVERTISE" not in {each["name"] for each in container(found)["env"]}


def test_it_is_switched_on_with_all_that_belongs_to_it():
    """Settings, port, Service and policy, and nothing else."""
    kinds = {kind for kind, _, _ in changes(render(**OURS), rendered())}
    assert kinds == {"ConfigMap", "Deployment", "NetworkPolicy", "Service"}
    read = settings(rendered(port=8099))
    assert (read.enabled, read.host, read.port) == (True, "0.0.0.0", 8099)


def test_each_bot_says_where_the_others_reach_it():
    """Its pod's address, which Kubernetes puts into the variable."""
    env = container(rendered())["env"]
    given = {each["name"]: each for each in env}
    assert given["POD_IP"]["valueFrom"]["fieldRef"]["fieldPath"] == "status.podIP"
    assert given["BOT_API__ADVERTISE"]["value"] == "$(POD_IP):8070"
    names = [each["name"] for each in env]
    assert names.index("POD_IP") < names.index("BOT_API__ADVERTISE")


def test_its_service_leads_to_the_bots():
    """Ports and labels fit together."""
    found = rendered()
    service = found.one("Service", "-api")["spec"]
    [port] = service["ports"]
    pod = found.one("Deployment", "-bot")["spec"]["template"]
    assert service["selector"].items() <= pod["metadata"]["labels"].items()
    ports = {each["name"]: each["containerPort"] for each in container(found)["ports"]}
    assert (ports[port["targetPort"]], port["appProtocol"]) == (8070, "http")


def test_a_certificate_is_mounted_as_a_folder_and_bots_check_its_name():
    """So that a renewed one is read; the pods' addresses are in no certificate."""
    found = rendered(tls=TLS)
    [mount] = [m for m in container(found)["volumeMounts"] if m["name"] == "api-tls"]
    assert "subPath" not in mount
    tls = settings(found).tls
    files = {f"{mount['mountPath']}/{name}" for name in ("tls.crt", "tls.key", "ca.crt")}
    assert ({tls.cert, tls.key, tls.ca}, tls.name) == (files, "calls.example.com")
    assert found.one("Service", "-api")["spec"]["ports"][0]["appProtocol"] == "https"


def test_an_ingress_leads_to_it():
    """By TLS, to the Service's port."""
    found = rendered(ingress={**INGRESS, "class": "traefik"}).one("Ingress", "-api")["spec"]
    assert found["ingressClassName"] == "traefik"
    assert found["tls"] == [{"hosts": ["calls.example.com"], "secretName": "edge-tls"}]
    [path] = found["rules"][0]["http"]["paths"]
    assert path["backend"]["service"] == {"name": "line-voicebot-api", "port": {"name": "api"}}


@pytest.mark.parametrize("peers", [[], EDGE])
def test_who_reaches_it_is_a_value_and_bots_always_do(peers):
    """Everybody, by key; or whom networkPolicy.apiFrom names."""
    found = rendered(network={"apiFrom": peers})
    policy = found.one("NetworkPolicy", "-bot")["spec"]
    [rule] = [each for each in policy["ingress"] if {"port": 8070} in each["ports"]]
    pods = {"podSelector": {"matchLabels": policy["podSelector"]["matchLabels"]}}
    assert rule.get("from", []) == ([pods, *EDGE] if peers else [])


def test_bots_may_ask_each_other_where_what_leaves_them_is_bounded():
    """A request is passed on to the bot that has the call."""
    extra = [{"ports": [{"port": 5432}]}]
    found = rendered(network={"egress": {"enabled": True, "extra": extra}})
    policy = found.one("NetworkPolicy", "-bot")["spec"]
    [rule] = [each for each in policy["egress"] if {"port": 8070} in each["ports"]]
    assert rule["to"] == [{"podSelector": {"matchLabels": policy["podSelector"]["matchLabels"]}}]


def test_the_notes_warn_of_keys_without_encryption():
    """Only where there is none; and say how to make a key."""
    values = "{records: {source: external, external: {existingSecret: r}}, api: {enabled: true%s}}"
    text = notes_of(values % "")
    assert "WARNING: api.tls.secret is not set" in text and "api-keys add" in text
    assert "api.tls" not in notes_of(values % ", tls: {secret: s, name: a.example.com}")


@pytest.mark.parametrize(("values", "message"), [
    ({"api": {"enabled": True}}, "Set records.source"),
    ({"api": {"enabled": True, "port": 8080}, **RECORDS}, "both 8080"),
    ({"api": {"enabled": True, "tls": {"secret": "t"}}, **RECORDS}, "Give api.tls.name"),
    ({"api": {"enabled": True, "ingress": {"enabled": True}}, **RECORDS}, "api.ingress.host"),
    ({"bot": {"settings": {"api": {"port": 1}}}}, "'port' not allowed"),
])  # fmt: skip
def test_what_cannot_work_is_refused(values, message):
    """With the value and the remedy."""
    assert message in refusal(**values)
