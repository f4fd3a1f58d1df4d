"""uninstall.sh, run for real: what goes, what stays, and who is asked."""

import pytest

from tests.deploy.cluster import claims, crd, thing
from tests.deploy.fake_api import plural

pytestmark = pytest.mark.deploy


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


def test_records_of_calls_do_not_go_by_accident(line):
    """A database in the namespace is told, and removed only when it is named."""
    line.api.put(crd("clusters.postgresql.cnpg.io"))
    database = thing("postgresql.cnpg.io/v1", "Cluster", "voicebot-records", "voicebot")
    database["metadata"]["labels"] = {"app.kubernetes.io/part-of": "voicebot"}
    line.api.put(database)
    done = line.run("uninstall.sh", "--namespace-too", "--yes")
    assert done.code == 1
    assert "holds the records of calls" in done.err and "--records" in done.err
    assert [words for words in line.calls("helm") if words[0] == "uninstall"] == []
    assert line.run("uninstall.sh", "--yes").code == 0
    assert line.run("uninstall.sh", "--namespace-too", "--records", "--yes").code == 0
    assert not line.api.has("Namespace", "voicebot")


def test_uninstall_asks_first(line):
    """Where nobody can be asked, nothing is removed."""
    done = line.run("uninstall.sh")
    assert done.code == 1
    assert "--yes" in done.err
    assert line.calls("helm") == [["version", "--template", "{{.Version}}"]]
