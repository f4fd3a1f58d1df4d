"""
Engines for the embedded speech server that need no model: words are tones.

`ToneDecoder` hears which tone a sound is and writes the sentence that belongs to it, as many words
of it as have been heard. `ToneVoices` says every word as a tone. Both are plain functions of their
input, so tests with them have one outcome.
"""

import numpy as np

from bot.local.asr import Decoded
from bot.local.clauses import Clause
from bot.local.tts import Spoken, TimedWord
from bot.signal.voice import level_detector

WORD_SECONDS = 0.2


def tone(hertz: float, seconds: float, rate: int = 16_000) -> bytes:
    """A sine of -9 dBFS as 16-bit PCM."""
    time = np.arange(int(seconds * rate)) / rate
    return (np.sin(2 * np.pi * hertz * time) * 11_600).astype("<i2").tobytes()


def silence(seconds: float, rate: int = 16_000) -> bytes:
    """Digital silence as 16-bit PCM."""
    return bytes(int(seconds * rate) * 2)


def sentence(hertz: float, words: int) -> bytes:
    """What a caller says: a tone as long as so many words, with silence on both sides."""
    return silence(0.5) + tone(hertz, words * WORD_SECONDS) + silence(1.0)


class ToneDecoder:
    """The sentence that belongs to a tone: `sentences` by hertz."""

    name = "tones-hi-IN"
    window_seconds = 10.0

    def __init__(self, sentences, fails=False):
        self.sentences = sentences
        self.fails = fails
        self.hints = None
        self.decoded = []

    def decode(self, speech, hints):
        """Write down the words that the tone was long enough for."""
        if self.fails:
            raise RuntimeError("the decoder broke")
        self.hints = hints
        loud = np.abs(speech) > 0.05
        if not loud.any():
            return Decoded("", 0.0, 0.9)
        spectrum = np.abs(np.fft.rfft(speech * loud))
        hertz = np.argmax(spectrum) * 16_000 / len(speech)
        text = self.sentences[min(self.sentences, key=lambda known: abs(known - hertz))]
        count = max(1, round(loud.sum() / 16_000 / 0.9 / WORD_SECONDS))
        words = text.split()[:count]
        self.decoded.append(" ".join(words))
        return Decoded(" ".join(words), 0.8, 0.0)


class ToneVoices:
    """Says every word as 0.2 s of a tone."""

    model = "tones-tts-hi-IN"
    family = "Tones"
    names = ("low", "high")
    rate = 24_000

    def __init__(self):
        self.spoken = []

    def speak(self, clause: Clause, voice, speed, stop):
        """Make the tone; a stopped clause raises like a real engine's."""
        stop.guard(None)
        self.spoken.append(clause.text)
        words = clause.text.split()
        step = WORD_SECONDS / speed
        pcm = tone(440 if voice == "low" else 880, step * len(words), self.rate)
        timed = [TimedWord(word, n * step, (n + 1) * step) for n, word in enumerate(words)]
        return Spoken(pcm, self.rate, tuple(timed), tuple(step for _ in words), clause.text)


def loudness_detectors():
    """A voice detector for tones: what is loud is voice."""
    return level_detector(-40.0)
