"""The gRPC gateway in the chart: what is switched on with it, who reaches it, what is refused."""

import pytest
import yaml

from bot.config import Settings
from tests.deploy.chart import changes, notes_of, refusal, render

pytestmark = pytest.mark.deploy

TOKENS = {"tokens": {"existingSecret": "gateway-tokens"}}
GATEWAY = {"enabled": True, **TOKENS}
HOST = {"host": "bot.example.com"}
EDGE = [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "edge"}}}]


def settings(**values):
    """What the bot reads."""
    found = render(gateway={**GATEWAY, **values})
    return Settings(**yaml.safe_load(found.one("ConfigMap", "-bot")["data"]["bot.yaml"])).gateway


def container(found):
    """The bot's."""
    [one] = found.one("Deployment", "-bot")["spec"]["template"]["spec"]["containers"]
    return one


def test_there_is_no_gateway_unless_it_is_wanted():
    """Neither in the settings nor as a port, a Service or a rule of the network policy."""
    found = render()
    assert "enabled: false" in found.one("ConfigMap", "-bot")["data"]["bot.yaml"]
    assert found.all("Service", "-gateway") == []
    assert {each["name"] for each in container(found)["ports"]} == {"audiosocket", "http"}


def test_it_is_switched_on_with_all_that_belongs_to_it():
    """Settings, tokens, port, Service and policy, and nothing else."""
    ours = {"asterisk": {"softphones": {"existingSecret": "softphones"}}}
    found = changes(render(**ours), render(gateway=GATEWAY, **ours))
    kinds = {kind for kind, _, _ in found}
    assert kinds == {"ConfigMap", "Deployment", "NetworkPolicy", "Service"}
    assert settings().enabled and settings(port=50099).port == 50099


def test_tokens_come_from_secrets_alone():
    """As variables; the manifests hold none."""
    found = render(gateway={**GATEWAY, "operators": {"existingSecret": "desk", "key": "words"}})
    given = {each["name"]: each.get("valueFrom") for each in container(found)["env"]}
    tokens = {"name": "gateway-tokens", "key": "tokens"}
    assert given["BOT_GATEWAY__TOKENS"] == {"secretKeyRef": tokens}
    assert given["BOT_GATEWAY__OPERATORS"] == {"secretKeyRef": {"name": "desk", "key": "words"}}


def test_its_service_leads_to_the_bots_by_http_2():
    """Ports and labels fit together; with TLS the ingress is told so."""
    found = render(gateway=GATEWAY)
    service = found.one("Service", "-gateway")["spec"]
    [port] = service["ports"]
    assert port["appProtocol"] == "kubernetes.io/h2c"
    pod = found.one("Deployment", "-bot")["spec"]["template"]
    assert service["selector"].items() <= pod["metadata"]["labels"].items()
    ports = {each["name"]: each["containerPort"] for each in container(found)["ports"]}
    assert ports[port["targetPort"]] == 50061
    secured = render(gateway={**GATEWAY, "tls": {"secret": "grpc-tls"}})
    assert secured.one("Service", "-gateway")["spec"]["ports"][0]["appProtocol"] == "https"


def test_a_renewed_certificate_reaches_the_bot():
    """Mounted as a folder: a file of it (subPath) would stay what it was."""
    found = render(gateway={**GATEWAY, "tls": {"secret": "grpc-tls", "verifyClients": True}})
    [mount] = [m for m in container(found)["volumeMounts"] if m["name"] == "gateway-tls"]
    assert "subPath" not in mount
    tls = settings(tls={"secret": "grpc-tls", "verifyClients": True}).tls
    assert {tls.cert, tls.key, tls.client_ca} == {
        f"{mount['mountPath']}/{name}" for name in ("tls.crt", "tls.key", "ca.crt")
    }


def test_a_route_or_an_ingress_leads_to_it():
    """By its name, to the Service's port, with the backend's protocol."""
    gateway = {"name": "edge", "namespace": "infra", "section": "grpc"}
    found = render(gateway={**GATEWAY, "access": {"kind": "gateway", **HOST, "gateway": gateway}})
    route = found.one("GRPCRoute")["spec"]
    assert route["hostnames"] == ["bot.example.com"]
    assert route["parentRefs"] == [{"name": "edge", "namespace": "infra", "sectionName": "grpc"}]
    [backend] = route["rules"][0]["backendRefs"]
    assert backend == {"name": "line-voicebot-gateway", "port": 50061}
    access = {"kind": "nginx", **HOST, "tlsSecret": "edge-tls"}
    for tls, scheme in (({}, "GRPC"), ({"secret": "grpc-tls"}, "GRPCS")):
        ingress = render(gateway={**GATEWAY, "tls": tls, "access": access}).one("Ingress")
        protocol = ingress["metadata"]["annotations"][
            "nginx.ingress.kubernetes.io/backend-protocol"
        ]
        assert protocol == scheme


@pytest.mark.parametrize(("peers", "rule"), [
    ([], {"ports": [{"port": 50061}]}),
    (EDGE, {"ports": [{"port": 50061}], "from": EDGE}),
])  # fmt: skip
def test_who_reaches_it_is_a_value(peers, rule):
    """Everybody, by token; or whom networkPolicy.gatewayFrom names."""
    found = render(gateway=GATEWAY, networkPolicy={"gatewayFrom": peers})
    rules = found.one("NetworkPolicy", "-bot")["spec"]["ingress"]
    assert [each for each in rules if {"port": 50061} in each["ports"]] == [rule]


def test_the_notes_warn_of_tokens_without_encryption():
    """Only where there is none."""
    values = "gateway: {enabled: true, tokens: {existingSecret: t}}"
    assert "WARNING: gateway.tls.secret is not set" in notes_of(values)
    secured = "gateway: {enabled: true, tokens: {existingSecret: t}, tls: {secret: s}}"
    assert "gateway.tls.secret is not set" not in notes_of(secured)


@pytest.mark.parametrize(("values", "message"), [
    ({"enabled": True}, "name a Secret with the clients' tokens in gateway.tokens.existingSecret"),
    ({**GATEWAY, "port": 8080}, "bot.ports.http and gateway.port are both 8080"),
    ({**GATEWAY, "tls": {"verifyClients": True}}, "tls.crt, tls.key and ca.crt in gateway.tls"),
    ({**GATEWAY, "access": {"kind": "gateway"}}, "give gateway.access.host"),
    ({**GATEWAY, "access": {"kind": "gateway", **HOST}}, "give gateway.access.gateway.name"),
    ({**GATEWAY, "access": {"kind": "traefik", **HOST}}, "gateway.access.tlsSecret is empty"),
    (
        {**GATEWAY, "tls": {"secret": "t"}, "access": {"kind": "traefik", **HOST,
                                                       "tlsSecret": "e"}},
        "Traefik would check the bots' certificate",
    ),
    (
        {**GATEWAY, "tls": {"secret": "t", "verifyClients": True},
         "access": {"kind": "nginx", **HOST, "tlsSecret": "e"}},
        "clients' certificates end at the ingress",
    ),
])  # fmt: skip
def test_what_cannot_work_is_refused(values, message):
    """With the value and the remedy."""
    assert message in refusal(gateway=values)


def test_the_settings_that_are_the_charts_cannot_be_set_twice():
    """bot.settings.gateway has the rest alone."""
    assert "'port' not allowed" in refusal(bot={"settings": {"gateway": {"port": 1}}})
    found = render(gateway=GATEWAY, bot={"settings": {"gateway": {"transcripts": True}}})
    text = yaml.safe_load(found.one("ConfigMap", "-bot")["data"]["bot.yaml"])
    assert text["gateway"]["transcripts"] is True and text["gateway"]["enabled"] is True
