"""deploy_riva.sh, run for real: secrets that nobody sees, models, NIMs that answer."""

import base64
import json

import pytest
import yaml

from tests.deploy.cluster import KEY, SPEECH_UP, claims, manifests, node, secret, thing

pytestmark = pytest.mark.deploy


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
