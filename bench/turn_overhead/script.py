"""
What is said in these calls, and how each turn is known again everywhere.

A turn has a tag: the number of the recogniser's stream and of the utterance in it. The recogniser
puts it before the caller's words, the model before its answer, the synthesizer into the first
samples of the answer's sound: the same turn is found in everybody's notes without guessing.
"""

import re
from dataclasses import dataclass
from typing import Final

import numpy as np

from bot.core.audio import NARROWBAND


@dataclass(frozen=True, slots=True)
class Delays:
    """What the services take, in seconds."""

    final: float = 0.060
    """From the end of utterance that was asked for to the final words."""
    first_token: float = 0.150
    token: float = 0.015
    """Between two tokens."""
    first_audio: float = 0.080
    spread: float = 0.020
    """Added to the first token's, at random, up to this much: an answer may be ready at any moment
    of the bot's beat."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """What a caller says in one turn: the recording, and the words that are recognised."""

    recording: str
    words: str
    kind: str
    """`finished`: the words can be over, the pause is short; `open`: nothing known, it is long."""


UTTERANCES: Final = (
    Utterance("s02", "मेरा ऑर्डर कब आएगा", "finished"),
    Utterance("s23", "राहुल शर्मा", "open"),
    Utterance("s09", "मेरे खाते में कितना बैलेंस है", "finished"),
    Utterance("s18", "बिजली का बिल", "open"),
)
"""Said in turn. The words need not be those of the recording: the bot hears the services' words."""
SENTENCE: Final = "जी आपका इस महीने का बिजली का बिल पाँच सौ रुपये है।"
"""The first sentence of each answer, after the tag; its last token ends it."""
REST: Final = "यह राशि पंद्रह तारीख तक जमा कर दीजिए।"
SENTENCE_SECONDS: Final = 1.2
"""How long the synthesizer's sound of one sentence is."""

Tag = tuple[int, int]
_LETTERS: Final = "बभमयरलवशसह"
"""Digits of a tag, in letters that the bot changes nowhere: it says figures as words."""
_TAG: Final = re.compile(f"\\bट([{_LETTERS}]+)ठ([{_LETTERS}]+)\\b")
_FIGURES: Final = str.maketrans(_LETTERS, "0123456789")
_AS_LETTERS: Final = str.maketrans("0123456789", _LETTERS)
_MARK: Final = 12_345
"""The first sample of a tagged sound."""


def tag_text(tag: Tag) -> str:
    """The tag as a word."""
    return f"ट{tag[0]}ठ{tag[1]}".translate(_AS_LETTERS)


def tag_in(text: str) -> Tag | None:
    """The last tag in a text; None where there is none."""
    found = _TAG.findall(text)
    if not found:
        return None
    stream, number = (int(part.translate(_FIGURES)) for part in found[-1])
    return stream, number


def words_of(text: str) -> str:
    """The text without its tags."""
    return " ".join(_TAG.sub(" ", text).split())


def utterance(tag: Tag) -> Utterance:
    """What is said in this turn."""
    return UTTERANCES[tag[1] % len(UTTERANCES)]


def sound(tag: Tag | None) -> bytes:
    """One sentence's sound at 8 kHz: a low tone, its first samples the tag."""
    time = np.arange(int(SENTENCE_SECONDS * NARROWBAND)) / NARROWBAND
    samples = (3000 * np.sin(2 * np.pi * 210 * time)).astype("<i2")
    if tag is not None:
        samples[:3] = (_MARK, *tag)
    return samples.tobytes()


def tag_of_frame(pcm: bytes) -> Tag | None:
    """The tag of a frame that begins a tagged sound."""
    mark, stream, number = np.frombuffer(pcm[:6], "<i2").tolist()
    return (stream, number) if mark == _MARK else None
