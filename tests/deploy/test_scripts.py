"""The deploy scripts, run for real: what they ask, change, refuse, and keep to themselves."""

import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from scripts import deploy_tools
from tests.deploy.cluster import ROOT, Cluster, crd, manifests, namespace, node, thing
from tests.deploy.fake_api import plural

pytestmark = pytest.mark.deploy

KEY = "nvapi-abcdefghijklmnopqrstuvwxyz0123456789"
SCRIPTS = ("deploy_infra", "deploy_riva", "deploy_bot", "deploy_asterisk", "smoke_test",
           "uninstall")  # fmt: skip
NIM_CRDS = (crd("nimservices.apps.nvidia.com"), crd("nimcaches.apps.nvidia.com"))
SPEECH_UP = """ok     port of http, 0.0.0.0:8080: taken: by a running bot
WRONG  asterisk at 127.0.0.1:5060: [Errno 111] Connection refused
       -> start it
ok     riva asr model: parakeet
ok     riva tts voice: Magpie-Multilingual.HI-IN.Aria
ok     llm model: meta/llama-3.1-8b-instruct
"""


@pytest.fixture
def cluster(tmp_path):
    """One GPU node, storage, operators, and nothing of ours."""
    classes = [
        thing("storage.k8s.io/v1", "StorageClass", "slow"),
        thing("storage.k8s.io/v1", "StorageClass", "fast"),
    ]
    fast = classes[1]["metadata"]
    fast["annotations"] = {"storageclass.kubernetes.io/is-default-class": "true"}
    gpus = {"nvidia.com/gpu": "3"}
    with Cluster(tmp_path, node("gpu-1", **gpus), *classes, *NIM_CRDS) as up:
        yield up


@pytest.fixture
def ready(cluster):
    """The same, with the namespace, a bot's pod, and NIMs that say they are ready."""
    cluster.api.put(namespace())
    pod = thing("v1", "Pod", "voicebot-bot-1", "voicebot")
    pod["metadata"]["labels"] = {
        "app.kubernetes.io/instance": "voicebot",
        "app.kubernetes.io/component": "bot",
    }
    pod["status"] = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
    cluster.api.put(pod)
    for name in ("asr", "tts", "llm"):
        for kind in ("NIMService", "NIMCache"):
            nim = thing("apps.nvidia.com/v1alpha1", kind, name, "voicebot")
            nim["metadata"]["labels"] = {"app.kubernetes.io/instance": "voicebot"}
            nim["status"] = {"state": "Ready"}
            cluster.api.put(nim)
    cluster.says("exec", SPEECH_UP)
    return cluster


def claims(cluster):
    """As if deploy_infra.sh had run."""
    for name in ("asr-models", "tts-models", "llm-models"):
        cluster.api.put(thing("v1", "PersistentVolumeClaim", name, "voicebot"))


# ---- all of them ----------------------------------------------------------------------------


@pytest.mark.parametrize("script", SCRIPTS)
def test_help_says_what_it_does(cluster, script):
    """--help prints the usage, asks nobody, and leaves with 0."""
    done = cluster.run(f"{script}.sh", "--help")
    assert done.code == 0, done.err
    assert done.out.startswith("Usage: ")
    assert "--dry-run" in done.out
    assert cluster.calls("kubectl") == []


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("words", [["--nonsense"], ["--namespace"], ["--namespace", "A_b"],
                                   ["--timeout", "soon"]])  # fmt: skip
def test_wrong_words_are_refused(cluster, script, words):
    """An unknown option, a missing or an impossible value leaves with 2 and changes nothing."""
    done = cluster.run(f"{script}.sh", *words)
    assert done.code == 2, done.text
    assert words[0] in done.err
    assert cluster.api.writes == []


def test_shellcheck_finds_nothing():
    """Every shell script of the deployment is clean."""
    files = [str(ROOT / f"scripts/{name}.sh") for name in (*SCRIPTS, "deploy_lib")]
    program = str(Path(sys.executable).with_name("shellcheck"))
    command = [program, "--external-sources", "--source-path", str(ROOT), *files]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("script", ["deploy_infra", "deploy_riva", "deploy_bot", "uninstall"])
def test_a_missing_tool_is_named(cluster, script):
    """Without kubectl the first line says so, the second where to get it."""
    cluster.without("kubectl")
    words = ["--overlay", "cloud"] if script == "deploy_infra" else []
    done = cluster.run(f"{script}.sh", *words, NGC_API_KEY=KEY)
    assert done.code == 1
    assert "kubectl is not on the PATH" in done.err
    assert "https://kubernetes.io/docs/tasks/tools/" in done.err


@pytest.mark.parametrize("version", ["v3.13.2", "v2.17.0"])
def test_an_old_helm_is_refused(ready, version):
    """Older than 3.14 it cannot keep what earlier runs set."""
    ready.says("helm-version", version)
    done = ready.run("deploy_bot.sh")
    assert done.code == 1
    assert f"helm {version} is too old" in done.err
    assert ready.releases() == []


def test_a_cluster_that_is_down_is_told_apart(cluster):
    """The reason, which cluster was asked, and how to ask another."""
    (cluster.folder / "kubeconfig").write_text("")
    done = cluster.run("deploy_infra.sh", "--overlay", "cloud")
    assert done.code == 1
    assert "the cluster does not answer" in done.err
    assert "--context NAME" in done.err


def test_an_old_cluster_is_refused(cluster):
    """The chart needs Kubernetes 1.30."""
    cluster.api.minor = "29+"
    done = cluster.run("deploy_infra.sh", "--overlay", "cloud")
    assert done.code == 1
    assert "Kubernetes 1.29 is too old: 1.30" in done.err


@pytest.mark.parametrize("script", ["deploy_riva", "deploy_bot", "deploy_asterisk"])
def test_the_namespace_must_be_there(cluster, script):
    """Else the script that makes it is named."""
    done = cluster.run(f"{script}.sh", NGC_API_KEY=KEY)
    assert done.code == 1
    assert "first run: scripts/deploy_infra.sh" in done.err
    assert cluster.api.writes == []


# ---- deploy_infra.sh ------------------------------------------------------------------------


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


# ---- deploy_riva.sh -------------------------------------------------------------------------


def secret(cluster, name):
    """A secret's values, decoded."""
    data = cluster.api.things["secrets", "voicebot", name]["data"]
    return {key: base64.b64decode(value).decode() for key, value in data.items()}


def test_riva_makes_the_secrets(ready):
    """NIMs, image pulls and the older chart find the key where each looks for it."""
    done = ready.run("deploy_riva.sh", "--secrets-only", NGC_API_KEY=KEY)
    assert done.code == 0, done.err
    assert secret(ready, "ngc-api") == {"NGC_API_KEY": KEY}
    pull = secret(ready, "modelpullsecret")
    auth = json.loads(pull[".dockerconfigjson"])["auths"]["nvcr.io"]
    assert (auth["username"], auth["password"]) == ("$oauthtoken", KEY)
    assert base64.b64decode(auth["auth"]).decode() == f"$oauthtoken:{KEY}"
    assert pull["apikey"] == KEY
    made = ready.api.things["secrets", "voicebot", "modelpullsecret"]
    assert made["type"] == "kubernetes.io/dockerconfigjson"
    assert secret(ready, "riva-model-deploy-key") == {"key": "tlt_encode"}


@pytest.mark.parametrize("trace", [False, True])
@pytest.mark.parametrize("way", ["variable", "file", "standard input"])
def test_the_key_is_seen_nowhere(ready, tmp_path, way, trace):
    """No command line, environment, output, trace or file left behind holds the key."""
    file = tmp_path / "key"
    file.write_text(KEY)
    words = {"variable": [], "file": ["--key-file", str(file)],
             "standard input": ["--key-file", "-"]}[way]  # fmt: skip
    variables = {"NGC_API_KEY": KEY} if way == "variable" else {}
    stdin = KEY if way == "standard input" else ""
    done = ready.run("deploy_riva.sh", *words, stdin=stdin, trace=trace, **variables)
    assert done.code == 0, done.err
    assert secret(ready, "ngc-api") == {"NGC_API_KEY": KEY}
    encoded = base64.b64encode(KEY.encode()).decode()
    for text in (done.text, ready.seen()):
        assert KEY not in text
        assert encoded not in text
    assert ready.left_behind() == []


def test_riva_brings_up_the_nims(ready):
    """The chart is released with a token of ours, the NIMs awaited, and the bot's doctor asked."""
    done = ready.run("deploy_riva.sh", NGC_API_KEY=KEY)
    assert done.code == 0, done.err
    [release] = ready.releases()
    assert "--reset-then-reuse-values" in release
    assert "--rollback-on-failure" not in release
    assert "pbxToken.existingSecret=voicebot-pbx-token" in release
    assert len(secret(ready, "voicebot-pbx-token")["token"]) == 64
    waits = [words for words in ready.calls("kubectl") if "wait" in words and "nimservice" in words]
    assert len(waits) == 1
    assert "--timeout=60m" in waits[0]
    assert "ok     riva asr model: parakeet" in done.out
    assert "asterisk" not in done.out.split("riva asr")[1].split("Recognition")[0]
    assert "GPUs that pods may ask for:\n  gpu-1 nvidia.com/gpu 3" in done.out


def test_riva_twice_keeps_what_is_there(ready):
    """A second run makes no other token, and the same secrets."""
    ready.run("deploy_riva.sh", NGC_API_KEY=KEY)
    before = {name: secret(ready, name) for name in ("ngc-api", "voicebot-pbx-token")}
    values = {"pbxToken": {"existingSecret": "voicebot-pbx-token", "key": "token"}}
    ready.says("values", yaml.safe_dump(values))
    done = ready.run("deploy_riva.sh", NGC_API_KEY=KEY)
    assert done.code == 0, done.err
    assert {name: secret(ready, name) for name in before} == before


def test_riva_dry_run_shows_no_key_and_asks_nobody(ready):
    """Without a key or a cluster it says what would be done; secrets are comments."""
    done = ready.run("deploy_riva.sh", "--dry-run", "--fetch-models", NGC_API_KEY=KEY)
    assert done.code == 0, done.err
    assert KEY not in done.text
    assert ready.api.writes == []
    assert ready.releases() == []
    printed = manifests(done.out)
    ours = [each for each in printed if each["kind"] == "Secret"]
    assert all("softphones" in each["metadata"]["name"] for each in ours)
    assert {each["metadata"]["name"] for each in printed if each["kind"] == "NIMCache"} == {
        "asr", "tts", "llm"}  # fmt: skip
    asked = [words[0] for words in ready.calls("kubectl")]
    assert set(asked) == {"kustomize"}


def test_riva_puts_models_into_the_claims(ready):
    """Where deploy_infra.sh made claims, the chart's NIMs use them, unless values say otherwise."""
    claims(ready)
    done = ready.run("deploy_riva.sh", NGC_API_KEY=KEY)
    assert done.code == 0, done.err
    assert "asr: {cache: {kind: claim, name: asr-models}}" in done.out
    ready.says("values", "riva: {asr: {cache: {kind: create}}}")
    done = ready.run("deploy_riva.sh", NGC_API_KEY=KEY)
    assert done.code == 0, done.err
    assert "kind: claim" not in done.out


def test_riva_fetches_models_ahead(ready):
    """NIMCaches are applied before the release, awaited, and used by it."""
    claims(ready)
    done = ready.run("deploy_riva.sh", "--fetch-models", NGC_API_KEY=KEY)
    assert done.code == 0, done.err
    assert "asr: {cache: {kind: existing, name: asr}}" in done.out
    cache = ready.api.things["nimcaches", "voicebot", "asr"]["spec"]
    assert cache["source"]["ngc"]["authSecret"] == "ngc-api"


def test_riva_refuses_caches_of_other_images(ready, tmp_path):
    """What is fetched must be what runs."""
    claims(ready)
    values = tmp_path / "mine.yaml"
    values.write_text("riva: {asr: {image: {tag: 9.9.9}}}")
    words = ["--fetch-models", "--values", str(values)]
    done = ready.run("deploy_riva.sh", *words, NGC_API_KEY=KEY)
    assert done.code == 1
    assert "parakeet-1-1b-rnnt-multilingual:1.5.0, which the chart does not run" in done.err
    assert ready.releases() == []


def test_riva_of_the_older_kind(ready, tmp_path):
    """riva-api is released from the chart that was given; bots ask it to hear."""
    chart = tmp_path / "riva-api-2.19.0.tgz"
    chart.write_text("")
    done = ready.run("deploy_riva.sh", "--riva-api", str(chart), NGC_API_KEY=KEY)
    assert done.code == 0, done.err
    older, line = ready.releases()
    assert older[:4] == ["upgrade", "--install", "riva-api", str(chart)]
    assert line[2] == "voicebot"
    assert "asrUri: 'headless-riva-api.voicebot.svc.cluster.local:50051'" in done.out


@pytest.mark.parametrize(("key", "said"), [
    ("", "NGC_API_KEY is not set"),
    ("too-short", "NGC_API_KEY is no NGC key"),
    (f"'{KEY}'", "NGC_API_KEY is no NGC key"),
    (f"{KEY} ", "NGC_API_KEY is no NGC key"),
])  # fmt: skip
def test_riva_refuses_what_is_no_key(ready, key, said):
    """With where to get one, and without saying what it was."""
    done = ready.run("deploy_riva.sh", NGC_API_KEY=key)
    assert done.code == 1
    assert said in done.err
    assert "https://org.ngc.nvidia.com/setup/api-keys" in done.err
    assert KEY not in done.text
    assert ready.api.writes == []


def test_riva_needs_gpus(ready):
    """No node offers any: the GPU operator is named, nothing is changed."""
    ready.api.put(node("gpu-1"))
    done = ready.run("deploy_riva.sh", NGC_API_KEY=KEY)
    assert done.code == 1
    assert "no node offers GPUs" in done.err
    assert "GPU operator" in done.err
    assert ready.api.writes == []


def test_riva_needs_the_nim_operator(ready):
    """Without its CRDs the operator is named, and the way without it."""
    del ready.api.things["customresourcedefinitions", "", "nimservices.apps.nvidia.com"]
    done = ready.run("deploy_riva.sh", NGC_API_KEY=KEY)
    assert done.code == 1
    assert "the cluster knows no nimservices.apps.nvidia.com" in done.err
    assert "values-external-nvidia.yaml" in done.err
    assert ready.api.writes == []


def test_riva_waits_for_a_stores_secrets(ready):
    """With --external-secrets it makes none and needs no key; those of the store must come."""
    for name in ("ngc-api", "modelpullsecret", "riva-model-deploy-key"):
        ready.api.put(thing("v1", "Secret", name, "voicebot", data={}))
    done = ready.run("deploy_riva.sh", "--external-secrets")
    assert done.code == 0, done.err
    assert not [path for path in ready.api.writes if path.endswith("/secrets/ngc-api")]


def test_riva_does_not_believe_ready_alone(ready):
    """NIMs that are ready and yet do not serve what a call needs are told by the bot's doctor."""
    ready.says("exec", SPEECH_UP.replace("ok     riva tts voice", "WRONG  riva tts voice"))
    done = ready.run("deploy_riva.sh", NGC_API_KEY=KEY)
    assert done.code == 1
    assert "WRONG  riva tts voice" in done.out
    assert "not as a call needs them" in done.err


def test_riva_before_the_bots_image(ready):
    """Without a bot to ask, the NIMs' own word counts for now."""
    del ready.api.things["pods", "voicebot", "voicebot-bot-1"]
    done = ready.run("deploy_riva.sh", NGC_API_KEY=KEY)
    assert done.code == 0, done.err
    assert "No bot is up yet to ask them: deploy_bot.sh will." in done.out


# ---- deploy_bot.sh and deploy_asterisk.sh ---------------------------------------------------


@pytest.fixture
def line(ready):
    """The same, with NVIDIA's secrets."""
    ready.run("deploy_riva.sh", "--secrets-only", NGC_API_KEY=KEY)
    ready.api.writes.clear()
    return ready


@pytest.mark.parametrize(("version", "undo"), [("v3.17.3", "--atomic"),
                                              ("v4.3.1", "--rollback-on-failure")])  # fmt: skip
def test_a_release_waits_and_is_undone(line, version, undo):
    """Helm 3 and 4 wait for health, go back without it, and keep what earlier runs set."""
    line.says("helm-version", version)
    done = line.run("deploy_bot.sh", "--image", "registry.example.com:5000/voicebot:1.2")
    assert done.code == 0, done.err
    [words] = line.releases()
    assert {"--wait", undo, "--reset-then-reuse-values", "--install"} <= set(words)
    assert "bot.image.repository=registry.example.com:5000/voicebot" in words
    assert "bot.image.tag=1.2" in words


def test_an_upgrade_waits_for_calls_to_end(line):
    """Two Asterisks that drain in turn, 1860 s each; it would else be undone in the midst of it."""
    line.run("deploy_bot.sh")
    assert timeout(line) == "10m"
    for number in range(2):
        pod = thing("v1", "Pod", f"voicebot-asterisk-{number}", "voicebot")
        pod["metadata"]["labels"] = {
            "app.kubernetes.io/instance": "voicebot",
            "app.kubernetes.io/component": "asterisk",
        }
        line.api.put(pod)
    line.says("values", "asterisk: {enabled: true}")
    done = line.run("deploy_bot.sh")
    assert done.code == 0, done.err
    assert timeout(line) == "4320s" and "4320s at most" in done.out
    line.run("deploy_bot.sh", "--timeout", "5m")
    assert timeout(line) == "5m"


def timeout(cluster):
    """What the last `helm upgrade` was told."""
    words = cluster.releases()[-1]
    return words[words.index("--timeout") + 1]


def test_helm_knows_the_options(line):
    """Each option that the scripts give to Helm is in the real one's own help."""
    claims(line)
    line.run("deploy_bot.sh", "--set", "bot.replicas=3", "--context", "fake")
    line.run("uninstall.sh", "--yes")
    for words in line.calls("helm"):
        command = [str(deploy_tools.helm()), *words[: 2 if words[0] == "get" else 1], "--help"]
        known = subprocess.run(command, capture_output=True, text=True, timeout=60).stdout
        for word in words:
            if word.startswith("--"):
                assert f" {word} " in known or f"{word}[=" in known, f"helm {words[0]} {word}"


def test_there_is_no_asterisk_before_its_script(line, tmp_path):
    """Nothing waits for Asterisk's image until it is asked for; then it stays."""
    assert line.run("deploy_bot.sh").code == 0
    done = line.run("deploy_bot.sh")
    assert "asterisk: {enabled: false}" in done.out
    line.says(
        "values", "asterisk: {enabled: false}\nnetworkPolicy: {asteriskCidrs: [192.0.2.1/32]}\n"
    )
    done = line.run("deploy_asterisk.sh")
    assert done.code == 0, done.err
    assert "networkPolicy: {asteriskCidrs: []}" in done.out
    assert "asterisk.enabled=true" in line.releases()[-1]
    line.says("values", "asterisk: {enabled: true}")
    done = line.run("deploy_bot.sh")
    assert done.code == 0, done.err
    assert "enabled: false" not in done.out
    values = tmp_path / "mine.yaml"
    values.write_text("asterisk:\n  enabled: true\n")
    line.says("values", "{}")
    assert "enabled: false" not in line.run("deploy_bot.sh", "--values", str(values)).out


def test_bots_that_cannot_work_are_told(line):
    """A healthy release whose servers do not do what a call needs has failed."""
    line.says("exec", "WRONG  llm server: Connection error.\n       -> is it up?\n")
    done = line.run("deploy_bot.sh")
    assert done.code == 1
    assert "WRONG  llm server" in done.out
    assert "not as a call needs them" in done.err


def test_bot_twice_is_the_same(line):
    """The second run gives Helm the same words, and makes no other token."""
    line.run("deploy_bot.sh")
    token = secret(line, "voicebot-pbx-token")
    line.run("deploy_bot.sh")
    first, second = (
        [word for word in words if not word.startswith(str(line.folder))]
        for words in line.releases()
    )
    assert first == second
    assert secret(line, "voicebot-pbx-token") == token


def test_a_token_of_ones_own_is_left_alone(line, tmp_path):
    """Values that name a Secret are obeyed; a Secret that is missing is told before Helm waits."""
    values = tmp_path / "mine.yaml"
    values.write_text("pbxToken: {existingSecret: company-token}")
    done = line.run("deploy_bot.sh", "--values", str(values))
    assert done.code == 1
    assert "the secret company-token" in done.err
    assert line.releases() == []
    line.api.put(thing("v1", "Secret", "company-token", "voicebot", data={}))
    done = line.run("deploy_bot.sh", "--values", str(values))
    assert done.code == 0, done.err
    assert not line.api.has("Secret", "voicebot-pbx-token", "voicebot")


@pytest.mark.parametrize(("values", "said", "remedy"), [
    ({"bot": {"autoscaling": {"kind": "keda", "prometheusUrl": "http://p:9090"}},
      "monitoring": {"serviceMonitor": {"enabled": True}}},
     "knows no scaledobjects.keda.sh", "install KEDA"),
    ({"monitoring": {"serviceMonitor": {"enabled": True}}},
     "knows no servicemonitors.monitoring.coreos.com", "Prometheus Operator"),
])  # fmt: skip
def test_missing_operators_are_named(line, tmp_path, values, said, remedy):
    """What the values ask for and the cluster does not know is told, with the value to change."""
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump(values))
    done = line.run("deploy_bot.sh", "--values", str(file))
    assert done.code == 1
    assert said in done.err
    assert remedy in done.err
    assert line.releases() == []
    assert line.api.writes == []


def test_values_that_the_chart_refuses_change_nothing(line):
    """The chart's own reason stands above ours."""
    done = line.run("deploy_bot.sh", "--set", "bot.replicsa=3")
    assert done.code == 1
    assert "replicsa" in done.err
    assert "the chart refuses these values" in done.err
    assert line.api.writes == []


def test_a_release_that_fails_says_where_to_look(line):
    """Events, history and a longer time-out."""
    line.says("helm-fails", "")
    done = line.run("deploy_bot.sh")
    assert done.code == 1
    assert "did not become healthy within 10m" in done.err
    assert "kubectl get events" in done.err


def test_asterisk_on_the_hosts_network_needs_a_privileged_namespace(line):
    """A namespace that enforces baseline is told with both ways out; then the nodes are known."""
    words = ["--network", "host", "--external", "node"]
    done = line.run("deploy_asterisk.sh", *words)
    assert done.code == 1
    assert "enforces pod security baseline" in done.err
    assert "--pod-security privileged" in done.err
    line.api.put(namespace("privileged"))
    done = line.run("deploy_asterisk.sh", *words)
    assert done.code == 0, done.err
    assert "networkPolicy: {asteriskCidrs: [10.0.0.5/32]}" in done.out
    [release] = line.releases()
    assert {"asterisk.network=host", "asterisk.externalAddress=node"} <= set(release)


def test_a_trunk_goes_into_a_secret(line, tmp_path):
    """The provider's file with its passwords is in the secret, and in no argument or output."""
    example = (ROOT / "asterisk/pjsip_trunk.conf.example").read_text()
    file = tmp_path / "pjsip_trunk.conf"
    file.write_text(example.replace("YOUR-PASSWORD", "p4ssw0rd-of-the-trunk"))
    done = line.run("deploy_asterisk.sh", "--trunk", str(file))
    assert done.code == 0, done.err
    made = secret(line, "voicebot-trunk")["pjsip_trunk.conf"]
    assert made.strip() == file.read_text().strip()
    assert "p4ssw0rd" not in done.text + line.seen()
    [release] = line.releases()
    assert "asterisk.trunk.existingSecret=voicebot-trunk" in release


@pytest.mark.parametrize("script", ["deploy_bot", "deploy_asterisk"])
def test_a_dry_run_of_the_chart_is_yaml(line, script):
    """What is printed is the chart, valid YAML; neither cluster nor Helm is changed."""
    done = line.run(f"{script}.sh", "--dry-run")
    assert done.code == 0, done.err
    kinds = {each["kind"] for each in manifests(done.out)}
    assert {"Deployment", "NIMService"} <= kinds
    assert line.api.writes == []
    assert {words[0] for words in line.calls("helm")} <= {"version", "template"}


# ---- uninstall.sh ---------------------------------------------------------------------------


def test_uninstall_leaves_models_and_secrets(line):
    """Without more words only the release goes."""
    claims(line)
    done = line.run("uninstall.sh", "--yes")
    assert done.code == 0, done.err
    assert line.api.writes == []
    gone = [words[1] for words in line.calls("helm") if words[0] == "uninstall"]
    assert gone == ["voicebot", "riva-api"]


def test_uninstall_of_everything_twice(line):
    """With --namespace-too all that the scripts made is gone; again, there is nothing to do."""
    line.run("deploy_infra.sh", "--overlay", "one-node")
    for _ in range(2):
        done = line.run("uninstall.sh", "--namespace-too", "--yes")
        assert done.code == 0, done.err
        for kind, name, space in (
            ("PersistentVolume", "voicebot-asr-models", ""),
            ("PersistentVolumeClaim", "asr-models", "voicebot"),
            ("Secret", "ngc-api", "voicebot"),
            ("Namespace", "voicebot", ""),
            ("StorageClass", "voicebot-local", ""),
        ):
            assert (plural(kind), space, name) not in line.api.things


def test_uninstall_asks_first(line):
    """Where nobody can be asked, nothing is removed."""
    done = line.run("uninstall.sh")
    assert done.code == 1
    assert "--yes" in done.err
    assert line.calls("helm") == [["version", "--template", "{{.Version}}"]]


def test_every_script_is_on_the_page():
    """The page of the installation names each script and option that it uses as they are."""
    page = (Path(ROOT) / "docs/install-on-kubernetes.md").read_text()
    for script in SCRIPTS:
        assert f"scripts/{script}.sh" in page
