"""The real Kamailio for one test: started by start.sh as its container starts it, on free ports."""

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from scripts import deploy_tools

FOLDER = Path(__file__).resolve().parents[2] / "k8s/kamailio/base"
EDGE = "127.0.0.4"
PUBLIC = "127.0.0.5"
"""What providers are told: as behind a NAT, nobody listens there."""


def free_ports(count):
    """UDP and TCP ports that nobody has at the moment."""
    sockets = [socket.create_server((EDGE, 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Edge:
    """One Kamailio of ours, started by start.sh as the container starts it."""

    def __init__(self, run, asterisks, program=None, modules=None, start=None, **variables):
        self._start = start or FOLDER / "start.sh"
        self._modules = modules or deploy_tools.kamailio_modules()
        outside, inside, http, tls = free_ports(4)
        self.outside, self.inside, self.http = (EDGE, outside), (EDGE, inside), http
        self.tls = (EDGE, tls)
        self.log = run / "log"
        self._environment = {
            "PATH": os.environ["PATH"],
            "SIP_ADDRESS": EDGE,
            "SIP_PORT": str(outside),
            "SIP_INSIDE_PORT": str(inside),
            "SIP_HTTP_PORT": str(http),
            "SIP_TLS_PORT": str(tls),
            "SIP_PING_SECONDS": "1",
            "SIP_ASTERISKS": " ".join(f"{each.ip}:{each.port}" for each in asterisks),
            "SIP_ASTERISK_NETWORKS": "127.0.0.3",
            "SIP_PROVIDER_NETWORKS": "127.0.0.2",
            "SIP_WATCH_NETWORKS": "127.0.0.0/8",
            "SIP_RUN": str(run),
            "SIP_CONFIG": str(FOLDER / "kamailio.cfg"),
            "SIP_PROGRAM": str(program or deploy_tools.kamailio()),
            **variables,
        }

    def words(self, *words):
        """What runs."""
        return ["sh", str(self._start), "-L", str(self._modules), *words]

    def check(self, **variables):
        """`kamailio -c` on what start.sh wrote."""
        return subprocess.run(
            self.words("-c"), env={**self._environment, **variables}, capture_output=True,
            text=True, timeout=30,
        )  # fmt: skip

    def __enter__(self):
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.words(), env=self._environment, stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + 20
        while self.get("/livez")[0] != 200:
            assert self._process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)
        return self

    def __exit__(self, *_):
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(10)

    @property
    def pid(self):
        """The first process; its group is all of them."""
        return self._process.pid

    def get(self, path):
        """Code and text of a page; 0 when nobody answers."""
        try:
            with urllib.request.urlopen(f"http://{EDGE}:{self.http}{path}", timeout=20) as page:
                return page.status, page.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, ""
        except OSError:
            return 0, ""

    def metric(self, name):
        """The value of a metric with its labels, as it is on the page; 0 when it is not there."""
        lines = self.get("/metrics")[1].splitlines()
        values = [line.split()[-2] for line in lines if line.replace(" {", "{").startswith(name)]
        return float(values[0]) if values else 0.0

    def until(self, holds, within=60):
        """Wait until something is so."""
        deadline = time.monotonic() + within
        while not holds():
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.1)
