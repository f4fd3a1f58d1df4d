#!/usr/bin/env python3
"""
A receiver of voicebot's webhooks, in plain Python: it takes each event once, and none that was
altered, is not ours, or comes late.

    WEBHOOK_SECRET=whsec_... python3 examples/webhook_receiver.py --port 9000

It follows Standard Webhooks (https://www.standardwebhooks.com): the signature is over id, time and
body as they came, and is checked before anything is read.
"""

import argparse
import base64
import hashlib
import hmac
import json
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOLERANCE = 300
"""Seconds that a webhook may have been on its way, or that our clocks may differ."""
LONGEST = 1_000_000
"""Bytes of a body."""


class Refused(Exception):
    """This is no webhook of ours. The message says why."""


class Receiver:
    """
    Checks webhooks, and remembers which ones it has taken.

    A real one keeps the ids where its other replicas see them, for as long as `TOLERANCE`.
    """

    def __init__(self, secrets: str, now=time.time) -> None:
        self._keys = [base64.b64decode(each.removeprefix("whsec_")) for each in secrets.split()]
        self._now = now
        self._taken: dict[tuple[str, str], float] = {}

    def take(self, headers, body: bytes):
        """
        The event; None for one that we have already, and that was sent anew since our answer was
        lost. Raises Refused.
        """
        id, sent = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        if not sent.isdigit() or abs(self._now() - int(sent)) > TOLERANCE:
            raise Refused("it is too old, or from the future")
        if not self._is_signed(
            f"{id}.{sent}.".encode() + body, headers.get("webhook-signature", "")
        ):
            raise Refused("the signature is wrong")
        if (id, sent) in self._taken:
            raise Refused("it is a replay: each try has a time of its own")
        again = any(id == taken for taken, _ in self._taken)
        self._forget()
        self._taken[id, sent] = self._now()
        return None if again else json.loads(body)

    def _is_signed(self, signed: bytes, signatures: str) -> bool:
        """Whether one of the signatures is of one of our keys."""
        right = [
            "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
            for key in self._keys
        ]
        pairs = [(given, own) for given in signatures.split() for own in right]
        return any(hmac.compare_digest(given.encode(), own.encode()) for given, own in pairs)

    def _forget(self) -> None:
        limit = self._now() - 2 * TOLERANCE
        for old in [each for each, at in self._taken.items() if at < limit]:
            del self._taken[old]


def serving(receiver: Receiver, port: int, use=print) -> ThreadingHTTPServer:
    """A server on loopback; `use` is given each event. 2xx: taken; else the bot tries again."""

    class Requests(BaseHTTPRequestHandler):
        timeout = 10

        def do_POST(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            if length > LONGEST:
                self.send_error(413)
                return
            try:
                event = receiver.take(self.headers, self.rfile.read(length))
            except Refused as refusal:
                self.send_error(401, str(refusal))
                return
            if event is not None:
                use(event)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *given) -> None:
            pass

    return ThreadingHTTPServer(("127.0.0.1", port), Requests)


def main() -> None:
    """Print what comes."""
    parser = argparse.ArgumentParser(description="A receiver of voicebot's webhooks.")
    parser.add_argument("--port", type=int, default=9000)
    port = parser.parse_args().port
    receiver = Receiver(os.environ["WEBHOOK_SECRET"])
    with serving(
        receiver, port, lambda event: print(json.dumps(event, ensure_ascii=False))
    ) as http:
        http.serve_forever()


if __name__ == "__main__":
    main()
