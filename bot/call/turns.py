"""
Whose turn is it?

One table says what happens in which state on which event. Everything that decides when the caller
has finished, when we lower our voice, fall silent or go on, and when the call is over is in its
rules (over_us.py, callers_turn.py, our_turn.py) and in what they ask: standing.py (what is known),
endpoint.py (how long a pause may be), field.py (a number that is being collected), idle.py (how
long nobody may speak). None of it knows a clock, task or service: it is given events and the time,
and answers with what to do. `deadline` says when it wants to be given `Elapsed`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.call import callers_turn, our_turn, over_us
from bot.call.actions import End
from bot.call.phrasebook import Phrase
from bot.call.standing import Actions, Standing, State
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
    SayWanted,
    SpeechEnded,
    SpeechStarted,
    Transcript,
)
from bot.hindi.language import Language

MACHINE_SPEECH = 4.0
"""Seconds of speech before a beep that make it an answering machine's."""

CONNECTING = 2.0
"""Seconds after the answer in which a beep is the network's or the telephone's own."""
FIRST_ANSWERS = 1
"""Answers of ours after which a beep by itself is no answering machine's any more."""


@dataclass(frozen=True, slots=True)
class Opening:
    """How a call begins: with which phrase, and whether (and how) it ends with it."""

    phrase: Phrase = Phrase.GREETING
    ending: Ending | None = None
    notice: bool = True
    """Whether what has to be said before everything is still to be said."""
    called: bool = False
    """It was we who called: a machine is not spoken to as a caller is."""
    message: bool = False
    """It is left the phrase `machine`, after its beep."""
    language: Language = Language.HINDI
    """In which the caller has spoken with us before, if the call can be held in it."""


GREETED = Opening()

Row = Callable[[Standing, Event, float], Actions]

TABLE: Mapping[State, Mapping[type, Row]] = {
    State.ANNOUNCING: {
        SpeechEnded: our_turn.ask_for_words,
        Transcript: our_turn.note_only,
        Digit: callers_turn.pressed_while_announcing,
        ReplyEnded: our_turn.announced,
    },
    State.SPEAKING: {
        SpeechStarted: over_us.starts_over_us,
        Transcript: over_us.late_words,
        Digit: callers_turn.pressed,
        ReplyEnded: our_turn.we_finish,
    },
    State.OVERLAP: {
        SpeechEnded: over_us.overlap_was_short,
        Transcript: over_us.words_over_us,
        Elapsed: over_us.overlap_lasts,
        Digit: callers_turn.pressed,
        ReplyEnded: over_us.we_finish_under_caller,
    },
    State.HUSHED: {
        SpeechStarted: over_us.speaks_again,
        SpeechEnded: over_us.falls_silent_again,
        Transcript: over_us.words_over_us,
        Elapsed: over_us.no_verdict,
        Digit: callers_turn.pressed,
        ReplyEnded: over_us.we_finish_under_caller,
    },
    State.LISTENING: {
        SpeechStarted: callers_turn.caller_starts,
        Transcript: callers_turn.words_in_silence,
        Digit: callers_turn.pressed,
        Elapsed: our_turn.nobody_speaks,
    },
    State.HEARING: {
        SpeechEnded: callers_turn.caller_pauses,
        Transcript: callers_turn.more_words,
        Digit: callers_turn.pressed,
        Elapsed: callers_turn.utterance_is_long,
    },
    State.PAUSED: {
        SpeechStarted: callers_turn.caller_goes_on,
        EndScored: callers_turn.scored,
        Transcript: callers_turn.words_in_pause,
        Digit: callers_turn.pressed,
        Elapsed: callers_turn.pause_is_long,
    },
    State.FINISHING: {
        SpeechStarted: callers_turn.caller_goes_on,
        Transcript: callers_turn.last_words,
        Digit: callers_turn.pressed,
        Elapsed: callers_turn.take_what_there_is,
    },
    State.KEYING: {
        SpeechStarted: callers_turn.caller_goes_on,
        Transcript: callers_turn.words_in_silence,
        Digit: callers_turn.pressed,
        Elapsed: callers_turn.keys_are_over,
    },
    State.AWAITING_BEEP: {Elapsed: our_turn.no_beep},
    State.CLOSING: {
        ReplyEnded: our_turn.last_words_said,
        Elapsed: our_turn.last_words_said,
    },
}
"""State, then event: what happens. What is not here is ignored. `HungUp` always ends the call;
`Deaf`, a machine and the longest call's end always lead to our last words."""


class Turns:
    """The turn-taking of one call."""

    def __init__(
        self,
        settings: TurnSettings,
        now: float,
        notice: bool = False,
        uninterruptible: frozenset[Phrase] = frozenset({Phrase.NOTICE}),
        opening: Opening = GREETED,
        english: TurnSettings | None = None,
    ) -> None:
        """
        The call was answered at `now`, in seconds of the caller's clock; `notice`: say it.

        `english`: the settings once the caller asks for English; None: there is only Hindi.
        """
        self._standing = Standing(settings, now, notice, uninterruptible, opening.phrase, english)
        self._standing.called, self._standing.message = opening.called, opening.message
        self._opening = opening
        self._began = now
        self._over = now + settings.max_call

    def begin(self) -> Actions:
        """The first thing to do: the notice, where there is one, or the greeting."""
        language = self._standing.speak(self._opening.language)
        if self._opening.ending is not None:
            phrase, ending = self._opening.phrase, self._opening.ending
            return *language, *self._standing.close(phrase, ending, self._began)
        phrase = Phrase.NOTICE if self._standing.notice else self._opening.phrase
        return *language, *self._standing.say(phrase)

    @property
    def language(self) -> Language:
        """In which the call is held."""
        return self._standing.language

    @property
    def state(self) -> State:
        """Who holds the floor."""
        return self._standing.state

    @property
    def secret(self) -> bool:
        """Whether the caller is asked for a secret number, or gives it."""
        return self._standing.secret

    @property
    def messages(self) -> int:
        """How many texts wait to be said to the caller."""
        return len(self._standing.messages)

    @property
    def deadline(self) -> float | None:
        """When `Elapsed` is due: the state's own time, or the longest call."""
        own = self._standing.deadline
        if self.state is State.CLOSING:
            return own
        return self._over if own is None else min(own, self._over)

    def handle(self, event: Event, now: float, saying: str = "") -> Actions:
        """
        Take one event; return what to do, in order.

        `saying` are the sentences of our present reply that have begun to sound; empty before.
        """
        self._standing.saying = saying
        self._standing.follow_voice(event, now)
        always = self._always(event, now)
        if always:
            return always
        row = TABLE[self.state].get(type(event))
        return () if row is None else row(self._standing, event, now)

    def _always(self, event: Event, now: float) -> Actions:
        """What matters in every state."""
        if isinstance(event, HungUp):
            return (End(Ending.CALLER_LEFT),)
        if self.state is State.CLOSING:
            return ()
        if isinstance(event, Elapsed) and now >= self._over:
            return self._standing.close(Phrase.TOO_LONG, Ending.HANG_UP, now)
        if isinstance(event, Deaf):
            return self._standing.close(Phrase.GIVE_UP, Ending.TRANSFER, now)
        if isinstance(event, MachineHeard) and self._believe(event, now):
            return self._standing.recorded(event.sign, now)
        if isinstance(event, NumberAsked):
            self._standing.wanted = event.wanted
        if isinstance(event, SayWanted):
            return self._standing.take_message(event, now)
        return ()

    def _believe(self, event: MachineHeard, now: float) -> bool:
        """
        A beep alone may be anything; after long speech it is an answering machine's, and so is the
        first thing that is heard of whom we have called.
        """
        standing = self._standing
        long = standing.spoke_for(now) >= MACHINE_SPEECH
        early = now - self._began < CONNECTING
        first = standing.called and standing.answers <= FIRST_ANSWERS and not early
        return standing.settings.idle.machine and (event.sign != "beep" or long or first)
