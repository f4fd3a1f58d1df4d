"""deploy_bot.sh, run for real: the release, its health, and values that cannot work."""

import pytest
import yaml

from tests.deploy.cluster import crd, secret, thing

pytestmark = pytest.mark.deploy


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
    ({"records": {"source": "cluster"}},
     "knows no clusters.postgresql.cnpg.io", "install CloudNativePG"),
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


def test_secrets_that_an_operator_makes_are_not_missed(line, tmp_path):
    """CloudNativePG makes those of its Cluster; a database of one's own needs its Secret first."""
    line.api.put(crd("clusters.postgresql.cnpg.io"))
    assert line.run("deploy_bot.sh", "--set", "records.source=cluster").code == 0
    values = tmp_path / "mine.yaml"
    values.write_text("records: {source: external, external: {existingSecret: db}}")
    done = line.run("deploy_bot.sh", "--values", str(values))
    assert done.code == 1
    assert "the secret db, which the chart's values name" in done.err


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
