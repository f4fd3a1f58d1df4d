"""The chart: valid for every values file, and each value changes what it says and nothing else."""

import json
import re

import pytest
import yaml

from bot.config_file import load
from bot.ops.metric_names import COUNTERS, GAUGES, HISTOGRAMS
from bot.riva.channel import addresses
from scripts import chart_schema
from tests.deploy.chart import CHART, ROOT, VALUES, changes, faults, lint, notes, refusal, render

pytestmark = pytest.mark.deploy

OVERHEAD = ROOT / "docs/turn-overhead.md"
FILES = [(), *((name,) for name in VALUES)]
OURS = {"softphones": {"existingSecret": "softphones"}}
"""Passwords that Helm makes up differ each time; these tests name a Secret instead."""
ACCESS = {"hosts": {"asr": "asr.example.com", "tts": "tts.example.com"}, "tlsSecret": "riva-tls"}
INGRESS = {"rivaFrom": [{"namespaceSelector": {"matchLabels": {"name": "ingress"}}}]}
GATEWAY = {"enabled": True, "tokens": {"existingSecret": "gateway-tokens"}}
OWN = 'absent(voicebot_info{namespace="voices"})'
"""Where a rule waits for the bots of this release, whatever other namespaces have."""
ALL_MONITORING = {
    "serviceMonitor": {"enabled": True},
    "rules": {"enabled": True},
    "dashboards": {"enabled": True},
}
VARIANTS = {
    "nginx": {"rivaAccess": {"kind": "nginx", **ACCESS}, "networkPolicy": INGRESS},
    "traefik": {"rivaAccess": {"kind": "traefik", **ACCESS}, "networkPolicy": INGRESS},
    "gateway": {
        "rivaAccess": {"kind": "gateway", **ACCESS, "gateway": {"name": "edge"}},
        "networkPolicy": INGRESS,
    },
    "grpc-nginx": {
        "gateway": {
            **GATEWAY,
            "operators": {"existingSecret": "desk"},
            "tls": {"secret": "grpc-tls"},
            "access": {"kind": "nginx", "host": "bot.example.com", "tlsSecret": "edge-tls"},
        },
        "networkPolicy": {"gatewayFrom": INGRESS["rivaFrom"]},
    },
    "grpc-traefik": {
        "gateway": {
            **GATEWAY,
            "access": {"kind": "traefik", "host": "bot.example.com", "tlsSecret": "edge-tls"},
        }
    },
    "grpc-gateway": {
        "gateway": {
            **GATEWAY,
            "access": {"kind": "gateway", "host": "bot.example.com", "gateway": {"name": "edge"}},
        }
    },
    "grpc-alone": {
        "gateway": {
            **GATEWAY,
            "tls": {"secret": "grpc-tls", "verifyClients": True},
            "service": {"type": "LoadBalancer", "annotations": {"a/b": "c"}},
        }
    },
    "hpa-cpu": {"bot": {"autoscaling": {"kind": "hpa"}}},
    "hpa-calls": {"bot": {"autoscaling": {"kind": "hpa", "hpaMetric": "calls"}}},
    "no-asterisk": {
        "asterisk": {"enabled": False},
        "bot": {"service": {"type": "LoadBalancer", "annotations": {"a/b": "c"}}},
        "networkPolicy": {"asteriskCidrs": ["198.51.100.7/32"]},
    },
    "load-balancers": {
        "asterisk": {
            "replicas": 2,
            "rtp": {"first": 10000, "last": 10099},
            "loadBalancer": {
                "enabled": True,
                "addresses": ["203.0.113.1", "203.0.113.2"],
                "annotations": {"metallb.io/loadBalancerIPs": "ADDRESS"},
                "class": "metallb.io/metallb",
            },
        }
    },
    "everything-of-asterisk": {
        "asterisk": {
            "sip": {"tcp": True, "tls": {"enabled": True, "secret": "t", "verifyClient": True}},
            "trunk": {"enabled": True, "existingSecret": "trunk"},
            "soundsConfigMap": "sounds",
            "nodeAddresses": {"node-a": "203.0.113.1"},
            "dialplan": {"custom": "[mine]\nexten => s,1,Hangup()\n"},
        },
        "networkPolicy": {"sipCidrs": ["203.0.113.0/24"], "egress": {"enabled": True}},
    },
    "private-riva": {
        "riva": {
            "source": "external",
            "external": {
                "asrUri": "riva:50051",
                "ttsUri": "riva:50051",
                "tls": {"enabled": True, "caSecret": "ca", "clientSecret": "client"},
            },
        }
    },
    "caches": {
        "riva": {
            "asr": {"cache": {"kind": "existing", "name": "asr"}},
            "tts": {"cache": {"kind": "create", "profiles": ["0a1b"], "storageClass": "fast"}},
        },
        "llm": {"nim": {"cache": {"kind": "claim", "name": "llm-models"}}},
        "nim": {"namespace": "nim", "runtimeClassName": "nvidia"},
        "imagePullSecrets": ["registry"],
    },
    "monitoring": {"monitoring": ALL_MONITORING},
    "database": {
        "records": {
            "source": "external",
            "external": {"existingSecret": "db", "caSecret": "db-ca"},
        },
    },
    "database-here": {
        "records": {
            "source": "cluster",
            "cluster": {
                "storageClass": "fast",
                "nodeSelector": {"disk": "ssd"},
                "tolerations": [{"key": "db", "operator": "Exists"}],
                "plugins": [
                    {
                        "name": "barman-cloud.cloudnative-pg.io",
                        "isWALArchiver": True,
                        "parameters": {"barmanObjectName": "records"},
                    }
                ],
            },
        },
        "imagePullSecrets": ["registry"],
        "monitoring": ALL_MONITORING,
    },
}


@pytest.mark.parametrize("files", FILES, ids=str)
def test_every_values_file_passes_the_linter(files):
    """Without so much as a warning."""
    assert not lint(*files)


@pytest.mark.parametrize("files", FILES, ids=str)
def test_every_values_file_makes_valid_objects(files):
    """By the schemas of the oldest and the newest Kubernetes, unknown fields refused."""
    assert [fault for each in render(*files) for fault in faults(each)] == []


@pytest.mark.parametrize("values", VARIANTS.values(), ids=VARIANTS.keys())
def test_every_way_to_use_it_makes_valid_objects(values):
    """The ways that no values file goes."""
    assert [fault for each in render(**values) for fault in faults(each)] == []


def test_names_are_told_apart():
    """No two objects of one kind have the same name in one namespace."""
    for values in VARIANTS.values():
        names = [
            (each["kind"], each["metadata"].get("namespace"), each["metadata"]["name"])
            for each in render(**values)
        ]
        assert len(names) == len(set(names))


@pytest.mark.parametrize("files", FILES, ids=str)
def test_the_bot_accepts_its_rendered_settings(files, tmp_path, monkeypatch):
    """The ConfigMap is read by the bot's own code, and the addresses by Riva's."""
    text = render(*files).one("ConfigMap", "-bot")["data"]["bot.yaml"]
    path = tmp_path / "bot.yaml"
    path.write_text(text)
    monkeypatch.delenv("BOT_CONFIG", raising=False)
    settings = load(path)
    assert addresses(settings.riva.asr_uri, "asr") and addresses(settings.riva.tts_uri, "tts")
    assert settings.audiosocket.host == "0.0.0.0"


def test_notes_tell_what_to_do_next():
    """The test call and the missing phone number are named; warnings only where they belong."""
    assert "helm test line" in notes("values-minimal.yaml")
    assert "No phone number" in notes("values-minimal.yaml")
    assert "WARNING" not in notes("values-prod.yaml")


# One change in values, one expected change in the manifests.

BOT = ("Deployment", "line-voicebot-bot")
POD = "spec.template.spec"
CONTAINER = f"{POD}.containers[bot]"
EXPECTED = {
    "replicas": (
        {"bot": {"replicas": 3}},
        {(*BOT, "spec.replicas"): (2, 3)},
    ),
    "image": (
        {"bot": {"image": {"repository": "r.example.com/bot", "tag": "9"}}},
        {
            (*BOT, f"{CONTAINER}.image"): ("voicebot:0.1.0", "r.example.com/bot:9"),
            ("Pod", "line-voicebot-test", "spec.containers[call].image"): (
                "voicebot:0.1.0",
                "r.example.com/bot:9",
            ),
        },
    ),
    "pre-stop": (
        {"bot": {"preStopSeconds": 9}},
        {
            (*BOT, f"{CONTAINER}.lifecycle.preStop.sleep.seconds"): (5, 9),
            (*BOT, f"{POD}.terminationGracePeriodSeconds"): (965, 969),
        },
    ),
    "variables": (
        {"bot": {"env": {"HTTPS_PROXY": "http://proxy:3128"}}},
        {
            (*BOT, f"{CONTAINER}.env[HTTPS_PROXY].name"): (None, "HTTPS_PROXY"),
            (*BOT, f"{CONTAINER}.env[HTTPS_PROXY].value"): (None, "http://proxy:3128"),
        },
    ),
    "priority": (
        {"bot": {"placement": {"priorityClassName": "calls"}}},
        {(*BOT, f"{POD}.priorityClassName"): (None, "calls")},
    ),
    "spread": (
        {"bot": {"placement": {"spread": "DoNotSchedule"}}},
        {
            (*BOT, f"{POD}.topologySpreadConstraints[0].whenUnsatisfiable"): (
                "ScheduleAnyway",
                "DoNotSchedule",
            )
        },
    ),
    "disruption": (
        {"bot": {"maxUnavailable": "25%"}},
        {("PodDisruptionBudget", "line-voicebot-bot", "spec.maxUnavailable"): (1, "25%")},
    ),
    "gpus": (
        {"llm": {"nim": {"gpus": 2}}},
        {
            ("NIMService", "line-voicebot-llm", "spec.resources.limits.nvidia.com/gpu"): (1, 2),
            ("NIMService", "line-voicebot-llm", "spec.resources.requests.nvidia.com/gpu"): (1, 2),
        },
    ),
    "mig": (
        {"llm": {"nim": {"gpuResource": "nvidia.com/mig-3g.40gb"}}},
        {
            ("NIMService", "line-voicebot-llm", f"spec.resources.{words}.{gpu}"): change
            for words in ("limits", "requests")
            for gpu, change in (
                ("nvidia.com/gpu", (1, None)),
                ("nvidia.com/mig-3g.40gb", (None, 1)),
            )
        },
    ),
    "asterisks": (
        {"asterisk": {"replicas": 4}},
        {("StatefulSet", "line-voicebot-asterisk", "spec.replicas"): (1, 4)},
    ),
    "agents": (
        {"asterisk": {"dialplan": {"agents": "PJSIP/6002"}}},
        {
            (
                "StatefulSet",
                "line-voicebot-asterisk",
                f"{POD}.containers[asterisk].env[ASTERISK_AGENTS].value",
            ): ("", "PJSIP/6002")
        },
    ),
    "after-the-bot": (
        {"asterisk": {"afterBotSeconds": 0}},
        {
            (
                "StatefulSet",
                "line-voicebot-asterisk",
                f"{POD}.terminationGracePeriodSeconds",
            ): (1860, 960)
        },
    ),
    "metrics": (
        {"networkPolicy": {"metricsNamespace": "watch"}},
        {
            (
                "NetworkPolicy",
                "line-voicebot-bot",
                "spec.ingress[2].from[0].namespaceSelector.matchLabels.kubernetes.io/metadata.name",
            ): ("monitoring", "watch")
        },
    ),
}


@pytest.mark.parametrize(("values", "expected"), EXPECTED.values(), ids=EXPECTED.keys())
def test_one_value_changes_one_thing(values, expected):
    """Exactly the fields that it stands for."""
    asterisk = {**OURS, **values.get("asterisk", {})}
    before, after = render(asterisk=OURS), render(**{**values, "asterisk": asterisk})
    assert changes(before, after) == expected


def test_a_setting_of_the_bot_reaches_its_file_alone():
    """And makes new pods, which read it."""
    settings = {"phrases": {"greeting": "नमस्ते, बैंक में आपका स्वागत है।"}}
    before = render(asterisk=OURS)
    after = render(asterisk=OURS, bot={"settings": settings})
    assert [key[:2] for key in changes(before, after)] == [("ConfigMap", "line-voicebot-bot")]
    text = after.one("ConfigMap", "-bot")["data"]["bot.yaml"]
    assert yaml.safe_load(text)["phrases"] == settings["phrases"]
    assert _checksum(before) != _checksum(after)


def _checksum(manifests):
    template = manifests.one("Deployment", "-bot")["spec"]["template"]
    return template["metadata"]["annotations"]["checksum/config"]


def test_the_longest_call_is_told_to_everybody_who_must_know():
    """The bot ends calls then; draining, and Kubernetes' patience with it, last longer."""
    found = render(bot={"longestCallSeconds": 1200})
    settings = yaml.safe_load(found.one("ConfigMap", "-bot")["data"]["bot.yaml"])
    spec = found.one("Deployment", "-bot")["spec"]["template"]["spec"]
    pre_stop = spec["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert settings["turns"]["max_call"] == 1200
    assert settings["drain_timeout"] > 1200
    assert spec["terminationGracePeriodSeconds"] >= pre_stop + settings["drain_timeout"]


def test_a_scaled_deployment_has_no_number_of_its_own():
    """Helm would else undo the scaler's at each upgrade."""
    for kind, made in (("keda", "ScaledObject"), ("hpa", "HorizontalPodAutoscaler")):
        scaling = {"kind": kind, "prometheusUrl": "http://p:9090", "minReplicas": 3}
        monitoring = {"serviceMonitor": {"enabled": True}}
        found = render(bot={"autoscaling": scaling}, monitoring=monitoring)
        assert "replicas" not in found.one("Deployment", "-bot")["spec"]
        assert found.one(made)["spec"]["scaleTargetRef"]["name"] == "line-voicebot-bot"


def test_calls_are_counted_by_the_labels_that_the_service_monitor_gives():
    """The scaler's question finds what Prometheus has scraped from the monitored Service."""
    found = render("values-prod.yaml")
    [trigger] = found.one("ScaledObject")["spec"]["triggers"]
    service = found.one("Service", "-bot")
    labels = service["metadata"]["labels"]
    selector = found.one("ServiceMonitor")["spec"]["selector"]["matchLabels"]
    assert selector.items() <= labels.items()
    assert f'service="{service["metadata"]["name"]}"' in trigger["metadata"]["query"]
    assert 'namespace="voices"' in trigger["metadata"]["query"]
    monitored = [
        each["metadata"]["name"]
        for each in found.all("Service")
        if selector.items() <= each["metadata"]["labels"].items()
    ]
    assert monitored == ["line-voicebot-bot"]


TARGET_LABELS = {"namespace", "service", "pod", "container", "endpoint", "job", "instance"}
"""What the Prometheus operator puts to each series of a ServiceMonitor."""


def test_the_bots_own_labels_are_kept():
    """Prometheus would rename `service` of asr, llm and tts, and no rule would find it."""
    metrics = [*COUNTERS.values(), *GAUGES.values(), *HISTOGRAMS.values()]
    assert TARGET_LABELS & {label for metric in metrics for label in metric.labels} == {"service"}
    [endpoint] = render("values-prod.yaml").one("ServiceMonitor")["spec"]["endpoints"]
    assert endpoint["honorLabels"] is True


def test_scaling_by_cpu_begins_before_a_pod_is_full():
    """docs/turn-overhead.md has what calls take of a core; the default request is one core."""
    [busy] = re.findall(r"^\| 25 \| \d+ \| (\d+) % \|", OVERHEAD.read_text(), re.MULTILINE)
    values = yaml.safe_load((CHART / "values.yaml").read_text())["bot"]
    assert values["resources"]["requests"]["cpu"] == "1" and values["maxCalls"] == 25
    found = render(bot={"autoscaling": {"kind": "hpa"}}).one("HorizontalPodAutoscaler")
    [metric] = found["spec"]["metrics"]
    wanted = int(busy) * values["autoscaling"]["callsPerPod"] / values["maxCalls"]
    assert metric["resource"]["target"]["averageUtilization"] <= wanted


def test_a_large_user_id_is_a_whole_number():
    """OpenShift gives ids such as this one; Go's templates would write 1.00066e+09."""
    for _, spec in render(bot={"runAsUser": 1000660000}, asterisk=OURS).pods():
        assert isinstance(spec["securityContext"]["runAsUser"], int)


def test_the_speech_addresses_have_every_pod():
    """Headless, and selected by the label that the NIM operator gives its pods."""
    found = render()
    settings = yaml.safe_load(found.one("ConfigMap", "-bot")["data"]["bot.yaml"])
    for part in ("asr", "tts"):
        service = found.one("Service", f"-{part}-pods")
        assert service["spec"]["clusterIP"] == "None"
        assert service["spec"]["selector"] == {
            "app": found.one("NIMService", part)["metadata"]["name"]
        }
        host = f"{service['metadata']['name']}.voices.svc.cluster.local:50051"
        assert settings["riva"][f"{part}_uri"] == host


def test_one_of_the_speech_services_may_be_elsewhere():
    """Its NIM is not run, and the bot asks it there."""
    found = render(riva={"external": {"asrUri": "riva-api:50051"}})
    assert [each["metadata"]["name"] for each in found.all("NIMService")] == [
        "line-voicebot-tts",
        "line-voicebot-llm",
    ]
    settings = yaml.safe_load(found.one("ConfigMap", "-bot")["data"]["bot.yaml"])
    assert settings["riva"]["asr_uri"] == "riva-api:50051"
    assert settings["riva"]["tts_uri"].startswith("line-voicebot-tts-pods.")


def test_nims_elsewhere_are_found_by_their_namespace():
    """The bot's addresses follow nim.namespace, and so do the objects."""
    found = render(nim={"namespace": "nim"})
    text = found.one("ConfigMap", "-bot")["data"]["bot.yaml"]
    assert ".nim.svc.cluster.local:50051" in text
    assert {each["metadata"]["namespace"] for each in found.all("NIMService")} == {"nim"}


def test_a_semicolon_in_the_trunks_address_is_no_comment():
    """Asterisk's files begin a comment with it."""
    text = render("values-prod.yaml").one("ConfigMap", "-asterisk")["data"]["pjsip_trunk.conf"]
    assert "contact = sip:sip.provider.example:5061\\;transport=tls" in text


def test_each_pod_behind_a_load_balancer_has_its_own_address():
    """Sound must reach the pod that answered."""
    found = render(**VARIANTS["load-balancers"])
    told = found.one("ConfigMap", "-asterisk")["data"]["addresses"].splitlines()
    for number, address in enumerate(("203.0.113.1", "203.0.113.2")):
        service = found.one("Service", f"-asterisk-{number}")
        pod = f"line-voicebot-asterisk-{number}"
        assert service["spec"]["selector"]["statefulset.kubernetes.io/pod-name"] == pod
        assert service["metadata"]["annotations"]["metallb.io/loadBalancerIPs"] == address
        assert len(service["spec"]["ports"]) == 101
        assert f"{pod} {address}" in told


def test_grpc_gets_http2_from_every_way_in():
    """Each ingress has its own word for it; a GRPCRoute is gRPC by kind."""
    nginx = render(**VARIANTS["nginx"]).all("Ingress")
    key = "nginx.ingress.kubernetes.io/backend-protocol"
    assert [each["metadata"]["annotations"][key] for each in nginx] == ["GRPC", "GRPC"]
    traefik = render(**VARIANTS["traefik"])
    for each in traefik.all("Ingress"):
        backend = each["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["name"]
        annotations = traefik.one("Service", backend)["metadata"]["annotations"]
        assert annotations["traefik.ingress.kubernetes.io/service.serversscheme"] == "h2c"
    routes = render(**VARIANTS["gateway"]).all("GRPCRoute")
    assert [each["spec"]["hostnames"] for each in routes] == [
        ["asr.example.com"],
        ["tts.example.com"],
    ]


def test_secrets_are_named_and_never_held():
    """But for softphones' passwords that the chart makes up, no object holds a secret's value."""
    found = render("values-external-nvidia.yaml")
    assert [each["metadata"]["name"] for each in found.all("Secret")] == [
        "line-voicebot-asterisk-softphones"
    ]
    [container] = found.one("Deployment", "-bot")["spec"]["template"]["spec"]["containers"]
    variables = {each["name"]: each for each in container["env"]}
    key = {"secretKeyRef": {"name": "ngc-api", "key": "NGC_API_KEY"}}
    assert variables["BOT_LLM__API_KEY"]["valueFrom"] == key
    assert variables["RIVA_API_KEY"]["valueFrom"] == key
    names = list(variables)
    assert names.index("RIVA_API_KEY") < names.index("BOT_RIVA__METADATA")


def test_rules_and_dashboards_go_in_as_they_are():
    """Their own braces are no templates of ours; one rule is told the namespace."""
    found = render(monitoring=ALL_MONITORING)
    groups = found.one("PrometheusRule")["spec"]["groups"]
    files = [p for p in sorted((CHART / "rules").glob("*.yaml")) if "_test" not in p.name]
    texts = [p.read_text().replace("absent(voicebot_info)", OWN) for p in files]
    assert groups == [group for text in texts for group in yaml.safe_load(text)["groups"]]
    for path in (CHART / "dashboards").glob("*.json"):
        board = found.one("ConfigMap", f"-{path.stem}")
        assert json.loads(board["data"][path.name]) == json.loads(path.read_text())


def test_alerts_link_to_where_the_runbooks_are():
    """A path of this repository is no link in somebody's alert."""
    pages = "https://git.example.com/docs/runbooks/"
    rule = render(monitoring={"rules": {"enabled": True, "runbooks": pages}}).one("PrometheusRule")
    alerts = [
        each for group in rule["spec"]["groups"] for each in group["rules"] if "alert" in each
    ]
    assert alerts
    for alert in alerts:
        assert alert["annotations"]["runbook_url"] == f"{pages}{alert['alert']}.md"


def test_asterisk_is_scraped_by_its_pods():
    """The monitor finds them by their labels; Prometheus alone reaches the port."""
    found = render(monitoring={"serviceMonitor": {"enabled": True, "labels": {"a": "b"}}})
    monitor = found.one("PodMonitor")
    assert monitor["metadata"]["labels"]["a"] == "b"
    pod = found.one("StatefulSet")["spec"]["template"]
    assert monitor["spec"]["selector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
    rules = found.one("NetworkPolicy", "-asterisk")["spec"]["ingress"]
    [rule] = [each for each in rules if each["ports"] == [{"port": 8088, "protocol": "TCP"}]]
    assert "monitoring" in json.dumps(rule["from"])
    assert not render().all("PodMonitor")


# Wrong values.


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"bot": {"replicas": 0}}, "at '/bot/replicas': minimum: got 0, want 1"),
        ({"bot": {"replica": 1}}, "at '/bot': additional properties 'replica' not allowed"),
        ({"bots": {}}, "additional properties 'bots' not allowed"),
        (
            {"bot": {"settings": {"riva": {"asr": {"langage": "hi"}}}}},
            "at '/bot/settings/riva/asr': additional properties 'langage' not allowed",
        ),
        (
            {"bot": {"settings": {"turns": {"filler": {"after": "soon"}}}}},
            "at '/bot/settings/turns/filler/after': got string, want number",
        ),
        ({"bot": {"settings": {"llm": {"api_key": "x"}}}}, "'api_key' not allowed"),
        ({"bot": {"settings": {"sip": {"enabled": True}}}}, "'sip' not allowed"),
        ({"bot": {"settings": {"profiles": {"folder": "/x"}}}}, "'folder' not allowed"),
        ({"bot": {"settings": {"audiosocket": {"host": "x"}}}}, "'host' not allowed"),
        ({"bot": {"env": {"BOT_LOG__LEVEL": "debug"}}}, "go into bot.settings"),
        ({"riva": {"source": "cloud"}}, "one of 'nim', 'external', 'local'"),
        ({"riva": {"source": "external"}}, "give riva.external.asrUri and riva.external.ttsUri"),
        ({"riva": {"external": {"tls": {"enabled": True}}}}, "they need riva.source=external"),
        (
            {
                "riva": {
                    "source": "external",
                    "external": {
                        "asrUri": "riva:1",
                        "ttsUri": "riva:1",
                        "apiKey": {"existingSecret": "k"},
                    },
                }
            },
            "the key would cross the network unencrypted",
        ),
        ({"llm": {"source": "external"}}, "give llm.external.baseUrl"),
        ({"llm": {"nim": {"cache": {"kind": "claim"}}}}, "give llm.nim.cache.name"),
        ({"riva": {"asr": {"cache": {"name": "x"}}}}, "riva.asr.cache.name is for something"),
        ({"asterisk": {"rtp": {"first": 20000}}}, "asterisk.rtp.first (20000) must be less than"),
        ({"asterisk": {"sip": {"tls": {"enabled": True}}}}, "asterisk.sip.tls.secret"),
        (
            {
                "asterisk": {"sip": {"tcp": True}, "metricsPort": 5060},
                "monitoring": {"serviceMonitor": {"enabled": True}},
            },
            "asterisk.metricsPort (5060) is one of asterisk.sip's",
        ),
        ({"asterisk": {"trunk": {"enabled": True}}}, "give asterisk.trunk.addresses"),
        ({"asterisk": {"outbound": {"dials": "91x"}}}, "outbound"),
        ({"asterisk": {"outbound": {"dials": "91[0-9]{10}"}}}, "asterisk.outbound.existingSecret"),
        (
            {"asterisk": {"outbound": {"dials": "91[0-9]{10}", "existingSecret": "ari"}}},
            "Set records.source to external or cluster",
        ),
        (
            {
                "asterisk": {
                    "network": "host",
                    "outbound": {"dials": "91[0-9]{10}", "existingSecret": "ari"},
                },
                "records": {"source": "external", "external": {"existingSecret": "db"}},
            },
            "asterisk.outbound.url is empty",
        ),
        (
            {
                "asterisk": {
                    "trunk": {"enabled": True, "addresses": ["1.2.3.4"], "transport": "tls"}
                }
            },
            "set asterisk.sip.tls.enabled=true",
        ),
        ({"asterisk": {"network": "host"}}, "networkPolicy.asteriskCidrs is empty"),
        ({"asterisk": {"enabled": False}}, "networkPolicy.asteriskCidrs is empty"),
        ({"asterisk": {"loadBalancer": {"enabled": True}}}, "a Service lists each port"),
        (
            {"asterisk": {"loadBalancer": {"enabled": True}, "rtp": {"last": 10099}}},
            "has 0 entries for 1 replicas",
        ),
        ({"asterisk": {"dialplan": {"agents": "PJSIP/1;x"}}}, "/asterisk/dialplan/agents"),
        ({"test": {"softphone": "6009"}}, "none of asterisk.softphones.names (6001)"),
        (
            {"bot": {"autoscaling": {"kind": "hpa", "minReplicas": 20}}},
            "is more than bot.autoscaling.maxReplicas (10)",
        ),
        (
            {"bot": {"autoscaling": {"kind": "hpa", "callsPerPod": 30}}},
            "is more than bot.maxCalls (25)",
        ),
        ({"bot": {"autoscaling": {"kind": "keda"}}}, "give bot.autoscaling.prometheusUrl"),
        (
            {"rivaAccess": {"kind": "nginx"}, "networkPolicy": INGRESS},
            "give asr and tts a host name each",
        ),
        (
            {"rivaAccess": {"kind": "nginx", "hosts": ACCESS["hosts"]}, "networkPolicy": INGRESS},
            "rivaAccess.tlsSecret is empty",
        ),
        (
            {"rivaAccess": {"kind": "gateway", **ACCESS}, "networkPolicy": INGRESS},
            "give rivaAccess.gateway.name",
        ),
        (
            {"rivaAccess": {"kind": "nginx", **ACCESS}},
            "networkPolicy.rivaFrom is empty: the ingress could not reach the NIMs",
        ),
        (
            {
                "rivaAccess": {"kind": "nginx", **ACCESS},
                "riva": {"external": {"asrUri": "a:1", "ttsUri": "b:1"}},
            },
            "no speech NIM runs here",
        ),
        ({"networkPolicy": {"nimOperatorNamespace": ""}}, "/networkPolicy/nimOperatorNamespace"),
        ({"networkPolicy": {"rivaFrom": [{"pods": {}}]}}, "/networkPolicy/rivaFrom/0"),
        ({"networkPolicy": {"sipCidrs": ["10.0.0.1"]}}, "/networkPolicy/sipCidrs/0"),
        (
            {
                "networkPolicy": {"egress": {"enabled": True}},
                "llm": {
                    "source": "external",
                    "external": {"baseUrl": "https://llm.example.com/v1"},
                },
            },
            "Allow them in networkPolicy.egress.extra",
        ),
        (
            {
                "networkPolicy": {"egress": {"enabled": True}},
                "riva": {"external": {"asrUri": "riva-api:50051"}},
            },
            "Allow them in networkPolicy.egress.extra",
        ),
        (
            {
                "networkPolicy": {"egress": {"enabled": True}},
                "bot": {"settings": {"trace": {"endpoint": "http://otel-collector:4318"}}},
            },
            "Allow them in networkPolicy.egress.extra",
        ),
        ({"llm": {"nim": {"gpuResource": "gpu"}}}, "/llm/nim/gpuResource"),
        ({"bot": {"ports": {"http": 9092}}}, "are both 9092"),
        ({"asterisk": {"sip": {"port": 10001}}}, "one of the ports of asterisk.rtp"),
        (
            {"asterisk": {"sip": {"tcp": True, "tls": {"enabled": True, "port": 5060}}}},
            "are both 5060, and both TCP",
        ),
        (
            {"bot": {"podLabels": {"app.kubernetes.io/name": "x"}}},
            "/bot/podLabels/app.kubernetes.io~1name",
        ),
        (
            {"bot": {"podAnnotations": {"checksum/config": "x"}}},
            "/bot/podAnnotations/checksum~1config",
        ),
        ({"bot": {"settings": {"audiosocket": {"advertise": "x:1"}}}}, "'advertise' not allowed"),
        ({"bot": {"settings": {"riva": {"tts": {"disk": "/x"}}}}}, "'disk' not allowed"),
    ],
)
def test_a_wrong_value_is_refused_by_its_name(values, message):
    """Before anything reaches the cluster; the message says which, and mostly what to do."""
    assert message in refusal(**values)


def test_the_schema_knows_the_bots_settings():
    """`python -m scripts.chart_schema` writes them anew."""
    assert chart_schema.SCHEMA.read_text() == chart_schema.schema()


def test_the_schema_is_closed_everywhere():
    """An object with known properties takes no others."""
    parts = _parts(json.loads(chart_schema.SCHEMA.read_text()))
    known = [(path, part) for path, part in parts if "properties" in part]
    assert [path for path, part in known if part.get("additionalProperties") is not False] == []


def _parts(part, path="$"):
    if isinstance(part, dict):
        if part.get("type") == "object":
            yield path, part
        for key, value in part.items():
            yield from _parts(value, f"{path}.{key}")


def test_every_value_is_read_by_a_template():
    """A value that nobody reads would promise something."""
    templates = "\n".join(
        path.read_text() for path in (CHART / "templates").rglob("*") if path.is_file()
    )
    unread = [
        path
        for path in _names(yaml.safe_load((CHART / "values.yaml").read_text()))
        if not re.search(rf"[.\"]{re.escape(path.rpartition('.')[2])}\b", templates)
    ]
    assert unread == []


WHOLE = ("resources", "settings", "env", "labels", "annotations", "toleration", "affinity")
"""Values that templates hand on as they are."""


def _names(values, path=""):
    for key, value in values.items():
        here = f"{path}.{key}" if path else key
        if isinstance(value, dict) and value and key not in WHOLE:
            yield from _names(value, here)
        else:
            yield here


def test_every_line_of_the_values_is_explained():
    """Each has a comment above it."""
    lines = (CHART / "values.yaml").read_text().splitlines()
    bare = [
        line.strip()
        for before, line in zip(lines, lines[1:], strict=False)
        if re.match(r" *[A-Za-z_]+:", line) and not before.lstrip().startswith("#")
    ]
    assert bare == []
