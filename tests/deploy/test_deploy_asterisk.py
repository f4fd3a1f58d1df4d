"""deploy_asterisk.sh, run for real: its network, its trunk, and a release without it."""

import pytest

from tests.deploy.cluster import ROOT, namespace, secret

pytestmark = pytest.mark.deploy


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
