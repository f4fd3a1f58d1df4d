"""
The microphone and the loudspeaker of this machine, by PortAudio. Needs the extra `mic`.

The sound card's thread calls back every 20 ms; frames of the microphone wait in a bounded queue.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from bot.core.audio import frame_bytes
from bot.core.errors import ConfigError
from bot.gateway.speaker import PlayBuffer

HEARD_FRAMES = 25
"""Frames of the microphone that may wait; older sound is stale."""


class PortAudio(Protocol):
    """What we use of the module `sounddevice`."""

    PortAudioError: type[Exception]

    def RawInputStream(self, **options: Any) -> Any:
        """A stream from the microphone; its callback is (data, frames, time, status)."""

    def RawOutputStream(self, **options: Any) -> Any:
        """A stream to the loudspeaker; as above."""

    def query_devices(self) -> Any:
        """All devices; as text, a table."""


def port_audio() -> PortAudio:
    """The module. Raises ConfigError with the remedy where it, or its library, is missing."""
    try:
        import sounddevice  # type: ignore[import-untyped]
    except ImportError as error:
        raise ConfigError(
            "the microphone needs the extra `mic`: pip install 'voicebot[mic]'; without a"
            " microphone, say a file: --wav FILE"
        ) from error
    except OSError as error:
        raise ConfigError(
            "PortAudio is missing: apt-get install libportaudio2, or dnf install portaudio;"
            " without a microphone, say a file: --wav FILE"
        ) from error
    module: PortAudio = sounddevice
    return module


class SoundCard:
    """
    One conversation's microphone and loudspeaker.

    `dropped` counts frames of the microphone that nobody took in time.
    """

    def __init__(
        self, audio: PortAudio, rate: int, microphone: str | None, loudspeaker: str | None
    ) -> None:
        """Devices by number or part of a name; None: the system's choice."""
        self._audio = audio
        self._rate = rate
        self._devices = _device(microphone), _device(loudspeaker)
        self._loop = asyncio.get_running_loop()
        self._heard: asyncio.Queue[bytes] = asyncio.Queue(HEARD_FRAMES)
        self.speaker = PlayBuffer(rate)
        self.dropped = 0

    @contextmanager
    def open(self) -> Iterator[None]:
        """Record and play until the block ends. Raises ConfigError where there is no device."""
        form = {
            "samplerate": self._rate,
            "blocksize": self._rate // 50,
            "channels": 1,
            "dtype": "int16",
        }
        microphone, loudspeaker = self._devices
        try:
            with (
                self._audio.RawInputStream(device=microphone, callback=self._record, **form),
                self._audio.RawOutputStream(device=loudspeaker, callback=self._play, **form),
            ):
                yield
        except (self._audio.PortAudioError, ValueError) as error:
            raise ConfigError(
                f"the sound card: {error}; `voicebot mic --devices` lists what there is"
            ) from error

    async def frames(self) -> AsyncGenerator[bytes, None]:
        """Yield what the microphone records, 20 ms at a time."""
        while True:
            yield await self._heard.get()

    def _record(self, data: Any, frames: int, time: Any, status: Any) -> None:
        self._loop.call_soon_threadsafe(self._keep, bytes(data))

    def _keep(self, frame: bytes) -> None:
        if len(frame) != frame_bytes(self._rate):
            return
        if self._heard.full():
            self._heard.get_nowait()
            self.dropped += 1
        self._heard.put_nowait(frame)

    def _play(self, data: Any, frames: int, time: Any, status: Any) -> None:
        data[:] = self.speaker.take(len(data))


def _device(name: str | None) -> str | int | None:
    return int(name) if name is not None and name.isdecimal() else name
