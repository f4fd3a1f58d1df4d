"""
Has the caller finished? How long to wait after the last sound, by all signs there are.

A sum of weights, each a setting (`turns.end_of_turn`): what the words say, what we had asked, how
sure the recogniser is, how it sounded. It knows no clock and keeps nothing.
"""

from dataclasses import dataclass

from bot.call.words import Words
from bot.config import EndOfTurnSettings
from bot.hindi.asked import Asked
from bot.hindi.endings import TextEnd, how_it_ends
from bot.hindi.nods import yes_or_no

SURE = 0.8
"""Interim words of this stability hardly change any more. Those that sound finished hardly do."""


@dataclass(frozen=True, slots=True)
class Signs:
    """
    What is known when the caller has fallen silent.

    `missing` is how many digits of the number that we asked for are still to come. `acoustic` is
    the probability, 0 to 1, that the sound was an end; None where nobody judged it.
    """

    words: Words
    asked: Asked = Asked.NOTHING
    missing: int = 0
    acoustic: float | None = None


def wait(signs: Signs, weights: EndOfTurnSettings) -> float:
    """Seconds of silence after which it is our turn."""
    words = signs.words
    total = weights.base + _by_words(signs, weights) + _by_sound(signs, weights)
    if words.first_pass:
        total += weights.first_pass
    if not words.closed:
        total += weights.unstable * (1.0 - words.stability)
    return min(max(total, weights.shortest), weights.longest)


def likely_over(signs: Signs) -> bool:
    """Whether the answer may be begun: there are words, they look whole and will not change."""
    words = signs.words
    if not words.text or signs.missing:
        return False
    end = how_it_ends(words.text)
    if end is TextEnd.FINISHED:
        return True
    sure = words.closed or words.stability >= SURE
    return sure and end not in (TextEnd.UNFINISHED, TextEnd.HESITATING)


def _by_words(signs: Signs, weights: EndOfTurnSettings) -> float:
    """What we asked decides first, then how the words end."""
    text = signs.words.text
    if signs.missing:
        return weights.digits_missing
    if _answered(signs.asked, text):
        return weights.answered
    by_end = {
        TextEnd.FINISHED: weights.finished,
        TextEnd.UNFINISHED: weights.unfinished,
        TextEnd.HESITATING: weights.hesitating,
        TextEnd.NUMBER: weights.number,
        TextEnd.NEUTRAL: 0.0,
    }
    return by_end[how_it_ends(text)]


def _by_sound(signs: Signs, weights: EndOfTurnSettings) -> float:
    """
    Sound only lengthens the wait: in noise, unfinished speech often sounds finished.

    A bare "हाँ" sounds unfinished, a number cut anywhere finished: there, only the words count.
    """
    if signs.acoustic is None or signs.missing or _answered(signs.asked, signs.words.text):
        return 0.0
    return weights.acoustic * max(0.0, 1.0 - 2.0 * signs.acoustic)


def _answered(asked: Asked, text: str) -> bool:
    """Whether this is all that we wanted to know."""
    if asked is Asked.YES_NO:
        return yes_or_no(text) is not None
    return asked in (Asked.NUMBER, Asked.MENU) and how_it_ends(text) is TextEnd.NUMBER
