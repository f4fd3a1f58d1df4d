"""Callers and sounds of the bench, small enough to reckon with."""

import numpy as np

from bench.turn_taking.caller import Caller, Said
from bench.turn_taking.services import Source, marked
from bench.turn_taking.sounds import RATE, Utterance, recorded
from bot.local.tts import TimedWord

QUIET = np.zeros(RATE)


def noisy(seconds, dbfs=-20.0, seed=3):
    """Noise of this level: every place of it is unlike any other."""
    sound = np.random.default_rng(seed).standard_normal(round(seconds * RATE))
    return sound * 32_768 * 10 ** (dbfs / 20)


def utterance(*words):
    """Words as (text, start, end), each of them audible from start to end."""
    sound = np.zeros(round((words[-1][2] + 0.5) * RATE))
    for _, start, end in words:
        sound[round(start * RATE) : round(end * RATE)] = noisy(end - start, -26.0)[
            : round(end * RATE) - round(start * RATE)
        ]
    timed = tuple(TimedWord(*word) for word in words)
    return Utterance(sound, timed, tuple((start, end) for _, start, end in words))


def source(text="एक दो तीन चार", seconds=4.0):
    """A reply of noise whose words share its time."""
    words = text.split()
    step = seconds / len(words)
    timed = tuple(TimedWord(word, n * step, (n + 1) * step) for n, word in enumerate(words))
    return Source(text, marked(noisy(seconds)), timed)


def spoken_source(text, number):
    """A recording of tests/speech as the bot's sound of any text."""
    said = recorded("hf_beta", number)
    step = said.end / len(text.split())
    words = tuple(TimedWord(w, n * step, (n + 1) * step) for n, w in enumerate(text.split()))
    return Source(text, marked(said.sound), words)


def frames(pcm, start=0.0, begin=0.0, end=None):
    """20 ms frames of a source's PCM, sent from `start` on, as the line notes them."""
    cut = pcm[2 * round(begin * RATE) : None if end is None else 2 * round(end * RATE)]
    return [(start + n * 0.02, cut[at : at + 320].ljust(320, b"\0"))
            for n, at in enumerate(range(0, len(cut), 320))]  # fmt: skip


def silence(start, seconds):
    """Silent frames."""
    return [(start + n * 0.02, bytes(320)) for n in range(round(seconds / 0.02))]


def lowered(sent, db):
    """The frames, so much quieter."""
    factor = 10 ** (-db / 20)
    return [
        (at, np.rint(np.frombuffer(frame, "<i2") * factor).astype("<i2").tobytes())
        for at, frame in sent
    ]


def caller_who_said(*said):
    """A caller whose words were said at these times: (utterance, at)."""
    caller = Caller([], QUIET)
    caller.said = [Said(what, at) for what, at in said]
    return caller
