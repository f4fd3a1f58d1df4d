"""
How long `voicebot serve` takes from its start until it is ready for calls, and what takes it.

Run: python -m bench.startup [--runs 5]. Each run is a fresh process on free ports, without Riva or
a model (the bot is ready before it has reached them). Prints the median of the runs with its
spread, then the import time of the heaviest modules (python -X importtime).
"""

import argparse
import os
import re
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request

from bench.process import machine

LIMIT = 30.0
HEAVIEST = 15
_IMPORT = re.compile(r"import time:\s+(\d+) \|\s+(\d+) \| ( *)(\S+)")


def free_port() -> int:
    """A port of loopback that nobody uses now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def ready(port: int) -> bool:
    """Whether /readyz says 200."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError):
        return False


def started() -> float:
    """Seconds from spawn to ready, once."""
    http = free_port()
    environ = os.environ | {"BOT_HTTP__PORT": str(http), "BOT_AUDIOSOCKET__PORT": "0"}
    began = time.monotonic()
    command = [sys.executable, "-m", "bot", "serve"]
    with subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True) as bot:
        try:
            while not ready(http):
                if bot.poll() is not None:
                    raise SystemExit(f"the bot ended: {bot.stderr.read() if bot.stderr else ''}")
                if time.monotonic() - began > LIMIT:
                    raise SystemExit(f"not ready within {LIMIT:g} s")
                time.sleep(0.01)
            return time.monotonic() - began
        finally:
            bot.terminate()


def imports() -> list[tuple[float, str]]:
    """Milliseconds of each module that app.bot imports, with all that it imports in turn."""
    command = [sys.executable, "-X", "importtime", "-c", "import bot.app.bot"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    rows = [_IMPORT.match(line) for line in told.splitlines()]
    return sorted(((int(row[2]) / 1000, row[4]) for row in rows if row), reverse=True)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description="Start of `voicebot serve`.")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    print(machine())
    started()  # fills the caches of the disk and of Python's bytecode
    took = [started() for _ in range(options.runs)]
    spread = f"{min(took):.2f} to {max(took):.2f}"
    print(f"spawn to ready: {statistics.median(took):.2f} s ({spread}; {options.runs} runs)")
    print("\nms to import, with what it imports in turn:")
    for cost, name in imports()[:HEAVIEST]:
        print(f"{cost:8.0f}  {name}")


if __name__ == "__main__":
    main()
