"""What the capacity plan assumes: each figure with its default, its bounds and where it is from.

A figure is an option of `voicebot plan`: `asr_streams` is `--asr-streams`. Sources name a file of
this project where we measured, a page where others did, and say "ours" where nobody has: those are
the ones to replace first.
"""

from dataclasses import Field, dataclass, field, fields
from typing import Any, Final

H100: Final = (
    'a third party\'s benchmark of one H100 80 GB, February 2026 ("NVIDIA NIM Benchmark Findings",'
    " riva-bench); English voices, no figure for Hindi is published"
)
NVIDIA: Final = "https://docs.nvidia.com/nim/"


def _figure(
    default: float, least: float, most: float, what: str, source: str, only: tuple[int, ...] = ()
) -> Any:
    meaning = {"least": least, "most": most, "what": what, "source": source, "only": only}
    return field(default=default, metadata=meaning)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Everything that a plan rests on but the number of calls. Seconds, kbit/s, GB, shares of 1."""

    head_room: float = _figure(
        0.2, 0, 10, "planned above the calls asked for, as a share of them",
        "ours: uneven load, and calls that come while a pod starts",
    )  # fmt: skip
    zones: int = _figure(
        1, 1, 20, "zones; with two or more, the others bear all calls when one is lost",
        "your cluster; 1 plans for the loss of a node only",
    )  # fmt: skip
    gpu_spare: int = _figure(
        1, 0, 10_000, "GPUs of each pool that may be lost at once: those of one node",
        "N+1. Kubernetes starts the lost server anew, but a model takes minutes to load (up to 30"
        " the first time)",
    )  # fmt: skip
    bot_spare: int = _figure(
        1, 0, 10_000, "bot pods that may be lost at once: those of one node", "N+1",
    )  # fmt: skip
    asterisk_spare: int = _figure(
        1, 0, 10_000, "Asterisks that may be lost at once: those of one node", "N+1",
    )  # fmt: skip
    kamailio_spare: int = _figure(
        1, 0, 10_000, "Kamailios that may be lost at once: those of one node", "N+1",
    )  # fmt: skip

    mean_seconds: float = _figure(
        180, 1, 86_400, "mean length of a call",
        "ours; yours is voicebot_call_seconds_sum / voicebot_call_seconds_count",
    )  # fmt: skip
    turn_seconds: float = _figure(
        10, 1, 3600, "mean time from one answer to the next",
        "ours: some four seconds of caller, five of bot, one of pause; yours is"
        " voicebot_call_seconds_sum / voicebot_turns_total",
    )  # fmt: skip
    bot_speaks: float = _figure(
        0.4, 0.01, 1, "share of a call in which the bot speaks",
        "ours; the third party of --tts-speed takes 0.3 to 0.4",
    )  # fmt: skip
    begun: float = _figure(
        1.3, 1, 10, "answers begun for each one given: some are thrown away",
        "docs/figures/turn_taking.tsv, turns together, questions to the model a turn",
    )  # fmt: skip
    transferred: float = _figure(
        0.1, 0, 10, "calls with people at the same time, as a share of the calls with the bot",
        "ours: they stay on Asterisk, with a second leg, when the bot has left them",
    )  # fmt: skip

    calls_per_bot: int = _figure(
        25, 1, 2000, "calls of one bot pod",
        "docs/turn-overhead.md: with 25 calls the bot added 8 ms to a turn in the median, with 50"
        " it adds 12 and has little room for a burst",
    )  # fmt: skip
    bot_cores: float = _figure(
        1, 0.1, 64, "processor cores of one bot pod",
        "docs/turn-overhead.md: one process uses one core, 36 % of it with 25 calls",
    )  # fmt: skip
    calls_per_asterisk: int = _figure(
        200, 1, 10_000, "calls (legs of RTP) of one Asterisk",
        "docs/capacity.md, What an Asterisk costs; and the 400 RTP ports of docs/asterisk.md",
    )  # fmt: skip
    asterisk_cores: float = _figure(
        2, 0.1, 64, "processor cores of one Asterisk",
        "docs/capacity.md, What an Asterisk costs: 200 calls take one; twice that: none waits",
    )  # fmt: skip
    kamailio_rate: float = _figure(
        100, 1, 100_000, "new calls a second of one Kamailio",
        "docs/capacity.md, What a Kamailio costs: seven times that was seen; ringing takes memory",
    )  # fmt: skip

    asr_streams: int = _figure(
        160, 1, 100_000, "streams of recognition that one GPU bears; a call holds one all the time",
        NVIDIA + "riva/asr/latest/performance.html (1.4.0, English Parakeet CTC 1.1B, pieces of"
        " 160 ms): 270 at most on one GPU, 160 on another; nothing is published for Hindi models",
    )  # fmt: skip
    tts_streams: int = _figure(
        8, 1, 1024, "sentences that one GPU speaks at once: the profile's batch_size",
        NVIDIA + "riva/tts/latest/support-matrix.html: Magpie's profiles have 8, 32 or 64; 8 is"
        " chosen by itself",
    )  # fmt: skip
    tts_speed: float = _figure(
        8.2, 1.05, 1000, "seconds of speech made in a second, for each of these sentences",
        H100 + ": 8 at once made 65.7 s a second, first sound after 103 ms (the profile of 64 with"
        " 32 at once: 3.9, after 233 ms)",
    )  # fmt: skip
    tts_wait: float = _figure(
        0.01, 1e-6, 0.5, "share of sentences that may wait for a place (Erlang C)",
        "ours: with 16 sentences on 8 places the same benchmark's first sound came after 2.5 s",
    )  # fmt: skip
    tts_cached: float = _figure(
        0, 0, 0.99, "share of speech that was made before and is in memory",
        "docs/operating.md, Speech that is remembered; yours is voicebot_speech_memory_total",
    )  # fmt: skip
    llm_rate: float = _figure(
        20, 0.01, 100_000, "answers a second of one GPU",
        "Llama 3.1 8B in FP8 on one H100, Red Hat's MLPerf Inference 5.1: 5,103 tokens/s in answers"
        " of 128 tokens at most, so 40 a second. Half of that: the first token may take 2 s there",
    )  # fmt: skip
    llm_gpus: int = _figure(
        1, 1, 64, "GPUs of one server of the model",
        "an 8B model fits one; Llama 3.3 70B takes 2 H100 in " + NVIDIA
        + "benchmarking/llm/1.0.0/performance (then --llm-rate is for both together)",
    )  # fmt: skip
    asr_memory: float = _figure(15, 0.1, 1000, "GB of GPU memory of recognition", "NVIDIA's"
        " nemotron-voice-agent blueprint 2.0.0, and " + H100)  # fmt: skip
    tts_memory: float = _figure(15, 0.1, 1000, "GB of GPU memory of synthesis", H100
        + ": 14.6 with the profile of 8, 81 with that of 64")  # fmt: skip
    llm_memory: float = _figure(30, 0.1, 1000, "GB of GPU memory of the model, cache included",
        "NVIDIA's nemotron-voice-agent blueprint 2.0.0")  # fmt: skip
    gpu_memory: float = _figure(80, 1, 1000, "GB of memory of one GPU", "an H100 or A100")
    shared_load: float = _figure(
        0.5, 0, 1, "load up to which all three services may share one GPU (0: never)",
        "ours: together they slow one another. The blueprint runs them on one 80 GB GPU",
    )  # fmt: skip

    rtp_payload: int = _figure(
        160, 1, 1400, "bytes of sound in an RTP packet of 20 ms",
        "G.711 (RFC 3551); 10 more with SRTP's tag of 80 bits (RFC 3711)",
    )  # fmt: skip
    rtp_headers: int = _figure(
        58, 0, 400, "bytes around it: RTP 12, UDP 8, IPv4 20, Ethernet 18",
        "RFC 3550, RFC 768, RFC 791, IEEE 802.3",
    )  # fmt: skip
    line_rate: int = _figure(
        8000, 8000, 16_000, "samples a second between Asterisk and bot: 8000, or 16000 where phones"
        " speak G.722 or Opus", "docs/asterisk.md", only=(8000, 16_000),
    )  # fmt: skip


def option(name: str) -> str:
    """`asr_streams` as it is typed: --asr-streams."""
    return "--" + name.replace("_", "-")


def figures() -> tuple[Field[Any], ...]:
    """The figures in the order of the class; what, source and bounds are in their metadata."""
    return fields(Figures)
