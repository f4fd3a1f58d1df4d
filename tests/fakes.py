"""Stand-ins for the world, scripted in seconds of the call."""

import asyncio
from dataclasses import dataclass, field

from bot.app.told import both
from bot.call.allowed import Allowed
from bot.call.answer_guard import Secrets
from bot.call.call import Call
from bot.call.hearing import Hearing
from bot.call.phrasebook import Phrase, Phrasebook
from bot.call.rounds import NOBODY
from bot.call.tongue import Tongue
from bot.call.tool_policy import OWN, ToolPolicy
from bot.call.turns import GREETED, Opening
from bot.call.watch import Watch
from bot.config import (
    BargeInSettings,
    EndOfTurnSettings,
    FillerSettings,
    IdleSettings,
    PhraseSettings,
    TurnSettings,
)
from bot.core.audio import FRAME_SECONDS, frame_bytes
from bot.core.events import Audio, Digit
from bot.core.ports import Speech, Word
from bot.signal.voice import VoiceActivity, VoiceSettings, level_detector

LOUD = b"\x00\x40"
"""One sample well above any gate."""


def now():
    """The loop's time."""
    return asyncio.get_running_loop().time()


def within(spans):
    """Whether it is now the time of one of these (start, end)."""
    return any(start <= now() < end for start, end in spans)


async def until(when):
    """Sleep until this time; not at all when it has passed."""
    await asyncio.sleep(max(0.0, when - now()))


@dataclass
class FakeLine:
    """
    A caller who stays for `seconds`, speaks in `voice` (start, end) and presses `keys`.

    In `quiet` (start, end) the line sends no frames at all.
    """

    seconds: float
    voice: list[tuple[float, float]] = field(default_factory=list)
    keys: list[tuple[float, str]] = field(default_factory=list)
    quiet: list[tuple[float, float]] = field(default_factory=list)
    rate: int = 8000
    sent: list[tuple[float, bytes]] = field(default_factory=list)
    pressed: list[tuple[float, str]] = field(default_factory=list)
    has_keys: bool = False
    closed: bool = False

    async def events(self):
        """A frame every 20 ms: loud while the caller speaks, silent otherwise."""
        keys = list(self.keys)
        while now() < self.seconds:
            while keys and keys[0][0] <= now():
                yield Digit(keys.pop(0)[1])
            size = frame_bytes(self.rate)
            if not within(self.quiet):
                yield Audio(LOUD * (size // 2) if within(self.voice) else bytes(size))
            await asyncio.sleep(FRAME_SECONDS)

    def send(self, frame):
        """Note the frame and its time."""
        self.sent.append((now(), frame))

    def press(self, key):
        """Note the key and its time, where this line can."""
        self.pressed.append((now(), key))
        return self.has_keys

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
    offered: list = field(default_factory=list)
    """For each answer, whether it might call tools."""

    def warm(self):
        """There is nothing to connect."""

    async def reply(self, history, tools=True):
        """Wait for the first token, then yield the pieces; an exception is raised."""
        self.asked.append(list(history))
        self.offered.append(tools)
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
    warmed: int = 0

    def warm(self):
        """Count it."""
        self.warmed += 1

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


PLAIN = TurnSettings(
    end_of_turn=EndOfTurnSettings(
        base=0.7, finished=0, unfinished=0, hesitating=0, number=0, answered=0, digits_missing=0,
        first_pass=0, unstable=0, acoustic=0,
    ),
    early_start=False,
    barge_in=BargeInSettings(lower_db=0, confirm=0.2, verdict=0, nods=False, echo_guard=False),
    keys_pause=0.02,
    filler=FillerSettings(texts=()),
    idle=IdleSettings(machine=False),
)  # fmt: skip
"""A fixed pause, an immediate barge-in: for stories that are about something else."""
PHRASES = {phrase: getattr(PhraseSettings(), phrase.value) for phrase in Phrase}


@dataclass
class Story:
    """A call with everything scripted, and what came of it."""

    line: FakeLine
    recognizer: ScriptedRecognizer = field(default_factory=ScriptedRecognizer)
    model: ScriptedModel = field(default_factory=lambda: ScriptedModel(["जी।"]))
    synthesizer: ToneSynthesizer = field(default_factory=ToneSynthesizer)
    settings: TurnSettings = PLAIN
    book: Phrasebook = field(default_factory=lambda: Phrasebook(PHRASES))
    judge: object = None
    instructions: Secrets = field(default_factory=Secrets)
    """What no answer may say."""
    english: Tongue | None = None
    mixes: dict = field(default_factory=dict)
    refused: list = field(default_factory=list)
    """The kinds of what the guard refused of answers and tools."""
    policy: ToolPolicy = field(default_factory=lambda: ToolPolicy(OWN))
    toolset: object = NOBODY
    turns: list = field(default_factory=list)
    actions: list = field(default_factory=list)
    """(time, action) of all that the turn policy wanted."""
    discarded: list[int] = field(default_factory=list)
    secret_spans: list = field(default_factory=list)
    """(time, whether a secret is asked for from then on)."""
    said: list = field(default_factory=list)
    """(time, sentence that began to sound)."""
    messages: list = field(default_factory=list)
    """(time, text, whether it interrupts) of what somebody outside wants said."""
    taken: list = field(default_factory=list)
    """For each of them, whether there was room for it."""
    also: Watch | None = None
    """Who else is told of all that happens."""
    opening: Opening = GREETED
    ending: object = None
    language: object = None
    """In which it was held at its end."""

    async def run(self):
        """Hold the call; return this story for its end to be told."""
        voice = VoiceActivity(
            self.line.rate,
            level_detector(),
            VoiceSettings(min_speech_seconds=0.064, hangover_seconds=0.2),
        )
        watch = Watch(
            turn=self.turns.append,
            action=lambda action: self.actions.append((round(now(), 3), action)),
            discarded=self.discarded.append,
            refused=lambda kind, why: self.refused.append(kind),
            said=lambda sentence: self.said.append((round(now(), 3), sentence)),
            secret=lambda begins: self.secret_spans.append((round(now(), 3), begins)),
        )
        if self.also is not None:
            watch = both(watch, self.also)
        hearing = Hearing(self.line.rate, voice, judge=self.judge)
        hindi = Tongue(
            self.recognizer, self.synthesizer, self.book, self.settings, mixes=self.mixes
        )
        allowed = Allowed(self.policy, self.instructions, self.toolset)
        call = Call(
            self.line, self.model, hearing, hindi, watch,
            allowed=allowed, opening=self.opening, english=self.english,
        )  # fmt: skip
        outside = asyncio.create_task(self._say(call))
        self.ending = await call.run()
        outside.cancel()
        self.language = call.language
        return self

    async def _say(self, call):
        for when, *message in self.messages:
            await until(when)
            self.taken.append(call.say(*message))

    def when(self, kind):
        """The times of all actions of this kind."""
        return [at for at, action in self.actions if isinstance(action, kind)]
