"""Rendered pods as plain processes: what is mounted lies in a folder, addresses are ours."""

import functools
import json
import os
import random
import re
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import trustme

from scripts.asterisk_program import find_program
from scripts.house import free_port, free_udp_port
from tests.deploy.chart import ROOT, render

PASSWORD = "eight-letters-or-more"
TOKEN = "s3cret~+/="
CALLER = """[test-caller]
exten => caller,1,Answer()
 same => n,Echo()
"""
FIELDS = {
    "metadata.name": "line-voicebot-asterisk-0",
    "spec.nodeName": "node-a",
    "status.hostIP": "192.0.2.7",
    "status.podIP": "100.64.3.4",
}
"""What Kubernetes would tell of the pod."""
CLIENTS = "a-token-of-the-gateway"
SECRETS = {"gateway-tokens": json.dumps({"app": CLIENTS})}
"""What is in a Secret that is no single word."""
PLACES = ("/etc/voicebot", "/var/lib/voicebot-asterisk")
"""Folders of the container that lie in ours."""


def here(text, folder):
    """The same with paths of the container in our folder."""
    for place in PLACES:
        text = text.replace(place, f"{folder}{place}")
    return text


def lay_out(found, pod, folder):
    """Put each mounted ConfigMap and Secret where the container would see it."""
    [container] = pod["containers"]
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    for mount in container["volumeMounts"]:
        volume = volumes[mount["name"]]
        target = Path(f"{folder}{mount['mountPath']}")
        if "subPath" in mount:
            target = target.parent
        target.mkdir(parents=True, exist_ok=True)
        if volume["name"] == "profiles":
            continue  # not the chart's: the test has laid it there
        if "configMap" in volume:
            for name, text in found.one("ConfigMap", volume["configMap"]["name"])["data"].items():
                (target / name).write_text(here(text, folder))
        elif "secret" in volume:
            _secret(volume["secret"]["secretName"], target)


@functools.cache
def _authority(secret):
    """Who signed what is in this Secret: one for all pods."""
    return trustme.CA()


def _secret(name, folder):
    if name == "softphones":
        (folder / "6001").write_text(PASSWORD)
    elif name == "ari":
        (folder / "password").write_text(PASSWORD)
    elif name.endswith("-tls"):
        authority = _authority(name)
        leaf = authority.issue_cert("sip.example.com", "localhost")
        leaf.cert_chain_pems[0].write_to_path(folder / "tls.crt")
        leaf.private_key_pem.write_to_path(folder / "tls.key")
        authority.cert_pem.write_to_path(folder / "ca.crt")


def variables(container, folder):
    """The container's environment; a secret's value is TOKEN, unless SECRETS has another."""
    found: dict[str, str] = {}
    for each in container["env"]:
        source = each.get("valueFrom", {})
        if "fieldRef" in source:
            found[each["name"]] = FIELDS[source["fieldRef"]["fieldPath"]]
        elif "secretKeyRef" in source:
            found[each["name"]] = SECRETS.get(source["secretKeyRef"]["name"], TOKEN)
        else:
            text = re.sub(r"\$\((\w+)\)", lambda name: found[name[1]], each["value"])
            found[each["name"]] = here(text, folder)
    return found


@dataclass
class Exchange:
    """A running Asterisk of the chart, and what its log says."""

    process: subprocess.Popen[bytes]
    pod: dict
    folder: Path
    environment: dict
    program: str

    def log(self):
        """All that it wrote: the container's output."""
        return (self.folder / "output").read_text(errors="replace")

    def words(self, command):
        """A command of the manifest, with this machine's paths."""
        return [here(word, self.folder) for word in command]

    def cli(self, command):
        """What the console answers, with one blank for several."""
        conf = self.folder / "var/lib/voicebot-asterisk/etc/asterisk.conf"
        words = [self.program, "-C", str(conf), "-rnx", command]
        told = subprocess.run(words, capture_output=True, text=True, timeout=60).stdout
        return "\n".join(" ".join(line.split()) for line in told.splitlines())

    def run(self, command):
        """Run a probe or hook as the kubelet does; its exit status."""
        return subprocess.run(
            self.words(command), env=self.environment, capture_output=True, timeout=30
        ).returncode

    def channels(self):
        """How many channels are up."""
        return len(self.cli("core show channels concise").splitlines())

    def call(self):
        """Somebody without a phone dials 100."""
        self.cli("channel originate Local/100@from-softphones extension caller@test-caller")


def _of_this_machine(folder, bot_url):
    """What the image has in other places, and the address of the bot's Service."""
    program = find_program()
    commands = folder / "bin"
    commands.mkdir()
    (commands / "asterisk-start").symlink_to(ROOT / "asterisk/container/start.sh")
    (commands / "asterisk").symlink_to(program.command)
    return {
        "PATH": f"{commands}:{os.environ['PATH']}",
        "ASTERISK_BOT_URL": bot_url,
        "ASTERISK_BIND": "127.0.0.1",
        "ASTERISK_TEMPLATES": str(ROOT / "asterisk"),
        "ASTERISK_MODULES": str(program.modules),
        "ASTERISK_DATA": str(program.data),
    }


def start_asterisk(values, bot_url):
    """Render, lay out and start; the folder's name is short, since a socket's path is limited."""
    first = random.randrange(12000, 31000, 100)
    asterisk = {
        "sip": {"port": free_udp_port(), "tls": {"port": free_port()}},
        "rtp": {"first": first, "last": first + 99},
        "softphones": {"existingSecret": "softphones"},
        "dialplan": {"custom": CALLER},
        "trace": True,
    }
    for key, value in values.pop("asterisk", {}).items():
        asterisk[key] = {**asterisk.get(key, {}), **value} if isinstance(value, dict) else value
    found = render(asterisk=asterisk, **values)
    [workload] = found.all("StatefulSet") + found.all("DaemonSet")
    pod = workload["spec"]["template"]["spec"]
    [container] = pod["containers"]
    folder = Path(tempfile.mkdtemp(prefix="ast-"))
    lay_out(found, pod, folder)
    environment = {**variables(container, folder), **_of_this_machine(folder, bot_url)}
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            [here(word, folder) for word in container["command"]],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    return Exchange(process, pod, folder, environment, find_program().command)


def stop(exchange):
    """End it and remove its folder."""
    if exchange.process.poll() is None:
        os.kill(exchange.process.pid, signal.SIGKILL)
    exchange.process.wait(timeout=60)
    shutil.rmtree(exchange.folder)
