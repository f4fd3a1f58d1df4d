"""
How numbers survive the embedded voices and the embedded recogniser: figures for docs/numbers.md.

    python -m bench.number_entry [--boost 10] [--voices Kokoro.hf_alpha,Kokoro.hm_psi] [--out FILE]

Each entry of bench/number_entry.tsv is said by an embedded voice, the voices taking turns, goes
through G.711 A-law, is recognised, and read by `heard_digits`; with `--boost`, once more with the
number words as speech contexts (`riva.asr.boosts`). Printed are the wrong entries, how many were
right, and which words were heard for which number words.
"""

import argparse
import asyncio
import csv
import os
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import grpc
from rapidfuzz.distance import Levenshtein
from riva.client.proto import riva_asr_pb2, riva_tts_pb2
from riva.client.proto.riva_asr_pb2_grpc import RivaSpeechRecognitionStub
from riva.client.proto.riva_audio_pb2 import AudioEncoding
from riva.client.proto.riva_tts_pb2_grpc import RivaSpeechSynthesisStub

from bot.hindi.counting import NUMBERS, WORTH, keys
from bot.hindi.digits import heard_digits
from bot.local.speech_server import SpeechOptions, serve

ENTRIES = Path(__file__).with_suffix(".tsv")
VOICES = "Kokoro.hf_alpha,Kokoro.hm_omega,Kokoro.hf_beta,Kokoro.hm_psi"
RATE = 8000
SILENCE = b"\xd5" * (RATE // 2)
"""Half a second of A-law."""

EXPECTED = [*NUMBERS, "डबल", "ट्रिपल", "सौ", "हज़ार", "नहीं", "आख़िरी", "पहला", "अंक", "एक मिनट"]


@dataclass(frozen=True)
class Entry:
    """One number: who said it how, and what was heard."""

    voice: str
    digits: str
    said: str
    boost: float
    heard: str

    @property
    def right(self) -> bool:
        """The digits are those that were said."""
        return heard_digits(self.heard) == self.digits


async def spoken(channel: grpc.aio.Channel, text: str, voice: str) -> bytes:
    """The text as A-law at 8 kHz."""
    request = riva_tts_pb2.SynthesizeSpeechRequest(
        text=text,
        language_code="hi-IN",
        encoding=AudioEncoding.ALAW,
        sample_rate_hz=RATE,
        voice_name=voice,
    )
    answer = await RivaSpeechSynthesisStub(channel).Synthesize(request)
    return bytes(answer.audio)


async def recognised(channel: grpc.aio.Channel, alaw: bytes, boost: float) -> str:
    """What is heard in a recording, all its utterances; with `boost`, number words are expected."""
    config = riva_asr_pb2.RecognitionConfig(
        encoding=AudioEncoding.ALAW,
        sample_rate_hertz=RATE,
        language_code="hi-IN",
        audio_channel_count=1,
        speech_contexts=[riva_asr_pb2.SpeechContext(phrases=EXPECTED, boost=boost)] * (boost > 0),
    )
    request = riva_asr_pb2.RecognizeRequest(config=config, audio=SILENCE + alaw + SILENCE * 2)
    answer = await RivaSpeechRecognitionStub(channel).Recognize(request)
    return " ".join(result.alternatives[0].transcript for result in answer.results)


def confusions(entries: list[Entry]) -> list[tuple[str, str, int]]:
    """Said, heard ("-" where nothing), how often; words that are numbers, in whatever spelling."""
    counted: Counter[tuple[str, str]] = Counter()
    for entry in entries:
        said, heard = keys(entry.said), keys(entry.heard)
        for change in Levenshtein.opcodes(said, heard):
            if change.tag == "equal":
                continue
            before = " ".join(said[change.src_start : change.src_end]) or "-"
            after = " ".join(heard[change.dest_start : change.dest_end]) or "-"
            if any(word in WORTH for word in (*before.split(), *after.split())):
                counted[before, after] += 1
    return [(before, after, count) for (before, after), count in counted.most_common()]


def report(entries: list[Entry]) -> None:
    """Print what came of it."""
    for entry in entries:
        if not entry.right:
            got = heard_digits(entry.heard) or "nothing"
            print(f"WRONG {entry.voice} {entry.digits or 'nothing'} as {got}:")
            print(f"  {entry.said} -> {entry.heard}")
    for voice in [*sorted({entry.voice for entry in entries}), "all"]:
        some = [entry for entry in entries if voice in (entry.voice, "all")]
        said = sum(len(entry.digits) for entry in some)
        wrong = sum(Levenshtein.distance(e.digits, heard_digits(e.heard)) for e in some)
        right = sum(entry.right for entry in some)
        print(f"{voice}: {right} of {len(some)} right, {wrong} of {said} digits wrong")
    for before, after, count in confusions(entries):
        print(f"  {count} x {before} -> {after}")


async def main() -> None:
    """Say, recognise and report all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--voices", default=VOICES)
    parser.add_argument("--boost", type=float, default=0.0)
    parser.add_argument("--out", type=Path, help="a table of everything that was heard")
    asked = parser.parse_args()
    voices = asked.voices.split(",")
    boosts = sorted({0.0, asked.boost})
    with ENTRIES.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    began = time.monotonic()
    running = await serve(SpeechOptions(port=0))
    entries = []
    async with grpc.aio.insecure_channel(f"127.0.0.1:{running.port}") as channel:
        for number, row in enumerate(rows):
            voice = voices[number % len(voices)]
            alaw = await spoken(channel, row["said"], voice)
            for boost in boosts:
                heard = await recognised(channel, alaw, boost)
                entries.append(Entry(voice, row["digits"], row["said"], boost, heard))
    await running.stop()
    for boost in boosts:
        print(f"Number words expected with boost {boost}:")
        report([entry for entry in entries if entry.boost == boost])
    if asked.out:
        lines = ["voice\tdigits\tsaid\tboost\theard\tright"]
        lines += [
            f"{e.voice}\t{e.digits}\t{e.said}\t{e.boost}\t{e.heard}\t{e.right}" for e in entries
        ]
        asked.out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{time.monotonic() - began:.0f} s, {os.cpu_count()} cores")


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
