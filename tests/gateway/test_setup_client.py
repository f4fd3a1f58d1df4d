"""scripts/setup_client.sh: what it makes, against a real gateway; stand-ins for pip and ssh."""

import asyncio
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.gateway.bots import ANSWER, running

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts/setup_client.sh"
TOKEN = "kiosk-token-0123456789"

PYTHON = """#!/bin/sh
# A Python whose `venv` and `pip` only write down what they were asked for.
case "$*" in
-c*) exit 0 ;;
"-m venv "*)
    mkdir -p "$3/bin" && cp "$0" "$3/bin/python"
    printf '#!/bin/sh\\nexec {voicebot} "$@"\\n' > "$3/bin/voicebot"
    chmod 755 "$3/bin/voicebot" ;;
*) echo "$*" >> "$HOME/pip" ;;
esac
"""
SSH = """#!{python}
import asyncio, sys
words = sys.argv[1:]
ours, _, there = words[words.index("-L") + 1].partition(":")[2].partition(":")
async def join(reader, writer):
    other = await asyncio.open_connection("127.0.0.1", int(there.rpartition(":")[2]))
    async def carry(source, sink):
        while data := await source.read(65536):
            sink.write(data)
        sink.close()
    await asyncio.gather(carry(reader, other[1]), carry(other[0], writer))
async def main():
    open({log!r}, "w").write(" ".join(words))
    async with await asyncio.start_server(join, "127.0.0.1", int(ours)) as server:
        await server.serve_forever()
asyncio.run(main())
"""


def program(path, text):
    """Write something that can be run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


@pytest.fixture
def home(tmp_path):
    """A home folder with stand-ins on its PATH."""
    voicebot = Path(sys.executable).with_name("voicebot")
    program(tmp_path / "tools/python3.13", PYTHON.replace("{voicebot}", str(voicebot)))
    ssh = SSH.replace("{python}", sys.executable).replace("{log!r}", repr(str(tmp_path / "ssh")))
    program(tmp_path / "tools/ssh", ssh)
    (tmp_path / "token").write_text(TOKEN + "\n")
    return tmp_path


def environment(home):
    """Nothing of the machine's own but the system's programs."""
    return {"HOME": str(home), "PATH": f"{home}/tools:/usr/bin:/bin", "LANG": "C.UTF-8"}


def setup(home, *words):
    """Run the script; its exit code, what it said and what it complained of."""
    done = subprocess.run(
        [SCRIPT, *words], env=environment(home), capture_output=True, text=True, timeout=60
    )
    return done.returncode, done.stdout, done.stderr


async def run(home, *words):
    """Run the command that was made."""
    process = await asyncio.create_subprocess_exec(
        home / ".local/bin/voicebot-mic", *words, env=environment(home),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    async with asyncio.timeout(60):
        out, _ = await process.communicate()
    return process.returncode, out.decode()


def everything(home):
    """All files below."""
    return {str(path.relative_to(home)) for path in home.rglob("*")}


def test_shellcheck_finds_nothing():
    """Neither in the script nor in what it writes."""
    checker = Path(sys.executable).with_name("shellcheck")
    done = subprocess.run([checker, SCRIPT], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "")


WRONG = [
    ([], "say where the gateway is"),
    (["--ssh", "a@b", "--ingress", "c"], "only one of them"),
    (["--ssh", "-oProxyCommand=x"], "not USER@HOST"),
    (["--ssh", "a;b"], "not USER@HOST"),
    (["--gateway", "host"], "not HOST:PORT"),
    (["--ingress", "$(x)"], "not HOST[:PORT]"),
    (["--ssh", "a@b", "--local-port", "70000"], "70000: not a port"),
    (["--ssh", "a@b", "--codec", "mp3"], "--codec mp3"),
    (["--ssh", "a@b", "--ca", "x"], "--ca: only with --ingress"),
    (["--ingress", "a", "--ca", "/none"], "--ca /none"),
    (["--ssh", "a@b", "--token-file", "/none"], "--token-file /none"),
    (["--ssh"], "--ssh needs a value"),
    (["--what"], "--what: unknown"),
]


@pytest.mark.parametrize(("words", "complaint"), WRONG)
def test_wrong_words_are_named(home, words, complaint):
    """With exit code 2, and nothing changed."""
    before = everything(home)
    code, _, error = setup(home, *words)
    assert code == 2 and complaint in error and "--help" in error
    assert everything(home) == before


def test_help_names_every_option(home):
    """On standard output, with exit code 0."""
    code, out, _ = setup(home, "--help")
    options = {word for word in SCRIPT.read_text().split() if word.startswith("--")}
    assert code == 0
    for option in ("--ssh", "--ingress", "--gateway", "--dry-run", "--token-file", "--ca"):
        assert option in options and option in out


def test_a_dry_run_changes_nothing_and_shows_everything(home):
    """The commands, and the program that would be written; never the token."""
    before = everything(home)
    code, out, _ = setup(
        home, "--ssh=me@bot.example.com", "--ssh-port=2222", "--token-file", str(home / "token"),
        "--dry-run",
    )  # fmt: skip
    assert code == 0 and everything(home) == before
    assert "| " in out and "-p 2222" in out and "127.0.0.1:50061:127.0.0.1:50061" in out
    assert TOKEN not in out


def test_the_ingress_is_reached_by_tls(home):
    """At 443 unless told otherwise, with an authority of its own."""
    (home / "ca.pem").write_text("-----BEGIN CERTIFICATE-----")
    code, out, error = setup(
        home, "--ingress", "bot.example.com", "--ca", str(home / "ca.pem"), "--no-check"
    )
    assert (code, error) == (0, "")
    text = (home / ".local/bin/voicebot-mic").read_text()
    assert "mic bot.example.com:443 --tls --ca" in text and "--codec opus" in text
    assert (home / ".local/share/voicebot-client/ca.pem").exists()
    assert "voicebot[mic] @ file://" in (home / "pip").read_text()


def test_a_gateway_that_does_not_answer_is_said_so(home):
    """With what to look at; what was installed stays."""
    code, _, error = setup(home, "--gateway", "127.0.0.1:1")
    assert code == 1 and "BOT_GATEWAY__ENABLED=true" in error


@pytest.mark.real_time
@pytest.mark.parametrize("way", ["gateway", "ssh"])
async def test_what_it_makes_talks_to_the_bot(home, way):
    """Directly, and through a tunnel that ends with the conversation."""
    async with running(gateway={"tokens": {"kiosk": TOKEN}}) as bot:
        port = str(bot.gateway.port)
        ways = {
            "gateway": ["--gateway", f"127.0.0.1:{port}"],
            "ssh": ["--ssh", "me@host", "--gateway-port", port, "--local-port", free_port()],
        }
        token = ["--token-file", str(home / "token")]
        code, out, error = await asyncio.to_thread(setup, home, *ways[way], *token)
        assert (code, error) == (0, "") and "takes calls" in out and "Ready" in out
        code, out = await run(home, "--dtmf", "1#", "--codec", "mulaw")
        assert code == 0 and f"bot: {ANSWER}" in out
    kept = home / ".local/share/voicebot-client/token"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert (home / "ssh").exists() is (way == "ssh")
    if way == "ssh":
        assert "ExitOnForwardFailure=yes" in (home / "ssh").read_text()
        assert not tunnels(home), "the tunnel ended with the conversation"


def tunnels(home):
    """Our stand-ins for ssh that still run."""
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, timeout=60)
    return [line for line in listed.stdout.splitlines() if f"{home}/tools/ssh" in line]


def free_port():
    """A port that nobody uses now."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return str(unused.getsockname()[1])
