"""
Does the caller speak? Frames of sound in, the beginnings and ends of speech out.

Sound is judged at 8 kHz in frames of 32 ms. A frame goes to the detector only if it is loud enough
(the energy gate); a quiet one is no speech and costs next to nothing. It knows no clock: all times
are in the audio's own seconds, so a replayed recording gives the same events.
"""

from collections.abc import Callable
from dataclasses import dataclass

from bot.config import VoiceActivitySettings
from bot.core.audio import NARROWBAND, SAMPLE_BYTES, seconds
from bot.core.events import SpeechEnded, SpeechStarted
from bot.signal.levels import SILENT, rms_dbfs
from bot.signal.resampler import Resampler

FRAME_BYTES = 256 * SAMPLE_BYTES
"""What a detector takes: 32 ms at 8 kHz."""
FRAME_SECONDS = seconds(FRAME_BYTES, NARROWBAND)

Detector = Callable[[bytes], float]
"""From the next 512 bytes to the probability, 0 to 1, that they are speech."""
VoiceChange = SpeechStarted | SpeechEnded


@dataclass(frozen=True, slots=True)
class VoiceSettings:
    """When sound counts as speech. Levels are RMS over 32 ms, in dBFS (full-scale square is 0)."""

    start_probability: float = 0.3
    """A silent caller's frame is voiced from this probability on. At 0.3 a bare "haan" is found."""
    stop_probability: float = 0.25
    """A speaking caller's frame is voiced from this probability on."""
    sure_probability: float = 0.8
    """A frame of this probability is speech, and no cough. Not for a start: it comes late."""
    min_speech_seconds: float = 0.064
    """Voiced sound without a break that starts speech. Rounded up to frames of 32 ms."""
    hangover_seconds: float = 0.3
    """Sound without a voiced frame that ends speech. Shorter than this is a pause in a word."""
    gate_dbfs: float = -60.0
    """Quieter frames are never speech."""
    gate_above_noise_db: float = 3.0
    """While the caller is silent, frames must also be this much above the line's own noise."""
    noise_rise_db_per_second: float = 10.0
    """How fast the noise floor may climb, while the caller is silent. It falls at once."""

    def __post_init__(self) -> None:
        """Raise ValueError for settings that contradict each other."""
        if not 0 < self.stop_probability <= self.start_probability <= 1:
            raise ValueError(
                "0 < stop_probability <= start_probability <= 1 is needed, not "
                f"{self.stop_probability} and {self.start_probability}"
            )


def voice_settings(settings: VoiceActivitySettings) -> VoiceSettings:
    """What the configuration says; the threshold of a speaking caller is never the higher one."""
    return VoiceSettings(
        start_probability=settings.threshold,
        stop_probability=min(settings.stop_threshold, settings.threshold),
        sure_probability=settings.sure_threshold,
        min_speech_seconds=settings.min_speech,
        hangover_seconds=settings.hangover,
        gate_dbfs=settings.gate_dbfs,
    )


def level_detector(dbfs: float = -45.0) -> Detector:
    """Take everything of this level or more for speech: for tests, or for a very small machine."""
    return lambda frame: float(rms_dbfs(frame) >= dbfs)


class NoiseFloor:
    """The level of the line when nobody speaks: a minimum that may slowly rise."""

    def __init__(self, settings: VoiceSettings) -> None:
        self._least = settings.gate_dbfs - settings.gate_above_noise_db
        """Lower makes no difference to the gate, and would take longer to rise from."""
        self._rise = settings.noise_rise_db_per_second * FRAME_SECONDS
        self.dbfs = self._least
        """At first as quiet as can be, so that a caller who speaks at once is heard."""

    def hear(self, level: float, rising: bool) -> None:
        """Follow a frame of this level; without `rising`, only downwards."""
        risen = self.dbfs + self._rise if rising else self.dbfs
        self.dbfs = max(self._least, min(level, risen))


class VoiceActivity:
    """One call's voice activity."""

    def __init__(
        self, rate: int, detector: Detector, settings: VoiceSettings | None = None
    ) -> None:
        """`rate` is the line's, 8000 or 16000 (else ValueError)."""
        self.settings = settings or VoiceSettings()
        self.speaking = False
        """The caller speaks, by the events given so far."""
        self.level_dbfs = SILENT
        """Level of the last whole frame of 32 ms."""
        self._detector = detector
        self._resampler = Resampler(rate, NARROWBAND)
        self._unjudged = b""
        """At 8 kHz, less than a frame."""
        self._noise = NoiseFloor(self.settings)
        self._voiced = 0.0
        """Seconds of the voiced frames that came without a break up to now."""
        self.sure_seconds = 0.0
        """Seconds of the surely voiced frames that came without a break up to now."""
        self.unsure_seconds = 0.0
        """Seconds of the frames since the last surely voiced one, or since the call began."""
        self._unvoiced = 0.0
        """Seconds of the frames since the last voiced one, or since the call began."""

    @property
    def silence_seconds(self) -> float:
        """Sound heard since the caller's last voiced frame ended, or since the call began."""
        return self._unvoiced + seconds(len(self._unjudged), NARROWBAND)

    def hear(self, pcm: bytes) -> list[VoiceChange]:
        """Take the next sound at the line's rate, of any length, and say what changed by it."""
        sound = self._unjudged + self._resampler.feed(pcm)
        whole = len(sound) - len(sound) % FRAME_BYTES
        self._unjudged = sound[whole:]
        frames = (sound[at : at + FRAME_BYTES] for at in range(0, whole, FRAME_BYTES))
        return [change for frame in frames if (change := self._judge(frame)) is not None]

    def _judge(self, frame: bytes) -> VoiceChange | None:
        self.level_dbfs = rms_dbfs(frame)
        probability = self._detector(frame) if self._loud_enough() else 0.0
        self._noise.hear(self.level_dbfs, rising=not self.speaking)
        sure = probability >= self.settings.sure_probability
        self.sure_seconds = self.sure_seconds + FRAME_SECONDS if sure else 0.0
        self.unsure_seconds = 0.0 if sure else self.unsure_seconds + FRAME_SECONDS
        return self._count(voiced=probability >= self._threshold())

    def _loud_enough(self) -> bool:
        gate = self.settings.gate_dbfs
        if not self.speaking:
            gate = max(gate, self._noise.dbfs + self.settings.gate_above_noise_db)
        return self.level_dbfs >= gate

    def _threshold(self) -> float:
        if self.speaking:
            return self.settings.stop_probability
        return self.settings.start_probability

    def _count(self, voiced: bool) -> VoiceChange | None:
        if voiced:
            self._voiced += FRAME_SECONDS
            self._unvoiced = 0.0
        else:
            self._voiced = 0.0
            self._unvoiced += FRAME_SECONDS
        return self._change()

    def _change(self) -> VoiceChange | None:
        if not self.speaking and self._voiced >= self.settings.min_speech_seconds:
            self.speaking = True
            return SpeechStarted()
        if self.speaking and self._unvoiced >= self.settings.hangover_seconds:
            self.speaking = False
            return SpeechEnded()
        return None
