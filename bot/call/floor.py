"""
What the turn policy wants done about our replies: begun, committed, lowered, cut, reported.

It owns the reply that sounds and the one that is prepared, the history and the turn's books.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from bot.call.actions import (
    Action,
    Answer,
    Discard,
    Finalize,
    GoOn,
    Hush,
    Interrupt,
    Lower,
    Prepare,
    Refuse,
    Say,
    Tell,
)
from bot.call.allowed import Allowed
from bot.call.answer_guard import AnswerGuard
from bot.call.hearing import Hearing
from bot.call.history import History
from bot.call.mouth import Voice
from bot.call.phrasebook import Phrase
from bot.call.reply import Reply
from bot.call.rounds import Rounds, Toolset
from bot.call.standing import same_words
from bot.call.tongue import Tongue
from bot.call.tool_policy import Moment, Refused
from bot.call.watch import TurnReport, Watch
from bot.core.errors import ServiceError
from bot.core.events import Ending, Event, NumberAsked, ReplyEnded
from bot.core.guarded import Guarded
from bot.core.marks import Mark, Marks
from bot.core.numbers import NumberWanted
from bot.core.ports import ChatModel, Message, ToolCall

Work = Callable[[], Coroutine[None, None, Ending | None]]
"""What a reply does; not begun yet, so that it may be cancelled before its task ever ran."""


@dataclass(slots=True)
class _Turn:
    """A reply under way, or prepared. `number` is 0 until it is known to be wanted."""

    reply: Reply
    text: str
    """The caller's words that it answers."""
    phrase: Phrase | None = None
    number: int = 0
    shown: str = ""
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def cancel(self) -> None:
        self.reply.cancel()
        for task in self.tasks:
            task.cancel()


class Floor:
    """
    Our side of the conversation.

    `turn` numbers our replies, so that the end of a cut one is known to be stale. `_current` is the
    reply that sounds, `_prepared` the one that is begun early. `_reported` is the turn whose end
    waits for the first silent frame. `_spoke` and `_final` are when the caller last fell silent and
    the recogniser last closed an utterance. `_fillers` counts the fillers said, `_answers` our
    answers; `_filled` is the last answer that had a filler. `_wary`: the caller's last turn was
    refused.
    """

    def __init__(
        self,
        voice: Voice,
        model: ChatModel,
        hearing: Hearing,
        tongue: Tongue,
        post: Callable[[Event], None],
        watch: Watch,
        allowed: Allowed,
        history: Sequence[Message] = (),
    ) -> None:
        self._voice = voice
        self._playout = voice.playout
        self._model = model
        self._hearing = hearing
        self._tongue = self._hindi = tongue
        self._settings = tongue.turns
        self._post = post
        self._watch = watch
        self._allowed = allowed
        self._loop = asyncio.get_running_loop()
        self._history = History(list(history))
        self._current: _Turn | None = None
        self._prepared: _Turn | None = None
        self._reported: TurnReport | None = None
        self.turn = 0
        self.wish: ToolCall | None = None
        """The tool call with which the last whole reply wished the call to end."""
        self._spoke: float | None = None
        self._final: float | None = None
        self._fillers = self._answers = 0
        self._filled = -1
        self._wary = False

    @property
    def history(self) -> tuple[Message, ...]:
        """What was said so far, as the model knows it."""
        return tuple(self._history.messages)

    # The books.

    def caller_fell_silent(self, when: float) -> None:
        """The caller's last voiced sound was at `when`."""
        self._spoke, self._final = when, None

    def words_are_final(self, when: float) -> None:
        """The recogniser closed an utterance."""
        self._final = when

    def sounded(self, sentence: str | None) -> None:
        """The playout began to sound this sentence, or fell silent."""
        if sentence is not None and self._current is not None:
            filler = sentence in self._current.reply.fillers
            self._current.reply.marks.mark(Mark.FILLER if filler else Mark.FIRST_FRAME)
        elif sentence is None and self._reported is not None:
            self._reported.marks.mark(Mark.SILENCED)
            self._report()
        elif sentence is None and self._playout.hushed and self._current is not None:
            self._current.reply.marks.mark(Mark.SILENCED)

    def expect_caller(self) -> None:
        """The caller begins to speak: an answer will be wanted soon."""
        self._model.warm()

    def speak(self, tongue: Tongue) -> None:
        """Speak this language from the next reply on."""
        self._tongue, self._settings = tongue, tongue.turns
        self._voice = replace(self._voice, book=tongue.book, synthesizer=tongue.synthesizer)

    def leave(self) -> None:
        """The call is over."""
        self._discard()
        self.end_reply(interrupted=True)
        self._report()

    # What the turn policy wants.

    def act(self, action: Action, group: asyncio.TaskGroup) -> None:
        """Do it."""
        match action:
            case Prepare(text):
                self._discard()
                self._prepared = self._ask(text, group)
            case Discard():
                self._discard()
            case Answer(text, shown):
                self._answer(text, text if shown is None else shown, group)
            case Say(phrase):
                reply = Reply(self._voice)
                self._begin(_Turn(reply, "", phrase), partial(reply.say, phrase), group)
            case Refuse(text=text, phrase=phrase):
                self._refuse(text, phrase, group)
            case Tell(text):
                reply = Reply(self._voice)
                self._mark_utterance(reply.marks)
                self._begin(_Turn(reply, ""), partial(reply.tell, text), group)
            case Finalize():
                self._hearing.end_utterance()
            case _:
                self._modulate(action)

    def _modulate(self, action: Action) -> None:
        """What concerns only the sound of the present reply."""
        barge_in = self._settings.barge_in
        match action:
            case Lower():
                self._playout.lower(barge_in.lower_db)
            case Hush():
                if self._current is not None:
                    self._current.reply.marks.mark(Mark.HUSHED)
                self._playout.hush()
            case GoOn():
                self._playout.go_on(barge_in.rewind)
            case Interrupt():
                self.end_reply(interrupted=True)

    # Beginning.

    def _answer(self, text: str, shown: str, group: asyncio.TaskGroup) -> None:
        """Commit what was prepared for these words, or begin now."""
        self.end_reply(interrupted=True)
        turn, self._prepared = self._prepared, None
        if turn is None or not same_words(turn.text, text):
            self._prepared = turn
            self._discard()
            turn = self._ask(text, group)
        self._history.caller_said(text)
        turn.shown = shown
        self._wary = False
        self._mark_utterance(turn.reply.marks)
        self._commit(turn)
        self._answers += 1
        if self._settings.filler.texts and self._filled != self._answers - 1:
            turn.tasks.append(group.create_task(self._fill(turn, self._answers)))

    def _ask(self, text: str, group: asyncio.TaskGroup) -> _Turn:
        """Ask the model for an answer to these words, which nobody hears before it is committed."""
        rounds = Rounds(self._toolset_now(), self._allowed.policy.trusts)
        guard = AnswerGuard(self._allowed.secrets) if self._settings.guard.answers else None
        wary = self._wary
        reply = Reply(
            self._voice,
            lambda wanted: self._number_asked(turn, wanted),
            lambda call, before: self._gate(Moment(text, wary, rounds.answered), call, before),
            partial(self._judged, guard),
            self._settings.longest_answer,
            rounds,
        )
        turn = _Turn(reply, text)
        history = self._tongue.told(self._history.if_caller_says(text))
        work = partial(turn.reply.answer, history, self._model)
        turn.tasks.append(group.create_task(self._finish(turn, work)))
        return turn

    def _toolset_now(self) -> Toolset:
        """The tools, with words for waiting in the caller's language."""
        if self._tongue is self._hindi:
            return self._allowed.toolset
        return self._allowed.toolset.saying(self._settings.filler.texts)

    def _gate(self, moment: Moment, call: ToolCall, before: int) -> ToolCall | Refused:
        """The call as policy lets it pass; what it refuses is told."""
        judged = self._allowed.policy.judge(call, moment, before)
        if isinstance(judged, Refused):
            self._watch.refused(judged.kind, judged.why)
        return judged

    def _judged(self, guard: AnswerGuard | None, sentence: str) -> Guarded | None:
        """Why this sentence of the model may not be spoken; that is told."""
        kind = guard.judge(sentence) if guard else None
        if kind is not None:
            self._watch.refused(kind, "answer")
        return kind

    def _refuse(self, text: str, phrase: Phrase, group: asyncio.TaskGroup) -> None:
        """Say so; what was said is shown to those who may read, but never to the model."""
        reply = Reply(self._voice)
        self._mark_utterance(reply.marks)
        turn = _Turn(reply, "", phrase, shown=text)
        self._begin(turn, partial(reply.say, phrase), group)
        self._wary = True

    def _number_asked(self, turn: _Turn, wanted: NumberWanted) -> None:
        self._post(NumberAsked(turn.number, wanted))

    def _begin(self, turn: _Turn, work: Work, group: asyncio.TaskGroup) -> None:
        """Say something of our own accord."""
        self._discard()
        self.end_reply(interrupted=True)
        turn.tasks.append(group.create_task(self._finish(turn, work)))
        self._commit(turn)

    def _commit(self, turn: _Turn) -> None:
        self.turn += 1
        turn.number = self.turn
        self._current = turn
        turn.reply.marks.mark(Mark.TURN_ENDED)
        turn.reply.may_sound.set()

    def _mark_utterance(self, marks: Marks) -> None:
        """The caller's side of the turn, which was over before."""
        if self._spoke is not None:
            marks.mark(Mark.SPEECH_ENDED, self._spoke)
        if self._final is not None:
            marks.mark(Mark.FINAL_TRANSCRIPT, self._final)
        self._spoke = self._final = None

    async def _finish(self, turn: _Turn, work: Work) -> None:
        """Do the work of a reply and post how it ended."""
        try:
            ended: tuple[ServiceError | None, Ending | None] = (None, await work())
        except ServiceError as error:
            ended = (error, None)
            await turn.reply.may_sound.wait()
            await self._playout.drained()  # what is there is heard before the apology
        self._post(ReplyEnded(turn.number, *ended))

    async def _fill(self, turn: _Turn, answer: int) -> None:
        """Say a filler when this answer is late."""
        marks, after = turn.reply.marks.at, self._settings.filler.after
        silent_since = marks.get(Mark.SPEECH_ENDED, marks[Mark.TURN_ENDED])
        due = max(silent_since + after, marks[Mark.TURN_ENDED] + after / 2)
        await asyncio.sleep(due - self._loop.time())
        texts = self._settings.filler.texts
        if self._playout.untouched and await turn.reply.fill(texts[self._fillers % len(texts)]):
            self._fillers += 1
            self._filled = answer

    # Ending.

    def _discard(self) -> None:
        """What was prepared never happened."""
        turn, self._prepared = self._prepared, None
        if turn is not None:
            turn.cancel()
            self._watch.discarded(turn.reply.tokens)

    def end_reply(self, interrupted: bool, error: ServiceError | None = None) -> None:
        """Stop talking, remember what the caller heard, report the turn."""
        turn, self._current = self._current, None
        if turn is None:
            return
        sounding = self._playout.sounding
        said = self._playout.stop()  # silence within one frame...
        turn.cancel()  # ...however long the services take to unwind
        self._history.we_used(turn.reply.rounds.as_heard(said))
        if not interrupted:
            self.wish = turn.reply.wished
        if not interrupted:
            self._spoke = self._final = None  # what was said over all of it belongs to no turn
        marks = turn.reply.marks
        if interrupted and sounding:
            marks.mark(Mark.HUSHED)
        marks.mark(Mark.BARGE_IN if interrupted else Mark.REPLY_ENDED)
        self._report()
        self._reported = TurnReport(
            turn.number, turn.shown, said, turn.phrase, interrupted, error, marks
        )
        if not (interrupted and sounding):
            self._report()

    def _report(self) -> None:
        """Report the last turn, once."""
        report, self._reported = self._reported, None
        if report is not None:
            self._watch.turn(report)
