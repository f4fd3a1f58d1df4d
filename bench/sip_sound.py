"""
What is left of a caller's sound, and how evenly ours leaves: pyVoIP, aiortp and our own path.

Run: uv run --group compare python -m bench.sip_sound [--seconds 4]   (Python 3.11 or 3.12)

Hindi speech at three levels goes through each stack's own code over loopback: its RTP receiver is
sent G.711 packets, one per 20 ms; its sender is given sound, and its packets are caught, dated and
decoded as the payload type says. The ratio of signal to noise is taken against the speech that went
in, so that 16-bit G.711 by itself (the first rows) is the most that can be had. pyVoIP is GPL-3.0
and not a part of this project.
"""

import argparse
import asyncio
import socket
import struct
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from bench.process import machine
from bot.call.ticks import Ticks
from bot.core.events import Audio
from bot.signal.g711 import alaw_decoded, alaw_encoded, ulaw_decoded, ulaw_encoded
from bot.sip.direct.codecs import CODECS
from bot.sip.direct.sdp import Agreed
from bot.sip.direct.sound_port import opened
from bot.sip.wavs import spoken

SPEECH = Path(__file__).parents[1] / "tests/speech/kokoro-hf_alpha_s01.wav"
LEVELS = (-20, -32, -44)
"""dBFS of the whole: a good line, a quiet caller, a very quiet one."""
FRAME = 160
LAWS = {"PCMA": (8, alaw_encoded, alaw_decoded), "PCMU": (0, ulaw_encoded, ulaw_decoded)}
HOST = "127.0.0.1"

Sent = list[tuple[float, int, bytes]]
"""Time, payload type and payload of packets."""


class Ours:
    """The sound port of direct SIP, on the beat of a call."""

    async def receive(self, law: str, packets: list[bytes]) -> bytes:
        """What is heard of these packets."""
        heard: list[bytes] = []
        port = await opened(HOST, 30000, 39999, lambda event: _keep(event, heard))
        port.agree(_agreed(law, 9), HOST)
        await _play(packets, port.port)
        port.close()
        return b"".join(heard)

    async def send(self, law: str, pcm: bytes) -> Sent:
        """The packets that leave for this sound."""
        port = await opened(HOST, 30000, 39999, lambda event: None)
        with Catcher() as catcher:
            port.agree(_agreed(law, catcher.port), HOST)
            frames = [pcm[at : at + 2 * FRAME] for at in range(0, len(pcm), 2 * FRAME)]
            ticks = Ticks(lambda late: port.send(frames.pop(0)) if frames else None)
            await catcher.packets(len(frames))
            ticks.stop()
            port.close()
            return catcher.caught


class Aiortp:
    """aiortp's session with its jitter buffer and its pacer."""

    async def receive(self, law: str, packets: list[bytes]) -> bytes:
        """What is heard of these packets."""
        import aiortp

        port, heard = _free(), []
        session = await aiortp.RTPSession.create((HOST, port), (HOST, 9), LAWS[law][0])
        session.on_audio = lambda pcm, timestamp: heard.append(pcm)
        await _play(packets, port)
        await session.close()
        return b"".join(heard)

    async def send(self, law: str, pcm: bytes) -> Sent:
        """The packets that leave for this sound."""
        import aiortp

        with Catcher() as catcher:
            session = await aiortp.RTPSession.create(
                (HOST, _free()), (HOST, catcher.port), LAWS[law][0], paced=True
            )
            for at in range(0, len(pcm), 2 * FRAME):
                session.send_audio_pcm_auto(pcm[at : at + 2 * FRAME])
            await catcher.packets(len(pcm) // (2 * FRAME))
            await session.close()
            return catcher.caught


class PyVoip:
    """pyVoIP's RTP client, whose sound is unsigned and of 8 bits."""

    async def receive(self, law: str, packets: list[bytes]) -> bytes:
        """What is heard of these packets."""
        client, port = self._client(law, 9)
        client.start()
        await _play(packets, port)
        raw = b"".join(client.read(FRAME, blocking=False) for _ in packets)
        client.stop()
        return ((np.frombuffer(raw, np.uint8).astype(np.int16) - 128) * 256).tobytes()

    async def send(self, law: str, pcm: bytes) -> Sent:
        """The packets that leave for this sound."""
        with Catcher() as catcher:
            client, _ = self._client(law, catcher.port)
            samples = np.frombuffer(pcm, "<i2").astype(int)
            client.write(((samples >> 8) + 128).astype(np.uint8).tobytes())
            client.start()
            await catcher.packets(samples.size // FRAME)
            client.stop()
            return catcher.caught

    def _client(self, law, to):  # type: ignore[no-untyped-def]
        from pyVoIP import RTP

        port = _free()
        kind = RTP.PayloadType(LAWS[law][0])
        way = RTP.TransmitType.SENDRECV
        return RTP.RTPClient({LAWS[law][0]: kind}, HOST, port, HOST, to, way), port


class Catcher:
    """A socket that catches packets and dates them."""

    def __enter__(self) -> "Catcher":
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((HOST, 0))
        self.port = self._socket.getsockname()[1]
        self._socket.settimeout(2.0)
        self.caught: Sent = []
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    async def packets(self, number: int) -> None:
        """Catch so many, in a thread."""
        await asyncio.to_thread(self._catch, number)

    def _catch(self, number: int) -> None:
        while len(self.caught) < number:
            data = self._socket.recv(2000)
            if len(data) < 12 or 200 <= data[1] <= 207:
                continue
            self.caught.append((time.monotonic(), data[1] & 0x7F, data[12:]))


def _keep(event: object, heard: list[bytes]) -> None:
    if isinstance(event, Audio):
        heard.append(event.pcm)


def _agreed(law: str, port: int) -> Agreed:
    codec = CODECS[law]
    return Agreed(codec, codec.payload_type, None, (HOST, port), "sendrecv")


def _free() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((HOST, 0))
        port = int(probe.getsockname()[1])
    return port - port % 2


async def _play(packets: list[bytes], port: int) -> None:
    """Send packets, one per 20 ms, and leave time to hear the last."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        begin = loop.time()
        for number, packet in enumerate(packets):
            await asyncio.sleep(begin + number * 0.02 - loop.time())
            sender.sendto(packet, (HOST, port))
        await asyncio.sleep(0.3)


def packed(law: str, pcm: bytes) -> list[bytes]:
    """This sound as RTP packets."""
    kind, encode, _ = LAWS[law]
    coded = encode(pcm)
    return [
        struct.pack("!BBHII", 0x80, kind, at // FRAME + 1, at, 7) + coded[at : at + FRAME]
        for at in range(0, len(coded), FRAME)
    ]


def ratio(wanted: bytes, heard: bytes) -> float:
    """Signal to noise in dB, at the shift of up to 0.2 s and the length that fit."""
    signal = np.frombuffer(wanted, "<i2").astype(float)
    other = np.frombuffer(heard, "<i2").astype(float)
    best = -99.0
    for shift in range(-1600, 1601, FRAME):
        a, b = signal[max(shift, 0) :], other[max(-shift, 0) :]
        length = min(a.size, b.size)
        if length < signal.size // 2:
            continue
        noise = float(np.sum((a[:length] - b[:length]) ** 2))
        best = max(best, 10 * np.log10(float(np.sum(a[:length] ** 2)) / max(noise, 1e-9)))
    return best


def at_level(pcm: bytes, level: float) -> bytes:
    """The same sound with this root mean square, in dBFS."""
    samples = np.frombuffer(pcm, "<i2").astype(float)
    factor = 32768 * 10 ** (level / 20) / np.sqrt(np.mean(samples**2))
    return np.clip(np.rint(samples * factor), -32768, 32767).astype("<i2").tobytes()


def pace(sent: Sent) -> str:
    """How evenly packets left."""
    times = np.array([at for at, _, _ in sent])
    gaps = np.diff(times) * 1000
    drift = ((times[-1] - times[0]) / (len(times) - 1) / 0.02 - 1) * 100
    return f"gaps {gaps.min():.1f} to {gaps.max():.1f} ms, {drift:+.2f} % of its rate"


async def measure(name: str, stack: Ours | Aiortp | PyVoip, speech: bytes) -> None:
    """Print the rows of one stack."""
    for law, (kind, _, decode) in LAWS.items():
        into, out, last = [], [], []
        for level in LEVELS:
            pcm = at_level(speech, level)
            into.append(ratio(pcm, await stack.receive(law, packed(law, pcm))))
            sent = await stack.send(law, pcm)
            assert {each for _, each, _ in sent} == {kind}
            last = sent
            out.append(ratio(pcm, decode(b"".join(payload for _, _, payload in sent))))
        show(f"{name} receives {law}", into)
        show(f"{name} sends {law}", out)
        print(f"    {pace(last)}")
        if law == "PCMA":
            remark(name, pcm, b"".join(payload for _, _, payload in last))


def remark(name: str, pcm: bytes, payload: bytes) -> None:
    """What A-law payload would be worth if it were something else."""
    if name == "pyVoIP":
        print(f"    read as mu-law, the last one has {ratio(pcm, ulaw_decoded(payload)):.1f} dB")
    if name == "aiortp":
        turned = (-np.frombuffer(alaw_decoded(payload), "<i2")).tobytes()
        print(f"    with its sign turned, the last one has {ratio(pcm, turned):.1f} dB")


async def cost(frames: int = 20_000) -> None:
    """Print what a frame takes of our code, without the kernel's part."""
    with Catcher() as catcher:
        port = await opened(HOST, 30000, 39999, lambda event: None)
        port.agree(_agreed("PCMA", catcher.port), HOST)
        packets = packed("PCMA", bytes(2 * FRAME * frames))
        begin = time.perf_counter()
        for packet in packets:
            port.datagram_received(packet, (HOST, 9))
        into = time.perf_counter() - begin
        begin = time.perf_counter()
        for _ in packets:
            port.send(bytes(2 * FRAME))
        out = time.perf_counter() - begin
        port.close()
    print(f"ours: a frame in {into / frames * 1e6:.1f} us, out {out / frames * 1e6:.1f} us, socket")
    print("  included in the latter")


def show(label: str, ratios: list[float]) -> None:
    """One row."""
    print(f"{label:24s}" + "".join(f"{each:9.1f}" for each in ratios), flush=True)


async def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Sound through SIP stacks.")
    parser.add_argument("--seconds", type=float, default=4.0)
    options = parser.parse_args()
    length = int(options.seconds * 50) * 2 * FRAME
    speech = spoken(SPEECH, 8000)[:length]
    speech = speech[: len(speech) // (2 * FRAME) * 2 * FRAME]
    print(machine())
    print(f"{'dB, at a level in dBFS':24s}" + "".join(f"{level:9d}" for level in LEVELS))
    plain: dict[str, tuple[int, Callable[[bytes], bytes], Callable[[bytes], bytes]]] = LAWS
    for law, (_, encode, decode) in plain.items():
        levels = [at_level(speech, level) for level in LEVELS]
        show(f"G.711 alone, {law}", [ratio(pcm, decode(encode(pcm))) for pcm in levels])
    for name, stack in (("ours", Ours()), ("aiortp", Aiortp()), ("pyVoIP", PyVoip())):
        await measure(name, stack, speech)
    await cost()


if __name__ == "__main__":
    asyncio.run(main())
