"""
What one call costs the real Kamailio and the real Asterisk, in processor time.

Run: python -m bench.sip_cost [--only kamailio|asterisk] [--calls 25] [--seconds 20]

Kamailio: calls that are answered and hung up at once, one after the other, through the
configuration of k8s/kamailio to two stand-ins. Asterisk: `--calls` calls at once with our
configuration and dialplan; each sends A-law both ways by RTP and has an AudioSocket to a bot
(bench/pacing_bot.py), whose sound never ends. Only the measured program's processor time is
counted, so that what the callers and the bot take does not matter; on a busy machine it grows all
the same.
"""

import argparse
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from bench.process import cpu_seconds, machine, resident_kib
from scripts.asterisk_run import running
from tests.deploy.edge import EDGE, Edge
from tests.deploy.sip_peers import SDP, Asterisk, Provider
from tests.deploy.test_kamailio_asterisk import TRUNK
from tests.e2e.pbx import Pbx

SETTLE = 3.0
TICK = 0.02


def group(leader: int) -> list[int]:
    """The processes of a process group."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            number = int(folder.name)
            if os.getpgid(number) == leader:
                found.append(number)
        except OSError:
            continue
    return found


def own_kib(process: int) -> float:
    """Memory, what is shared counted in parts."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    return sum(float(line.split()[1]) for line in lines if line.startswith("Pss:"))


def kamailio(calls: int) -> None:
    """Processor time of one call that is set up and torn down."""
    with (
        tempfile.TemporaryDirectory() as run,
        Asterisk() as one,
        Asterisk() as other,
        Edge(Path(run), [one, other], SIP_CALLS_A_SECOND="999999") as edge,
        Provider(edge.outside) as provider,
    ):
        for _ in range(20):
            provider.call().bye()
        processes = group(edge.pid)
        before, began = sum(map(cpu_seconds, processes)), time.monotonic()
        for _ in range(calls):
            provider.seen.clear()
            assert provider.call().bye() == 200
        spent, took = sum(map(cpu_seconds, processes)) - before, time.monotonic() - began
        memory = sum(map(own_kib, processes)) / 1024
    each = spent / calls * 1000
    print(f"Kamailio: {calls} calls in {took:.1f} s, {each:.2f} ms of a core for each;")
    print(f"  one core sets up {1000 / each:,.0f} a second; {memory:.0f} MiB")


@contextmanager
def bot(calls: int) -> Iterator[int]:
    """The bot of the pacing bench; its AudioSocket port."""
    core = sorted(os.sched_getaffinity(0))[0]
    words = [sys.executable, "-m", "bench.pacing_bot", "--calls", str(calls), "--core", str(core)]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL) as process:
        assert process.stdin and process.stdout
        yield int(process.stdout.readline())
        process.stdin.close()


@contextmanager
def desk(port: int) -> Iterator[str]:
    """Answers the dialplan's questions; its URL."""

    class Handler(BaseHTTPRequestHandler):
        def _say(self, text: str) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(text.encode())

        def do_POST(self) -> None:
            self._say(f"dial 127.0.0.1:{port}")

        def do_GET(self) -> None:
            self._say("hangup")

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


class Sound(threading.Thread):
    """A-law to Asterisk on every call, 50 packets a second each; what comes back is counted."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.ways: list[tuple[socket.socket, tuple[str, int]]] = []
        self.heard, self.going = 0, True

    def run(self) -> None:
        due, number = time.monotonic(), 0
        while self.going:
            packet = (
                struct.pack("!BBHII", 0x80, 8, number & 0xFFFF, number * 160, 7) + b"\x55" * 160
            )
            for way, to in list(self.ways):
                way.sendto(packet, to)
                while True:
                    try:
                        self.heard += len(way.recv(2000)) > 100
                    except BlockingIOError:
                        break
            number += 1
            due += TICK
            time.sleep(max(0.0, due - time.monotonic()))


def call(provider: Provider, sound: Sound) -> None:
    """One more call, with a socket of its own for sound."""
    way = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    way.bind((provider.ip, 0))
    way.setblocking(False)
    provider.sdp = SDP.replace("40000", str(way.getsockname()[1]))
    dialog = provider.call("911140000000")
    assert hasattr(dialog, "bye"), f"refused: {dialog}"
    answer = provider.wait(lambda m: m.code == 200 and m.one("Call-ID") == dialog.call_id)
    sound.ways.append((way, answer.media()))


def asterisk(calls: int, seconds: float) -> None:
    """Share of a core of one call that talks to the bot."""
    with ExitStack() as stack:
        url = stack.enter_context(desk(stack.enter_context(bot(calls))))
        trunk = {"pjsip_trunk.conf": TRUNK.replace(f"match = {EDGE}", "match = 127.0.0.2")}
        pbx = stack.enter_context(Pbx(url, bind="127.0.0.3", trace=False, extra=trunk))
        provider = stack.enter_context(Provider(("127.0.0.3", pbx.sip_port)))
        found = running(pbx.run)
        assert found is not None
        empty, sound = resident_kib(found.pid), Sound()
        sound.start()
        for _ in range(calls):
            call(provider, sound)
        time.sleep(SETTLE)
        before, heard, began = cpu_seconds(found.pid), sound.heard, time.monotonic()
        time.sleep(seconds)
        took = time.monotonic() - began
        spent, heard = cpu_seconds(found.pid) - before, sound.heard - heard
        memory = (resident_kib(found.pid) - empty) / 1024 / calls
        sound.going = False
        sound.join()
    share = spent / took / calls
    print(
        f"Asterisk: {calls} calls for {took:.0f} s, {share:.2%} of a core each, {memory:.2f} MiB;"
    )
    print(
        f"  one core bears {1 / share:,.0f}; {heard / took / calls:.1f} packets a second came back"
    )


def main() -> None:
    """Print both."""
    parser = argparse.ArgumentParser(description="What a call costs Kamailio and Asterisk.")
    parser.add_argument("--only", choices=("kamailio", "asterisk"))
    parser.add_argument("--calls", type=int, default=25, help="at once, through Asterisk")
    parser.add_argument("--setups", type=int, default=3000, help="one by one, through Kamailio")
    parser.add_argument("--seconds", type=float, default=20.0)
    options = parser.parse_args()
    print(machine())
    if options.only != "asterisk":
        kamailio(options.setups)
    if options.only != "kamailio":
        asterisk(options.calls, options.seconds)


if __name__ == "__main__":
    main()
