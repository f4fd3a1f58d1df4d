"""What all deploy scripts share: their words, their help, their tools."""

import subprocess
import sys
from pathlib import Path

import pytest

from scripts import deploy_tools
from tests.deploy.cluster import KEY, ROOT, claims, manifests

pytestmark = pytest.mark.deploy

SCRIPTS = ("deploy_infra", "deploy_riva", "deploy_bot", "deploy_asterisk", "smoke_test",
           "uninstall")  # fmt: skip


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


@pytest.mark.parametrize("script", ["deploy_bot", "deploy_asterisk"])
def test_a_dry_run_of_the_chart_is_yaml(line, script):
    """What is printed is the chart, valid YAML; neither cluster nor Helm is changed."""
    done = line.run(f"{script}.sh", "--dry-run")
    assert done.code == 0, done.err
    kinds = {each["kind"] for each in manifests(done.out)}
    assert {"Deployment", "NIMService"} <= kinds
    assert line.api.writes == []
    assert {words[0] for words in line.calls("helm")} <= {"version", "template"}


def test_every_script_is_on_the_page():
    """The page of the installation names each script and option that it uses as they are."""
    page = (Path(ROOT) / "docs/install-on-kubernetes.md").read_text()
    for script in SCRIPTS:
        assert f"scripts/{script}.sh" in page
