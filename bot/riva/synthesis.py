"""
The messages of Riva's SynthesizeOnline: a sentence into a request, responses into speech.

Source: `riva/proto/riva_tts.proto` of nvidia-riva-client 2.28. Word times are milliseconds from
the start of the audio.
"""

from collections.abc import Iterable
from typing import Final

from riva.client.proto.riva_audio_pb2 import AudioEncoding
from riva.client.proto.riva_tts_pb2 import SynthesizeSpeechRequest, WordTiming

from bot.config import TtsSettings
from bot.core.audio import NARROWBAND, SAMPLE_BYTES, WIDEBAND
from bot.core.ports import Word
from bot.signal.resampler import Resampler
from bot.signal.whole import resample_whole

_UNSPEAKABLE: Final = str.maketrans(dict.fromkeys("*{}<>", " "))


def clean(sentence: str) -> str:
    """The sentence without what Riva's voices choke on: `* { } < >` and runs of spaces."""
    return " ".join(sentence.translate(_UNSPEAKABLE).split())


def request(text: str, settings: TtsSettings, rate: int, voice: str) -> SynthesizeSpeechRequest:
    """The one message of an RPC: PCM at `rate` samples a second."""
    return SynthesizeSpeechRequest(
        text=text,
        language_code=settings.language,
        encoding=AudioEncoding.LINEAR_PCM,
        sample_rate_hz=rate,
        voice_name=voice,
        custom_configuration=settings.custom,
        enable_word_time_offsets=settings.word_times,
    )


class Sound:
    """The audio of one sentence on its way to the line: whole samples, at the line's rate."""

    def __init__(self, source: int, target: int) -> None:
        self._source, self._target = source, target
        on_line = source in (NARROWBAND, WIDEBAND)
        self._resampler = Resampler(source, target) if on_line else None
        self._rest = b""

    def feed(self, audio: bytes) -> bytes:
        """Take bytes cut anywhere; give what can be played. Rates off the line wait for `end`."""
        joined = self._rest + audio
        if self._resampler is None:
            self._rest = joined
            return b""
        whole = len(joined) - len(joined) % SAMPLE_BYTES
        self._rest = joined[whole:]
        return self._resampler.feed(joined[:whole])

    def end(self) -> bytes:
        """The rest, once all audio is there. Half a sample at the end is dropped."""
        whole = len(self._rest) - len(self._rest) % SAMPLE_BYTES
        pcm, self._rest = self._rest[:whole], b""
        return resample_whole(pcm, self._source, self._target) if pcm else b""


class Words:
    """The word times of one sentence, whether a server sends them at once, piecewise or again."""

    def __init__(self) -> None:
        self.known: tuple[Word, ...] = ()

    def add(self, timings: Iterable[WordTiming]) -> None:
        """Note the words that end after all those known."""
        last = self.known[-1].end if self.known else -1.0
        new = [Word(t.word, t.end_time / 1000) for t in timings if t.end_time / 1000 > last]
        self.known += tuple(new)
