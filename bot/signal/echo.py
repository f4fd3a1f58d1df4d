"""
Which of the caller's sound is our own voice, coming back from their telephone?

A canceller and a gate, because neither is enough alone (bench.echo, docs/echo.md). A gate by levels
alone takes our echo for the caller 6 times in 10 minutes, and misses one caller in seven who is as
loud as the echo. A canceller alone leaves a whisper of our voice, which voice activity takes for
speech 89 times in 10 minutes. So a filter tells our echo from the rest, the gate mutes frames that
hold nothing else, and what passes is the rest: cleaner for the recogniser, too.

It knows no clock: frames are counted, and the caller's n-th belongs to our n-th, but for the delay.
"""

from collections.abc import Iterator
from math import log10

import numpy as np

from bot.core.audio import NARROWBAND, SAMPLE_BYTES, WIDEBAND, frame_bytes
from bot.signal.echo_filter import Frame
from bot.signal.echo_gate import EchoGate
from bot.signal.echo_history import FULL, Played
from bot.signal.echo_levels import EchoBound
from bot.signal.echo_track import EchoTrack, Parted

_APART = 12
"""Frames that the caller may fall behind before the counts are set anew: more is no jitter."""


class EchoGuard:
    """One call's."""

    def __init__(self, rate: int) -> None:
        """`rate` is the line's, 8000 or 16000 (else ValueError)."""
        if rate not in (NARROWBAND, WIDEBAND):
            raise ValueError(f"the echo guard takes 8000 or 16000 Hz, not {rate}")
        self._bytes = frame_bytes(rate)
        """Of a frame."""
        self._played = Played(self._bytes // SAMPLE_BYTES)
        self._track = EchoTrack(self._bytes // SAMPLE_BYTES, self._played)
        self._bound = EchoBound()
        self._gate = EchoGate()
        self._part = b""
        """Less than a frame of the caller's: given back already, not yet judged."""
        self._heard = 0
        """The caller's frames."""
        self._ahead = 0
        """By how many more frames had been played, when the counts were set."""

    @property
    def echo_delay(self) -> float | None:
        """Seconds from our voice to its echo; None: no echo is known."""
        return self._track.delay

    @property
    def echo_db(self) -> float | None:
        """Level of the echo over our voice's, about -40 to -4; None: no echo is known."""
        gain = self._track.gain
        return None if gain is None else 10 * log10(max(gain, 1e-10))

    def played(self, frame: bytes) -> None:
        """Take each 20 ms that left for the caller, silence too. Another length: ValueError."""
        self._played.add(frame)

    def hear(self, pcm: bytes) -> bytes:
        """
        Take the caller's next sound, of any length, and give it back without our echo.

        As many bytes come back. Sound is untouched when nothing of ours has left within the last
        0.7 s, and silence where it was nothing but echo. Whole frames are judged by themselves;
        pieces of frames by what came before.
        """
        if len(pcm) == self._bytes and not self._part:
            return self._frame(pcm)
        return b"".join(self._pieces(pcm))

    def _pieces(self, pcm: bytes) -> Iterator[bytes]:
        while pcm:
            piece = pcm[: self._bytes - len(self._part)]
            pcm = pcm[len(piece) :]
            self._part += piece
            if len(self._part) == self._bytes:
                whole, self._part = self._part, b""
                yield self._frame(whole)[-len(piece) :]
            elif self._played.audible and not self._gate.open:
                yield bytes(len(piece))
            else:
                yield piece

    def _frame(self, frame: bytes) -> bytes:
        self._heard += 1
        if not self._played.audible:
            return frame
        sound = np.frombuffer(frame, "<i2") * np.float32(1 / FULL)
        ago = self._ago()
        parted = self._track.part(sound, ago)
        odd = self._gate.odd(parted, self._track, self._possible(parted, ago))
        if self._gate.worth(parted):
            self._track.learn(parted, ago, odd)
        if not self._gate.open:
            return bytes(len(frame))
        return frame if parted.rest is sound or not self._track.known else _pcm(parted.rest)

    def _possible(self, parted: Parted, ago: int) -> float:
        """An echo's mean square at most, by levels."""
        played = self._played.levels(ago)
        if self._track.known and self._gate.settled:
            return self._bound.roughly(played)
        return self._bound.hear(parted.power, played)

    def _ago(self) -> int:
        """Frames played since the one that belongs to the caller's newest, by the counts."""
        self._ahead += self._track.early()
        ago = self._played.count - self._heard - self._ahead
        if 0 <= ago <= _APART:
            return ago
        self._ahead += ago
        self._track.slip(min(ago, 0))
        return 0


def _pcm(sound: Frame) -> bytes:
    whole: Frame = np.rint(sound * np.float32(FULL))
    return whole.clip(-FULL, FULL - 1).astype("<i2").tobytes()
