"""
What the embedded speech server costs, and how well it hears: figures for docs/embedded-speech.md.

    python -m bench.local_speech [--all] [--asr-threads 2] [--tts-threads 2]

Recognition: the sentences of tests/speech through G.711, streamed at the speed of speech with the
end forced after 300 ms of silence, as the bot does. `--all` takes all 96 and not one in four, and
prints what was heard. Synthesis: five replies in every voice, none of them from memory.
"""

import argparse
import asyncio
import csv
import os
import resource
import statistics
import sys
import time
import wave
from dataclasses import dataclass
from pathlib import Path

import grpc
from rapidfuzz.distance import Levenshtein
from riva.client.proto import riva_asr_pb2, riva_tts_pb2
from riva.client.proto.riva_asr_pb2_grpc import RivaSpeechRecognitionStub
from riva.client.proto.riva_audio_pb2 import AudioEncoding
from riva.client.proto.riva_tts_pb2_grpc import RivaSpeechSynthesisStub

from bot.local.speech_server import SpeechOptions, serve
from bot.local.vocabulary import without_variants
from bot.signal.g711 import ulaw_decoded, ulaw_encoded
from bot.signal.resampler import Resampler

SPEECH = Path(__file__).parent.parent / "tests" / "speech"
FRAME = 640
"""Bytes of 20 ms at 16 kHz."""
SILENT_FRAMES = 15
REPLIES = (
    "जी,",
    "नमस्ते, मैं आपकी क्या सहायता कर सकती हूँ?",
    "आपका इस महीने का बिल बारह सौ पैंतालीस रुपये है।",
    "जी हाँ, आपका ऑर्डर रास्ते में है, और कल शाम तक पहुँच जाएगा।",
    "माफ़ कीजिए, मैं समझ नहीं पाई। क्या आप दोबारा कहेंगे?",
)
VOICES = ("Kokoro.hf_alpha", "Kokoro.hm_psi", "espeak.hi")


@dataclass
class Heard:
    """One sentence: what was said, what was heard, and when."""

    voice: str
    said: str
    heard: str
    seconds: float
    first_interim: float | None
    """Seconds from the first sound that was sent."""
    final: float
    """Seconds from the forced end."""


def telephone(path: Path) -> bytes:
    """A recording as it sounds after a G.711 line, at 16 kHz."""
    with wave.open(str(path)) as file:
        pcm = file.readframes(file.getnframes())
    coded = ulaw_encoded(Resampler(16_000, 8_000).feed(pcm))
    return Resampler(8_000, 16_000).feed(ulaw_decoded(coded))


async def recognise(stub: RivaSpeechRecognitionStub, row: dict[str, str]) -> Heard:
    """Stream one sentence at the speed of speech."""
    pcm = telephone(SPEECH / f"{row['voice']}_{row['id']}.wav")
    # 0.3 s of silence end each recording: the end is forced when the bot would.
    frames = [pcm[at : at + FRAME] for at in range(0, len(pcm) - FRAME, FRAME)]
    config = riva_asr_pb2.RecognitionConfig(
        encoding=AudioEncoding.LINEAR_PCM, sample_rate_hertz=16_000, language_code="hi-IN"
    )
    streaming = riva_asr_pb2.StreamingRecognitionConfig(config=config, interim_results=True)
    call = stub.StreamingRecognize()
    await call.write(riva_asr_pb2.StreamingRecognizeRequest(streaming_config=streaming))
    began = time.monotonic()
    answers = asyncio.create_task(listen(call))
    for number, frame in enumerate(frames):
        await asyncio.sleep(max(0.0, began + number * 0.02 - time.monotonic()))
        await call.write(riva_asr_pb2.StreamingRecognizeRequest(audio_content=frame))
    forced = time.monotonic()
    await call.write(
        riva_asr_pb2.StreamingRecognizeRequest(
            audio_content=bytes(FRAME), runtime_config={"force_eou": "true"}
        )
    )
    await call.done_writing()
    first, text, last = await answers
    return Heard(
        row["voice"],
        row["text"],
        text,
        len(pcm) / 32_000,
        first - began if first else None,
        last - forced,
    )


async def listen(call: object) -> tuple[float | None, str, float]:
    """When the first interim came, the finals' text, and when the last one came."""
    first, texts, last = None, [], time.monotonic()
    async for answer in call:  # type: ignore[attr-defined]
        for result in answer.results:
            if result.is_final:
                texts.append(result.alternatives[0].transcript)
                last = time.monotonic()
            elif first is None:
                first = time.monotonic()
    return first, " ".join(text for text in texts if text), last


def words(text: str) -> list[str]:
    """Words without marks and variants of spelling."""
    return [without_variants(word.strip("।?,.")) for word in text.split()]


def errors(heard: list[Heard]) -> str:
    """Word and character error rates."""
    pairs = [(words(one.said), words(one.heard)) for one in heard]
    wrong = sum(Levenshtein.distance(said, got) for said, got in pairs)
    letters = sum(Levenshtein.distance("".join(said), "".join(got)) for said, got in pairs)
    return (
        f"WER {100 * wrong / sum(len(said) for said, _ in pairs):.1f} "
        f"CER {100 * letters / sum(len(''.join(said)) for said, _ in pairs):.1f}"
    )


def spread(values: list[float]) -> str:
    """Median and 90th percentile in milliseconds."""
    ordered = sorted(values)
    ninety = ordered[min(len(ordered) - 1, int(0.9 * len(ordered)))]
    return f"p50 {1000 * statistics.median(ordered):.0f} ms, p90 {1000 * ninety:.0f} ms"


async def bench_recognition(channel: grpc.aio.Channel, everything: bool) -> None:
    """Recognise the sentences and print figures."""
    with (SPEECH / "texts.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    stub = RivaSpeechRecognitionStub(channel)
    processor = time.process_time()
    heard = [await recognise(stub, row) for row in (rows if everything else rows[::4])]
    processor = time.process_time() - processor
    if everything:
        for one in heard:
            print(f"{one.voice}\t{one.said}\t{one.heard}")
    print(f"recognition of {len(heard)} sentences: {errors(heard)}")
    for voice in sorted({one.voice for one in heard}):
        print(f"  {voice}: {errors([one for one in heard if one.voice == voice])}")
    interims = [one.first_interim for one in heard if one.first_interim is not None]
    print(f"  final after the forced end: {spread([one.final for one in heard])}")
    print(f"  first interim after the first sound: {spread(interims)} ({len(interims)} had one)")
    total = sum(one.seconds for one in heard)
    print(f"  processor time per second of sound, everything included: {processor / total:.2f} s")


async def synthesise(
    channel: grpc.aio.Channel, text: str, voice: str
) -> tuple[float, float, float]:
    """Seconds to the first audio, seconds to the last, seconds of audio."""
    stub = RivaSpeechSynthesisStub(channel)
    request = riva_tts_pb2.SynthesizeSpeechRequest(
        text=text,
        language_code="hi-IN",
        encoding=AudioEncoding.LINEAR_PCM,
        sample_rate_hz=8_000,
        voice_name=voice,
    )
    began, first, size = time.monotonic(), None, 0
    async for answer in stub.SynthesizeOnline(iter([request])):
        first = first or time.monotonic()
        size += len(answer.audio)
    return (first or began) - began, time.monotonic() - began, size / 16_000


async def bench_synthesis(channel: grpc.aio.Channel) -> None:
    """Speak the replies and print figures; the second time they come from memory."""
    for voice in VOICES:
        timed = [await synthesise(channel, reply, voice) for reply in REPLIES]
        again = [await synthesise(channel, reply, voice) for reply in REPLIES]
        factor = sum(last for _, last, _ in timed) / sum(audio for _, _, audio in timed)
        print(
            f"synthesis {voice}: first audio {spread([one[0] for one in timed])}; "
            f"real-time factor {factor:.2f}; from memory {spread([one[0] for one in again])}"
        )
        for reply, (first, last, audio) in zip(REPLIES, timed, strict=True):
            print(f"  {1000 * first:5.0f} ms {last:5.2f} s for {audio:5.2f} s  {reply}")


async def main() -> None:
    """Run both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="all 96 sentences")
    parser.add_argument("--asr-threads", type=int, default=2)
    parser.add_argument("--asr-workers", type=int, default=0)
    parser.add_argument("--tts-threads", type=int, default=2)
    parser.add_argument("--recognition-only", action="store_true")
    parser.add_argument("--asr-model", type=Path)
    asked = parser.parse_args()
    began = time.monotonic()
    running = await serve(
        SpeechOptions(
            port=0,
            asr_threads=asked.asr_threads,
            asr_workers=asked.asr_workers,
            tts_threads=asked.tts_threads,
            asr_model=asked.asr_model,
        )
    )
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(f"ready after {time.monotonic() - began:.1f} s, {memory:.0f} MB; {os.cpu_count()} cores")
    print(f"load average {os.getloadavg()[0]:.1f}: figures are only good when others are quiet")
    async with grpc.aio.insecure_channel(f"127.0.0.1:{running.port}") as channel:
        await bench_recognition(channel, asked.all)
        if not asked.recognition_only:
            await bench_synthesis(channel)
    await running.stop()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
