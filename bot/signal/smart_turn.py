"""
Does the caller sound finished? A smart-turn network on the last 8 s; one of it serves all calls.

smart-turn v3.2 (Daily, BSD 2-Clause; github.com/pipecat-ai/smart-turn) hears melody and tempo, no
words. It takes `input_features` [1, 80, 800], the log-mel bands of 8 s at 16 kHz with silence in
front, and gives the probability that the turn is over. Other networks of that shape, trained on
other callers, may take its place.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
import structlog
from numpy.typing import NDArray

from bot.core.audio import SAMPLE_BYTES, WIDEBAND
from bot.core.errors import ConfigError
from bot.signal.log_mel import BANDS, HOP, log_mel
from bot.signal.resampler import Resampler

FIELD: Final = "turns.end_of_turn.acoustic_model"
REMEDY: Final = f"get it with `voicebot fetch-turn-model` and name that file in {FIELD}"
PUBLISHED: Final = {
    "smart-turn-v3.2-cpu.onnx": "2bb026316b14a660486a75b1733cd3fbab8c2fd0314dc9af7be49f8cca967e4f"
}
"""The sha256 of a file that goes by a published name; files of other names are not compared."""
SECONDS: Final = 8
UNSURE: Final = 0.5
"""The score of a sound that there was no time to judge: it moves the end of the turn nowhere."""
TIME_OUT: Final = 0.5
"""Seconds for a score, waiting in line included; later, the turn is decided without it."""
LONGEST_LINE: Final = 8
"""Sounds to judge at once, the one under way included: what the thread can do in the time-out."""

_SAMPLES: Final = SECONDS * WIDEBAND
_INPUT: Final = "input_features"
_SHAPE: Final = (BANDS, _SAMPLES // HOP)
_ERRORS_ONLY: Final = 3
"""onnxruntime's log severity."""

Features = NDArray[np.float32]
log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class EndScorer:
    """
    The judge of the process: one network, and one thread in which it works.

    `_line` counts the sounds that are in that thread or wait for it.
    """

    def __init__(self, path: str) -> None:
        """
        Load the network. ConfigError for a file that is missing, altered or no smart-turn, and
        without the extra `turn-model`, which brings onnxruntime.
        """
        self._judge = _network(Path(path).expanduser())
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="end-scorer")
        self._line = 0
        self._told = False

    async def score(self, pcm: bytes, rate: int) -> float:
        """
        The probability that the turn is over at the end of this sound.

        `pcm`: what the caller sent lately, 16-bit, at 8000 or 16000 samples a second; the last 8 s
        count. Give the silence after the voice too (0.2 s will do). 0.5 where no time was left.
        """
        if self._line >= LONGEST_LINE:
            return UNSURE
        loop = asyncio.get_running_loop()
        deadline = loop.time() + TIME_OUT
        self._line += 1
        job = loop.run_in_executor(self._thread, self._score, pcm, rate, loop.time, deadline)
        job.add_done_callback(self._judged)
        await asyncio.wait([job], timeout=TIME_OUT)
        known = job.done() and not job.cancelled() and job.exception() is None
        return job.result() if known else UNSURE

    async def close(self) -> None:
        """Wait for the sound under way."""
        await asyncio.to_thread(self._thread.shutdown, cancel_futures=True)

    def _score(self, pcm: bytes, rate: int, clock: Callable[[], float], deadline: float) -> float:
        """In the thread: whoever waited until the deadline waits no more."""
        return self._judge(features(pcm, rate)) if clock() < deadline else UNSURE

    def _judged(self, job: "asyncio.Future[float]") -> None:
        self._line -= 1
        error = None if job.cancelled() else job.exception()
        if error is not None and not self._told:
            log.error("end of turn not scored", error=repr(error), remedy=REMEDY)
            self._told = True


def features(pcm: bytes, rate: int) -> Features:
    """What the network sees of the last 8 s of 16-bit PCM at 8000 or 16000 samples a second."""
    latest = pcm[-SECONDS * rate * SAMPLE_BYTES :]
    wide = np.frombuffer(Resampler(rate, WIDEBAND).feed(latest), "<i2")
    sound = np.zeros(_SAMPLES, np.float32)
    if wide.size:
        sound[-wide.size :] = wide / np.float32(32_768)
    return log_mel(sound)


def _network(path: Path) -> Callable[[Features], float]:
    """The network in this file, tried on silence: about 0.2 s. ConfigError says what is wrong."""
    session = _session(path, _content(path))

    def judge(seen: Features) -> float:
        return float(np.ravel(session.run(None, {_INPUT: seen[None]})[0])[0])

    try:
        silence = judge(features(b"", WIDEBAND))
    except Exception as error:  # onnxruntime's own errors share no class
        raise ConfigError(
            f"{FIELD}: {path} does not take {_INPUT} [1, {_SHAPE[0]}, {_SHAPE[1]}]; {REMEDY}"
        ) from error
    if not 0 <= silence <= 1:
        raise ConfigError(f"{FIELD}: {path} gives {silence:g}, no probability; {REMEDY}")
    return judge


def _content(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{FIELD}: cannot read {path}: {error.strerror}; {REMEDY}") from error
    expected = PUBLISHED.get(path.name)
    if expected and sha256(content).hexdigest() != expected:
        raise ConfigError(f"{FIELD}: {path} was altered, its sha256 is wrong; {REMEDY}")
    return content


def _session(path: Path, content: bytes) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise ConfigError(f"{FIELD} needs onnxruntime: install voicebot[turn-model]") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # as above
        raise ConfigError(f"{FIELD}: {path} is no ONNX network; {REMEDY}") from error
