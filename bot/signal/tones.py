"""
Is there a machine at the other end? An answering machine's beep, and the busy tone.

A frame is tonal when nearly all of its power is in one narrow peak between 350 and 2500 Hz and both
its halves are equally loud: that leaves out keys (two tones), chords, notes with harmonics, and
ringing tones (400 Hz whose loudness swings at 25 Hz). A burst is a run of tonal frames of one pitch
and level. A beep is a single burst with quiet after it and no other pitch just before it: notes
come in melodies. Bursts of 350 to 500 Hz are a telephone exchange's: three with pauses as long as
they are make the busy tone (India: 400 Hz, 0.75 s; congestion 0.25 s; elsewhere 425 Hz, 0.5 s),
and one is a beep only if none comes after it.

Sources: TEC (India) GR on exchange tones; ITU-T E.180 and its supplement 2.
"""

from typing import Literal

import numpy as np

from bot.core.audio import NARROWBAND, SAMPLE_BYTES, WIDEBAND, frame_bytes
from bot.signal.levels import rms

Sign = Literal["beep", "busy"]

_LOUD = 100.0
"""RMS of 16-bit samples below which no tone is looked for: -50 dBFS."""
_BIN = 50.0
"""Hz between two lines of a frame's spectrum."""
_LOW, _HIGH = 350.0, 2500.0
_PURE = 0.95
"""Share of the frame's power that is in the peak."""
_HALVES = 1.3
"""Power of the louder half over the other's: 1.1 dB."""
_PITCH = 12.0
"""Hz by which the frames of a burst may differ."""
_LEVEL = 1.6
"""Power by which they may: 2 dB."""
_EXCHANGE = 350.0, 500.0
"""Hz of an exchange's tones: 400 to 480, and two of them at once."""
_SHORTEST = 9
"""Frames of a burst; a tone of 0.2 s has nine whole ones."""
_LONGEST = 75
"""Frames of a beep: 1.5 s. A tone that goes on is one, unless it is the exchange's."""
_QUIET = 0.03
"""Power after a beep, over the beep's: -15 dB."""
_OVER = 4
"""Quiet frames that end a beep."""
_ALONE = 25
"""Frames before a beep in which there was no other pitch: 0.5 s."""
_LONE = 130
"""Frames after which an exchange's burst was a single one: 2.6 s; ringing comes back after 2 s."""
_BUSY = 8, 45
"""Frames of a busy tone's burst and pause, with room: 0.25 to 0.75 s."""
_UNLIKE = 4
"""Frames by which they may differ."""


class Tones:
    """The signs that one caller's sound gives."""

    def __init__(self, rate: int) -> None:
        """`rate` is the line's, 8000 or 16000 (else ValueError)."""
        if rate not in (NARROWBAND, WIDEBAND):
            raise ValueError(f"tones are looked for at 8000 or 16000 Hz, not {rate}")
        self._bytes = frame_bytes(rate)
        self._half = self._bytes // SAMPLE_BYTES // 2
        self._window = np.hanning(2 * self._half + 1)[:-1].astype(np.float32)
        self._part = b""
        """Less than a frame."""
        self._cadence = _Cadence()

    def hear(self, pcm: bytes) -> Sign | None:
        """Take the next sound, of any length, and say what it completed, if anything."""
        if len(pcm) == self._bytes and not self._part:
            return self._frame(pcm)
        sound = self._part + pcm
        whole = len(sound) - len(sound) % self._bytes
        self._part = sound[whole:]
        signs = [self._frame(sound[at : at + self._bytes]) for at in range(0, whole, self._bytes)]
        return next((sign for sign in reversed(signs) if sign), None)

    def _frame(self, frame: bytes) -> Sign | None:
        if (quiet := rms(frame)) < _LOUD:
            return self._cadence.hear(None, float(quiet**2))
        half = self._half * SAMPLE_BYTES
        powers = rms(frame[:half]) ** 2, rms(frame[half:]) ** 2
        power = (powers[0] + powers[1]) / 2
        steady = max(powers) < _HALVES * min(powers)
        pitch = self._pitch(frame) if steady else None
        return self._cadence.hear(pitch, power)

    def _pitch(self, frame: bytes) -> float | None:
        """Hz of the one tone that this is; None: it is none, or more."""
        samples = np.frombuffer(frame, "<i2").astype(np.float32)
        lines = np.abs(np.fft.rfft(samples * self._window))
        peak = int(lines.argmax())
        if not _LOW / _BIN - 1 < peak < _HIGH / _BIN + 1:
            return None
        near = lines[peak - 2 : peak + 3]
        if near @ near < _PURE * (lines @ lines):
            return None
        side = 1 if lines[peak + 1] > lines[peak - 1] else -1
        share = float(lines[peak + side] / lines[peak])
        hertz = _BIN * (peak + side * (2 * share - 1) / (share + 1))
        return hertz if _LOW <= hertz <= _HIGH else None


class _Cadence:
    """Bursts of tone, and the pauses between them."""

    def __init__(self) -> None:
        self._pitch = 0.0
        self._power = 0.0
        """Of the burst that is on, or was."""
        self._on = 0
        """Frames of the burst that is on; 0: none is."""
        self._off = 10 * _LONE
        """Frames since the last burst ended."""
        self._melody = False
        """Another pitch went before this burst."""
        self._said = True
        """What the last burst was has been said, or it is nothing."""
        self._bursts: list[tuple[int, int]] = []
        """An exchange's bursts so far: frames on, and frames of the pause before."""

    def hear(self, pitch: float | None, power: float) -> Sign | None:
        """Take a frame: its pitch, if it is tonal, and its mean square."""
        if pitch is not None and self._on and self._same(pitch, power):
            self._on += 1
            return self._lasting()
        sign = self._ended() if self._on else None
        if pitch is not None:
            self._begin(pitch, power)
            return sign
        self._off += 1
        return sign or self._after(power)

    def _same(self, pitch: float, power: float) -> bool:
        level = power / self._power
        return abs(pitch - self._pitch) < _PITCH and 1 / _LEVEL < level < _LEVEL

    @property
    def _exchange(self) -> bool:
        return _EXCHANGE[0] <= self._pitch <= _EXCHANGE[1]

    def _begin(self, pitch: float, power: float) -> None:
        again = abs(pitch - self._pitch) < _PITCH
        self._melody = self._off < _ALONE and not again
        if not again:
            self._bursts.clear()
        self._pitch, self._power, self._on = pitch, power, 1
        self._said = True

    def _lasting(self) -> Sign | None:
        if self._on == _LONGEST and not self._exchange and not self._melody:
            return "beep"
        return None

    def _ended(self) -> Sign | None:
        """The burst is over: busy is said now, a beep when it stays quiet."""
        on, self._on = self._on, 0
        if on < 3:
            return None
        pause, self._off = self._off, 0
        self._said = not _SHORTEST <= on < _LONGEST or self._melody
        if not self._exchange:
            return None
        self._bursts = [*self._bursts[-2:], (on, pause)]
        if len(self._bursts) > 1:
            self._said = True
        if len(self._bursts) == 3 and self._busy():
            self._bursts.clear()
            return "busy"
        return None

    def _busy(self) -> bool:
        """Three bursts and the pauses between them are alike; the first may have been cut."""
        (first, _), (second, pause), (third, last) = self._bursts
        lengths = second, third, pause, last
        alike = max(lengths) - min(lengths) <= _UNLIKE and first <= max(lengths)
        return alike and _BUSY[0] <= min(lengths) and max(lengths) <= _BUSY[1]

    def _after(self, power: float) -> Sign | None:
        if self._said:
            return None
        if self._off > 1 and power > _QUIET * self._power and not self._exchange:
            self._said = True
            return None
        if self._off >= (_LONE if self._exchange else _OVER):
            self._said = True
            self._bursts.clear()
            return "beep"
        return None
