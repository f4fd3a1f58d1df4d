"""The dispatcher's manifests: they build, Kubernetes knows every field, and they start Kamailio."""

import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

from scripts import deploy_tools
from tests.deploy.edge import Edge
from tests.deploy.sip_peers import Asterisk, Dialog, Provider

pytestmark = pytest.mark.deploy

FOLDER = Path(__file__).resolve().parents[2] / "k8s/kamailio"
PODMONITOR = Path(__file__).with_name("crds") / "podmonitors.monitoring.coreos.com.yaml"


def built(name):
    """What `kubectl kustomize` makes of a folder, as objects by kind and name without its hash."""
    words = [str(deploy_tools.kubectl()), "kustomize", str(FOLDER / name)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    objects = list(yaml.safe_load_all(done.stdout))
    hashed = re.compile(r"-[a-z0-9]{10}$")
    return {(each["kind"], hashed.sub("", each["metadata"]["name"])): each for each in objects}


@pytest.fixture(scope="module")
def base():
    """The base alone."""
    return built("base")


@pytest.fixture(scope="module")
def example():
    """With settings of somebody's, TLS and metrics."""
    return built("example")


def container(objects):
    """The one container."""
    [one] = pod(objects)["containers"]
    return one


def pod(objects):
    """The pod's spec."""
    return objects["DaemonSet", "kamailio"]["spec"]["template"]["spec"]


@pytest.mark.parametrize("name", ["base", "example"])
def test_kubernetes_knows_every_field(name, tmp_path):
    """By the schemas of Kubernetes, strictly, and of the Prometheus operator."""
    objects = built(name)
    file = tmp_path / "all.yaml"
    file.write_text(
        yaml.safe_dump_all(o for (kind, _), o in objects.items() if kind != "PodMonitor")
    )
    words = [sys.executable, "-m", "kubernetes_validate", "--strict", "--quiet", str(file)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    [version] = yaml.safe_load(PODMONITOR.read_text())["spec"]["versions"]
    for (kind, _), found in objects.items():
        if kind == "PodMonitor":
            jsonschema.validate(found, version["schema"]["openAPIV3Schema"])


def test_the_container_may_do_little(base):
    """No root, nothing writable but its own folder in memory, no privileges, no token."""
    assert pod(base)["securityContext"]["runAsNonRoot"] is True
    assert pod(base)["automountServiceAccountToken"] is False
    security = container(base)["securityContext"]
    assert security["readOnlyRootFilesystem"] is True
    assert security["allowPrivilegeEscalation"] is False
    assert security["capabilities"] == {"drop": ["ALL"]}
    writable = [m["mountPath"] for m in container(base)["volumeMounts"] if not m.get("readOnly")]
    assert writable == ["/run/voicebot-sip"]


def test_the_objects_name_one_another(base):
    """The hashed names of the settings and files are those that the pod asks for."""
    settings = base["ConfigMap", "kamailio-settings"]["metadata"]["name"]
    assert container(base)["envFrom"] == [{"configMapRef": {"name": settings}}]
    files = base["ConfigMap", "kamailio-files"]["metadata"]["name"]
    assert pod(base)["volumes"][0]["configMap"]["name"] == files


def test_tls_brings_its_port_and_its_secret(base, example):
    """And nothing else of the pod changes."""
    added = [p for p in container(example)["ports"] if p not in container(base)["ports"]]
    assert added == [{"name": "sips", "containerPort": 5061, "hostPort": 5061, "protocol": "TCP"}]
    added = [v for v in pod(example)["volumes"] if v["name"] == "tls"]
    assert added[0]["secret"]["secretName"] == "voicebot-sip-tls"
    assert {"name": "SIP_TLS", "value": "yes"} in container(example)["env"]


def test_settings_are_merged_over_the_bases(base, example):
    """What the example does not name stays."""
    before = base["ConfigMap", "kamailio-settings"]["data"]
    after = example["ConfigMap", "kamailio-settings"]["data"]
    assert set(before) < set(after)
    assert after["SIP_CALLS_OF_AN_ASTERISK"] == before["SIP_CALLS_OF_AN_ASTERISK"]
    assert after["SIP_PROVIDER_NETWORKS"] != before["SIP_PROVIDER_NETWORKS"]


def test_every_variable_is_read_and_explained(example):
    """No setting that nobody reads; each that is read stands in the README."""
    text = (FOLDER / "base/start.sh").read_text()
    page = (FOLDER / "README.md").read_text()
    given = set(example["ConfigMap", "kamailio-settings"]["data"])
    given |= {each["name"] for each in container(example)["env"]}
    read = set(re.findall(r"\$\{(SIP_\w+)-", text))
    assert given <= read
    assert {name for name in read if f"`{name}`" not in page} == set()


def test_kamailio_holds_with_the_clusters_names(example, tmp_path):
    """`kamailio -c` on the rendered settings, TLS aside, which has its own test."""
    settings = {**example["ConfigMap", "kamailio-settings"]["data"]}
    settings["SIP_PROVIDERS"] = settings["SIP_PROVIDERS"].split()[0]
    done = Edge(tmp_path, []).check(**settings)
    assert done.returncode == 0, done.stderr
    listed = (tmp_path / "dispatcher.list").read_text()
    assert "sip:voicebot-asterisk-1.voicebot-asterisk.voicebot.svc" in listed


def test_the_files_of_the_config_map_serve_a_call(base, tmp_path):
    """What is mounted, started by the container's command as a plain process."""
    files = base["ConfigMap", "kamailio-files"]["data"]
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert container(base)["command"] == ["sh", "/etc/voicebot-sip/start.sh"]
    settings = {**base["ConfigMap", "kamailio-settings"]["data"]}
    for own in ("SIP_ASTERISKS", "SIP_ASTERISK_NETWORKS", "SIP_PROVIDER_NETWORKS"):
        settings.pop(own)
    config = str(tmp_path / "kamailio.cfg")
    with (
        Asterisk() as asterisk,
        Edge(
            tmp_path, [asterisk], start=tmp_path / "start.sh", SIP_CONFIG=config, **settings
        ) as edge,
        Provider(edge.outside) as provider,
    ):
        assert isinstance(provider.call(), Dialog)
        for probe in ("startupProbe", "livenessProbe"):
            assert edge.get(container(base)[probe]["httpGet"]["path"])[0] == 200
        assert edge.get(container(base)["readinessProbe"]["httpGet"]["path"])[0] == 200


def test_the_image_and_its_script_are_tidy():
    """hadolint and shellcheck have nothing to say."""
    folder = Path(sys.executable).parent
    for words in (["hadolint", "Dockerfile"], ["shellcheck", "base/start.sh"]):
        done = subprocess.run(
            [folder / words[0], FOLDER / words[1]], capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stdout
