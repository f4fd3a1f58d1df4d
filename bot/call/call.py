"""
One telephone call, from answer to hang-up.

Four tasks: the playout, the listener and the recogniser live as long as the call; the reply
comes and goes. They only put events into the inbox; `_converse` takes them out one by one and
is the only writer of the call's state.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from dataclasses import dataclass

from bot.call.history import History
from bot.call.phrasebook import Phrase, Phrasebook
from bot.call.playout import Playout
from bot.call.reply import answer, say
from bot.call.turns import Action, Answer, End, Finalize, Interrupt, Say, State, Turns
from bot.config import TurnSettings
from bot.core.errors import ServiceError, ServiceUnavailable
from bot.core.events import (
    Audio,
    Deaf,
    Elapsed,
    Ending,
    Event,
    HungUp,
    ReplyEnded,
    SpeechEnded,
    Transcript,
)
from bot.core.marks import Mark, Marks
from bot.core.ports import CallTransport, ChatModel, Heard, Recognizer, Synthesizer
from bot.signal.voice import VoiceActivity

HEARING_FRAMES = 50
"""Frames of caller audio that may wait for the recogniser: a second."""
TAIL = 0.2
"""Seconds between our last sound and hanging up, so that no buffer on the way is cut."""
INBOX_EVENTS = 500
"""More than a call can produce between two turns of its loop; to overflow is a bug."""


@dataclass(frozen=True, slots=True)
class TurnReport:
    """What one turn was: for logs, metrics and the picture of the call."""

    turn: int
    heard: str
    """The caller's words that we answered; empty for a phrase of our own."""
    said: str
    """Our words that left the line."""
    phrase: Phrase | None
    interrupted: bool
    error: ServiceError | None
    marks: Marks


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told what happens in a call. Each is called on the loop and must not wait."""

    turn: Callable[[TurnReport], None] = lambda report: None
    event: Callable[[Event], None] = lambda event: None
    late: Callable[[float], None] = lambda seconds: None
    """How many seconds after its time each frame left."""


@dataclass(slots=True)
class _Reply:
    """The reply under way."""

    task: asyncio.Task[None]
    heard: str
    phrase: Phrase | None
    marks: Marks


class Call:
    """
    Runs the tasks of one call.

    `_turn` numbers our replies, so that the end of a cut one is known to be stale. `_reported` is
    the turn whose end waits for the first silent frame. `_spoke` and `_final` are when the caller
    last fell silent and the recogniser last closed an utterance.
    """

    def __init__(
        self,
        line: CallTransport,
        recognizer: Recognizer,
        model: ChatModel,
        synthesizer: Synthesizer,
        voice: VoiceActivity,
        book: Phrasebook,
        settings: TurnSettings,
        watch: Watch,
    ) -> None:
        self._line = line
        self._recognizer = recognizer
        self._model = model
        self._synthesizer = synthesizer
        self._voice = voice
        self._book = book
        self._watch = watch
        self._settings = settings
        self._playout = Playout(line.rate, line.send, self._sounded, watch.late)
        self._hearing: asyncio.Queue[Heard] = asyncio.Queue(HEARING_FRAMES)
        self._inbox: asyncio.Queue[Event] = asyncio.Queue(INBOX_EVENTS)
        self._history = History()
        self._reply: _Reply | None = None
        self._reported: TurnReport | None = None
        self._turn = 0
        self._spoke: float | None = None
        self._final: float | None = None

    async def run(self) -> Ending:
        """
        Hold the conversation until one side ends it; return how it ended.

        The line stays open: its owner first notes the ending, then hangs up.
        """
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(self._playout.run()),
                group.create_task(self._listen()),
                group.create_task(self._recognize()),
            ]
            try:
                return await self._converse(group)
            finally:
                self._end_reply(interrupted=True)
                self._report()
                for task in tasks:
                    task.cancel()

    # What posts to the inbox.

    async def _listen(self) -> None:
        async with aclosing(self._line.events()) as events:
            async for event in events:
                if isinstance(event, Audio):
                    self._hear(event.pcm)
                else:
                    self._post(event)
        self._post(HungUp())

    def _hear(self, pcm: bytes) -> None:
        self._listen_to(Heard(pcm))
        for change in self._voice.hear(pcm):
            self._post(
                SpeechEnded(self._voice.silence_seconds)
                if isinstance(change, SpeechEnded)
                else change
            )

    def _listen_to(self, heard: Heard) -> None:
        if self._hearing.full():
            self._hearing.get_nowait()  # a stalled recogniser loses the oldest sound
        self._hearing.put_nowait(heard)

    async def _recognize(self) -> None:
        try:
            async with aclosing(self._recognizer.transcripts(self._sound())) as transcripts:
                async for transcript in transcripts:
                    self._post(transcript)
            error = ServiceUnavailable("asr", "the recogniser ended")
        except ServiceError as failure:
            self._post(Deaf(failure))
        else:
            self._post(Deaf(error))

    async def _sound(self) -> AsyncGenerator[Heard, None]:
        while True:
            yield await self._hearing.get()

    def _post(self, event: Event) -> None:
        self._inbox.put_nowait(event)

    # What takes from the inbox.

    async def _converse(self, group: asyncio.TaskGroup) -> Ending:
        loop = asyncio.get_running_loop()
        turns = Turns(self._settings, loop.time())
        action = turns.begin()
        while not isinstance(action, End):
            self._act(action, group)
            event = await self._next_event(turns)
            self._note(event, turns.state, loop.time())
            self._watch.event(event)
            action = turns.handle(event, loop.time())
        if action.ending is not Ending.CALLER_LEFT:
            await asyncio.sleep(TAIL)
        return action.ending

    async def _next_event(self, turns: Turns) -> Event:
        """The next event that is not stale; `Elapsed` when the turns' deadline passes first."""
        while True:
            try:
                async with asyncio.timeout_at(turns.deadline):
                    event = await self._inbox.get()
            except TimeoutError:
                return Elapsed(self._voice.silence_seconds)
            if not isinstance(event, ReplyEnded) or event.turn == self._turn:
                return event  # else it ended just as it was interrupted

    def _note(self, event: Event, state: State, now: float) -> None:
        """Keep the books: when the caller fell silent, when the words were final, our reply."""
        match event:
            case SpeechEnded(silence) if state is State.HEARING:
                self._spoke, self._final = now - silence, None
            case Transcript(final=True):
                self._final = now
            case ReplyEnded(error=error):
                self._end_reply(interrupted=False, error=error)

    def _act(self, action: Action, group: asyncio.TaskGroup) -> None:
        match action:
            case Answer(text):
                self._end_reply(interrupted=True)
                self._history.caller_said(text)
                self._begin_reply(group, text, None)
            case Say(phrase):
                self._end_reply(interrupted=True)
                self._begin_reply(group, "", phrase)
            case Interrupt():
                self._end_reply(interrupted=True)
            case Finalize():
                self._listen_to(Heard(b"", end_of_utterance=True))

    # The reply.

    def _begin_reply(self, group: asyncio.TaskGroup, heard: str, phrase: Phrase | None) -> None:
        marks = Marks()
        if phrase is None:
            self._mark_utterance(marks)
        marks.mark(Mark.TURN_ENDED)
        self._turn += 1
        work = self._answer(marks) if phrase is None else self._say(phrase, marks)
        task = group.create_task(self._finish(self._turn, work))
        self._reply = _Reply(task, heard, phrase, marks)

    def _mark_utterance(self, marks: Marks) -> None:
        """The caller's side of the turn, which was over before the turn's marks began."""
        if self._spoke is not None:
            marks.mark(Mark.SPEECH_ENDED, self._spoke)
        if self._final is not None:
            marks.mark(Mark.FINAL_TRANSCRIPT, self._final)
        self._spoke = self._final = None

    async def _answer(self, marks: Marks) -> Ending | None:
        history = tuple(self._history.messages)
        return await answer(history, self._model, self._synthesizer, self._playout, marks)

    async def _say(self, phrase: Phrase, marks: Marks) -> Ending | None:
        rate, book = self._line.rate, self._book
        await say(phrase, rate, book, self._synthesizer, self._playout, marks)
        return None

    async def _finish(self, turn: int, work: Coroutine[None, None, Ending | None]) -> None:
        """Do the work of a reply and post how it ended."""
        try:
            self._post(ReplyEnded(turn, wish=await work))
        except ServiceError as error:
            await self._playout.drained()  # what is there is heard before the apology
            self._post(ReplyEnded(turn, error))

    def _end_reply(self, interrupted: bool, error: ServiceError | None = None) -> None:
        """Stop talking, remember what the caller heard, report the turn."""
        reply, self._reply = self._reply, None
        if reply is None:
            return
        sounding = self._playout.sounding
        said = self._playout.stop()  # silence within one frame...
        reply.task.cancel()  # ...however long the services take to unwind
        self._history.caller_heard(said)
        reply.marks.mark(Mark.BARGE_IN if interrupted else Mark.REPLY_ENDED)
        self._report()
        self._reported = TurnReport(
            self._turn, reply.heard, said, reply.phrase, interrupted, error, reply.marks
        )
        if not (interrupted and sounding):
            self._report()

    def _report(self) -> None:
        """Report the last turn, once."""
        report, self._reported = self._reported, None
        if report is not None:
            self._watch.turn(report)

    def _sounded(self, sound: bool) -> None:
        """The playout began to sound, or fell silent."""
        if sound and self._reply is not None:
            self._reply.marks.mark(Mark.FIRST_FRAME)
        elif not sound and self._reported is not None:
            self._reported.marks.mark(Mark.SILENCED)
            self._report()
