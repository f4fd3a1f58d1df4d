"""
The caller and the telephone line of the bench, on virtual time.

The caller follows a script by ear: it goes by the frames that the bot sends, never by what the bot
believes. Speech, noise and the echo of what was really sent are mixed frame by frame, then coded
in A-law. Times are the bot's end of the line; the telephone hears `PHONE` later.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from bench.turn_taking.sounds import RATE, Sound, Utterance
from bot.core.audio import FRAME_SECONDS
from bot.core.events import Audio, LineEvent
from bot.signal.g711 import alaw_decoded, alaw_encoded
from bot.signal.resampler import pcm_bytes

FRAME = RATE // 50
PHONE = 0.03
"""
Seconds of the way to the telephone and back, added to every time that a person would perceive: 5 ms
of network each way, and a packet of 20 ms that waits in the telephone's jitter buffer.
"""
REPLY_GAP = 1.6
"""Silence of ours that parts two replies for the caller's ear."""

_NONE: Sound = np.zeros(FRAME)


@dataclass(frozen=True, slots=True)
class Says:
    """
    One thing the caller says, and when.

    `after`: seconds after the bot fell silent. `over`: instead, so many seconds after the bot began
    this reply, or after the caller's last word over it. Where neither comes within `patience`
    seconds, the caller hangs up, or says it all the same (`insists`).
    """

    what: Utterance
    after: float = 0.6
    over: float | None = None
    patience: float = 40.0
    insists: bool = False


@dataclass(frozen=True, slots=True)
class Echo:
    """The bot's voice in the caller's channel: `delay` seconds late, at `level_db` of itself."""

    delay: float
    level_db: float

    def response(self) -> Sound:
        """The way of the sound: the direct one, and a room of 12 ms behind it."""
        rng = np.random.default_rng(round(self.delay * 1e4))
        taps = rng.standard_normal(96) * np.exp(-np.arange(96) / 20) * 0.25
        taps[0] = 1.0
        response: Sound = taps * 10 ** (self.level_db / 20) / np.sqrt((taps**2).sum())
        return response


@dataclass(frozen=True, slots=True)
class Said:
    """An utterance that was begun `at` this time of the call."""

    what: Utterance
    at: float

    @property
    def begin(self) -> float:
        """When its first voiced sound was."""
        return self.at + self.what.begin

    @property
    def end(self) -> float:
        """When its last voiced sound ended."""
        return self.at + self.what.end

    def speaks(self, when: float) -> bool:
        """Whether the caller is in one of its voiced parts at this time."""
        return any(begin <= when - self.at < end for begin, end in self.what.parts)


@dataclass
class Caller:
    """
    A `CallTransport`: hangs up `linger` seconds after the last word, or after `longest` seconds.

    `sent` gets every frame of ours with its time, `said` what the caller said and when, `clean` the
    power of the caller's own speech in each frame, `echoed` that of the echo, `mixed` that of all.
    """

    script: Iterable[Says]
    noise: Sound
    """A loop."""
    echo: Echo | None = None
    linger: float = 3.0
    longest: float = 60.0
    rate: int = RATE
    sent: list[tuple[float, bytes]] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    clean: list[float] = field(default_factory=list)
    echoed: list[float] = field(default_factory=list)
    mixed: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Rule the sheets on which the call is written."""
        room = round((self.longest + 10) * RATE)
        self._speech: Sound = np.zeros(room)
        self._ours: Sound = np.zeros(room)
        self._response = self.echo.response() if self.echo else np.zeros(0)
        self._rest: Iterator[Says] = iter(self.script)
        self._next = next(self._rest, None)
        self._waited_from = 0.0
        self._sound_began: float | None = None
        """When the bot began the reply that is heard; None: not since the caller last spoke."""
        self._sound_ended = 0.0

    async def events(self) -> AsyncGenerator[LineEvent, None]:
        """A frame every 20 ms, until the caller hangs up."""
        loop = asyncio.get_running_loop()
        start = loop.time()
        number = 0
        while not self._over(loop.time()):
            self._follow_script(number * FRAME_SECONDS)
            number += 1
            await asyncio.sleep(start + number * FRAME_SECONDS - loop.time())
            yield Audio(self._mixed(number - 1))

    def send(self, frame: bytes) -> None:
        """Hear 20 ms of ours."""
        now = asyncio.get_running_loop().time()
        self.sent.append((now, frame))
        if not any(frame):
            return
        if self._sound_began is None or now - self._sound_ended > REPLY_GAP:
            self._sound_began = now
        self._sound_ended = now + FRAME_SECONDS
        at = round(now * RATE)
        heard = np.frombuffer(alaw_decoded(alaw_encoded(frame)), "<i2")
        self._ours[at : at + heard.size] = heard[: self._ours.size - at]

    def press(self, key: str) -> bool:
        """No keys here."""
        return False

    async def close(self) -> None:
        """The bot hangs up."""

    def _over(self, now: float) -> bool:
        if now >= self.longest:
            return True
        if self._next is None:
            return not self.said or now > self.said[-1].end + self.linger
        return not self._next.insists and now > self._waited_from + self._next.patience

    def _follow_script(self, now: float) -> None:
        says = self._next
        if says is None or (self.said and now < self.said[-1].end) or not self._due(says, now):
            return
        jitter = (len(self.said) * 37 + 11) % FRAME / RATE
        self._say(Said(says.what, now + jitter))
        self._next = next(self._rest, None)

    def _due(self, says: Says, now: float) -> bool:
        if self._sound_began is None:
            return says.insists and now > self._waited_from + says.patience
        if says.over is not None:
            return now >= self._sound_began + says.over
        return now >= self._sound_ended + says.after

    def _say(self, said: Said) -> None:
        at = round(said.at * RATE)
        sound = said.what.sound[: self._speech.size - at]
        self._speech[at : at + sound.size] += sound
        self.said.append(said)
        self._waited_from = said.end
        self._sound_began = None

    def _mixed(self, number: int) -> bytes:
        start = number * FRAME
        speech = self._speech[start : start + FRAME]
        echo = self._echoed(start)
        places = np.arange(start, start + FRAME) % self.noise.size
        line = speech + self.noise[places] + echo
        for sheet, sound in ((self.clean, speech), (self.echoed, echo), (self.mixed, line)):
            sheet.append(float(sound @ sound) / FRAME)
        return alaw_decoded(alaw_encoded(pcm_bytes(np.rint(line))))

    def _echoed(self, start: int) -> Sound:
        if self.echo is None:
            return _NONE
        first = start - round(self.echo.delay * RATE) - self._response.size + 1
        if first < 0:
            return _NONE
        heard = self._ours[first : first + FRAME + self._response.size - 1]
        echoed: Sound = np.convolve(heard, self._response, "valid")
        return echoed
