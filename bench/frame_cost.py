"""
What one 20 ms frame of one call costs, piece by piece, and what one more call weighs.

Run: python -m bench.frame_cost. Prints microseconds a frame: the median of the runs, with the
fastest and the slowest run, and the share of one core that 200 calls would take.
"""

import gc
import os
import random
import statistics
import time
import tracemalloc
from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np

from bench.echo_line import talk, utterances
from bench.process import machine, resident_kib
from bot.asterisk.audiosocket import Decoder, audio_header
from bot.core.audio import FRAME_SECONDS, NARROWBAND, WIDEBAND, frame_bytes
from bot.signal import g711
from bot.signal.echo import EchoGuard
from bot.signal.resampler import Resampler, pcm_bytes
from bot.signal.silero import silero
from bot.signal.tones import Tones
from bot.signal.voice import VoiceActivity

RUNS = 9
FRAMES = 400
CALLS = 200

Piece = tuple[str, Callable[[], Callable[[int], object]]]
"""A name, and what makes a fresh function that spends one frame, given the frame's number."""


def pieces() -> list[Piece]:
    """Everything that is measured, in the order of the table. Add a piece here."""
    return [
        ("AudioSocket parser, 8 kHz, whole messages", lambda: parsed(NARROWBAND, whole=True)),
        ("AudioSocket parser, 8 kHz, cut anywhere", lambda: parsed(NARROWBAND, whole=False)),
        ("AudioSocket parser, 16 kHz, whole messages", lambda: parsed(WIDEBAND, whole=True)),
        ("AudioSocket parser, 16 kHz, cut anywhere", lambda: parsed(WIDEBAND, whole=False)),
        ("A-law to PCM", lambda: over(g711.alaw_decoded, [b"\x55" * 160])),
        ("PCM to A-law", lambda: over(g711.alaw_encoded, babble(NARROWBAND))),
        ("resampler 8 to 16 kHz", lambda: resampled(NARROWBAND, WIDEBAND)),
        ("resampler 16 to 8 kHz", lambda: resampled(WIDEBAND, NARROWBAND)),
        ("voice activity, silent 8 kHz line", lambda: voice(NARROWBAND, silence(NARROWBAND))),
        ("voice activity, speech on an 8 kHz line", lambda: voice(NARROWBAND, babble(NARROWBAND))),
        ("voice activity, speech on a 16 kHz line", lambda: voice(WIDEBAND, babble(WIDEBAND))),
        ("echo guard, nobody speaks, 8 kHz", lambda: guarded(NARROWBAND, talks=False)),
        ("echo guard, we speak, a noisy 8 kHz line", lambda: guarded(NARROWBAND, loss_db=None)),
        ("echo guard, we speak, an echo at 8 kHz", lambda: guarded(NARROWBAND)),
        ("echo guard, we speak, an echo at 16 kHz", lambda: guarded(WIDEBAND)),
        ("tones, silent 8 kHz line", lambda: toned(silence(NARROWBAND))),
        ("tones, speech on an 8 kHz line", lambda: toned(speech(NARROWBAND))),
        ("tones, a beep on an 8 kHz line", lambda: toned(beep())),
    ]


def over(spend: Callable[[bytes], object], frames: list[bytes]) -> Callable[[int], object]:
    """Spend these frames by turns."""
    return lambda number: spend(frames[number % len(frames)])


def parsed(rate: int, whole: bool) -> Callable[[int], object]:
    """What Asterisk sends in a second, as 50 whole messages or in 50 pieces cut at random."""
    size = 3 + frame_bytes(rate)
    wire = b"".join(audio_header(rate, frame_bytes(rate)) + frame for frame in babble(rate))
    cuts = list(range(size, len(wire), size))
    if not whole:
        cuts = sorted(random.Random(7).sample(range(1, len(wire)), len(cuts)))
    pieces = [wire[start:end] for start, end in pairwise([0, *cuts, len(wire)])]
    return over(Decoder().feed, pieces)


def resampled(source: int, target: int) -> Callable[[int], object]:
    """One direction of one call."""
    return over(Resampler(source, target).feed, babble(source))


def voice(rate: int, frames: list[bytes]) -> Callable[[int], object]:
    """One call's voice activity."""
    return over(VoiceActivity(rate, silero()).hear, frames)


def guarded(rate: int, talks: bool = True, loss_db: float | None = 15) -> Callable[[int], object]:
    """Both ends of one call's echo guard: a frame leaves, one comes back 160 ms later."""
    guard = EchoGuard(rate)
    ours = speech(rate) if talks else silence(rate)
    theirs = echoed(ours, 0.0 if loss_db is None else 10 ** (-loss_db / 20))

    def spend(number: int) -> object:
        guard.played(ours[number % len(ours)])
        return guard.hear(theirs[(number - 8) % len(theirs)])

    return spend


def echoed(frames: list[bytes], gain: float) -> list[bytes]:
    """The same, weaker, on a line with noise of -60 dBFS."""
    line = np.frombuffer(b"".join(frames), "<i2") * gain
    line += np.random.default_rng(5).standard_normal(line.size) * 33
    pcm = np.rint(line).astype("<i2").tobytes()
    size = len(frames[0])
    return [pcm[start : start + size] for start in range(0, len(pcm), size)]


def toned(frames: list[bytes]) -> Callable[[int], object]:
    """One call's watch for tones."""
    return over(Tones(NARROWBAND).hear, frames)


def beep() -> list[bytes]:
    """A second of 1000 Hz."""
    tone = np.sin(2 * np.pi * np.arange(NARROWBAND) / 8) * 6_000
    pcm = tone.astype("<i2").tobytes()
    return [pcm[start : start + 320] for start in range(0, len(pcm), 320)]


def speech(rate: int) -> list[bytes]:
    """Eight seconds of sentences."""
    pcm = pcm_bytes(np.rint(talk(utterances("hm_psi"), 8, 1) * 32_768))
    pcm = Resampler(NARROWBAND, rate).feed(pcm)
    size = frame_bytes(rate)
    return [pcm[start : start + size] for start in range(0, len(pcm), size)]


def silence(rate: int) -> list[bytes]:
    """A frame of digital silence."""
    return [bytes(frame_bytes(rate))]


def babble(rate: int) -> list[bytes]:
    """A second of a voice-like buzz whose level wanders, so that the energy gate stays open."""
    at = np.arange(rate) / rate
    buzz = sum(np.sin(2 * np.pi * 130 * harmonic * at) / harmonic for harmonic in range(1, 20))
    pcm = (buzz * (1.2 + np.sin(2 * np.pi * 4 * at)) * 4_000).astype("<i2").tobytes()
    size = frame_bytes(rate)
    return [pcm[start : start + size] for start in range(0, len(pcm), size)]


def microseconds(make: Callable[[], Callable[[int], object]]) -> Iterator[float]:
    """Cost of a frame in each run: processor time, so that a busy neighbour counts less."""
    spend = make()
    for number in range(FRAMES):
        spend(number)
    for _ in range(RUNS):
        start = time.process_time()
        for number in range(FRAMES):
            spend(number)
        yield (time.process_time() - start) / FRAMES * 1e6


def call() -> tuple[object, ...]:
    """The signal objects of one wideband call, after half a second of talk."""
    heard = VoiceActivity(WIDEBAND, silero())
    ways = Resampler(NARROWBAND, WIDEBAND), Resampler(WIDEBAND, NARROWBAND)
    guard, tones = EchoGuard(WIDEBAND), Tones(WIDEBAND)
    for frame in babble(WIDEBAND)[:25]:
        guard.played(frame)
        tones.hear(guard.hear(frame))
        heard.hear(frame)
        ways[0].feed(ways[1].feed(frame))
    return heard, guard, tones, *ways


def weight() -> str:
    """What one more call adds to the process, as the mean of many."""
    calls = [call()]
    gc.collect()
    resident = resident_kib(os.getpid())
    tracemalloc.start()
    calls += [call() for _ in range(CALLS)]
    gc.collect()
    python = tracemalloc.get_traced_memory()[0] / CALLS / 1024
    tracemalloc.stop()
    resident = (resident_kib(os.getpid()) - resident) / CALLS
    return f"{python:.1f} KiB by tracemalloc, {resident:.1f} KiB resident (mean of {CALLS})"


def main() -> None:
    """Print the table."""
    print(f"{machine()}, NumPy {np.__version__}")
    print(f"{'us of one 20 ms frame':44}{'median':>8}{'least':>8}{'most':>8}{f'{CALLS} calls':>12}")
    for name, make in pieces():
        costs = sorted(microseconds(make))
        share = statistics.median(costs) * 1e-6 * CALLS / FRAME_SECONDS
        print(
            f"{name:44}{statistics.median(costs):8.1f}{costs[0]:8.1f}{costs[-1]:8.1f}{share:11.1%}"
        )
    print(f"one more call: {weight()}")


if __name__ == "__main__":
    main()
