"""
A text as sound, clause by clause: made one ahead of what is sent, and kept for the next caller.

It knows the voices and the wanted rate and encoding, and nothing of gRPC.
"""

from collections import OrderedDict, deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial

from bot.core.audio import SAMPLE_BYTES, seconds
from bot.local.clauses import Clause, clauses, spoken
from bot.local.tts import Spoken, Stop, Stopped, TimedWord, Voices
from bot.local.workers import Ticket, Urgency, Workers
from bot.signal.whole import resample_whole

_AHEAD = 2
"""Clauses in work at once for one text: the one that is awaited, and the next."""
_KEPT_BYTES = 48 << 20
"""Of sound that was made: 17 minutes at 24 kHz."""


@dataclass(frozen=True, slots=True)
class Voice:
    """One voice of one model."""

    voices: Voices
    name: str

    @property
    def full_name(self) -> str:
        """As Riva's clients name it: family, dot, voice."""
        return f"{self.voices.family}.{self.name}"


@dataclass(frozen=True, slots=True)
class Manner:
    """How a text is to be spoken."""

    voice: Voice
    rate: int
    """Samples a second."""
    speed: float = 1.0


@dataclass(frozen=True, slots=True)
class Piece:
    """One clause, its pause included, at the wanted rate; times count from the text's start."""

    clause: str
    pcm: bytes
    words: tuple[TimedWord, ...]
    durations: tuple[float, ...]
    phonemes: str


class Speaker:
    """Makes speech for every request of the server. Belongs to one event loop."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self._kept: OrderedDict[tuple[Manner, Clause], Spoken] = OrderedDict()
        """Newest last."""
        self._kept_bytes = 0

    async def say(
        self, text: str, manner: Manner, urgency: Urgency = Urgency.FINAL
    ) -> AsyncGenerator[Piece, None]:
        """Yield the clauses of a text as they are made; closing it ends the work."""
        waiting = deque(clauses(spoken(text)))
        made: deque[tuple[Clause, Spoken | Ticket[Spoken], Stop]] = deque()
        at = 0.0
        try:
            while waiting or made:
                while waiting and len(made) < _AHEAD:
                    made.append(self._begin(waiting.popleft(), manner, urgency))
                clause, sound, _ = made[0]
                if isinstance(sound, Ticket):
                    sound = await sound.result
                    self._keep((manner, clause), sound)
                made.popleft()
                piece = _piece(clause, sound, at, last=not waiting and not made)
                at += seconds(len(piece.pcm), manner.rate)
                yield piece
        finally:
            for _, sound, stop in made:
                stop.ask()
                if isinstance(sound, Ticket):
                    sound.drop()

    async def prepare(self, texts: Sequence[str], manner: Manner) -> None:
        """Make texts that will be needed, when there is nothing else to do."""
        for text in texts:
            async with aclosing(self.say(text, manner, Urgency.INTERIM)) as pieces:
                async for _ in pieces:
                    pass

    def _begin(
        self, clause: Clause, manner: Manner, urgency: Urgency
    ) -> tuple[Clause, Spoken | Ticket[Spoken], Stop]:
        stop = Stop()
        known = self._kept.get((manner, clause))
        if known is not None:
            self._kept.move_to_end((manner, clause))
            return clause, known, stop
        return clause, self._workers.do(partial(_speak, clause, manner, stop), urgency), stop

    def _keep(self, key: tuple[Manner, Clause], sound: Spoken) -> None:
        if key in self._kept:
            return
        self._kept[key] = sound
        self._kept_bytes += len(sound.pcm)
        while self._kept_bytes > _KEPT_BYTES:
            _, oldest = self._kept.popitem(last=False)
            self._kept_bytes -= len(oldest.pcm)


def _speak(clause: Clause, manner: Manner, stop: Stop) -> Spoken:
    """Make the sound of a clause at the wanted rate: a worker's job."""
    if stop.asked:
        raise Stopped
    voice = manner.voice
    sound = voice.voices.speak(clause, voice.name, manner.speed, stop)
    pcm = resample_whole(sound.pcm, sound.rate, manner.rate)
    return Spoken(pcm, manner.rate, sound.words, sound.durations, sound.phonemes)


def _piece(clause: Clause, sound: Spoken, at: float, *, last: bool) -> Piece:
    pause = b"" if last else bytes(SAMPLE_BYTES * round(clause.pause * sound.rate))
    words = tuple(TimedWord(one.text, at + one.start, at + one.end) for one in sound.words)
    return Piece(clause.text, sound.pcm + pause, words, sound.durations, sound.phonemes)
