"""Clusters for the tests of the deploy scripts."""

import pytest

from tests.deploy.cluster import KEY, SPEECH_UP, Cluster, crd, namespace, node, thing

NIM_CRDS = (crd("nimservices.apps.nvidia.com"), crd("nimcaches.apps.nvidia.com"))


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


@pytest.fixture
def line(ready):
    """The same, with NVIDIA's secrets."""
    ready.run("deploy_riva.sh", "--secrets-only", NGC_API_KEY=KEY)
    ready.api.writes.clear()
    return ready
