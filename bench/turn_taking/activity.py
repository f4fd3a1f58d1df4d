"""
Voice activity alone, over the sounds of the bench: what a change of its settings does.

Run: python -m bench.turn_taking.activity [--set threshold=0.5] [--set min_speech=0.096]

For each noise: how often speech is believed where there is none, and for how much of the time, on a
line where somebody has spoken before (the network's state remembers that: it matters a lot). For
speech over it: how late its beginning is noticed, how late its last voiced frame lies (that much
longer every wait is), and how often the end comes in mid-sentence.
"""

import argparse
import json
import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise, product

import numpy as np

from bench.turn_taking.noises import line_noise, noise
from bench.turn_taking.setups import voice_activity
from bench.turn_taking.sounds import RATE, Sound, recorded, texts
from bench.turn_taking.table import percentile
from bot.config import VoiceActivitySettings
from bot.local.tts import KOKORO_VOICES
from bot.signal.g711 import alaw_decoded, alaw_encoded
from bot.signal.resampler import pcm_bytes
from bot.signal.voice import VoiceActivity

LINES = [
    ("", 0.0),
    *product(("coughs", "babble", "neighbour", "street"), (0.0, 10.0, 20.0)),
    *product(("fan", "keyboard", "music"), (10.0,)),
]
FRAME = RATE // 50
SETTLED = 0.5
"""Seconds after speech that do not count as noise."""
AROUND = 2.0
"""Seconds of the line before and after each sentence."""


@dataclass
class Heard:
    """What voice activity made of one noise and of speech over it."""

    starts: int = 0
    believed: float = 0.0
    onset: list[float] = field(default_factory=list)
    tail: list[float] = field(default_factory=list)
    missed: int = 0
    split: int = 0
    sentences: int = 0


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Voice activity over the sounds of the bench.")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=JSON")
    changes = dict(change.split("=", 1) for change in parser.parse_args().set)
    values = {name: json.loads(value) for name, value in changes.items()}
    settings = VoiceActivitySettings(**values)
    print(f"changes: {changes or 'none'}\n")
    print("| line | starts | believed % | onset ms (p95) | tail ms (p95) | missed | split |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for kind, snr in LINES:
        print(_row(kind, snr, _measured(kind, snr, settings)), flush=True)


def _measured(kind: str, snr: float, settings: VoiceActivitySettings) -> Heard:
    heard = Heard()
    line = line_noise(1) + (noise(kind, snr, 1) if kind else 0.0)
    said = recorded("hf_beta", "s01").sound
    speaking: list[bool] = []
    for part in np.split(line, 3):
        judged = [each.speaking for each in _listen(np.concatenate([said, part]), settings)]
        speaking += judged[-round(part.size / FRAME) + round(SETTLED * 50) :]
    heard.starts = sum(now and not before for before, now in pairwise(speaking))
    heard.believed = float(np.mean(speaking))
    for number, name in enumerate(sorted(texts())):
        for at, voice in enumerate(KOKORO_VOICES):
            _say(heard, voice, name, np.roll(line, -(4 * number + at) * 5 * RATE), settings)
    return heard


def _say(heard: Heard, voice: str, name: str, line: Sound, settings: VoiceActivitySettings) -> None:
    """One sentence, after some seconds of the line alone."""
    said = recorded(voice, name)
    mixed = line[: said.sound.size + round(2 * AROUND * RATE)].copy()
    first = round(AROUND * RATE)
    mixed[first : first + said.sound.size] += said.sound
    begin, end = AROUND + said.begin, AROUND + said.end
    speaking, onset, last, splits = False, None, None, 0
    for number, activity in enumerate(_listen(mixed, settings)):
        now = (number + 1) * FRAME / RATE
        if activity.speaking and onset is None and now > begin:
            onset = now - begin
        if speaking and not activity.speaking and begin < now and (last is None or last < end):
            last = now - activity.silence_seconds
            splits += now < end
        speaking = activity.speaking
    heard.sentences += 1
    heard.missed += onset is None or onset > end - begin
    heard.split += splits > 0
    if onset is not None:
        heard.onset.append(onset)
    if last is not None:
        heard.tail.append(last - end)


def _listen(line: Sound, settings: VoiceActivitySettings) -> Iterator[VoiceActivity]:
    """The activity after each 20 ms of the line, through A-law."""
    activity = voice_activity(RATE, settings)
    pcm = alaw_decoded(alaw_encoded(pcm_bytes(np.rint(line))))
    for at in range(0, len(pcm) - 2 * FRAME + 1, 2 * FRAME):
        activity.hear(pcm[at : at + 2 * FRAME])
        yield activity


def _row(kind: str, snr: float, heard: Heard) -> str:
    name = f"{kind} {snr:.0f} dB" if kind else "clean"
    cells = [
        name,
        f"{heard.starts}",
        f"{100 * heard.believed:.0f}",
        _times(heard.onset),
        _times(heard.tail),
        f"{heard.missed}/{heard.sentences}",
        f"{heard.split}/{heard.sentences}",
    ]
    return f"| {' | '.join(cells)} |"


def _times(values: list[float]) -> str:
    if not values:
        return ""
    return f"{1000 * statistics.median(values):.0f} ({1000 * percentile(values, 0.95):.0f})"


if __name__ == "__main__":
    main()
