"""
One telephone call, from answer to hang-up.

The playout, the listener and the recogniser live as long as the call; a reply comes and goes. They
only put events into the inbox; `_converse` takes them out one by one and is the only writer of the
call's state.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import aclosing
from functools import partial

from bot.call.actions import Action, End, Speak
from bot.call.allowed import Allowed
from bot.call.floor import Floor
from bot.call.hearing import Hearing
from bot.call.mouth import Voice
from bot.call.phrasebook import Phrase
from bot.call.playout import Playout
from bot.call.standing import Actions, State
from bot.call.tongue import Tongue
from bot.call.turns import GREETED, Opening, Turns
from bot.call.turnstile import Turnstile
from bot.call.watch import Watch
from bot.core.errors import ServiceError, ServiceUnavailable
from bot.core.events import (
    Audio,
    Deaf,
    Ending,
    EndScored,
    Event,
    HungUp,
    NumberAsked,
    ReplyEnded,
    SayWanted,
    SpeechEnded,
    SpeechStarted,
    Transcript,
)
from bot.core.ports import CallTransport, ChatModel, Message, ToolCall
from bot.hindi.language import Language

TAIL = 0.2
"""Seconds between our last sound and hanging up, so that no buffer on the way is cut."""
INBOX_EVENTS = 500
"""More than a call can produce between two turns of its loop; to overflow is a bug."""
MESSAGES = 5
"""Texts of somebody outside that may wait to be said."""
QUIET_LINE = 0.1
"""Seconds without a frame after which the line is taken to be silent: phones send none in silence,
on hold or while they send a key."""


class Call:
    """
    Runs the tasks of one call.

    `_heard_at` is when the line last sent a frame; `_judging` the judgement of the caller's last
    sound that is under way; `_messages_posted` counts the messages in the inbox.
    """

    def __init__(
        self,
        line: CallTransport,
        model: ChatModel,
        hearing: Hearing,
        hindi: Tongue,
        watch: Watch,
        turnstile: Turnstile | None = None,
        allowed: Allowed | None = None,
        opening: Opening = GREETED,
        english: Tongue | None = None,
        history: Sequence[Message] = (),
    ) -> None:
        """
        `turnstile`: that of all calls of the process. `allowed`: None, for our own tools only.

        `english`: for callers who ask for it; None: there is only Hindi. `history`: what was said
        before a transfer that found nobody.
        """
        self._opening = opening
        self._line = line
        self._tongue = self._hindi = hindi
        self._english = english
        self._hearing = hearing
        self._watch = watch
        self._turnstile = turnstile or Turnstile()
        self._loop = asyncio.get_running_loop()
        self._inbox: asyncio.Queue[Event] = asyncio.Queue(INBOX_EVENTS)
        self._playout = Playout(line.rate, self._send, self._sounded, watch.late)
        self._floor = Floor(
            Voice(line.rate, hindi.book, hindi.synthesizer, self._playout, line.press),
            model, hearing, hindi, self._post, watch, allowed or Allowed(), history,
        )  # fmt: skip
        self._heard_at = self._loop.time()
        self._judging: asyncio.Task[None] | None = None
        self._recognizing: asyncio.Task[None] | None = None
        self._turns: Turns | None = None
        self._messages_posted = 0

    async def run(self) -> Ending:
        """
        Hold the conversation until one side ends it; return how it ended.

        The line stays open: its owner first notes the ending, then hangs up.
        """
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work) for work in (self._playout.run(), self._listen())]
            self._recognizing = group.create_task(self._recognize())
            try:
                return await self._converse(group)
            finally:
                self._floor.leave()
                for task in (*tasks, self._judging, self._recognizing):
                    if task is not None:
                        task.cancel()

    @property
    def wish(self) -> ToolCall | None:
        """The tool call of the model with which the call ended, if it was one."""
        return self._floor.wish

    @property
    def history(self) -> tuple[Message, ...]:
        """What was said, as the model knows it."""
        return self._floor.history

    @property
    def language(self) -> Language:
        """In which it is held."""
        return self._turns.language if self._turns is not None else Language.HINDI

    def say(self, text: str, interrupt: bool = False) -> bool:
        """
        Have this said to the caller once nobody speaks; False where too much waits.

        `interrupt`: what we are saying ends for it. The caller is never spoken over.

        It is not said when the call ends first, or is about to.
        """
        if self._turns is None or self._turns.messages + self._messages_posted >= MESSAGES:
            return False
        self._messages_posted += 1
        self._post(SayWanted(text, interrupt))
        return True

    # What posts to the inbox.

    async def _listen(self) -> None:
        async with aclosing(self._line.events()) as events:
            async for event in events:
                if isinstance(event, Audio):
                    self._heard_at = self._loop.time()
                    hear = partial(self._hear, event.pcm)
                    await self._turnstile.through(hear, soon=not self._hearing.quiet)
                else:
                    self._post(event)
        self._post(HungUp())

    def _hear(self, pcm: bytes) -> None:
        self._post_all(self._hearing.hear(pcm))

    async def _recognize(self) -> None:
        try:
            sound = self._hearing.sound()
            async with aclosing(self._tongue.recognizer.transcripts(sound)) as transcripts:
                async for transcript in transcripts:
                    self._post(transcript)
            error = ServiceUnavailable("asr", "the recogniser ended")
        except ServiceError as failure:
            self._post(Deaf(failure))
        else:
            self._post(Deaf(error))

    def _send(self, frame: bytes) -> None:
        """A frame is due: the beat of the call, for both directions."""
        self._line.send(frame)
        self._hearing.played(frame)
        if self._loop.time() - self._heard_at > QUIET_LINE:
            self._post_all(self._hearing.hear_nothing())

    def _sounded(self, sentence: str | None) -> None:
        if sentence is not None:
            self._watch.said(sentence)
        self._floor.sounded(sentence)

    async def _judge(self) -> None:
        probability = await self._hearing.judged()
        if probability is not None:
            self._post(EndScored(probability))

    def _post(self, event: Event) -> None:
        self._inbox.put_nowait(event)

    def _post_all(self, events: list[Event]) -> None:
        for event in events:
            self._post(event)

    # What takes from the inbox.

    async def _converse(self, group: asyncio.TaskGroup) -> Ending:
        self._turns = turns = Turns(
            self._hindi.turns,
            self._loop.time(),
            notice=self._opening.notice and bool(self._hindi.book.texts.get(Phrase.NOTICE)),
            uninterruptible=self._hindi.book.uninterruptible,
            opening=self._opening,
            english=self._english.turns if self._english else None,
        )
        actions = turns.begin()
        while True:
            for action in actions:
                if isinstance(action, End):
                    return await self._part(action.ending)
                self._watch.action(action)
                self._do(action, group)
            event = await self._next_event(turns)
            now, saying = self._loop.time(), self._playout.saying()
            self._note(event, turns.state, now, group)
            self._watch.event(event)
            actions = self._handled(turns, event, now, saying)

    def _do(self, action: Action, group: asyncio.TaskGroup) -> None:
        """What an action wants done: of the recogniser here, all else by the floor."""
        if not isinstance(action, Speak):
            return self._floor.act(action, group)
        english = action.language is Language.ENGLISH
        self._tongue = self._english if english and self._english else self._hindi
        self._floor.speak(self._tongue)
        if self._recognizing is not None:
            self._recognizing.cancel()
        self._recognizing = group.create_task(self._recognize())

    def _handled(self, turns: Turns, event: Event, now: float, saying: str) -> Actions:
        """What the policy wants done; who watches is told before it is whether secrets come."""
        before = turns.secret
        actions = turns.handle(event, now, saying)
        if turns.secret != before:
            self._watch.secret(turns.secret)
        return actions

    async def _part(self, ending: Ending) -> Ending:
        if ending is not Ending.CALLER_LEFT:
            await asyncio.sleep(TAIL)
        return ending

    async def _next_event(self, turns: Turns) -> Event:
        """The next event that is not stale; `Elapsed` when the turns' deadline passes first."""
        while True:
            try:
                async with asyncio.timeout_at(turns.deadline):
                    event = await self._inbox.get()
            except TimeoutError:
                return self._hearing.elapsed(self._loop.time() - self._heard_at)
            if not isinstance(event, ReplyEnded | NumberAsked) or event.turn == self._floor.turn:
                return event  # else it is of a reply that is over already

    def _note(self, event: Event, state: State, now: float, group: asyncio.TaskGroup) -> None:
        """Keep the books: when the caller fell silent, when the words were final, our reply."""
        match event:
            case SpeechStarted():
                self._floor.expect_caller()
            case SpeechEnded(silence):
                self._floor.caller_fell_silent(now - silence)
                if state in (State.HEARING, State.HUSHED):
                    self._begin(self._judge(), group)
            case Transcript(final=True):
                self._floor.words_are_final(now)
            case ReplyEnded(error=error):
                self._floor.end_reply(interrupted=False, error=error)
            case SayWanted():
                self._messages_posted -= 1

    def _begin(self, judgement: Coroutine[None, None, None], group: asyncio.TaskGroup) -> None:
        if self._judging is not None:
            self._judging.cancel()
        self._judging = group.create_task(judgement)
