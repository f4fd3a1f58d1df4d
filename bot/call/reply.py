"""
One reply, from the model's first token to the caller's ear.

A reply may be begun before it is known whether it is wanted: nothing of it sounds, and nothing of
it is done, until `may_sound` is set. To cancel its task is to interrupt it.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing

from bot.call.company import Company
from bot.call.mouth import Mouth, Voice
from bot.call.phrasebook import Phrase
from bot.call.rounds import Rounds
from bot.call.sentences import sentences, whole
from bot.call.tools import WISHES
from bot.call.wanted import Gate, Wanted
from bot.core.errors import ServiceUnavailable
from bot.core.events import Ending
from bot.core.guarded import Guarded
from bot.core.marks import Mark, Marks
from bot.core.numbers import NumberWanted
from bot.core.ports import ChatModel, Message, ToolCall
from bot.hindi.length import expected_seconds


class Reply:
    """
    One reply of ours.

    `tokens` counts the pieces of text that the model sent; `rounds` are its tools with answers,
    `fillers` what was said because something took long, `wished` the call with which it wished the
    call to end, once all was said. `_wanted` are its other tools, `_company` is what is said while
    tools work. `_worded` says whether the model has said anything since the last answer of a tool,
    `_seconds` how long the answer is so far, by its words; `_unsaid` is the last sentence that was
    too much.
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
        self.marks = Marks()
        self.tokens = 0
        self.rounds = rounds or Rounds()
        self.fillers: set[str] = set()
        self.wished: ToolCall | None = None
        self._mouth = Mouth(voice, self.marks)
        self._wanted = Wanted(gate, self.rounds)
        self._asked = asked
        self._judge = judge
        self._longest = longest
        self._seconds = 0.0
        self._unsaid = ""
        self._worded = False
        self._company: Company | None = None

    @property
    def may_sound(self) -> asyncio.Event:
        """Set as soon as the reply is wanted."""
        return self._mouth.may_sound

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
        return await self._conclude()

    async def say(self, phrase: Phrase) -> Ending | None:
        """Say a phrase of our own: from memory, else synthesized, else from its recording."""
        await self._mouth.say(phrase)
        await self._mouth.playout.drained()
        return None

    async def tell(self, text: str) -> Ending | None:
        """Say these words, sentence by sentence."""
        for sentence in whole(text):
            await self._mouth.speak(sentence)
        await self._mouth.playout.drained()
        return None

    async def fill(self, text: str) -> bool:
        """Say this while the answer is awaited; return whether it was in time to be said."""
        return await self._say_short(text, lambda: self._mouth.playout.untouched)

    def cancel(self) -> None:
        """The turn was taken from us: nothing more may sound, from this moment on."""
        if self._company is not None:
            self._company.cancel()

    # Listening to the model.

    async def _round(self, history: Sequence[Message], model: ChatModel) -> None:
        """Say what the model says to this, and note which tools it calls."""
        async with (
            aclosing(model.reply(history, self.rounds.more)) as pieces,
            aclosing(self._text(pieces)) as text,
            aclosing(sentences(text)) as cut,
        ):
            await self._say_what_may_be_said(cut)

    async def _text(self, pieces: AsyncIterator[str | ToolCall]) -> AsyncGenerator[str, None]:
        """The text of the model's stream; what it wants done is noted."""
        async for piece in pieces:
            self.marks.mark(Mark.FIRST_TOKEN)
            self.tokens += 1
            if isinstance(piece, str):
                if self.tokens == 1:
                    self._mouth.warm()
                yield piece
            else:
                self._wanted.take(piece)

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
            await self._speak(self._mouth.text_of(Phrase.REFUSAL))

    async def _conclude(self) -> Ending | None:
        """All is said: do what the model wanted, and return how it wishes the call to end."""
        wanted = self._wanted
        if self._unsaid and not wanted.ending:
            more = self._mouth.text_of(Phrase.MORE)
            await self._speak(self._unsaid if wanted.numbers else more)
        if not (self._worded or wanted):
            raise ServiceUnavailable("llm", "the model said nothing")
        await self.may_sound.wait()
        await self._part_company()
        for number in wanted.numbers:
            self._asked(number)
        if wanted.keys:
            await self._mouth.press(wanted.keys)
        await self._mouth.playout.drained()
        self.wished = wanted.ending[0] if wanted.ending else None
        return WISHES[self.wished.name] if self.wished else None

    # While tools work.

    async def _use_tools(self) -> None:
        """Have the tools do their work; the caller is told to wait when that takes long."""
        self._worded = False
        if self.rounds.begin(self._give_up()):
            settings = self.rounds.settings
            self._company = self._company or Company(
                self._mouth.playout,
                self._say_short,
                self.rounds.waiting_words(),
                settings.waiting,
                settings.waiting_after,
                settings.waiting_again,
            )
            await self.rounds.run()

    def _give_up(self) -> list[ToolCall]:
        """What the model wanted with the words so far is not done; return what it was."""
        self._unsaid = ""
        return self._wanted.give_up()

    async def _part_company(self) -> None:
        """What was said while the caller waited is queued whole; now it is our turn."""
        if self._company is not None:
            await self._company.leave()
            self._company = None

    # Speaking.

    async def _speak(self, sentence: str) -> None:
        await self._part_company()
        await self._mouth.speak(sentence)

    async def _say_short(self, text: str, wanted: Callable[[], bool]) -> bool:
        def will_be_said() -> bool:
            if not wanted():
                return False
            self.fillers.add(text)
            self.rounds.said(text)
            return True

        return await self._mouth.say_short(text, will_be_said)
