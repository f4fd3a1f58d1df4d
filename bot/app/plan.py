"""How many GPUs, bots, Asterisks and Kamailios so many calls at once need, and what bandwidth.

Pure arithmetic on `Figures`. Each pool is sized by itself: units for the planned calls, then what
may be lost with a node or a zone. More calls never need less of anything.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any, Final

from bot.app.erlang import bearable
from bot.app.plan_figures import Figures
from bot.core.audio import FRAME_SECONDS, SAMPLE_BYTES, frame_bytes

PORTS: Final = 2
"""UDP ports of one leg: RTP, and RTCP on the next (RFC 3550, section 11)."""
LEGS_TO_PEOPLE: Final = 2
"""Of RTP: the caller's and the person's. A call with the bot has one; the bot's side is TCP."""
AUDIOSOCKET: Final = 3
"""Bytes of the header in front of a frame."""
TCP: Final = 70
"""Bytes around it: TCP 20 and its time stamps 12, IPv4 20, Ethernet 18."""
ASR_RATE: Final = 16_000
"""Samples a second that recognition is sent, whatever the line has (riva.asr.sample_rate)."""


@dataclass(frozen=True, slots=True)
class Pool:
    """`needed` units for the planned calls; `total` with those that may be lost."""

    needed: int
    total: int


@dataclass(frozen=True, slots=True)
class PerGpu:
    """How many calls one GPU bears with each service alone."""

    asr: float
    tts: float
    llm: float


@dataclass(frozen=True, slots=True)
class Plan:
    """
    What `calls` at once need. `planned` are the calls with head-room.

    `gpus` counts GPUs: with `shared`, asr, tts and llm run on the same ones. `bots_rolling` is the
    most pods while a new version rolls out: the old ones go on until their last call has ended.
    Bandwidth is each way, Mbit/s.
    """

    calls: int
    planned: int
    shared: bool
    gpus: int
    asr: Pool
    tts: Pool
    llm: Pool
    bots: Pool
    bots_rolling: int
    bot_cores: float
    asterisks: Pool
    asterisk_cores: float
    kamailios: Pool
    rtp_ports: int
    trunk_mbit: float
    asterisk_bot_mbit: float
    bot_asr_mbit: float

    def as_json(self) -> dict[str, Any]:
        """The same, for a program."""
        return asdict(self)


def plan(calls: int, figures: Figures) -> Plan:
    """Size everything for `calls` at once (1 or more)."""
    planned = _up(calls * (1 + figures.head_room))
    legs = _up(planned * (1 + LEGS_TO_PEOPLE * figures.transferred))
    alone = per_gpu(figures)
    shared = _fit_one(planned, alone, figures)
    speech = [_pool(1.0 if shared else planned / one, figures.gpu_spare, figures)
              for one in (alone.asr, alone.tts, alone.llm)]  # fmt: skip
    asr, tts, llm = speech
    bots = _pool(planned / figures.calls_per_bot, figures.bot_spare, figures)
    asterisks = _pool(legs / figures.calls_per_asterisk, figures.asterisk_spare, figures)
    return Plan(
        calls=calls,
        planned=planned,
        shared=shared,
        gpus=asr.total if shared else asr.total + tts.total + llm.total * figures.llm_gpus,
        asr=asr,
        tts=tts,
        llm=llm,
        bots=bots,
        bots_rolling=2 * bots.total,
        bot_cores=bots.total * figures.bot_cores,
        asterisks=asterisks,
        asterisk_cores=asterisks.total * figures.asterisk_cores,
        kamailios=_kamailios(planned, asterisks, figures),
        rtp_ports=PORTS * min(legs, figures.calls_per_asterisk),
        trunk_mbit=legs * _kbit(figures.rtp_payload + figures.rtp_headers) / 1000,
        asterisk_bot_mbit=planned * _audiosocket_kbit(figures) / 1000,
        bot_asr_mbit=planned * ASR_RATE * SAMPLE_BYTES * 8 / 1e6,
    )


def per_gpu(figures: Figures) -> PerGpu:
    """Calls of one GPU with each service alone; the model's are of one server's GPUs together."""
    spoken = figures.bot_speaks * (1 - figures.tts_cached) * figures.begun
    sentences = bearable(figures.tts_streams, figures.tts_wait)
    return PerGpu(
        asr=float(figures.asr_streams),
        tts=sentences * figures.tts_speed / spoken,
        llm=figures.llm_rate * figures.turn_seconds / figures.begun,
    )


def _fit_one(planned: int, alone: PerGpu, figures: Figures) -> bool:
    """Whether all three services may share one GPU: by load, and by memory."""
    load = planned / alone.asr + planned / alone.tts + planned / alone.llm
    memory = figures.asr_memory + figures.tts_memory + figures.llm_memory
    return figures.llm_gpus == 1 and load <= figures.shared_load and memory <= figures.gpu_memory


def _pool(units: float, spare: int, figures: Figures) -> Pool:
    needed = _up(units)
    total = needed + spare
    if figures.zones > 1:
        total = max(total, figures.zones * _up(needed / (figures.zones - 1)))
    return Pool(needed, total)


def _kamailios(planned: int, asterisks: Pool, figures: Figures) -> Pool:
    """None before a single Asterisk."""
    if asterisks.total == 1:
        return Pool(0, 0)
    rate = planned / figures.mean_seconds
    return _pool(rate / figures.kamailio_rate, figures.kamailio_spare, figures)


def _audiosocket_kbit(figures: Figures) -> float:
    return _kbit(frame_bytes(figures.line_rate) + AUDIOSOCKET + TCP)


def _kbit(packet: int) -> float:
    """kbit/s of a packet of so many bytes each 20 ms."""
    return packet * 8 / FRAME_SECONDS / 1000


def _up(value: float) -> int:
    """The next whole number, one at least; 12.000000000000002 is 12."""
    return max(1, math.ceil(round(value, 9)))
