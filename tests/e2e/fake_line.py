"""
A stand-in for the bot's audio side, a process of its own so that a test can kill it.

Speaks AudioSocket: a tone from the first millisecond, one frame every 20 ms. Prints "port N",
then for each call "call UUID", "audio KIND BYTES" for its first frame, "over" at its end.
`fake_line.py FRAMES` says goodbye (0x00) after so many frames.
"""

import math
import socket
import struct
import sys
import threading
import time
import uuid

TONE = [int(9000 * math.sin(2 * math.pi * 440 * n / 8000)) for n in range(8000)]


def main(most_frames: int) -> None:
    """Serve until killed."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        _say(f"port {server.getsockname()[1]}")
        while True:
            peer, _ = server.accept()
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=_hear, args=(peer,), daemon=True).start()
            threading.Thread(target=_speak, args=(peer, most_frames), daemon=True).start()


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _hear(peer: socket.socket) -> None:
    told = False
    stream = peer.makefile("rb")
    while header := stream.read(3):
        kind, length = struct.unpack(">BH", header)
        payload = stream.read(length)
        if kind == 0x01:
            _say(f"call {uuid.UUID(bytes=payload)}")
        elif kind == 0x03:
            _say(f"digit {payload.decode()}")
        elif not told:
            told = True
            _say(f"audio {kind:#x} {length}")
    _say("over")


def _speak(peer: socket.socket, most_frames: int) -> None:
    start = time.monotonic()
    for number in range(most_frames):
        at = number * 160 % 8000
        payload = struct.pack("<160h", *TONE[at : at + 160])
        try:
            peer.sendall(struct.pack(">BH", 0x10, len(payload)) + payload)
        except OSError:
            return
        time.sleep(max(0.0, start + (number + 1) * 0.02 - time.monotonic()))
    peer.sendall(b"\0\0\0")
    peer.shutdown(socket.SHUT_WR)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
