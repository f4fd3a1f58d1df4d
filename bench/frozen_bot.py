"""
What Asterisk does with a call whose bot stands still: it speaks, but reads no more.

Run: python -m bench.frozen_bot [--seconds 330]

For each line, a stand-in for the bot takes one call, speaks for ever and never reads. The caller
is an echo inside Asterisk. Says whether Asterisk gave the call up by itself, and if not, whether it
can be hung up, and what happens when the bot's connection closes.
"""

import argparse
import socket
import threading
import time
from contextlib import ExitStack, suppress

from websockets.server import ServerProtocol

from bench.process import machine
from bot.asterisk.audiosocket import Kind, Message, encode
from bot.asterisk.websocket import binary_header
from bot.core.audio import FRAME_SECONDS
from tests.e2e.fake_bot import FakeBot
from tests.e2e.pbx import Pbx

HANG_UP = 15.0
"""Seconds that a hang-up may take."""
SMALL = 4096
"""Bytes that our side of the kernel takes for us."""


class Frozen:
    """The stand-in: one call."""

    def __init__(self, line: str) -> None:
        self._line = line
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
        self.port: int = self._server.getsockname()[1]
        self._peers: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Be gone."""
        for one in (*self._peers, self._server):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._thread.join()

    def _serve(self) -> None:
        with suppress(OSError):
            peer, _ = self._server.accept()
            self._peers.append(peer)
            message = encode(Message(Kind.AUDIO_8K, bytes(320)))
            if self._line == "websocket":
                shake_hands(peer)
                message = binary_header(320) + bytes(320)
            while True:
                peer.sendall(message)
                time.sleep(FRAME_SECONDS)


def shake_hands(peer: socket.socket) -> None:
    """Answer the request for a WebSocket."""
    protocol, request = ServerProtocol(), None
    while request is None:
        protocol.receive_data(peer.recv(4096))
        request = next(iter(protocol.events_received()), None)
    protocol.send_response(protocol.accept(request))  # type: ignore[arg-type]
    peer.sendall(b"".join(protocol.data_to_send()))


def trial(line: str, seconds: float) -> None:
    """One call."""
    scheme = "ws://" if line == "websocket" else ""
    with ExitStack() as stack:
        frozen = Frozen(line)
        stack.callback(frozen.close)
        bot = stack.enter_context(FakeBot())
        pbx = stack.enter_context(Pbx(bot.url, trace=False))
        bot.script([f"dial {scheme}127.0.0.1:{frozen.port}"], ["hangup"])
        pbx.call()
        waited = wait(lambda: bool(bot.asked), seconds)
        if bot.asked:
            print(f"{line}: Asterisk gave the call up after {waited:.0f} s")
            return
        print(f"{line}: after {waited:.0f} s the call is still up")
        pbx.cli("channel request hangup all")
        waited = wait(lambda: pbx.channels() == 0, HANG_UP)
        print(f"  {waited:.0f} s after it was to be hung up: {pbx.channels()} channels")
        frozen.close()
        wait(lambda: pbx.channels() == 0, HANG_UP)
        print(f"  when the bot's connection has closed: {pbx.channels()} channels")


def wait(true: object, seconds: float) -> float:
    """Wait for a condition, no longer than this; say how long it took."""
    assert callable(true)
    began = time.monotonic()
    while not true() and time.monotonic() - began < seconds:
        time.sleep(0.5)
    return time.monotonic() - began


def main() -> None:
    """Both lines."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=330.0)
    seconds = parser.parse_args().seconds
    print(machine())
    for line in ("audiosocket", "websocket"):
        trial(line, seconds)


if __name__ == "__main__":
    main()
