"""
`helm test`: calls the line as a phone does, and sees that a bot took the call.

Variables: SIP_URI, SIP_USER, VOICEBOT_SIP_PASSWORD, BOTS (a name with the address of each bot),
BOT_HTTP_PORT. A sound alone would prove little: Asterisk's own apology is one, too.
"""

# A program of its own, for a shell to run: it prints and waits.
# ruff: noqa: T201, TID251
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request

DIAL_SECONDS = 12
"""How long the call lasts: the greeting begins within a second or two."""
CALLS = re.compile(r"^voicebot_calls_(?:active|total(?:{.*})?) (\S+)$", re.MULTILINE)


def main() -> int:
    """Call, and say in one line what is wrong."""
    try:
        return call()
    except OSError as error:
        return wrong(f"no bot can be asked at {os.environ['BOTS']}: {error}")


def call() -> int:
    """One call; the exit code."""
    before = begun()
    command = ["voicebot", "dial", os.environ["SIP_URI"], "--user", os.environ["SIP_USER"]]
    phone = subprocess.Popen(
        [*command, "--seconds", str(DIAL_SECONDS)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    taken = False
    while phone.poll() is None:
        taken = taken or begun() > before
        time.sleep(0.5)
    told = phone.stdout.read() if phone.stdout is not None else ""
    print(told)
    if phone.returncode:
        return wrong("nobody answered: look at Asterisk's log")
    if "first sound" not in told:
        return wrong("answered, but no sound came: are the RTP ports reachable?")
    if not taken:
        return wrong("Asterisk answered with its apology: no bot took the call, look at their logs")
    print("A bot took the call and spoke.")
    return 0


def begun() -> float:
    """Calls that ever began at the bots that can be asked."""
    port = int(os.environ["BOT_HTTP_PORT"])
    found = socket.getaddrinfo(os.environ["BOTS"], port, type=socket.SOCK_STREAM)
    return sum(asked(*entry[4][:2]) for entry in found)


def asked(host: str, port: int) -> float:
    """The same of one bot."""
    at = f"[{host}]" if ":" in host else host
    with urllib.request.urlopen(f"http://{at}:{port}/metrics", timeout=3) as page:
        return sum(float(value) for value in CALLS.findall(page.read().decode()))


def wrong(what: str) -> int:
    """The reason, and the exit code."""
    print(what, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
