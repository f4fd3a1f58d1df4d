"""
The voices of the embedded default: Kokoro-82M in int8, and espeak-ng where that is missing.

Each clause is made in one run of the network. The network predicts how long each phoneme lasts;
the published file does not give that out, so one more output is named when it is loaded, and
word timings are the model's own. espeak-ng's are a share of the clause by letters.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bot.core.errors import BotError
from bot.local.clauses import Clause
from bot.local.espeak import Espeak

KOKORO_RATE = 24_000
KOKORO_VOICES = ("hf_alpha", "hf_beta", "hm_omega", "hm_psi")
"""f and m are a woman's and a man's voice."""
_LONGEST = 508
"""Phonemes that the network takes at once, without its two end marks."""
_DURATIONS = "/encoder/Clip_output_0"
"""Frames that each phoneme lasts, as the network has predicted and rounded them."""
_FRAME = 600
"""Samples in such a frame: 25 ms."""
_QUIET = 0.01
_LEAD_SECONDS = 0.02
_TAIL_SECONDS = 0.05
_ERRORS_ONLY = 3
_SPOKEN = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class TimedWord:
    """A word and when it is spoken, in seconds from the start of the clause's sound."""

    text: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Spoken:
    """The sound of one clause: 16-bit mono PCM, silence at both ends trimmed."""

    pcm: bytes
    rate: int
    words: tuple[TimedWord, ...] = ()
    durations: tuple[float, ...] = ()
    """Seconds of each phoneme where the model gives them, else empty."""
    phonemes: str = ""


class Voices(Protocol):
    """Clauses in, sound out. `speak` blocks, and may be called from several threads at once."""

    @property
    def model(self) -> str:
        """The model's name, as clients list it."""

    @property
    def family(self) -> str:
        """What all its voice names begin with, before the dot."""

    @property
    def names(self) -> Sequence[str]:
        """Its voices, without the family; the first is the default."""

    @property
    def rate(self) -> int:
        """Samples a second of what it gives."""

    def speak(self, clause: Clause, voice: str, speed: float, stop: "Stop") -> Spoken:
        """Make the sound of one clause. Raise Stopped soon after `stop` was asked for."""


class Stopped(Exception):
    """Nobody wants the clause any more."""


class Stop:
    """A clause's emergency brake, pulled from another thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._asked = False
        self._run: Any = None

    def ask(self) -> None:
        """Give up the clause: a run of the network ends within milliseconds."""
        with self._lock:
            self._asked = True
            if self._run is not None:
                self._run.terminate = True

    def guard(self, run: Any) -> None:
        """Let `ask` end this onnxruntime run too. Raise Stopped where it was asked already."""
        with self._lock:
            self._run = run
            if self._asked:
                raise Stopped

    @property
    def asked(self) -> bool:
        """Whether somebody has."""
        return self._asked


class Kokoro:
    """Kokoro-82M, int8, with its Hindi voices: about 0.9 s to load and 300 MB."""

    model = "kokoro-82m-hi-IN"
    family = "Kokoro"
    names: Sequence[str] = KOKORO_VOICES
    rate = KOKORO_RATE

    def __init__(self, folder: Path, espeak: Espeak, threads: int = 2) -> None:
        """`folder` holds kokoro.onnx, vocab.json and the voices. Raise BotError where it can't."""
        self._espeak = espeak
        try:
            self._network = _network(folder / "kokoro.onnx", threads)
            vocabulary = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
            self._styles = {name: _styles(folder / f"{name}.bin") for name in KOKORO_VOICES}
        except (OSError, ValueError, RuntimeError) as error:
            raise BotError(f"speech model in {folder} cannot be loaded: {error}") from error
        self._number: Mapping[str, int] = vocabulary["vocab"]

    def speak(self, clause: Clause, voice: str, speed: float, stop: Stop) -> Spoken:
        """Make the sound of one clause, at 24 kHz."""
        phonemes = [
            letter
            for letter in self._espeak.phonemes(clause.text)[:_LONGEST] + clause.ending
            if letter in self._number
        ]
        sound, frames = self._run([self._number[one] for one in phonemes], voice, speed, stop)
        first, last = _bounds(sound)
        ends = np.cumsum(frames) * _FRAME / self.rate
        times = [float(end) - first / self.rate for end in ends]
        return Spoken(
            _pcm(sound[first:last]),
            self.rate,
            words_in_time(clause.text, phonemes, times, (last - first) / self.rate),
            tuple(float(frame) * _FRAME / self.rate for frame in frames),
            "".join(phonemes),
        )

    def _run(
        self, numbers: list[int], voice: str, speed: float, stop: Stop
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        import onnxruntime

        styles = self._styles[voice]
        inputs = {
            "tokens": np.array([[0, *numbers, 0]], np.int64),
            "style": styles[min(len(numbers), len(styles) - 1)][None],
            "speed": np.array([speed], np.float32),
        }
        run = onnxruntime.RunOptions()
        run.log_severity_level = _ERRORS_ONLY + 1
        stop.guard(run)
        try:
            sound, frames = self._network.run(None, inputs, run)
        except Exception as error:  # onnxruntime's own kinds of exceptions have no common name.
            if stop.asked:
                raise Stopped from error
            raise BotError(f"Kokoro failed on {len(numbers)} phonemes: {error}") from error
        return sound.ravel(), frames.ravel()


class EspeakVoice:
    """espeak-ng's own Hindi voice: a robot, but there within 20 ms."""

    model = "espeak-ng-hi-IN"
    family = "espeak"
    names: Sequence[str] = ("hi",)
    rate = 22_050

    def __init__(self, espeak: Espeak) -> None:
        self._espeak = espeak

    def speak(self, clause: Clause, voice: str, speed: float, stop: Stop) -> Spoken:
        """Make the sound of one clause, at 22.05 kHz."""
        stop.guard(None)
        pcm, rate = self._espeak.speech(clause.text, speed)
        sound = np.frombuffer(pcm, "<i2") / np.float32(32_768)
        first, last = _bounds(sound)
        length = (last - first) / rate
        return Spoken(_pcm(sound[first:last]), rate, words_by_letters(clause.text, 0.0, length))


def words_in_time(
    text: str, phonemes: Sequence[str], ends: Sequence[float], length: float
) -> tuple[TimedWord, ...]:
    """
    Words and their times from the ends of the phonemes (the first end is that of the lead-in).

    Where espeak-ng spoke other words than were written (numbers, joined words), the spoken time
    is shared out by letters.
    """
    words = written_words(text)
    gaps = [place for place, phoneme in enumerate(phonemes) if phoneme == " "]
    if len(gaps) + 1 != len(words):
        return words_by_letters(text, max(0.0, ends[0]), length)
    starts = [ends[0], *(ends[gap + 1] for gap in gaps)]
    stops = [*(ends[gap] for gap in gaps), length]
    return tuple(
        TimedWord(word, min(max(0.0, start), length), min(max(0.0, stop), length))
        for word, start, stop in zip(words, starts, stops, strict=True)
    )


def written_words(text: str) -> list[str]:
    """Split a clause into words; marks that stand alone are none."""
    return [word for word in text.split() if _SPOKEN.search(word)]


def words_by_letters(text: str, start: float, end: float) -> tuple[TimedWord, ...]:
    """Share the time from `start` to `end` out among the words by their letters: an estimate."""
    words = written_words(text)
    letters = sum(map(len, words)) or 1
    timed, at = [], start
    for word in words:
        until = at + (end - start) * len(word) / letters
        timed.append(TimedWord(word, at, until))
        at = until
    return tuple(timed)


def _bounds(sound: NDArray[np.floating[Any]]) -> tuple[int, int]:
    """Where speech begins and ends, with a little air; everything where it is all quiet."""
    loud = np.flatnonzero(np.abs(sound) > _QUIET)
    if not loud.size:
        return 0, len(sound)
    lead, tail = int(_LEAD_SECONDS * KOKORO_RATE), int(_TAIL_SECONDS * KOKORO_RATE)
    return max(0, int(loud[0]) - lead), min(len(sound), int(loud[-1]) + tail)


def _pcm(sound: NDArray[np.floating[Any]]) -> bytes:
    pcm: bytes = np.clip(np.rint(sound * 32_767), -32_768, 32_767).astype("<i2").tobytes()
    return pcm


def _styles(path: Path) -> NDArray[np.float32]:
    """One voice: a style for each number of phonemes."""
    return np.fromfile(path, "<f4").reshape(-1, 256)


def _network(path: Path, threads: int) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    # Idle threads must not spin: the recogniser and the call want the cores.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    model = path.read_bytes() + _also_giving_out(_DURATIONS)
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _also_giving_out(tensor: str) -> bytes:
    """
    What, appended to an ONNX file, makes an inner tensor one more output.

    Protocol buffers merge a message that comes twice: this is ModelProto.graph (field 7) with one
    GraphProto.output (field 12), a ValueInfoProto that has only its name (field 1).
    """
    info = _field(1, tensor.encode())
    return _field(7, _field(12, info))


def _field(number: int, content: bytes) -> bytes:
    """One length-delimited field of a protocol buffer, of up to 127 bytes."""
    return bytes([number << 3 | 2, len(content)]) + content
