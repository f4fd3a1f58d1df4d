"""What kustomize makes of k8s/infra and k8s/overlays: valid, parameters where they belong."""

import base64
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from scripts import deploy_tools
from tests.deploy.chart import faults

pytestmark = pytest.mark.deploy

ROOT = Path(__file__).resolve().parents[2]
K8S = ROOT / "k8s"
OVERLAYS = ("one-node", "cloud", "external-secrets")


def build(folder):
    """The objects that kustomize makes of a folder, by kind and name."""
    command = [str(deploy_tools.kubectl()), "kustomize", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    things = list(yaml.safe_load_all(done.stdout))
    return {(thing["kind"], thing["metadata"]["name"]): thing for thing in things}


@pytest.fixture(scope="module")
def built():
    """Each overlay, built."""
    return {name: build(K8S / "overlays" / name) for name in OVERLAYS}


def test_every_overlay_is_tested():
    """A new overlay is in these tests, too."""
    assert {folder.name for folder in (K8S / "overlays").iterdir()} == set(OVERLAYS)


@pytest.mark.parametrize("name", OVERLAYS)
def test_an_overlay_is_valid(built, name):
    """Each object of an overlay passes the strict schema of its kind."""
    assert [fault for thing in built[name].values() for fault in faults(thing)] == []


@pytest.mark.parametrize("name", OVERLAYS)
def test_no_placeholder_is_left_over(built, name):
    """Parameters are all put in, and the object that holds them stays here."""
    text = yaml.safe_dump(list(built[name].values()))
    assert not re.search(r"\b(SET-BY|NODE|MODEL_FOLDER|SECRET_STORE|NGC_KEY_IN_STORE)\b", text)
    assert ("ConfigMap", "settings") not in built[name]


@pytest.mark.parametrize(("name", "level"), [("one-node", "privileged"), ("cloud", "baseline")])
def test_the_namespace_enforces_pod_security(built, name, level):
    """Enforced as the overlay says; what is not `restricted` is told in each case."""
    labels = built[name]["Namespace", "voicebot"]["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == level
    assert labels["pod-security.kubernetes.io/warn"] == "restricted"
    assert labels["pod-security.kubernetes.io/audit"] == "restricted"


def test_each_claim_of_one_node_has_its_volume(built):
    """Class, size, mode and name of a local volume fit its claim, on the node that was named."""
    things = built["one-node"]
    settings = yaml.safe_load((K8S / "overlays/one-node/settings.yaml").read_text())["data"]
    storage_class = things["StorageClass", "voicebot-local"]
    assert storage_class["provisioner"] == "kubernetes.io/no-provisioner"
    assert storage_class["volumeBindingMode"] == "WaitForFirstConsumer"
    for model in ("asr", "tts", "llm"):
        claim = things["PersistentVolumeClaim", f"{model}-models"]["spec"]
        volume = things["PersistentVolume", f"voicebot-{model}-models"]["spec"]
        assert claim["storageClassName"] == volume["storageClassName"] == "voicebot-local"
        assert claim["resources"]["requests"]["storage"] == volume["capacity"]["storage"]
        assert claim["accessModes"] == volume["accessModes"]
        assert volume["claimRef"]["name"] == f"{model}-models"
        assert volume["claimRef"]["namespace"] == "voicebot"
        assert volume["local"]["path"] == f"{settings['MODEL_FOLDER']}/{model}"
        assert volume["persistentVolumeReclaimPolicy"] == "Retain"
        [term] = volume["nodeAffinity"]["required"]["nodeSelectorTerms"]
        assert term["matchExpressions"][0]["values"] == [settings["NODE"]]


@pytest.mark.parametrize("name", ["cloud", "external-secrets"])
def test_a_cloud_makes_the_volumes(built, name):
    """Claims name the class of the settings, and no volume is ours."""
    settings = yaml.safe_load((K8S / f"overlays/{name}/settings.yaml").read_text())["data"]
    kinds = {kind for kind, _ in built[name]}
    assert not kinds & {"PersistentVolume", "StorageClass"}
    for model in ("asr", "tts", "llm"):
        claim = built[name]["PersistentVolumeClaim", f"{model}-models"]
        assert claim["spec"]["storageClassName"] == settings["STORAGE_CLASS"]


def test_a_store_gives_the_same_secrets_as_the_script(built):
    """Names, types and keys of the secrets are those of the script's template."""
    template = (K8S / "infra/secrets/ngc-secrets.yaml.in").read_text()
    ours = {thing["metadata"]["name"]: thing for thing in yaml.safe_load_all(template)}
    theirs = {}
    for (kind, name), thing in built["external-secrets"].items():
        if kind == "ExternalSecret":
            made = thing["spec"]["target"]["template"]
            theirs[name] = (made.get("type", "Opaque"), set(made["data"]))
        elif kind == "Secret":
            theirs[name] = (thing["type"], set(thing["stringData"]))
    assert theirs == {name: (thing["type"], set(thing["data"])) for name, thing in ours.items()}


def test_no_secret_value_is_in_the_tree(built):
    """The only value that a manifest holds is NVIDIA's public deploy key."""
    for things in built.values():
        for (kind, name), thing in things.items():
            if kind == "Secret":
                assert name == "riva-model-deploy-key"
                assert thing["stringData"] == {"key": "tlt_encode"}
    assert base64.b64encode(b"tlt_encode") == b"dGx0X2VuY29kZQ=="


def test_gpu_sharing_is_valid_for_its_readers():
    """Time-slicing and MIG files are valid YAML of the forms that the GPU operator reads."""
    things = build(K8S / "infra/gpu-sharing")
    for thing in things.values():
        assert faults(thing) == []
        assert thing["metadata"]["namespace"] == "gpu-operator"
    plugin = things["ConfigMap", "voicebot-gpu-sharing"]["data"]
    assert yaml.safe_load(plugin["whole"]) == {"version": "v1"}
    slices = yaml.safe_load(plugin["three-slices"])["sharing"]["timeSlicing"]
    assert slices["resources"] == [{"name": "nvidia.com/gpu", "replicas": 3}]
    mig = yaml.safe_load(things["ConfigMap", "voicebot-mig"]["data"]["config.yaml"])
    assert mig["mig-configs"]["all-disabled"] == [{"devices": "all", "mig-enabled": False}]
    [cut] = mig["mig-configs"]["voicebot-80gb"]
    sevenths = sum(int(name[0]) * number for name, number in cut["mig-devices"].items())
    assert sevenths == 7, "a GPU has seven slices"


def test_model_caches_are_those_of_the_chart():
    """What is fetched ahead is what the chart's values run: image, profile, secrets, claims."""
    values = yaml.safe_load((ROOT / "helm/voicebot/values.yaml").read_text())
    nims = {"asr": values["riva"]["asr"], "tts": values["riva"]["tts"], "llm": values["llm"]["nim"]}
    things = build(K8S / "infra/nim-cache")
    assert set(things) == {("NIMCache", name) for name in nims}
    for name, nim in nims.items():
        cache = things["NIMCache", name]
        assert faults(cache) == []
        ngc = cache["spec"]["source"]["ngc"]
        assert ngc["modelPuller"] == "{repository}:{tag}".format(**nim["image"])
        assert ngc["authSecret"] == values["nim"]["apiKeySecret"]
        assert ngc["pullSecret"] == values["nim"]["pullSecret"]
        selectors = [one["value"] for one in cache["spec"].get("env", [])]
        assert selectors == [nim["env"][key] for key in nim["env"] if key == "NIM_TAGS_SELECTOR"]
        assert cache["spec"]["storage"]["pvc"]["name"] == f"{name}-models"
