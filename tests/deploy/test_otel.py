"""The example collector: it builds, Kubernetes and the collector know each field, the ends meet."""

import re
import subprocess
from pathlib import Path

import jsonschema
import pytest
import yaml

from bot.config import TraceSettings
from scripts import deploy_tools
from tests.deploy.chart import faults

FOLDER = Path(__file__).resolve().parents[2] / "k8s/otel"
SCHEMA = Path(__file__).with_name("otel_collector.schema.yaml")
CONFIG = yaml.safe_load((FOLDER / "collector.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def built():
    """What kustomize makes of the folder, by kind and name without its hash."""
    words = [str(deploy_tools.kubectl()), "kustomize", str(FOLDER)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    hashed = re.compile(r"-[a-z0-9]{10}$")
    objects = yaml.safe_load_all(done.stdout)
    return {(each["kind"], hashed.sub("", each["metadata"]["name"])): each for each in objects}


def test_the_collector_knows_each_field():
    """By its own schemas, reduced to what is used."""
    schema = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(CONFIG)


def test_pipelines_use_what_is_configured_and_nothing_is_left_over():
    """The collector refuses a pipeline of unknown parts, and ignores parts of no pipeline."""
    service = CONFIG["service"]
    for kind in ("receivers", "processors", "exporters"):
        used = {name for pipe in service["pipelines"].values() for name in pipe.get(kind, [])}
        assert used == set(CONFIG[kind])
    assert set(service["extensions"]) == set(CONFIG["extensions"])
    limiter = CONFIG["processors"]["memory_limiter"]
    assert limiter["spike_limit_percentage"] < limiter["limit_percentage"]


@pytest.mark.deploy
def test_kubernetes_knows_each_field(built):
    """Strictly, in the oldest and the newest version that we support."""
    assert {kind for kind, _ in built} == {"ConfigMap", "Deployment", "Service", "NetworkPolicy"}
    assert [fault for each in built.values() for fault in faults(each)] == []


@pytest.mark.deploy
def test_ports_and_variables_meet(built):
    """What the collector listens on is what container, service and probes name."""
    [container] = built["Deployment", "otel-collector"]["spec"]["template"]["spec"]["containers"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    protocols = CONFIG["receivers"]["otlp"]["protocols"]
    assert ports == {
        **{f"otlp-{name}": int(each["endpoint"].split(":")[1]) for name, each in protocols.items()},
        "health": int(CONFIG["extensions"]["health_check"]["endpoint"].split(":")[1]),
    }
    service = built["Service", "otel-collector"]["spec"]
    assert all(ports[each["targetPort"]] == each["port"] for each in service["ports"])
    assert container["readinessProbe"]["httpGet"]["port"] in ports
    asked = set(re.findall(r"\$\{env:(\w+)", (FOLDER / "collector.yaml").read_text()))
    assert asked == set(built["ConfigMap", "otel-store"]["data"])
    [mount] = container["volumeMounts"]
    assert container["args"] == [f"--config={mount['mountPath']}/collector.yaml"]


@pytest.mark.deploy
def test_only_the_collector_is_selected(built):
    """Service, policy and deployment choose by the same labels, and by some."""
    chosen = {"app.kubernetes.io/name": "otel-collector", "app.kubernetes.io/part-of": "voicebot"}
    assert built["Service", "otel-collector"]["spec"]["selector"] == chosen
    policy = built["NetworkPolicy", "otel-collector"]["spec"]
    assert policy["podSelector"] == {"matchLabels": chosen}
    assert policy["ingress"][0]["from"] == [{"podSelector": {}}]
    assert built["Deployment", "otel-collector"]["spec"]["selector"] == {"matchLabels": chosen}


@pytest.mark.deploy
def test_it_runs_without_rights(built):
    """As pod security `restricted` asks for."""
    pod = built["Deployment", "otel-collector"]["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    security = pod["containers"][0]["securityContext"]
    assert security["readOnlyRootFilesystem"] is True
    assert security["capabilities"] == {"drop": ["ALL"]}


def test_the_address_in_the_comment_is_one_that_the_bot_takes():
    """What the kustomization tells to set can be set."""
    text = (FOLDER / "kustomization.yaml").read_text(encoding="utf-8")
    [endpoint] = re.findall(r'endpoint: "([^"]+)"', text)
    assert TraceSettings(endpoint=endpoint).endpoint == endpoint
    port = CONFIG["receivers"]["otlp"]["protocols"]["http"]["endpoint"].split(":")[1]
    assert endpoint.endswith(f":{port}")
