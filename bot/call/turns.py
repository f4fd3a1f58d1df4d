"""
Whose turn is it?

Everything that decides when the caller has finished, when we must stop talking and when the
call is over lives in this file. It knows no clock, task or service: it is given events and the
time, and answers with what to do. `deadline` says when it wants to be given `Elapsed`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto

from bot.call.phrasebook import Phrase
from bot.config import TurnSettings
from bot.core.events import (
    Deaf,
    Digit,
    Elapsed,
    Ending,
    Event,
    HungUp,
    ReplyEnded,
    SpeechEnded,
    SpeechStarted,
    Transcript,
)

LONGEST_UTTERANCE = 60.0
"""Seconds of speech without a pause, after which we answer what we have."""
GAP = 0.1
"""Seconds without voice that are longer than those within a word."""
LONGEST_CLOSING = 30.0
"""Seconds that our last words may take."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The caller has said this; answer it. Whatever we are saying ends."""

    text: str


@dataclass(frozen=True, slots=True)
class Say:
    """Say this phrase of our own. Whatever we are saying ends."""

    phrase: Phrase


@dataclass(frozen=True, slots=True)
class Interrupt:
    """The caller speaks over us; fall silent."""


@dataclass(frozen=True, slots=True)
class Finalize:
    """The caller fell silent; ask the recogniser for the final words."""


@dataclass(frozen=True, slots=True)
class End:
    """The call is over."""

    ending: Ending


Action = Answer | Say | Interrupt | Finalize | End | None


class State(Enum):
    """Who holds the floor."""

    SPEAKING = auto()
    """We speak, or prepare to."""
    OVERLAP = auto()
    """We speak and the caller began to; not long enough yet to stop us."""
    LISTENING = auto()
    """Nobody speaks."""
    HEARING = auto()
    """The caller speaks."""
    PAUSED = auto()
    """The caller fell silent; perhaps finished, perhaps not."""
    FINISHING = auto()
    """The caller has finished; we wait for the final words."""
    CLOSING = auto()
    """We say our last words."""


class Turns:
    """
    The turn-taking state of one call.

    `_finals` and `_interim` hold the words of the caller's turn; `_closed` whether a final came
    since the caller last fell silent; `_silences` how often in a row we asked whether somebody
    is there; `_failures` how many answers in a row failed, with the apologies for them;
    `_answering` whether our reply is an answer or a phrase of our own; `_ending` how the call will
    end once our last words are said.
    """

    def __init__(self, settings: TurnSettings, now: float) -> None:
        """The call was answered at `now`, in seconds of the caller's clock."""
        self._settings = settings
        self._over = now + settings.max_call
        self.state = State.SPEAKING
        self._deadline: float | None = None
        self._finals: list[str] = []
        self._interim = ""
        self._closed = False
        self._silences = self._failures = 0
        self._answering = False
        self._ending = Ending.HANG_UP

    def begin(self) -> Action:
        """The first thing to do: greet."""
        return Say(Phrase.GREETING)

    @property
    def deadline(self) -> float | None:
        """When `Elapsed` is due: the state's own time, or the longest call."""
        if self.state is State.CLOSING:
            return self._deadline
        return self._over if self._deadline is None else min(self._deadline, self._over)

    def handle(self, event: Event, now: float) -> Action:
        """Take one event; return what to do, if anything."""
        if isinstance(event, HungUp):
            return End(Ending.CALLER_LEFT)
        if isinstance(event, Elapsed) and now >= self._over and self.state is not State.CLOSING:
            return self._close(Phrase.TOO_LONG, Ending.HANG_UP, now)
        if isinstance(event, Deaf) and self.state is not State.CLOSING:
            return self._close(Phrase.GIVE_UP, Ending.TRANSFER, now)
        row = TABLE[self.state].get(type(event))
        return None if row is None else row(self, event, now)

    # The rows of the table. Each returns what to do.

    def _caller_starts(self, event: Event, now: float) -> Action:
        self._enter(State.HEARING, now + LONGEST_UTTERANCE)
        return None

    def _caller_starts_over_us(self, event: Event, now: float) -> Action:
        self._forget_words()
        self._enter(State.OVERLAP, now + self._settings.barge_in)
        return None

    def _overlap_was_short(self, event: Event, now: float) -> Action:
        self._enter(State.SPEAKING, None)
        return None

    def _words_over_us(self, event: Event, now: float) -> Action:
        assert isinstance(event, Transcript)
        if not event.text.strip():
            return None
        self._note(event)
        return self._interrupted(event, now)

    def _overlap_lasts(self, event: Event, now: float) -> Action:
        """Long enough to be speech; but a caller who is quiet just now may only have coughed."""
        assert isinstance(event, Elapsed)
        if event.silence > GAP:
            self._enter(State.OVERLAP, now + GAP)
            return None
        return self._interrupted(event, now)

    def _interrupted(self, event: Event, now: float) -> Action:
        self._enter(State.HEARING, now + LONGEST_UTTERANCE)
        return Interrupt()

    def _caller_pauses(self, event: Event, now: float) -> Action:
        assert isinstance(event, SpeechEnded)
        self._closed = False
        self._enter(State.PAUSED, now + max(0.0, self._settings.pause - event.silence))
        return Finalize()

    def _words(self, event: Event, now: float) -> Action:
        assert isinstance(event, Transcript)
        self._note(event)
        return None

    def _words_in_silence(self, event: Event, now: float) -> Action:
        """Voice activity missed this caller, but the recogniser did not."""
        assert isinstance(event, Transcript)
        self._note(event)
        if event.text.strip():
            self._enter(State.PAUSED, now + self._settings.pause)
        return None

    def _last_words(self, event: Event, now: float) -> Action:
        assert isinstance(event, Transcript)
        self._note(event)
        return self._answer(now) if self._closed else None

    def _pause_is_long(self, event: Event, now: float) -> Action:
        if self._closed:
            return self._answer(now)
        self._enter(State.FINISHING, now + self._settings.final_timeout)
        return None

    def _give_answer(self, event: Event, now: float) -> Action:
        return self._answer(now)

    def _pressed(self, event: Event, now: float) -> Action:
        assert isinstance(event, Digit)
        self._forget_words()
        return self._answer_to(f"[keys: {event.key}]")

    def _nobody_speaks(self, event: Event, now: float) -> Action:
        if self._silences >= self._settings.silence_prompts:
            return self._close(Phrase.GOODBYE, Ending.HANG_UP, now)
        self._silences += 1
        return self._say(Phrase.SILENCE)

    def _we_finish(self, event: Event, now: float) -> Action:
        assert isinstance(event, ReplyEnded)
        if event.error is not None:
            return self._failed(now)
        if self._answering:
            self._failures = 0
        if event.wish is not None:
            return End(event.wish)
        self._listen(now)
        return None

    def _we_finish_under_caller(self, event: Event, now: float) -> Action:
        self._enter(State.HEARING, now + LONGEST_UTTERANCE)
        return None

    def _last_words_said(self, event: Event, now: float) -> Action:
        return End(self._ending)

    # What the rows share.

    def _enter(self, state: State, deadline: float | None) -> None:
        self.state = state
        self._deadline = deadline

    def _listen(self, now: float) -> None:
        self._forget_words()
        self._enter(State.LISTENING, now + self._settings.silence)

    def _note(self, transcript: Transcript) -> None:
        if transcript.final:
            self._closed = True
            self._interim = ""
            if transcript.text.strip():
                self._finals.append(transcript.text.strip())
        else:
            self._interim = transcript.text.strip()

    def _forget_words(self) -> None:
        self._finals.clear()
        self._interim = ""
        self._closed = False

    def _answer(self, now: float) -> Action:
        """Answer what was heard; when that is nothing, it was a noise."""
        text = " ".join([*self._finals, self._interim]).strip()
        self._forget_words()
        if not text:
            self._listen(now)
            return None
        return self._answer_to(text)

    def _answer_to(self, text: str) -> Action:
        self._silences = 0
        self._answering = True
        self._enter(State.SPEAKING, None)
        return Answer(text)

    def _say(self, phrase: Phrase) -> Action:
        self._answering = False
        self._enter(State.SPEAKING, None)
        return Say(phrase)

    def _failed(self, now: float) -> Action:
        self._failures += 1
        if self._failures >= self._settings.max_failures:
            return self._close(Phrase.GIVE_UP, Ending.TRANSFER, now)
        return self._say(Phrase.APOLOGY)

    def _close(self, phrase: Phrase, ending: Ending, now: float) -> Action:
        self._ending = ending
        self._enter(State.CLOSING, now + LONGEST_CLOSING)
        return Say(phrase)


Row = Callable[[Turns, Event, float], Action]

TABLE: Mapping[State, Mapping[type, Row]] = {
    State.SPEAKING: {
        SpeechStarted: Turns._caller_starts_over_us,
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
    State.LISTENING: {
        SpeechStarted: Turns._caller_starts,
        Transcript: Turns._words_in_silence,
        Digit: Turns._pressed,
        Elapsed: Turns._nobody_speaks,
    },
    State.HEARING: {
        SpeechEnded: Turns._caller_pauses,
        Transcript: Turns._words,
        Digit: Turns._pressed,
        Elapsed: Turns._give_answer,
    },
    State.PAUSED: {
        SpeechStarted: Turns._caller_starts,
        Transcript: Turns._words,
        Digit: Turns._pressed,
        Elapsed: Turns._pause_is_long,
    },
    State.FINISHING: {
        SpeechStarted: Turns._caller_starts,
        Transcript: Turns._last_words,
        Digit: Turns._pressed,
        Elapsed: Turns._give_answer,
    },
    State.CLOSING: {
        ReplyEnded: Turns._last_words_said,
        Elapsed: Turns._last_words_said,
    },
}
"""State, then event: what happens. What is not here is ignored. `HungUp` always ends the call;
`Deaf`, and the longest call's end, always lead to our last words."""
