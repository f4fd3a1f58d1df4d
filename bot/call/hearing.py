"""
What the caller sends, on its way to those who listen: voice activity and the recogniser.

Our own echo is taken out first. It decides nothing about turns: it says what was heard.
"""

import asyncio
from collections.abc import AsyncGenerator

from bot.core.audio import SAMPLE_BYTES, frame_bytes
from bot.core.events import Elapsed, Event, MachineHeard, SpeechEnded
from bot.core.ports import EndJudge, Heard
from bot.signal.echo import EchoGuard
from bot.signal.tones import Tones
from bot.signal.voice import VoiceActivity

PIECE = 0.1
"""Seconds of sound that the recogniser is given at once, as NVIDIA's own clients do: a message for
each frame would cost five times as much. The end of an utterance does not wait."""
QUIET_PIECE = 0.3
"""The same while the caller is quiet. What is there goes as soon as there is a voice."""
QUIET = 1.0
"""Seconds without a voice after which the caller is quiet: nothing of theirs is awaited then."""
WAITING_PIECES = 10
"""Pieces of caller audio that may wait for the recogniser: a second, of a caller who speaks."""
JUDGED_SECONDS = 8
"""The last sound that an end of turn is judged by."""


class Hearing:
    """
    One call's ears.

    `_piece` is what the recogniser is given next. `_recent` is the caller's last sound, kept only
    where somebody judges it.
    """

    def __init__(
        self,
        rate: int,
        voice: VoiceActivity,
        guard: EchoGuard | None = None,
        tones: Tones | None = None,
        judge: EndJudge | None = None,
    ) -> None:
        """All but `voice` may be left out."""
        self._rate = rate
        self._voice = voice
        self._guard = guard
        self._tones = tones
        self._judge = judge
        self._silence = bytes(frame_bytes(rate))
        self._waiting: asyncio.Queue[Heard] = asyncio.Queue(WAITING_PIECES)
        self._piece = bytearray()
        self._whole_piece = int(PIECE * rate) * SAMPLE_BYTES
        self._quiet_piece = int(QUIET_PIECE * rate) * SAMPLE_BYTES
        self._recent = bytearray()
        self._most_recent = JUDGED_SECONDS * rate * 2

    @property
    def quiet(self) -> bool:
        """The caller only listens: the next frame hardly brings anything that cannot wait."""
        return self._voice.silence_seconds > QUIET

    def elapsed(self, without_frames: float) -> Elapsed:
        """The event that time has passed, with what was heard meanwhile."""
        voice = self._voice
        return Elapsed(
            voice.silence_seconds, voice.sure_seconds, voice.unsure_seconds, without_frames
        )

    def played(self, frame: bytes) -> None:
        """This frame of ours left for the caller: its echo may come back."""
        if self._guard is not None:
            self._guard.played(frame)

    def hear(self, pcm: bytes) -> list[Event]:
        """Take the caller's next sound, normally one frame; return what it tells."""
        if self._guard is not None:
            pcm = self._guard.hear(pcm)
        self._piece += pcm
        events = self._changes(pcm)
        if len(self._piece) >= (self._quiet_piece if self.quiet else self._whole_piece):
            self._pass_on()
        if self._tones is not None and (sign := self._tones.hear(pcm)) is not None:
            events.append(MachineHeard(sign))
        return events

    def hear_nothing(self) -> list[Event]:
        """The line sent no frame, where one was due: to voice activity that is silence."""
        if self._piece:
            self._pass_on()
        return self._changes(self._silence)

    def end_utterance(self) -> None:
        """Ask the recogniser for the final words."""
        self._pass_on(end_of_utterance=True)

    async def sound(self) -> AsyncGenerator[Heard, None]:
        """What the recogniser is given."""
        while True:
            yield await self._waiting.get()

    async def judged(self) -> float | None:
        """How likely the caller has finished, by the sound alone; None where nobody can tell."""
        if self._judge is None:
            return None
        silence = int(self._voice.silence_seconds * self._rate) * SAMPLE_BYTES
        spoken = self._recent[: max(0, len(self._recent) - silence)]
        return await self._judge.score(bytes(spoken), self._rate)

    def _pass_on(self, end_of_utterance: bool = False) -> None:
        if self._waiting.full():
            self._waiting.get_nowait()  # a stalled recogniser loses the oldest sound
        self._waiting.put_nowait(Heard(bytes(self._piece), end_of_utterance))
        self._piece.clear()

    def _changes(self, pcm: bytes) -> list[Event]:
        if self._judge is not None:
            self._recent += pcm
            del self._recent[: -self._most_recent]
        return [
            SpeechEnded(self._voice.silence_seconds) if isinstance(change, SpeechEnded) else change
            for change in self._voice.hear(pcm)
        ]
