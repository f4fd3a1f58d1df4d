"""
Who holds the floor: the state of turn-taking, and what its rules share.

The rules themselves are rows of the table in turns.py: over_us.py, callers_turn.py, our_turn.py.
"""

from collections import deque
from enum import Enum, auto

from bot.call.actions import (
    Action,
    Answer,
    Discard,
    End,
    Given,
    Interrupt,
    Prepare,
    Recorded,
    Say,
    Speak,
    Tell,
)
from bot.call.caller_guard import CallerGuard
from bot.call.endpoint import Signs, likely_over, wait
from bot.call.field import Abandoned, Collected, Collector, Step
from bot.call.idle import Patience
from bot.call.keys import Keys
from bot.call.phrasebook import Phrase
from bot.call.words import Words
from bot.config import TurnSettings
from bot.core.events import Ending, Event, SayWanted, SpeechEnded, SpeechStarted, Transcript
from bot.core.numbers import NumberWanted
from bot.hindi.asked import Asked, what_was_asked
from bot.hindi.digits import heard_digits
from bot.hindi.fold import fold
from bot.hindi.guard import harmless
from bot.hindi.language import Language, language_wanted, only_a_wish
from bot.hindi.machines import sounds_recorded

LONGEST_CLOSING = 30.0
"""Seconds that our last words may take."""
LONGEST_ANNOUNCEMENT = 25.0
"""Seconds that we wait for the beep of an answering machine that was recognised by its words."""
PHONE_DIGITS = 10
"""Digits of an Indian telephone number: a number that the model asked for in words only is whole
when it has so many."""

Actions = tuple[Action, ...]


def same_words(text: str, other: str) -> bool:
    """Whether two texts differ at most in spelling and punctuation."""
    return text == other or fold(text) == fold(other)


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
    AWAITING_BEEP = auto()
    """An answering machine speaks; our message comes after its beep."""
    CLOSING = auto()
    """We say our last words."""


class Standing:
    """
    Who holds the floor, and all that is known for deciding who does next.

    `words` and `keys` are the caller's turn so far; `asked` is what our last words asked; `saying`
    what of our present reply has begun to sound; `voice` whether the caller speaks by voice
    activity, since `voiced_since`, or until `voiced_until`; the last new words came at
    `worded_at`; we fell silent for the caller at `hushed_at`. `answering` says whether our reply is
    an answer, `overlapped` whether the caller spoke over it, `unanswered` whether an answer was
    interrupted before it sounded. `prepared` are the words whose answer was begun early. `field` is
    the number being collected, `wanted` the one that our reply is just asking for. `failures`
    counts answers in a row that failed, with the apologies for them; `parting` is how the call ends
    after our reply. `languages` are those in which the call can be held, each with its settings.
    `messages` are what somebody outside wants said, once nobody speaks; `messaging`: our reply is
    one of them.
    `called`: it was we who called, and `message`: an answering machine is left one; `answers`
    counts what we answered.
    """

    def __init__(
        self,
        settings: TurnSettings,
        now: float,
        notice: bool,
        uninterruptible: frozenset[Phrase],
        greeting: Phrase = Phrase.GREETING,
        english: TurnSettings | None = None,
    ) -> None:
        """The call was answered at `now`, in seconds of the caller's clock; `notice`: say it."""
        self.settings = settings
        self.language = Language.HINDI
        self.languages = {Language.HINDI: settings}
        if english is not None:
            self.languages[Language.ENGLISH] = english
        self.notice = notice
        self.uninterruptible = uninterruptible
        self.greeting = greeting
        self.state = State.SPEAKING
        self.deadline: float | None = None
        """The state's own; None: none but the longest call's."""
        self.words = Words()
        self.keys = Keys(settings.keys_pause)
        self.idle = Patience(settings.idle, now)
        self.guard = CallerGuard(settings.guard)
        self.saying = ""
        self.asked = Asked.NOTHING
        self.acoustic: float | None = None
        self.voiced_since = self.voiced_until = self.worded_at = now
        self.hushed_at = now
        self.voice = False
        self.answering = self.overlapped = self.unanswered = False
        self.prepared = ""
        self.field: Collector | None = None
        self.wanted: NumberWanted | None = None
        self.failures = self.answers = 0
        self.called = self.message = self.messaging = False
        self.parting: Ending | None = None
        self.messages: deque[str] = deque()

    # The caller.

    def follow_voice(self, event: Event, now: float) -> None:
        """Keep the books on when the caller speaks."""
        if isinstance(event, SpeechStarted):
            self.voice, self.voiced_since = True, now
        elif isinstance(event, SpeechEnded):
            self.voice, self.voiced_until = False, now - event.silence

    def spoke_for(self, now: float) -> float:
        """Seconds of the caller's last speech."""
        return (now if self.voice else self.voiced_until) - self.voiced_since

    def interrupted(self, now: float) -> Actions:
        """The turn is the caller's, who still speaks, or has already finished."""
        self.asked_by(self.saying)
        self.unanswered = self.answering and not self.saying
        self.parting = None
        self.begin_field(now)
        return Interrupt(), *(self.hear(now) if self.voice else self.pause(now))

    def silence_us(self, now: float) -> Actions:
        """A key stops what we say or prepare."""
        if self.state in (State.SPEAKING, State.OVERLAP, State.HUSHED):
            self.asked_by(self.saying)
            self.words.clear()
            self.parting = None
            self.begin_field(now)
            return (Interrupt(),)
        return self.discard()

    def nobody(self, now: float, heard_something: bool) -> Actions:
        """Ask whether somebody is there, or say goodbye."""
        prompt = self.idle.prompt(heard_something or self.voice)
        self.words.clear()
        if prompt is None:
            return self.part(now)
        return self.say(prompt)

    def enter(self, state: State, deadline: float | None) -> None:
        """Change the state, and when `Elapsed` is due in it."""
        self.state = state
        self.deadline = deadline

    def note(self, event: Event, now: float) -> bool:
        """Take the recogniser's latest word; return whether there are other words than before."""
        assert isinstance(event, Transcript)
        before = self.words.text
        self.words.note(event)
        if not self.words.text or self.words.text == before:
            return False
        self.worded_at = now
        return True

    def longest_until(self) -> float:
        """When an utterance without a pause has lasted too long."""
        return self.voiced_since + self.settings.idle.longest_utterance

    def hear(self, now: float) -> Actions:
        """The caller speaks, for as long as there are new words."""
        if self.words.text:
            until = now + self.settings.end_of_turn.no_new_words
            self.enter(State.HEARING, min(until, max(now, self.longest_until())))
        else:
            self.enter(State.HEARING, self.idle.until_noise(now))
        return ()

    def pause(self, now: float) -> Actions:
        """The caller is silent: how long may that last? And is the answer worth beginning?"""
        signs = self.signs()
        pause = wait(signs, self.settings.end_of_turn)
        self.enter(State.PAUSED, max(now, self.voiced_until + pause))
        text = self.words.text
        if same_words(text, self.prepared):
            return ()
        before = self.discard()
        stale = not self.words.closed and self.worded_at < self.voiced_since
        if self.field is not None or self.keys or stale or not likely_over(signs):
            return before
        if self.guard.suspects(text):
            return before
        return *before, *self.prepare_once(harmless(text))

    def prepare_once(self, text: str) -> Actions:
        """Begin this answer early, if no other one was."""
        if not self.settings.early_start or self.prepared:
            return ()
        self.prepared = text
        return (Prepare(text),)

    def signs(self) -> Signs:
        """All that tells whether the caller has finished."""
        return Signs(self.words, self.expected(), self.missing(), self.acoustic)

    def expected(self) -> Asked:
        """What the caller was asked for."""
        return self.asked if self.field is None else self.field.asked

    def missing(self) -> int:
        """Digits that are still to come, of a number that we asked for."""
        if self.field is not None:
            return self.field.missing(self.words.text)
        if self.asked is not Asked.NUMBER:
            return 0
        digits = len(heard_digits(self.words.text))
        return PHONE_DIGITS - digits if 0 < digits < PHONE_DIGITS else 0

    def listen(self, now: float) -> Actions:
        """Nobody speaks; after our own words, the caller has all the time again."""
        self.clear()
        self.idle.begin(now)
        if self.field is not None:
            self.field.listen(now)
        return self.hear(now) if self.voice else self.wait_for_caller()

    def wait_for_caller(self) -> Actions:
        """Nobody speaks; what was left of the caller's time is left. Or we have a message."""
        if self.messages:
            return self.say_message()
        deadline = None if self.field is None else self.field.deadline
        self.enter(State.LISTENING, self.idle.deadline if deadline is None else deadline)
        return ()

    def nods_count(self) -> bool:
        """Whether a nod is only that; after a question of yes or no it is the answer."""
        confirming = self.field is not None and self.field.asked is Asked.YES_NO
        asked = confirming or what_was_asked(self.saying) is Asked.YES_NO
        return self.settings.barge_in.nods and not asked

    def clear(self) -> None:
        """Begin a new turn of the caller's."""
        self.words.clear()
        self.keys.clear()
        self.acoustic = None
        self.overlapped = False

    def discard(self) -> Actions:
        """Give up the answer that was begun early, if one was."""
        prepared, self.prepared = self.prepared, ""
        return (Discard(),) if prepared else ()

    def answer(self, now: float) -> Actions:
        """Answer what was said or pressed; when that is nothing, it was a noise."""
        text = self.words.text
        if text:
            self.idle.somebody()
        if self.field is not None and text:
            self.clear()
            return self.take(self.field.words(text, now), now)
        if self.settings.idle.machine and sounds_recorded(text):
            return *self.discard(), *self.recorded("announcement", now)
        keys = self.keys.text
        self.clear()
        if text:
            return self.answer_words(text, now, keys=keys)
        if keys or self.unanswered:
            return self.answer_to(keys)
        self.idle.noise()
        return *self.discard(), *self.wait_for_caller()

    # Our reply.

    def answer_words(
        self, text: str, now: float, shown: str | None = None, keys: str = ""
    ) -> Actions:
        """Have the caller's own words answered, and the keys with them; or refuse them."""
        refusal = self.guard.judge(text)
        if refusal is None:
            said = " ".join(filter(None, (harmless(text), keys)))
            changed = self.change_language(text)
            alone = changed and not keys and only_a_wish(text)
            return *changed, *(() if alone else self.answer_to(said, shown))
        before = self.discard()
        self.unanswered = False
        self.begin_reply(State.SPEAKING)
        if refusal.phrase is Phrase.HAND_OVER:
            self.parting = Ending.TRANSFER
            self.enter(State.CLOSING, now + LONGEST_CLOSING)
        return *before, refusal

    def change_language(self, text: str) -> Actions:
        """Go on in the language that these words ask for, or say that there is none."""
        wish = language_wanted(text)
        if wish is None or wish is self.language:
            return ()
        alone = only_a_wish(text)
        if wish not in self.languages:
            return (*self.discard(), *self.say(Phrase.ONE_LANGUAGE)) if alone else ()
        change = (*self.discard(), *self.speak(wish))
        return *change, *(self.say(Phrase.SWITCHED) if alone else ())

    def speak(self, language: Language) -> Actions:
        """Go on in this language, where the call can be held in it and is not yet."""
        if language is self.language or language not in self.languages:
            return ()
        self.language, self.settings = language, self.languages[language]
        return (Speak(language),)

    def answer_to(self, text: str, shown: str | None = None, given: Given | None = None) -> Actions:
        """Have this answered; `shown` is what may be logged of it."""
        self.prepared = ""
        self.unanswered = False
        self.answers += 1
        self.begin_reply(State.SPEAKING, answering=True)
        return (Answer(text, shown, given),)

    def begin_reply(self, state: State, answering: bool = False) -> None:
        """We speak. Whoever already does is over us from the start: words will tell."""
        self.answering, self.wanted, self.messaging = answering, None, False
        self.overlapped = self.voice
        self.enter(state, None)

    def say(self, phrase: Phrase) -> Actions:
        """Say a phrase; some have to be heard to their end."""
        held = phrase in self.uninterruptible
        self.begin_reply(State.ANNOUNCING if held else State.SPEAKING)
        return (Say(phrase),)

    def take_message(self, message: SayWanted, now: float) -> Actions:
        """Somebody outside wants this said: in place of our words, or once nobody speaks."""
        if message.interrupt:
            self.messages.appendleft(message.text)
        else:
            self.messages.append(message.text)
        if self.state is State.LISTENING:
            return self.say_message()
        if not message.interrupt or self.state not in (State.SPEAKING, State.OVERLAP):
            return ()
        self.asked_by(self.saying)
        self.unanswered = self.answering and not self.saying
        self.parting = None
        self.begin_field(now)
        return self.say_message()

    def say_message(self) -> Actions:
        """Say the first message that waits."""
        before = self.discard()
        self.begin_reply(State.SPEAKING)
        self.messaging = True
        return *before, Tell(self.messages.popleft())

    def asked_by(self, said: str) -> None:
        """What our words asked. "Are you there?" does not change the question before it."""
        if said and (self.answering or self.asked is Asked.NOTHING):
            self.asked = what_was_asked(said)

    def failed(self, now: float) -> Actions:
        """An answer, or an apology for one, could not be given."""
        self.failures += 1
        if self.failures >= self.settings.max_failures:
            return self.close(Phrase.GIVE_UP, Ending.TRANSFER, now)
        return self.say(Phrase.APOLOGY)

    def part(self, now: float) -> Actions:
        """Say goodbye; a caller who speaks up in time may still keep us, but only once."""
        if self.idle.parted():
            return self.close(Phrase.GOODBYE, Ending.HANG_UP, now)
        self.parting = Ending.HANG_UP
        return self.say(Phrase.GOODBYE)

    def close(self, phrase: Phrase, ending: Ending, now: float) -> Actions:
        """Say our last words, whatever the caller does."""
        self.parting = ending
        self.enter(State.CLOSING, now + LONGEST_CLOSING)
        return (Say(phrase),)

    def recorded(self, sign: str, now: float) -> Actions:
        """A machine is at the other end. Whom we have called is left a message, or nothing."""
        if not self.called:
            return self.close(Phrase.MACHINE, Ending.HANG_UP, now)
        if not self.message or sign == "busy":
            return Recorded(sign), End(Ending.HANG_UP)
        if sign == "beep":
            return Recorded(sign), *self.close(Phrase.MACHINE, Ending.HANG_UP, now)
        self.enter(State.AWAITING_BEEP, now + LONGEST_ANNOUNCEMENT)
        return Recorded(sign), Interrupt()

    # A number.

    @property
    def secret(self) -> bool:
        """Whether a secret number is being asked for, or collected."""
        wanted = self.wanted if self.field is None else self.field.wanted
        return wanted is not None and wanted.secret

    def begin_field(self, now: float) -> None:
        """From here on, what the caller says or presses belongs to the number we asked for."""
        if self.wanted is not None:
            figures = self.language is Language.ENGLISH
            self.field = Collector(self.wanted, self.settings.field, now, figures)
            self.wanted = None

    def take(self, step: Step, now: float) -> Actions:
        """Do what the number that is being collected wants next."""
        field = self.field
        assert field is not None
        if step is None:
            self.enter(State.KEYING, field.deadline)
            return ()
        if isinstance(step, Collected):
            self.field = None
            name = field.wanted.name
            given = Given(name, field.shown(), field.wanted.secret)
            return self.answer_to(f"[{name}: {step.digits}]", f"[{name}: {given.shown}]", given)
        if isinstance(step, Abandoned):
            self.field = None
            return self.give_up(field, step.words, now)
        self.begin_reply(State.SPEAKING)
        return (Tell(step.text),)

    def give_up(self, field: Collector, words: str, now: float) -> Actions:
        """The caller wants something else, or there is nobody who would give the number."""
        if not words and self.idle.prompt(self.voice) is None:
            return self.part(now)
        if not words:
            return self.answer_to(f"[{field.wanted.name}: none]")
        return self.answer_words(words, now, field.masked(words))
