"""Stand-ins for the world, scripted in seconds of the call."""

import asyncio
from dataclasses import dataclass, field

from bot.call.call import Call, Watch
from bot.call.phrasebook import Phrase, Phrasebook
from bot.config import PhraseSettings, TurnSettings
from bot.core.audio import FRAME_SECONDS, frame_bytes
from bot.core.events import Audio, Digit
from bot.core.ports import Speech, Word
from bot.signal.voice import VoiceActivity, VoiceSettings, level_detector

LOUD = b"\x00\x40"
"""One sample well above any gate."""


def now():
    """The loop's time."""
    return asyncio.get_running_loop().time()


async def until(when):
    """Sleep until this time; not at all when it has passed."""
    await asyncio.sleep(max(0.0, when - now()))


@dataclass
class FakeLine:
    """A caller who stays for `seconds`, speaks in `voice` (start, end) and presses `keys`."""

    seconds: float
    voice: list[tuple[float, float]] = field(default_factory=list)
    keys: list[tuple[float, str]] = field(default_factory=list)
    rate: int = 8000
    sent: list[tuple[float, bytes]] = field(default_factory=list)
    closed: bool = False

    async def events(self):
        """A frame every 20 ms: loud while the caller speaks, silent otherwise."""
        keys = list(self.keys)
        while now() < self.seconds:
            while keys and keys[0][0] <= now():
                yield Digit(keys.pop(0)[1])
            loud = any(start <= now() < end for start, end in self.voice)
            size = frame_bytes(self.rate)
            yield Audio(LOUD * (size // 2) if loud else bytes(size))
            await asyncio.sleep(FRAME_SECONDS)

    def send(self, frame):
        """Note the frame and its time."""
        self.sent.append((now(), frame))

    async def close(self):
        """Hang up."""
        self.closed = True

    def sounding(self):
        """The times of our frames that were not silence."""
        return [at for at, frame in self.sent if any(frame)]


@dataclass
class ScriptedRecognizer:
    """Hears these transcripts at these times; fails with `error` at the end of the script."""

    script: list = field(default_factory=list)
    error: Exception | None = None
    finalized: list[float] = field(default_factory=list)
    closed: bool = False

    async def transcripts(self, sound):
        """Yield the script; meanwhile listen for ends of utterances."""
        listener = asyncio.create_task(self._listen(sound))
        try:
            for when, transcript in self.script:
                await until(when)
                yield transcript
            if self.error:
                raise self.error
            await asyncio.Event().wait()
        finally:
            self.closed = True
            listener.cancel()

    async def _listen(self, sound):
        async for heard in sound:
            if heard.end_of_utterance:
                self.finalized.append(round(now(), 3))


@dataclass
class ScriptedModel:
    """Answers with these pieces, one answer after another; the last one repeats."""

    answers: list
    first_token: float = 0.2
    asked: list = field(default_factory=list)
    closed: int = 0

    async def reply(self, history):
        """Wait for the first token, then yield the pieces; an exception is raised."""
        self.asked.append(list(history))
        pieces = self.answers[min(len(self.asked), len(self.answers)) - 1]
        try:
            await asyncio.sleep(self.first_token)
            for piece in pieces if isinstance(pieces, list) else [pieces]:
                if isinstance(piece, Exception):
                    raise piece
                yield piece
        finally:
            self.closed += 1


@dataclass
class ToneSynthesizer:
    """Speaks every sentence in `seconds` of a constant level, 0.1 s at a time."""

    first_audio: float = 0.1
    seconds: float = 1.0
    rate: int = 8000
    error: Exception | None = None
    words: bool = False
    """Whether it tells when each word ends."""
    spoken: list[str] = field(default_factory=list)
    closed: int = 0

    async def speech(self, sentence):
        """Yield the sentence's sound; count the streams that were closed."""
        self.spoken.append(sentence)
        try:
            await asyncio.sleep(self.first_audio)
            if self.error:
                raise self.error
            for _ in range(round(self.seconds * 10)):
                yield Speech(b"\1\0" * (self.rate // 10), self._words(sentence))
        finally:
            self.closed += 1

    def _words(self, sentence):
        words = sentence.split() if self.words else []
        step = self.seconds / max(1, len(words))
        return tuple(Word(word, (n + 1) * step) for n, word in enumerate(words))


PHRASES = {phrase: getattr(PhraseSettings(), phrase.value) for phrase in Phrase}


@dataclass
class Story:
    """A call with everything scripted, and what came of it."""

    line: FakeLine
    recognizer: ScriptedRecognizer = field(default_factory=ScriptedRecognizer)
    model: ScriptedModel = field(default_factory=lambda: ScriptedModel(["जी।"]))
    synthesizer: ToneSynthesizer = field(default_factory=ToneSynthesizer)
    settings: TurnSettings = field(default_factory=TurnSettings)
    book: Phrasebook = field(default_factory=lambda: Phrasebook(PHRASES))
    turns: list = field(default_factory=list)
    ending: object = None

    async def run(self):
        """Hold the call; return this story for its end to be told."""
        voice = VoiceActivity(
            self.line.rate,
            level_detector(),
            VoiceSettings(min_speech_seconds=0.064, hangover_seconds=0.2),
        )
        watch = Watch(turn=self.turns.append)
        call = Call(self.line, self.recognizer, self.model, self.synthesizer, voice,
                    self.book, self.settings, watch)  # fmt: skip
        self.ending = await call.run()
        return self
