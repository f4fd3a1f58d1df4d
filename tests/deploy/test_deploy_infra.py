"""deploy_infra.sh, run for real: namespace, volumes and claims, and what it refuses."""

import json

import pytest

from tests.deploy.cluster import crd, manifests, node, thing

pytestmark = pytest.mark.deploy


def test_infra_on_one_node(cluster):
    """The only node is found; namespace, class, volumes and claims are made, the folders told."""
    done = cluster.run("deploy_infra.sh", "--overlay", "one-node", "--model-folder", "/data/nim")
    assert done.code == 0, done.err
    volume = cluster.api.things["persistentvolumes", "", "voicebot-asr-models"]
    assert volume["spec"]["local"]["path"] == "/data/nim/asr"
    [term] = volume["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"]
    assert term["matchExpressions"][0]["values"] == ["gpu-1"]
    assert cluster.api.has("Namespace", "voicebot")
    assert cluster.api.has("PersistentVolumeClaim", "llm-models", "voicebot")
    assert "install -d -m 0770 -o 1000 -g 1000 /data/nim/{asr,tts,llm}" in done.out
    assert cluster.left_behind() == []


def test_infra_twice_changes_nothing(cluster):
    """A second run applies the same objects and leaves the cluster as it is."""
    cluster.run("deploy_infra.sh", "--overlay=one-node")
    before = json.dumps(cluster.api.things.copy().__repr__())
    done = cluster.run("deploy_infra.sh", "--overlay=one-node")
    assert done.code == 0, done.err
    assert json.dumps(cluster.api.things.copy().__repr__()) == before


def test_infra_dry_run_changes_and_asks_nothing(cluster):
    """What it prints is the overlay with the parameters, as YAML; the cluster is not asked."""
    done = cluster.run("deploy_infra.sh", "--overlay", "one-node", "--node", "n7", "--namespace",
                       "lab", "--dry-run")  # fmt: skip
    assert done.code == 0, done.err
    printed = {(each["kind"], each["metadata"]["name"]): each for each in manifests(done.out)}
    assert ("Namespace", "lab") in printed
    assert printed["PersistentVolume", "lab-asr-models"]["spec"]["claimRef"]["namespace"] == "lab"
    assert cluster.api.writes == []
    assert [words[0] for words in cluster.calls("kubectl")] == ["kustomize"]


def test_infra_in_a_cloud_takes_the_default_class(cluster):
    """Claims name the cluster's default, or the one that was chosen."""
    assert cluster.run("deploy_infra.sh", "--overlay", "cloud").code == 0
    claim = ("persistentvolumeclaims", "voicebot", "asr-models")
    assert cluster.api.things[claim]["spec"]["storageClassName"] == "fast"
    done = cluster.run("deploy_infra.sh", "--overlay", "cloud", "--storage-class", "slow")
    assert done.code == 0, done.err
    assert cluster.api.things[claim]["spec"]["storageClassName"] == "slow"


@pytest.mark.parametrize(("words", "said", "remedy"), [
    (["one-node", "--node", "gpu-9"], "there is no node gpu-9", "one of: gpu-1"),
    (["cloud", "--storage-class", "gold"], "no storage class gold", "one of: fast slow"),
    (["external-secrets"], "knows no externalsecrets", "External Secrets Operator"),
])  # fmt: skip
def test_infra_names_what_is_missing(cluster, words, said, remedy):
    """What the cluster does not have is said with what it has, and nothing is changed."""
    done = cluster.run("deploy_infra.sh", "--overlay", *words)
    assert done.code == 1, done.text
    assert said in done.err
    assert remedy in done.err
    assert cluster.api.writes == []


@pytest.mark.parametrize(("words", "said"), [
    ([], "which --overlay? one-node, cloud or external-secrets"),
    (["--overlay", "moon"], "there are one-node, cloud or external-secrets"),
    (["--overlay", "cloud", "--node", "n1"], "the overlay cloud has no NODE; it takes: NAMESPACE"),
    (["--overlay", "one-node", "--model-folder", "models"], "must begin with /"),
    (["--overlay", "cloud", "--pod-security", "lax"], "baseline or privileged"),
    (["--overlay", "cloud", "--storage-class", "a b|c"], "only letters, digits"),
])  # fmt: skip
def test_infra_refuses_words_that_do_not_fit(cluster, words, said):
    """Each with the word that is wrong and those that would be right."""
    done = cluster.run("deploy_infra.sh", *words)
    assert done.code == 2, done.text
    assert said in done.err


def test_infra_asks_which_of_several_nodes(cluster):
    """It does not guess where the models go."""
    cluster.api.put(node("gpu-2"))
    done = cluster.run("deploy_infra.sh", "--overlay", "one-node")
    assert done.code == 1
    assert "one of: gpu-1 gpu-2" in done.err


def test_infra_says_that_volumes_cannot_move(cluster):
    """Another node for volumes that exist is refused with both ways out."""
    cluster.api.put(node("gpu-2"))
    cluster.run("deploy_infra.sh", "--overlay", "one-node", "--node", "gpu-1")
    done = cluster.run("deploy_infra.sh", "--overlay", "one-node", "--node", "gpu-2")
    assert done.code == 1
    assert "is at gpu-1, /var/lib/voicebot/models/asr, and cannot move" in done.err
    assert "--node gpu-1 --model-folder /var/lib/voicebot/models" in done.err
    assert "uninstall.sh --data" in done.err


def test_infra_needs_rights(cluster):
    """Who may not make namespaces is told how somebody else can."""
    cluster.api.forbidden = {"namespaces"}
    done = cluster.run("deploy_infra.sh", "--overlay", "cloud")
    assert done.code == 1
    assert "you may not create namespaces" in done.err
    assert "--dry-run prints the manifests" in done.err


def test_infra_with_a_store(cluster):
    """With the operator and the store there, ExternalSecrets are made for them."""
    store = thing("external-secrets.io/v1", "ClusterSecretStore", "vault")
    cluster.api.put(crd("externalsecrets.external-secrets.io"))
    words = ["--overlay", "external-secrets", "--secret-store", "vault"]
    done = cluster.run("deploy_infra.sh", *words)
    assert done.code == 1
    assert "there is no ClusterSecretStore vault" in done.err
    cluster.api.put(store)
    done = cluster.run("deploy_infra.sh", *words, "--ngc-key-in-store", "bots/ngc")
    assert done.code == 0, done.err
    made = cluster.api.things["externalsecrets", "voicebot", "ngc-api"]["spec"]
    assert made["secretStoreRef"] == {"kind": "ClusterSecretStore", "name": "vault"}
    assert made["data"][0]["remoteRef"] == {"key": "bots/ngc"}
