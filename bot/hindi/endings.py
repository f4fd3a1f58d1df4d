"""
Decides what the caller's last words say about whether more is coming.

Hindi puts its verb last: a sentence that ends in है, दिया or कीजिए can be over; one that ends in
और, मेरा or में can not. The words alone decide here, not the sound, not the question before them.
A mark of the recogniser counts only where the words say nothing.
"""

from collections.abc import Callable, Container, Sequence
from enum import Enum

from bot.hindi.clause import mid_clause, waits_for_main
from bot.hindi.fold import fold
from bot.hindi.latin import in_devanagari, latin_index
from bot.hindi.nods import all_nods
from bot.hindi.number_words import HEARD_FOR_NUMBERS, is_number_word
from bot.hindi.verbs import (
    AUXILIARIES,
    FINITE,
    HABITUALS,
    INFINITIVES,
    PARTICIPLES,
    PERFECTIVES,
    PROGRESSIVES,
    STEMS,
)
from bot.hindi.wanting import (
    ADDRESSES,
    AFTERTHOUGHTS,
    AS_OFTEN_OTHER,
    CAN_BE_NEGATED_ALONE,
    CONNECTIVES,
    ENGLISH_WANTING,
    FAREWELLS,
    HESITATIONS,
    HUMS,
    NEGATED,
    OPENING,
    ORDERS,
    POLITE,
    QUESTION_WORDS,
    SUBJECTS,
    TAGS,
    WANTING,
    WHOLE,
)


class TextEnd(Enum):
    """How a caller's words end."""

    FINISHED = "finished"
    """A finite verb, a whole question, a thanks, a short answer."""
    UNFINISHED = "unfinished"
    """A connective, a postposition, a stem, an infinitive, half of "if … then"."""
    HESITATING = "hesitating"
    """The caller looks for words, or asks us to wait."""
    NUMBER = "number"
    NEUTRAL = "neutral"
    """Nothing known: a name, a noun."""


_Words = Sequence[str]
_LOOK_BACK = 40
"""Words."""
_LONGEST_PHRASE = 4
_OVER = (FINITE | PERFECTIVES | AUXILIARIES) - AS_OFTEN_OTHER - STEMS - WANTING
"""The last word of a clause that can be over."""
_AMBIGUOUS = (PERFECTIVES & STEMS) - WANTING
"""बना, लगा: "was made", or "make" before what comes next."""
_NEAR = 5
"""Words from the last one back, in which its नहीं is."""
_BARE = HABITUALS | PROGRESSIVES
_UNDONE = INFINITIVES | PARTICIPLES | STEMS
_LATIN = latin_index(
    word
    for words in (
        WANTING, SUBJECTS, AUXILIARIES, QUESTION_WORDS, NEGATED, ADDRESSES, PROGRESSIVES,
        " ".join(HESITATIONS).split(), FAREWELLS, CAN_BE_NEGATED_ALONE, *AFTERTHOUGHTS,
        FINITE, STEMS, INFINITIVES, PERFECTIVES, HABITUALS, PARTICIPLES,
    )
    for word in sorted(words)
    if word[0] > "z"
)  # fmt: skip


def how_it_ends(text: str) -> TextEnd:
    """Say how these words end. Empty text is neutral."""
    said = fold(text).split()[-_LOOK_BACK:]
    if not said:
        return TextEnd.NEUTRAL
    ending = _ending(in_devanagari(said, _LATIN))
    if ending is TextEnd.NEUTRAL and text.rstrip().endswith("?"):
        return TextEnd.FINISHED
    return ending


def _ending(words: _Words) -> TextEnd:
    """The first rule that knows decides."""
    return next((found for rule in _RULES if (found := rule(words))), TextEnd.NEUTRAL)


def _answers(words: _Words) -> TextEnd | None:
    """A whole answer, a thanks, a goodbye. A lone "हम्म" is a thought."""
    if all(word in HUMS for word in words):
        return TextEnd.HESITATING
    if all_nods(words) or words[-1] in FAREWELLS or _ends_in(words, WHOLE):
        return TextEnd.FINISHED
    return None


def _hesitates(words: _Words) -> TextEnd | None:
    return TextEnd.HESITATING if _ends_in(words, HESITATIONS) else None


def _counts(words: _Words) -> TextEnd | None:
    before = words[-2] if len(words) > 1 else ""
    if words[-1] == "दो" and before in STEMS:
        return None  # कर दो, बता दो
    sure = next((word for word in reversed(words) if word not in HEARD_FOR_NUMBERS), "")
    return TextEnd.NUMBER if is_number_word(sure) else None


def _clings(words: _Words) -> TextEnd | None:
    """What is said after the end of a sentence: सर, ना, आपको, अभी तक, क्या."""
    rest = words[:-2] if tuple(words[-2:]) in AFTERTHOUGHTS else words[:-1]
    if words[-1] in TAGS and rest:
        return _ending(rest)
    late = len(rest) < len(words) - 1 or words[-1] in SUBJECTS or words[-1] in QUESTION_WORDS
    if late and rest and rest[-1] in _OVER and _ending(rest) is TextEnd.FINISHED:
        return TextEnd.FINISHED
    return None


def _negates(words: _Words) -> TextEnd | None:
    """A last नहीं: "पता नहीं" and "आया नहीं" are over, "मुझे यह नहीं" is not."""
    if words[-1] not in NEGATED:
        return None
    before = words[-2] if len(words) > 1 else "नहीं"
    over = before in CAN_BE_NEGATED_ALONE or before in _OVER or before in CONNECTIVES
    return TextEnd.FINISHED if over else TextEnd.UNFINISHED


def _asks(words: _Words) -> TextEnd | None:
    """A last question word: over where it is the whole question ("कब?", "लेकिन क्यों?")."""
    if words[-1] not in QUESTION_WORDS:
        return None
    whole = all(word in CONNECTIVES for word in words[:-1])
    return TextEnd.FINISHED if whole else TextEnd.UNFINISHED


def _wants(words: _Words) -> TextEnd | None:
    wants = words[-1] in WANTING or words[-1] in SUBJECTS or words[-1] in ENGLISH_WANTING
    return TextEnd.UNFINISHED if wants else None


def _verb(words: _Words) -> TextEnd | None:
    """A last finite verb, if nothing before it waits for more."""
    before = words[-2] if len(words) > 1 else ""
    over = words[-1] in _OVER or (words[-1] == "हो" and (before in _BARE or before in _OVER))
    over = over or words[-1].endswith(POLITE) or (words[-1] in ORDERS and before in STEMS)
    if words[-1] in _BARE or words[-1] in _AMBIGUOUS:
        over = any(word in NEGATED for word in words[-_NEAR:])
    if not over:
        return _undone(words)
    return TextEnd.UNFINISHED if waits_for_main(words, _OVER) else TextEnd.FINISHED


def _undone(words: _Words) -> TextEnd | None:
    if words[-1] in _AMBIGUOUS:
        return TextEnd.NEUTRAL
    return TextEnd.UNFINISHED if words[-1] in _UNDONE or words[-1] in _BARE else None


def _begun(words: _Words) -> TextEnd | None:
    return TextEnd.UNFINISHED if mid_clause(words, _OVER, OPENING) else None


def _ends_in(words: _Words, phrases: Container[str]) -> bool:
    return any(" ".join(words[-n:]) in phrases for n in range(1, _LONGEST_PHRASE + 1))


_RULES: Sequence[Callable[[_Words], TextEnd | None]] = (
    _answers, _hesitates, _counts, _clings, _negates, _asks, _wants, _verb, _begun,
)  # fmt: skip
