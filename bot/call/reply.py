"""
One reply, from the model's first token to the caller's ear.

A reply may be begun before it is known whether it is wanted: nothing of it sounds, and nothing of
it is done, until `may_sound` is set. To cancel its task is to interrupt it.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from bot.call.company import Company
from bot.call.phrasebook import Phrase, Phrasebook
from bot.call.playout import Playout
from bot.call.rounds import Rounds
from bot.call.sentences import sentences
from bot.call.tool_policy import Refused
from bot.call.tools import KEYS, MENU, NUMBER, WISHES, number_wanted
from bot.core.errors import ServiceError, ServiceUnavailable
from bot.core.events import Ending
from bot.core.guarded import Guarded
from bot.core.marks import Mark, Marks
from bot.core.numbers import NumberWanted
from bot.core.ports import ChatModel, Message, Speech, Synthesizer, ToolCall
from bot.hindi.length import expected_seconds
from bot.signal.dtmf import key_tones

Gate = Callable[[ToolCall, int], ToolCall | Refused]
"""What may be done of a tool call, of which so many before it may be, or why nothing."""

LONGEST_FILLER = 4
"""Seconds; what is longer covers no gap but makes one."""


@dataclass(frozen=True, slots=True)
class Voice:
    """What a reply speaks with: the line's rate (Hz), the phrases, synthesis and the playout."""

    rate: int
    book: Phrasebook
    synthesizer: Synthesizer
    playout: Playout


class Reply:
    """
    One reply of ours.

    `tokens` counts the pieces of text that the model sent. `_wishes` and `_numbers` are what it
    called tools for, as far as the gate let them pass, `_kept` those calls themselves; `_passed`
    counts all that passed. `_keys` are to be pressed after it; `_worded` says whether the model has
    said anything since the last answer of a tool. `rounds` are its tools with answers, `_company`
    what is said while they work, `fillers` what was said because something took long. `wished` is
    the call with which it wished the call to end, once all was said. `_seconds` is how long the
    answer is so far, by its words; `_unsaid` the last sentence that was too much, `_before` the
    last that was spoken.
    """

    def __init__(
        self,
        voice: Voice,
        asked: Callable[[NumberWanted], None] = lambda wanted: None,
        gate: Gate = lambda call, before: call,
        judge: Callable[[str], Guarded | None] = lambda sentence: None,
        longest: float = float("inf"),
        rounds: Rounds | None = None,
    ) -> None:
        """
        `asked` is told as soon as the model wants a number and the reply may sound; `gate` is asked
        for every tool call, before anything of it is looked at, `judge` for every sentence of the
        model before it sounds. After `longest` seconds of speech an answer is long enough.
        """
        self._voice = voice
        self._asked = asked
        self._gate = gate
        self._judge = judge
        self._longest = longest
        self._seconds = 0.0
        self._unsaid = ""
        self._before = ""
        self._passed = 0
        self.rounds = rounds or Rounds()
        self.fillers: set[str] = set()
        self.wished: ToolCall | None = None
        self._kept: list[ToolCall] = []
        self._keys = ""
        self._worded = False
        self._company: Company | None = None
        self.marks = Marks()
        self.may_sound = asyncio.Event()
        self.tokens = 0
        self._wishes: list[ToolCall] = []
        self._numbers: list[NumberWanted] = []

    async def answer(self, history: Sequence[Message], model: ChatModel) -> Ending | None:
        """
        Say the model's answer; return what it wishes to do next.

        Raises ServiceError when a service fails, or the model says and wishes nothing.
        """
        self.marks.mark(Mark.ASKED)
        await self._round(history, model)
        while self.rounds.waiting:
            await self.may_sound.wait()
            await self._use_tools()
            await self._round([*history, *self.rounds.messages()], model)
        if self._unsaid and not self._wishes:
            await self._speak(self._unsaid if self._numbers else self._text_of(Phrase.MORE))
        if not (self._worded or self._wishes or self._numbers or self._keys):
            raise ServiceUnavailable("llm", "the model said nothing")
        await self.may_sound.wait()
        await self._part_company()
        for wanted in self._numbers:
            self._asked(wanted)
        if self._keys:
            await self._play("", key_tones(self._keys, self._voice.rate))
        await self._voice.playout.drained()
        self.wished = self._wishes[0] if self._wishes else None
        return WISHES[self.wished.name] if self.wished else None

    def cancel(self) -> None:
        """The turn was taken from us: nothing more may sound, from this moment on."""
        if self._company is not None:
            self._company.cancel()

    async def _round(self, history: Sequence[Message], model: ChatModel) -> None:
        """Say what the model says to this, and note which tools it calls."""
        async with (
            aclosing(model.reply(history, self.rounds.more)) as pieces,
            aclosing(self._text(pieces)) as text,
            aclosing(sentences(text)) as cut,
        ):
            await self._say_what_may_be_said(cut)

    async def _use_tools(self) -> None:
        """Have the tools do their work; the caller is told to wait when that takes long."""
        kept = list(self._kept)
        self._give_up()
        self._worded = False
        if self.rounds.begin(kept):
            settings = self.rounds.settings
            self._company = self._company or Company(
                self._voice.playout,
                self._say_short,
                self.rounds.waiting_words(),
                settings.waiting,
                settings.waiting_after,
                settings.waiting_again,
            )
            await self.rounds.run()

    def _give_up(self) -> None:
        """What the model wanted with the words so far is not done."""
        self._kept.clear()
        self._wishes.clear()
        self._numbers.clear()
        self._keys = self._unsaid = ""

    async def _part_company(self) -> None:
        """What was said while the caller waited is queued whole; now it is our turn."""
        if self._company is not None:
            await self._company.leave()
            self._company = None

    async def _say_what_may_be_said(self, sentences: AsyncIterator[str]) -> None:
        """
        Sentence by sentence, until one may not be said, or they have become too long.

        Then the rest is read for its tools, and for a question that goes with them.
        """
        async for sentence in sentences:
            self.marks.mark(Mark.FIRST_SENTENCE)
            if (kind := self._judge(sentence)) is not None:
                return await self._refuse(kind)
            if self._seconds >= self._longest:
                self._unsaid = sentence
                continue
            self._seconds += expected_seconds(sentence)
            self._worded = True
            self.rounds.said(sentence)
            await self._speak(sentence)

    async def _refuse(self, kind: Guarded) -> None:
        """Nothing more of this answer is said or done."""
        self._give_up()
        self.rounds.drop()
        if kind is Guarded.PROMPT_SPOKEN:
            self._worded = True
            await self._speak(self._text_of(Phrase.REFUSAL))

    def _text_of(self, phrase: Phrase) -> str:
        return self._voice.book.texts[phrase]

    async def say(self, phrase: Phrase) -> Ending | None:
        """Say a phrase of our own: from memory, else synthesized, else from its recording."""
        voice = self._voice
        text = voice.book.texts[phrase]
        ready = voice.book.ready.get((phrase, voice.rate))
        if ready is not None:
            await self._play(text, ready.pcm)
        else:
            try:
                await self._speak(text)
            except ServiceError:
                recording = voice.book.recorded.get((phrase, voice.rate))
                if recording is None:
                    raise
                await self._play(text, recording.pcm)
        await voice.playout.drained()
        return None

    async def tell(self, text: str) -> Ending | None:
        """Say these words."""
        await self._speak(text)
        await self._voice.playout.drained()
        return None

    async def fill(self, text: str) -> bool:
        """Say this while the answer is awaited; return whether it was in time to be said."""
        return await self._say_short(text, lambda: self._voice.playout.untouched)

    async def _say_short(self, text: str, wanted: Callable[[], bool]) -> bool:
        """Say a short text, if it is still wanted when its sound is there; tell whether it was."""
        playout = self._voice.playout
        aloud = self._voice.book.aloud(text)
        try:
            pieces = await self._short(aloud.said)
        except ServiceError:
            return False
        if not pieces or not wanted():
            return False
        self.fillers.add(text)
        self.rounds.said(text)
        playout.cue(text, aloud)
        for piece in pieces:
            await playout.play(piece.pcm, piece.words)
        return True

    async def _short(self, text: str) -> list[Speech]:
        """The whole speech of a short text; nothing where it is long."""
        pieces: list[Speech] = []
        async with aclosing(self._voice.synthesizer.speech(text)) as speech:
            async for piece in speech:
                pieces.append(piece)
                if sum(len(each.pcm) for each in pieces) > LONGEST_FILLER * 2 * self._voice.rate:
                    return []
        return pieces

    async def _speak(self, sentence: str) -> None:
        await self._part_company()
        cued = False
        aloud = self._voice.book.aloud(sentence, self._before)
        self._before = sentence
        async with aclosing(self._voice.synthesizer.speech(aloud.said)) as speech:
            async for piece in speech:
                self.marks.mark(Mark.FIRST_AUDIO)
                await self.may_sound.wait()
                if not cued:
                    self._voice.playout.cue(sentence, aloud)
                    cued = True
                await self._voice.playout.play(piece.pcm, piece.words)

    async def _play(self, text: str, pcm: bytes) -> None:
        self._voice.playout.cue(text, self._voice.book.aloud(text))
        self.marks.mark(Mark.FIRST_AUDIO)
        await self._voice.playout.play(pcm)

    async def _text(self, pieces: AsyncIterator[str | ToolCall]) -> AsyncGenerator[str, None]:
        """The text of the model's stream; tool calls that we know are kept."""
        async for piece in pieces:
            self.marks.mark(Mark.FIRST_TOKEN)
            self.tokens += 1
            if isinstance(piece, str):
                if self.tokens == 1:
                    self._voice.synthesizer.warm()
                yield piece
            else:
                self._keep(piece)

    def _keep(self, asked: ToolCall) -> None:
        call = self._gate(asked, self._passed)
        if isinstance(call, Refused):
            self.rounds.ask(asked, f"not done: {call.why}")
            return
        self._passed += 1
        if call.name in WISHES:
            self._wishes.append(call)
            self._kept.append(call)
        elif (wanted := number_wanted(call)) is not None:
            self._numbers.append(wanted)
            self._kept.append(call)
        elif call.name == KEYS:
            self._keys += str(call.arguments.get("digits", ""))
            self._kept.append(call)
        elif call.name in (NUMBER, MENU):
            self.rounds.ask(call, "not done: no such number can be asked for")
        else:
            self.rounds.ask(call)
