"""
A stand-in for the bot's audio side, a process of its own so that a test can kill it.

Speaks AudioSocket: a tone from the first millisecond, one frame every 20 ms. Prints "port N",
then for each call "call UUID", "audio KIND BYTES" for its first frame, "over" at its end.
`fake_line.py FRAMES RATE` says goodbye (0x00) after so many frames of 8000 or 16000 Hz.
"""

import contextlib
import math
import socket
import struct
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from typing import BinaryIO

KINDS = {8000: 0x10, 16000: 0x12}


def main(most_frames: int, rate: int) -> None:
    """Serve until killed."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        _say(f"port {server.getsockname()[1]}")
        while True:
            peer, _ = server.accept()
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=_hear, args=(peer,), daemon=True).start()
            threading.Thread(target=_speak, args=(peer, most_frames, rate), daemon=True).start()


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _hear(peer: socket.socket) -> None:
    told = False
    stream = peer.makefile("rb")
    for kind, payload in _messages(stream):
        if kind == 0x01:
            _say(f"call {uuid.UUID(bytes=payload)}")
        elif kind == 0x03:
            _say(f"digit {payload.decode()}")
        elif not told:
            told = True
            _say(f"audio {kind:#x} {len(payload)}")
    _say("over")


def _messages(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    with contextlib.suppress(OSError):  # Asterisk may reset the connection at the end.
        while header := stream.read(3):
            kind, length = struct.unpack(">BH", header)
            yield kind, stream.read(length)


def _speak(peer: socket.socket, most_frames: int, rate: int) -> None:
    tone = [int(9000 * math.sin(2 * math.pi * 440 * n / rate)) for n in range(rate)]
    size = rate // 50
    start = time.monotonic()
    with contextlib.suppress(OSError):
        for number in range(most_frames):
            at = number * size % rate
            payload = struct.pack(f"<{size}h", *tone[at : at + size])
            peer.sendall(struct.pack(">BH", KINDS[rate], len(payload)) + payload)
            time.sleep(max(0.0, start + (number + 1) * 0.02 - time.monotonic()))
        peer.sendall(b"\0\0\0")
        peer.shutdown(socket.SHUT_WR)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
