"""
Decides how a number comes together out of keys and spoken words, and when it is believed.

A pure state machine: it is told what the caller presses and says and what time it is, and answers
with what to tell the caller, with the number, or with giving up. `deadline` says when it wants to
be told that time has passed. Every question for the number is counted: after so many as the
settings allow, there is no number.
"""

from dataclasses import dataclass

from bot.call.entry import Entry
from bot.call.field_words import FieldWords, masked
from bot.config import FieldSettings
from bot.core.numbers import NumberWanted
from bot.hindi.answers import yes_or_no
from bot.hindi.aside import Aside, aside, refuses, says_done
from bot.hindi.asked import Asked
from bot.hindi.digits import heard_digits

YES_KEY, NO_KEY = "1", "2"
"""While the number is read back."""
UTTERANCES = 20
"""Utterances and keys that are no digits, for each question; with more, somebody plays with us."""
READ_BACKS = 2
"""Read-backs for each question."""


@dataclass(frozen=True, slots=True)
class Tell:
    """Say this to the caller, then go on collecting."""

    text: str


@dataclass(frozen=True, slots=True)
class Collected:
    """The number is there, and confirmed where that was asked for."""

    digits: str


@dataclass(frozen=True, slots=True)
class Abandoned:
    """The caller wants something else, namely `words`; empty: the questions are used up."""

    words: str


Step = Tell | Collected | Abandoned | None


class Collector:
    """
    The number of one question.

    `_entry` is what was entered so far, `_told` the most digits of which we have spoken.
    `_confirming` says that the number was read back. `_questions`, `_read_backs` and `_utterances`
    only grow, and end it.
    """

    def __init__(
        self, wanted: NumberWanted, settings: FieldSettings, now: float, figures: bool = False
    ) -> None:
        """
        The question was asked by somebody else; `now` in seconds of the caller's clock.

        `figures`: what is said has numbers in figures, not in Hindi words.
        """
        self.wanted = wanted
        self.deadline: float | None = None
        """When `elapsed` is due, if nothing else comes before; None while we speak."""
        self._settings = settings
        self._words = FieldWords(wanted, settings, figures)
        self._entry = Entry(wanted)
        self._confirming = False
        self._questions = 1
        self._told = self._read_backs = self._utterances = 0

    @property
    def asked(self) -> Asked:
        """What the caller is expected to say next."""
        if self.wanted.choices:
            return Asked.MENU
        return Asked.YES_NO if self._confirming else Asked.NUMBER

    def missing(self, interim: str = "") -> int:
        """Digits that still lack for `least`, if the caller has just said `interim`."""
        if self.wanted.choices:
            return 0 if heard_digits(interim) else 1
        if self._confirming and not heard_digits(interim):
            return 0
        return max(0, self.wanted.least - len(self._entry.after(interim, self._confirming)))

    def shown(self) -> str:
        """What may be logged of the number: all, or "****12" or "****" of a secret one."""
        return masked(self._entry.digits) if self.wanted.secret else self._entry.digits

    def masked(self, text: str) -> str:
        """What may be logged of the caller's words."""
        return masked("0" if text else "") if self.wanted.secret else text

    def listen(self, now: float) -> None:
        """Our words have been said; the caller's time begins."""
        self.deadline = now + self._settings.first_digit

    def key(self, key: str, now: float) -> Step:
        """Take one key."""
        if self.wanted.choices:
            return self._choice(key if key in self.wanted.choices else "")
        if self._confirming:
            return self._key_for_answer(key, now)
        if key == self._settings.terminator:
            return self._over()
        if key == self._settings.clear:
            return self._clear(now)
        return self._digit(key, now)

    def words(self, text: str, now: float) -> Step:
        """Take a finished utterance."""
        if self._too_long():
            return Abandoned("")
        if refuses(text):
            return self._refused(text)
        if self.wanted.choices:
            return self._chosen(text, now)
        if self._confirming:
            return self._answered(text, now)
        return self._dictated(text, now)

    def elapsed(self, now: float) -> Step:
        """Time has passed without a key or a word."""
        if self.deadline is not None and now < self.deadline:
            return None
        if self._confirming:
            return self._read_again()
        return self._over()

    # Keys.

    def _digit(self, key: str, now: float) -> Step:
        if not key.isdigit():
            return Abandoned("") if self._too_long() else self._wait(now)
        self._entry.press(key)
        return self._over() if len(self._entry) >= self.wanted.most else self._wait(now)

    def _clear(self, now: float) -> Step:
        self._entry.begin()
        return Abandoned("") if self._too_long() else self._wait(now)

    def _key_for_answer(self, key: str, now: float) -> Step:
        """1 or the terminator is yes, 2 or the clear key no; another digit begins anew."""
        if key in (YES_KEY, self._settings.terminator):
            return Collected(self._entry.digits)
        if key in (NO_KEY, self._settings.clear):
            return self._denied()
        if key.isdigit():
            self._begin()
            return self._digit(key, now)
        return self._read_again()

    # Words.

    def _dictated(self, text: str, now: float) -> Step:
        if not self._entry.dictate(text):
            return self._said_aside(text, now)
        return self._so_far(now, done=says_done(text))

    def _so_far(self, now: float, done: bool = False) -> Step:
        """The number has changed by words: is it enough?"""
        entry = self._entry
        if len(entry) > self.wanted.most:
            return self._too_many()
        enough = entry.fits and (self.wanted.confirm or len(entry) == self.wanted.most)
        return self._over() if enough or (done and entry.digits) else self._wait(now)

    def _said_aside(self, text: str, now: float) -> Step:
        """No digits at all."""
        meant = aside(text)
        if meant is Aside.NO and self._entry.digits:
            self._entry.hold(text)
            return self._wait(now, long=True)
        if meant is Aside.WAIT:
            return self._wait(now, long=True)
        if meant in (Aside.NO, Aside.OTHER):
            return Abandoned(text)
        return self._over() if meant is Aside.DONE else self._ask_for_rest()

    def _answered(self, text: str, now: float) -> Step:
        """The caller's words about the number that was read back."""
        said, answer = heard_digits(text), yes_or_no(text)
        corrected = self._entry.corrected(text)
        if corrected is not None and corrected != self._entry.digits:
            return self._changed(corrected, now, dictating=bool(said))
        if said and corrected is None and answer is not True:
            return self._said_digits(self._entry.instead(said), now)
        return self._yes_or_no(text, answer, now)

    def _said_digits(self, digits: str, now: float) -> Step:
        """The same once more is a yes."""
        if digits == self._entry.digits:
            return Collected(digits)
        return self._changed(digits, now, dictating=True)

    def _yes_or_no(self, text: str, answer: bool | None, now: float) -> Step:
        meant = aside(text)
        if answer is not None:
            return Collected(self._entry.digits) if answer else self._denied()
        if meant is Aside.WAIT:
            return self._wait(now, long=True)
        return Abandoned(text) if meant is Aside.OTHER else self._read_again()

    def _changed(self, digits: str, now: float, dictating: bool) -> Step:
        """A correction of the number that was read back."""
        self._begin(digits)
        if len(digits) < self.wanted.least and not dictating:
            return self._ask_for_rest() if digits else self._denied()
        return self._so_far(now)

    # Menus.

    def _chosen(self, text: str, now: float) -> Step:
        said = heard_digits(text)
        if said:
            return self._choice(said if said in self.wanted.choices else "")
        meant = aside(text)
        if meant is Aside.WAIT:
            return self._wait(now)
        return Abandoned(text) if meant is Aside.OTHER else self._choice("")

    def _choice(self, key: str) -> Step:
        return Collected(key) if key else self._ask(self._words.wrong_key())

    def _refused(self, text: str) -> Step:
        """The words are for the model, but no digits of a secret."""
        return Abandoned("" if self.wanted.secret and heard_digits(text) else text)

    # What is told.

    def _begin(self, digits: str = "") -> None:
        self._entry.begin(digits)
        self._confirming = False

    def _over(self) -> Step:
        """The caller has finished: confirm, or ask for what lacks."""
        if not self._entry.fits:
            return self._ask_for_rest()
        if not self.wanted.confirm:
            return Collected(self._entry.digits)
        self._confirming = True
        self._read_backs += 1
        if self._read_backs > READ_BACKS * self._settings.attempts:
            return Abandoned("")
        return self._tell(self._words.confirm(self._entry.digits))

    def _read_again(self) -> Step:
        return self._ask(self._words.confirm(self._entry.digits))

    def _ask_for_rest(self) -> Step:
        """Free of charge where the caller has come further than ever."""
        count = len(self._entry)
        if not count:
            return self._ask(self._words.ask_again())
        text = self._words.too_few(self._entry.digits)
        further, self._told = count > self._told, max(self._told, count)
        return self._tell(text) if further else self._ask(text)

    def _too_many(self) -> Step:
        count = len(self._entry)
        self._entry.begin()
        return self._ask(self._words.too_many(count))

    def _denied(self) -> Step:
        self._begin()
        return self._ask(self._words.again())

    def _ask(self, text: str) -> Step:
        """One more question, if it is not one too many."""
        self._questions += 1
        return Abandoned("") if self._questions > self._settings.attempts else self._tell(text)

    def _tell(self, text: str) -> Step:
        self.deadline = None
        return Tell(text)

    def _wait(self, now: float, long: bool = False) -> Step:
        first = long or not self._entry.digits
        self.deadline = now + (self._settings.first_digit if first else self._settings.inter_digit)
        return None

    def _too_long(self) -> bool:
        self._utterances += 1
        return self._utterances > UTTERANCES * self._settings.attempts
