"""
How well the acoustic model tells a finished sentence from half of one: docs/end-of-turn-model.md.

    python -m bench.end_scorer [--model FILE] [--each]

The sentences of tests/speech, at 16 kHz and through a G.711 line (A-law, 8 kHz): whole, and cut at
the quietest place of their middle (40 to 75 % of the voice) where they are a second or longer.
Silence or noise (low-passed, level by the voice's mean power) follows, as the model hears it when
voice activity has ended. Then what a score costs, and
how late a 20 ms tick of the event loop is meanwhile. `--each` prints every sentence.
"""

import argparse
import asyncio
import csv
import statistics
import time
import wave
from collections.abc import Coroutine
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

from bot.core.audio import NARROWBAND, SAMPLE_BYTES, WIDEBAND
from bot.local.models import models_folder
from bot.local.turn_model import fetch_turn_model
from bot.signal import smart_turn
from bot.signal.g711 import alaw_decoded, alaw_encoded
from bot.signal.resampler import Resampler
from bot.signal.smart_turn import EndScorer, features

SPEECH = Path(__file__).parent.parent / "tests" / "speech"
FRAME = 320
"""Samples of 20 ms at 16 kHz."""
VOICE = 0.02
"""A frame is voice from this share of the loudest one's level."""
CONDITIONS = tuple(
    (telephone, silence, None) for telephone in (False, True) for silence in (0.0, 0.2, 0.4)
) + ((True, 0.0, 20.0), (True, 0.2, 20.0), (True, 0.0, 10.0), (True, 0.2, 10.0))
"""Through a telephone line; silence after the voice (s); signal to noise (dB)."""
IN_FULL = (True, 0.2, None)
"""The condition that is told voice by voice."""
SHORTEST_CUT = 1.0
COST_ROUNDS = 100
TICK = 0.02


@dataclass(frozen=True)
class Sentence:
    """A recording's voice at 16 kHz, without the silence around it."""

    voice: str
    number: str
    text: str
    pcm: bytes

    def half(self) -> bytes | None:
        """Up to the quietest place of its middle; None where it is too short to be cut."""
        if len(self.pcm) < SHORTEST_CUT * WIDEBAND * SAMPLE_BYTES:
            return None
        level = _levels(self.pcm)
        first, last = int(level.size * 0.4), int(level.size * 0.75)
        place = first + int(level[first:last].argmin())
        return self.pcm[: place * FRAME * SAMPLE_BYTES]


def _levels(pcm: bytes) -> np.ndarray:
    sound = np.frombuffer(pcm, "<i2").astype(np.float64)
    frames = sound[: sound.size // FRAME * FRAME].reshape(-1, FRAME)
    return np.sqrt((frames**2).mean(axis=1))


def sentences() -> list[Sentence]:
    """All of tests/speech."""
    found = []
    with (SPEECH / "texts.tsv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            with wave.open(str(SPEECH / f"{row['voice']}_{row['id']}.wav")) as sound:
                pcm = sound.readframes(sound.getnframes())
            level = _levels(pcm)
            loud = np.flatnonzero(level > VOICE * level.max())
            voice = pcm[loud[0] * FRAME * SAMPLE_BYTES : (loud[-1] + 1) * FRAME * SAMPLE_BYTES]
            found.append(Sentence(row["voice"], row["id"], row["text"], voice))
    return found


def heard(pcm: bytes, telephone: bool, silence: float, snr: float | None) -> tuple[bytes, int]:
    """What the bot hears of it, and the rate."""
    level = np.sqrt((np.frombuffer(pcm, "<i2").astype(np.float64) ** 2).mean())
    pcm += bytes(round(silence * WIDEBAND) * SAMPLE_BYTES)
    if snr is not None:
        sound = np.frombuffer(pcm, "<i2")
        noise = np.random.default_rng(1).normal(size=sound.size + 3)
        noise = np.convolve(noise, np.ones(4), "valid") * level / 2 * 10 ** (-snr / 20)
        pcm = np.clip(sound + noise, -32_768, 32_767).astype("<i2").tobytes()
    if not telephone:
        return pcm, WIDEBAND
    return alaw_decoded(alaw_encoded(Resampler(WIDEBAND, NARROWBAND).feed(pcm))), NARROWBAND


def area(whole: list[float], half: list[float]) -> float:
    """The chance that a whole sentence scores above a cut one."""
    return statistics.mean((w > h) + 0.5 * (w == h) for w, h in product(whole, half))


async def quality(scorer: EndScorer, each: bool) -> None:
    """Print a row for each condition, and for each voice of one."""
    print("line  silence  noise  voice            whole >0.5  cut <0.5  means        area")
    for condition in CONDITIONS:
        scores: dict[str, tuple[list[float], list[float]]] = {}
        for one in sentences():
            whole, half = scores.setdefault(one.voice, ([], []))
            for name, pcm, into in (("whole", one.pcm, whole), ("cut", one.half(), half)):
                if pcm is not None:
                    into.append(await scorer.score(*heard(pcm, *condition)))
                    if each and condition == IN_FULL:
                        print(f"  {one.voice} {one.number} {name:5} {into[-1]:.2f} {one.text}")
        if condition == IN_FULL:
            for voice, pair in scores.items():
                print(row(condition, voice, *pair))
        every = [sum((pair[n] for pair in scores.values()), []) for n in (0, 1)]
        print(row(condition, "all", *every))


def row(
    condition: tuple[bool, float, float | None], voice: str, whole: list[float], half: list[float]
) -> str:
    """One line of the table."""
    telephone, silence, snr = condition
    right = sum(score > 0.5 for score in whole), sum(score < 0.5 for score in half)
    return (
        f"{'8 kHz' if telephone else '16kHz'} {silence:.1f} s   "
        f"{'none ' if snr is None else f'{snr:.0f} dB'}  {voice:16}"
        f" {right[0]:3} of {len(whole):3} {right[1]:3} of {len(half):2}"
        f"  {statistics.mean(whole):.2f} / {statistics.mean(half):.2f}  {area(whole, half):.2f}"
    )


async def cost(scorer: EndScorer) -> None:
    """Print what a score takes, and how late the loop's ticks are with and without one running."""
    sound = heard(sentences()[0].pcm * 4, *IN_FULL)
    began = time.process_time()
    for _ in range(COST_ROUNDS):
        features(*sound)
    print(f"features: {(time.process_time() - began) / COST_ROUNDS * 1e3:.1f} ms of processor")
    idle = await lateness(asyncio.sleep(5))
    took: list[float] = []

    async def scoring() -> None:
        for _ in range(COST_ROUNDS):
            start = time.perf_counter()
            await scorer.score(*sound)
            took.append(time.perf_counter() - start)

    began = time.process_time()
    busy = await lateness(scoring())
    used = (time.process_time() - began) / COST_ROUNDS
    took.sort()
    print(
        f"a score: {took[len(took) // 2] * 1e3:.0f} ms median, {took[-2] * 1e3:.0f} ms p99,"
        f" {used * 1e3:.0f} ms of processor"
    )
    for name, late in (("idle", idle), ("scoring without a pause", busy)):
        print(f"tick of the loop, {name}: {late[0]:.1f} ms late at the median, {late[1]:.1f} p99")


async def lateness(work: Coroutine[None, None, None]) -> tuple[float, float]:
    """How late ticks are while this runs: median and p99, milliseconds."""
    late: list[float] = []
    running = asyncio.create_task(work)
    while not running.done():
        due = time.perf_counter() + TICK
        await asyncio.sleep(TICK)
        late.append((time.perf_counter() - due) * 1e3)
    late.sort()
    return late[len(late) // 2], late[int(len(late) * 0.99)]


async def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--each", action="store_true")
    options = parser.parse_args()
    path = options.model or fetch_turn_model(models_folder() / "smart-turn", print)
    smart_turn.TIME_OUT = 60.0  # a busy machine must not pass for an unsure network
    began = time.perf_counter()
    scorer = EndScorer(str(path))
    print(f"loaded in {time.perf_counter() - began:.2f} s")
    await quality(scorer, options.each)
    await cost(scorer)
    await scorer.close()


if __name__ == "__main__":
    asyncio.run(main())
