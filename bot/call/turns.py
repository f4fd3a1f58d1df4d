"""
Whose turn is it?

Everything that decides when the caller has finished, when we lower our voice, fall silent or go on,
and when the call is over lives in this file and in those it asks: endpoint.py (how long a pause may
be), field.py (a number that is being collected), idle.py (how long nobody may speak). It knows no
clock, task or service: it is given events and the time, and answers with what to do. `deadline`
says when it wants to be given `Elapsed`.
"""

from collections.abc import Callable, Mapping
from enum import Enum, auto

from bot.call.actions import (
    Action,
    Answer,
    Discard,
    End,
    Finalize,
    GoOn,
    Hush,
    Interrupt,
    Lower,
    Prepare,
    Say,
    Tell,
)
from bot.call.endpoint import Signs, likely_over, wait
from bot.call.field import Abandoned, Collected, Collector, Step
from bot.call.idle import Patience
from bot.call.keys import Keys
from bot.call.phrasebook import Phrase
from bot.call.words import Words
from bot.config import TurnSettings
from bot.core.events import (
    Deaf,
    Digit,
    Elapsed,
    Ending,
    EndScored,
    Event,
    HungUp,
    MachineHeard,
    NumberAsked,
    ReplyEnded,
    SpeechEnded,
    SpeechStarted,
    Transcript,
)
from bot.core.numbers import NumberWanted
from bot.hindi.asked import Asked, what_was_asked
from bot.hindi.digits import heard_digits
from bot.hindi.machines import sounds_recorded
from bot.hindi.nods import may_be_nod

GAP = 0.1
"""Seconds without voice that are longer than those within a word."""
LONGEST_CLOSING = 30.0
"""Seconds that our last words may take."""
MACHINE_SPEECH = 4.0
"""Seconds of speech before a beep that make it an answering machine's."""
PHONE_DIGITS = 10
"""Digits of an Indian telephone number: a number that the model asked for in words only is whole
when it has so many."""

Actions = tuple[Action, ...]


class State(Enum):
    """Who holds the floor."""

    ANNOUNCING = auto()
    """We say what has to be heard to its end."""
    SPEAKING = auto()
    """We speak, or prepare to."""
    OVERLAP = auto()
    """We speak, lowered: the caller may have begun to."""
    HUSHED = auto()
    """We have fallen silent for the caller; what the words are is not known yet."""
    LISTENING = auto()
    """Nobody speaks."""
    HEARING = auto()
    """The caller speaks."""
    PAUSED = auto()
    """The caller fell silent; perhaps finished, perhaps not."""
    FINISHING = auto()
    """The caller has finished; we wait for the final words."""
    KEYING = auto()
    """The caller presses keys."""
    CLOSING = auto()
    """We say our last words."""


class Turns:
    """
    The turn-taking state of one call.

    `_words` and `_keys` are the caller's turn so far; `_asked` is what our last words asked;
    `_voiced_since` and `_voiced_until` are when the caller's last speech began and ended (the
    latter None while it lasts). `_answering` says whether our reply is an answer, `_overlapped`
    whether the caller spoke over it, `_unanswered` whether an answer was interrupted before it
    sounded. `_prepared` are the words whose answer was begun early. `_field` is the number being
    collected, `_wanted` the one that our reply is just asking for. `_failures` counts answers in a
    row that failed, with the apologies for them; `_parting` is how the call ends after our reply.
    """

    def __init__(
        self,
        settings: TurnSettings,
        now: float,
        notice: bool = False,
        uninterruptible: frozenset[Phrase] = frozenset({Phrase.NOTICE}),
    ) -> None:
        """The call was answered at `now`, in seconds of the caller's clock; `notice`: say it."""
        self._settings = settings
        self._over = now + settings.max_call
        self._notice = notice
        self._uninterruptible = uninterruptible
        self.state = State.SPEAKING
        self._deadline: float | None = None
        self._words = Words()
        self._keys = Keys(settings.keys_pause)
        self._idle = Patience(settings.idle, now)
        self._saying = ""
        self._asked = Asked.NOTHING
        self._acoustic: float | None = None
        self._voiced_since = self._voiced_until = now
        self._voice = False
        self._answering = self._overlapped = self._unanswered = False
        self._prepared = ""
        self._field: Collector | None = None
        self._wanted: NumberWanted | None = None
        self._failures = 0
        self._parting: Ending | None = None

    def begin(self) -> Actions:
        """The first thing to do: the notice, where there is one, or the greeting."""
        return self._say(Phrase.NOTICE if self._notice else Phrase.GREETING)

    @property
    def deadline(self) -> float | None:
        """When `Elapsed` is due: the state's own time, or the longest call."""
        if self.state is State.CLOSING:
            return self._deadline
        return self._over if self._deadline is None else min(self._deadline, self._over)

    def handle(self, event: Event, now: float, saying: str = "") -> Actions:
        """
        Take one event; return what to do, in order.

        `saying` are the sentences of our present reply that have begun to sound; empty before.
        """
        self._saying = saying
        self._follow_voice(event, now)
        return self._always(event, now) or self._by_table(event, now)

    def _follow_voice(self, event: Event, now: float) -> None:
        if isinstance(event, SpeechStarted):
            self._voice, self._voiced_since = True, now
        elif isinstance(event, SpeechEnded):
            self._voice, self._voiced_until = False, now - event.silence

    def _always(self, event: Event, now: float) -> Actions:
        """What matters in every state."""
        if isinstance(event, HungUp):
            return (End(Ending.CALLER_LEFT),)
        if self.state is State.CLOSING:
            return ()
        if isinstance(event, Elapsed) and now >= self._over:
            return self._close(Phrase.TOO_LONG, Ending.HANG_UP, now)
        if isinstance(event, Deaf):
            return self._close(Phrase.GIVE_UP, Ending.TRANSFER, now)
        if isinstance(event, MachineHeard) and self._believe(event, now):
            return self._close(Phrase.MACHINE, Ending.HANG_UP, now)
        if isinstance(event, NumberAsked):
            self._wanted = event.wanted
        return ()

    def _by_table(self, event: Event, now: float) -> Actions:
        row = TABLE[self.state].get(type(event))
        return () if row is None else row(self, event, now)

    def _believe(self, event: MachineHeard, now: float) -> bool:
        """A beep alone may be anything; after long speech it is an answering machine's."""
        spoke = (now if self._voice else self._voiced_until) - self._voiced_since
        return self._settings.idle.machine and (event.sign != "beep" or spoke >= MACHINE_SPEECH)

    # Rows: the caller speaks while we do.

    def _starts_over_us(self, event: Event, now: float) -> Actions:
        self._words.clear()
        self._overlapped = True
        if self._answering and not self._saying:
            # Nothing has sounded yet: it is the caller who goes on, and not over us.
            self._enter(State.HUSHED, now + self._settings.barge_in.longest_nod)
            return (Hush(),)
        self._enter(State.OVERLAP, now + self._settings.barge_in.confirm)
        return (Lower(),)

    def _overlap_was_short(self, event: Event, now: float) -> Actions:
        self._enter(State.SPEAKING, None)
        return GoOn(), Finalize()

    def _overlap_lasts(self, event: Event, now: float) -> Actions:
        """Long enough to be speech; but a caller who is quiet just now may only have coughed."""
        assert isinstance(event, Elapsed)
        if event.silence > GAP:
            self._enter(State.OVERLAP, now + GAP)
            return ()
        barge_in = self._settings.barge_in
        if not barge_in.verdict:
            return self._interrupted(now)
        self._enter(State.HUSHED, self._voiced_since + barge_in.longest_nod)
        return (Hush(),)

    def _words_over_us(self, event: Event, now: float) -> Actions:
        """Words decide: a nod, or the caller's turn."""
        self._note(event)
        text = self._words.text
        if text and not (self._nods_count() and may_be_nod(text)):
            return self._interrupted(now)
        if self.state is State.HUSHED and self._words.closed and not self._voice:
            return self._false_alarm(event, now)
        return ()

    def _late_words(self, event: Event, now: float) -> Actions:
        """The words of an overlap that had seemed to be nothing."""
        if not self._overlapped:
            return ()
        self._note(event)
        text = self._words.text
        if not text or (self._nods_count() and may_be_nod(text)):
            return ()
        return self._interrupted(now)

    def _falls_silent_again(self, event: Event, now: float) -> Actions:
        self._words.awaited()
        self._enter(State.HUSHED, now + self._settings.barge_in.verdict)
        return (Finalize(),)

    def _speaks_again(self, event: Event, now: float) -> Actions:
        self._enter(State.HUSHED, now + self._settings.barge_in.longest_nod)
        return ()

    def _no_verdict(self, event: Event, now: float) -> Actions:
        """The words do not come. Somebody who still speaks is no nod; silence was nothing."""
        return self._interrupted(now) if self._voice else self._false_alarm(event, now)

    def _false_alarm(self, event: Event, now: float) -> Actions:
        self._enter(State.SPEAKING, None)
        return (GoOn(),)

    def _interrupted(self, now: float) -> Actions:
        """The turn is the caller's, who still speaks, or has already finished."""
        self._asked_by(self._saying)
        self._unanswered = self._answering and not self._saying
        self._parting = None
        self._begin_field(now)
        return Interrupt(), *(self._hear(now) if self._voice else self._pause(now))

    def _we_finish_under_caller(self, event: Event, now: float) -> Actions:
        """Our reply is at its end while the caller speaks: now it is the caller's turn."""
        self._asked_by(self._saying)
        self._parting = None
        self._idle.begin(now)
        self._begin_field(now)
        return self._hear(now) if self._voice else self._pause(now)

    # Rows: the caller's turn.

    def _caller_starts(self, event: Event, now: float) -> Actions:
        return self._hear(now)

    def _caller_goes_on(self, event: Event, now: float) -> Actions:
        return *self._discard(), *self._hear(now)

    def _caller_pauses(self, event: Event, now: float) -> Actions:
        self._words.awaited()
        self._acoustic = None
        return Finalize(), *self._pause(now)

    def _more_words(self, event: Event, now: float) -> Actions:
        """While the caller speaks: words make us patient, for this is no noise."""
        self._note(event)
        if self._words.text:
            self._deadline = self._voiced_since + self._settings.idle.longest_utterance
        return ()

    def _words_in_silence(self, event: Event, now: float) -> Actions:
        """Voice activity missed this caller, but the recogniser did not."""
        self._note(event)
        if not self._words.text:
            return ()
        self._voiced_until = now
        return self._pause(now)

    def _words_in_pause(self, event: Event, now: float) -> Actions:
        self._note(event)
        return self._pause(now)

    def _scored(self, event: Event, now: float) -> Actions:
        assert isinstance(event, EndScored)
        self._acoustic = event.probability
        return self._pause(now)

    def _pause_is_long(self, event: Event, now: float) -> Actions:
        if self._words.closed:
            return self._answer(now)
        self._enter(State.FINISHING, now + self._settings.final_timeout)
        return ()

    def _last_words(self, event: Event, now: float) -> Actions:
        self._note(event)
        return self._answer(now) if self._words.closed else ()

    def _utterance_is_long(self, event: Event, now: float) -> Actions:
        """Speech without a pause: a long story with words in it, or noise."""
        if self._words.text:
            return self._answer(now)
        return self._nobody(now, heard_something=True)

    def _take_what_there_is(self, event: Event, now: float) -> Actions:
        return self._answer(now)

    # Rows: keys.

    def _pressed(self, event: Event, now: float) -> Actions:
        assert isinstance(event, Digit)
        before = self._silence_us(now)
        self._idle.somebody()
        if self._field is not None:
            return *before, *self._take(self._field.key(event.key, now), now)
        self._keys.press(event.key, now)
        if self._keys.complete or self._asked in (Asked.MENU, Asked.YES_NO):
            return *before, *self._answer(now)
        self._enter(State.KEYING, self._keys.deadline)
        return *before, *(self._prepare_once(self._keys.text) if self._keys.single else ())

    def _pressed_while_announcing(self, event: Event, now: float) -> Actions:
        assert isinstance(event, Digit)
        self._keys.press(event.key, now)
        return ()

    def _keys_are_over(self, event: Event, now: float) -> Actions:
        if self._field is not None:
            return self._take(self._field.elapsed(now), now)
        return self._answer(now)

    def _silence_us(self, now: float) -> Actions:
        """A key stops what we say or prepare."""
        if self.state in (State.SPEAKING, State.OVERLAP, State.HUSHED):
            self._asked_by(self._saying)
            self._words.clear()
            self._parting = None
            self._begin_field(now)
            return (Interrupt(),)
        return self._discard()

    # Rows: nobody speaks.

    def _nobody_speaks(self, event: Event, now: float) -> Actions:
        assert isinstance(event, Elapsed)
        held = self._idle.held(event.without_frames, now)
        if held is not None:
            if held:
                return self._close(Phrase.GOODBYE, Ending.HANG_UP, now)
            self._enter(State.LISTENING, self._idle.deadline)
            return ()
        if self._field is not None:
            return self._take(self._field.elapsed(now), now)
        return self._nobody(now, heard_something=False)

    def _nobody(self, now: float, heard_something: bool) -> Actions:
        """Ask whether somebody is there, or say goodbye."""
        prompt = self._idle.prompt(heard_something or self._voice)
        self._words.clear()
        if prompt is None:
            return self._part(now)
        return self._say(prompt)

    # Rows: our reply is over.

    def _we_finish(self, event: Event, now: float) -> Actions:
        assert isinstance(event, ReplyEnded)
        self._asked_by(self._saying)
        if self._parting is not None:
            return (End(self._parting),)
        if event.error is not None:
            return self._failed(now)
        if self._answering:
            self._failures = 0
        if event.wish is not None:
            return (End(event.wish),)
        self._begin_field(now)
        return self._listen(now)

    def _announced(self, event: Event, now: float) -> Actions:
        """What the caller said or pressed meanwhile is not lost."""
        assert isinstance(event, ReplyEnded)
        self._asked_by(self._saying)
        notice, self._notice = self._notice, False
        if self._parting is not None:
            return (End(self._parting),)
        if event.error is not None and not notice:
            return self._failed(now)
        self._idle.begin(now)
        if self._keys:
            self._enter(State.KEYING, now + self._settings.keys_pause)
            return ()
        if self._words.text and not self._voice:
            return self._pause(now)
        return self._say(Phrase.GREETING) if notice else self._listen(now)

    def _note_only(self, event: Event, now: float) -> Actions:
        self._note(event)
        return ()

    def _ask_for_words(self, event: Event, now: float) -> Actions:
        self._words.awaited()
        return (Finalize(),)

    def _last_words_said(self, event: Event, now: float) -> Actions:
        return (End(self._parting or Ending.HANG_UP),)

    # What the rows share: the caller.

    def _enter(self, state: State, deadline: float | None) -> None:
        self.state = state
        self._deadline = deadline

    def _note(self, event: Event) -> None:
        assert isinstance(event, Transcript)
        self._words.note(event)

    def _hear(self, now: float) -> Actions:
        if self._words.text:
            self._enter(State.HEARING, now + self._settings.idle.longest_utterance)
        else:
            self._enter(State.HEARING, self._idle.until_noise(now))
        return ()

    def _pause(self, now: float) -> Actions:
        """The caller is silent: how long may that last? And is the answer worth beginning?"""
        signs = self._signs()
        pause = wait(signs, self._settings.end_of_turn)
        self._enter(State.PAUSED, max(now, self._voiced_until + pause))
        text = self._words.text
        if text == self._prepared:
            return ()
        before = self._discard()
        if self._field is not None or self._keys or not likely_over(signs):
            return before
        return *before, *self._prepare_once(text)

    def _prepare_once(self, text: str) -> Actions:
        """Begin this answer early, if no other one was."""
        if not self._settings.early_start or self._prepared:
            return ()
        self._prepared = text
        return (Prepare(text),)

    def _signs(self) -> Signs:
        return Signs(self._words, self._expected(), self._missing(), self._acoustic)

    def _expected(self) -> Asked:
        return self._asked if self._field is None else self._field.asked

    def _missing(self) -> int:
        """Digits that are still to come, of a number that we asked for."""
        if self._field is not None:
            return self._field.missing(self._words.text)
        if self._asked is not Asked.NUMBER:
            return 0
        digits = len(heard_digits(self._words.text))
        return PHONE_DIGITS - digits if 0 < digits < PHONE_DIGITS else 0

    def _listen(self, now: float) -> Actions:
        """Nobody speaks; after our own words, the caller has all the time again."""
        self._clear()
        self._idle.begin(now)
        if self._field is not None:
            self._field.listen(now)
        return self._hear(now) if self._voice else self._wait_for_caller()

    def _wait_for_caller(self) -> Actions:
        deadline = None if self._field is None else self._field.deadline
        self._enter(State.LISTENING, self._idle.deadline if deadline is None else deadline)
        return ()

    def _nods_count(self) -> bool:
        """Whether a nod is only that; after a question of yes or no it is the answer."""
        return self._settings.barge_in.nods and what_was_asked(self._saying) is not Asked.YES_NO

    def _clear(self) -> None:
        self._words.clear()
        self._keys.clear()
        self._acoustic = None
        self._overlapped = False

    def _discard(self) -> Actions:
        prepared, self._prepared = self._prepared, ""
        return (Discard(),) if prepared else ()

    # What the rows share: our reply.

    def _answer(self, now: float) -> Actions:
        """Answer what was said or pressed; when that is nothing, it was a noise."""
        text = self._words.text
        if text:
            self._idle.somebody()
        if self._field is not None and text:
            self._clear()
            return self._take(self._field.words(text, now), now)
        if self._settings.idle.machine and sounds_recorded(text):
            return *self._discard(), *self._close(Phrase.MACHINE, Ending.HANG_UP, now)
        text = " ".join(filter(None, (text, self._keys.text)))
        self._clear()
        if text or self._unanswered:
            return self._answer_to(text)
        self._idle.noise()
        return *self._discard(), *self._wait_for_caller()

    def _answer_to(self, text: str, shown: str | None = None) -> Actions:
        self._prepared = ""
        self._unanswered = self._overlapped = False
        self._answering, self._wanted = True, None
        self._enter(State.SPEAKING, None)
        return (Answer(text, shown),)

    def _say(self, phrase: Phrase) -> Actions:
        self._answering, self._wanted = False, None
        held = phrase in self._uninterruptible
        self._enter(State.ANNOUNCING if held else State.SPEAKING, None)
        return (Say(phrase),)

    def _asked_by(self, said: str) -> None:
        """What our words asked. A phrase of our own after them does not change the question."""
        if said:
            self._asked = what_was_asked(said)

    def _failed(self, now: float) -> Actions:
        self._failures += 1
        if self._failures >= self._settings.max_failures:
            return self._close(Phrase.GIVE_UP, Ending.TRANSFER, now)
        return self._say(Phrase.APOLOGY)

    def _part(self, now: float) -> Actions:
        """Say goodbye; a caller who speaks up in time may still keep us, but only once."""
        if self._idle.parted():
            return self._close(Phrase.GOODBYE, Ending.HANG_UP, now)
        self._parting = Ending.HANG_UP
        return self._say(Phrase.GOODBYE)

    def _close(self, phrase: Phrase, ending: Ending, now: float) -> Actions:
        self._parting = ending
        self._enter(State.CLOSING, now + LONGEST_CLOSING)
        return (Say(phrase),)

    # What the rows share: a number.

    def _begin_field(self, now: float) -> None:
        """From here on, what the caller says or presses belongs to the number we asked for."""
        if self._wanted is not None:
            self._field = Collector(self._wanted, self._settings.field, now)
            self._wanted = None

    def _take(self, step: Step, now: float) -> Actions:
        """Do what the number that is being collected wants next."""
        field = self._field
        assert field is not None
        if step is None:
            self._enter(State.KEYING, field.deadline)
            return ()
        if isinstance(step, Collected):
            self._field = None
            name = field.wanted.name
            return self._answer_to(f"[{name}: {step.digits}]", f"[{name}: {field.shown()}]")
        if isinstance(step, Abandoned):
            self._field = None
            return self._give_up(field, step.words, now)
        self._answering, self._wanted = False, None
        self._enter(State.SPEAKING, None)
        return (Tell(step.text),)

    def _give_up(self, field: Collector, words: str, now: float) -> Actions:
        """The caller wants something else, or there is nobody who would give the number."""
        if not words and self._idle.prompt(self._voice) is None:
            return self._part(now)
        return self._answer_to(words or f"[{field.wanted.name}: none]")


Row = Callable[[Turns, Event, float], Actions]

TABLE: Mapping[State, Mapping[type, Row]] = {
    State.ANNOUNCING: {
        SpeechEnded: Turns._ask_for_words,
        Transcript: Turns._note_only,
        Digit: Turns._pressed_while_announcing,
        ReplyEnded: Turns._announced,
    },
    State.SPEAKING: {
        SpeechStarted: Turns._starts_over_us,
        Transcript: Turns._late_words,
        Digit: Turns._pressed,
        ReplyEnded: Turns._we_finish,
    },
    State.OVERLAP: {
        SpeechEnded: Turns._overlap_was_short,
        Transcript: Turns._words_over_us,
        Elapsed: Turns._overlap_lasts,
        Digit: Turns._pressed,
        ReplyEnded: Turns._we_finish_under_caller,
    },
    State.HUSHED: {
        SpeechStarted: Turns._speaks_again,
        SpeechEnded: Turns._falls_silent_again,
        Transcript: Turns._words_over_us,
        Elapsed: Turns._no_verdict,
        Digit: Turns._pressed,
        ReplyEnded: Turns._we_finish_under_caller,
    },
    State.LISTENING: {
        SpeechStarted: Turns._caller_starts,
        Transcript: Turns._words_in_silence,
        Digit: Turns._pressed,
        Elapsed: Turns._nobody_speaks,
    },
    State.HEARING: {
        SpeechEnded: Turns._caller_pauses,
        Transcript: Turns._more_words,
        Digit: Turns._pressed,
        Elapsed: Turns._utterance_is_long,
    },
    State.PAUSED: {
        SpeechStarted: Turns._caller_goes_on,
        EndScored: Turns._scored,
        Transcript: Turns._words_in_pause,
        Digit: Turns._pressed,
        Elapsed: Turns._pause_is_long,
    },
    State.FINISHING: {
        SpeechStarted: Turns._caller_goes_on,
        Transcript: Turns._last_words,
        Digit: Turns._pressed,
        Elapsed: Turns._take_what_there_is,
    },
    State.KEYING: {
        SpeechStarted: Turns._caller_goes_on,
        Transcript: Turns._words_in_silence,
        Digit: Turns._pressed,
        Elapsed: Turns._keys_are_over,
    },
    State.CLOSING: {
        ReplyEnded: Turns._last_words_said,
        Elapsed: Turns._last_words_said,
    },
}
"""State, then event: what happens. What is not here is ignored. `HungUp` always ends the call;
`Deaf`, a machine and the longest call's end always lead to our last words."""
