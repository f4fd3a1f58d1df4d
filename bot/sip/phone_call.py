"""One call of the softphone: when it is answered and over, what is said, heard and pressed."""

import asyncio
from collections import deque
from collections.abc import Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from bot.core.audio import FRAME_SECONDS, frame_bytes, seconds
from bot.sip.errors import CallFailed, CallOver, CallRefused, CallTimeout
from bot.sip.recording import Recording
from bot.sip.stack import Stack, baresip

if TYPE_CHECKING:
    from baresip import Call, StackEvent, UserAgent

KEYS = "0123456789*#ABCD"
_AHEAD = 4
"""Frames handed to the stack before their time, so that a late loop leaves no hole."""
_READ = 4
_GRACE = 5.0
"""Seconds that the stack may take for what it does at once."""
_KEY_ENDS = 0.1
"""The last key's end is repeated on the wire for so long (RFC 4733, section 2.5.1.4)."""


class Ending(StrEnum):
    """Who ended the call."""

    WE = "we hung up"
    THEY = "they hung up"
    FAILED = "failed"


class PhoneCall:
    """
    A call that the softphone made. Times are the event loop's.

    While nothing is played the stack sends silence, as a telephone does.
    """

    def __init__(self, stack: Stack) -> None:
        loop = asyncio.get_running_loop()
        self.dialled_at = loop.time()
        self.answered_at: float | None = None
        self.ended_at: float | None = None
        self.rate = 0
        """Samples a second, once answered: 8000 for PCMA and PCMU, 16000 for G.722."""
        self.received = Recording(0)
        self.sent = Recording(0)
        self.detail = ""
        """What the stack said about the end of the call, for people."""
        self._stack = stack
        self._native: Call | None = None
        self._answer: asyncio.Future[None] = loop.create_future()
        self._end: asyncio.Future[Ending] = loop.create_future()
        self._hanging_up = False
        self._mouth = asyncio.Lock()
        self._to_say: deque[bytes] = deque()
        self._handed_over: deque[bytes] = deque()
        self._said: asyncio.Future[None] | None = None
        self._heard = b""
        self._pumped_at = self.dialled_at

    async def dial(self, agent: "UserAgent", uri: str, within: float) -> None:
        """Call `uri` and wait for the answer. Raise CallRefused or CallTimeout."""
        self._native = await self._stack.dial(agent, uri, self._happened)
        if not self._end.done():
            self._stack.attach(self)
        try:
            outcomes: list[asyncio.Future[Any]] = [self._answer, self._end]
            await asyncio.wait(outcomes, timeout=within, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            await self.hang_up()
            raise
        if self._end.done():
            raise CallRefused(*_status(self.detail))
        if not self._answer.done():
            await self.hang_up()
            raise CallTimeout(f"{uri} did not answer within {within:g} s")

    async def play(self, pcm: bytes) -> None:
        """
        Say this 16-bit PCM of `rate`, at the speed of speech; return when its last frame left.

        Cancelling it stops the sound within two frames. Raise CallOver when the call ends first.
        """
        async with self._mouth:
            self._must_be_up()
            self._to_say.extend(_frames(pcm, frame_bytes(self.rate)))
            if not self._to_say:
                return
            self._said = asyncio.get_running_loop().create_future()
            try:
                async with asyncio.timeout(seconds(len(pcm), self.rate) + _GRACE):
                    await self._said
            except TimeoutError as error:
                raise CallFailed("the stack did not send the sound in time") from error
            finally:
                self._fall_silent()

    async def press(self, keys: str) -> None:
        """Press these keys (0-9 * # A-D), 0.22 s each, as RFC 4733 telephone events."""
        wrong = [key for key in keys if key not in KEYS]
        if wrong or not keys:
            raise ValueError(f"keys must be some of {KEYS}, not {keys!r}")
        native = self._must_be_up()
        try:
            await native.send_dtmf(keys)
        except baresip().BaresipError as error:
            raise CallOver(f"key not sent: {error}") from error
        await asyncio.sleep(_KEY_ENDS)

    async def hang_up(self) -> None:
        """End the call. Idempotent."""
        if self._end.done() or self._native is None:
            return
        self._hanging_up = True
        try:
            await self._native.hangup()
        except baresip().StaleHandleError:
            self._over(Ending.THEY, "gone already")
        except baresip().BaresipError as error:
            self._over(Ending.FAILED, str(error))
        await self.ended(_GRACE)

    async def ended(self, within: float) -> Ending:
        """Wait for the end of the call and return who ended it. Raise CallTimeout."""
        await asyncio.wait([self._end], timeout=within)
        if not self._end.done():
            raise CallTimeout(f"the call was still up after {within:g} s")
        return self._end.result()

    @property
    def up(self) -> bool:
        """Whether the call is answered and not over."""
        return self._answer.done() and not self._end.done()

    async def hears(self, within: float, after: float | None = None) -> float:
        """Wait for sound that comes `after` (default: now); return its time, or CallTimeout."""
        loop = asyncio.get_running_loop()
        start = loop.time() if after is None else after
        deadline = loop.time() + within
        while (found := self.received.first_sound_after(start)) is None:
            self._wait_on(deadline, "sound")
            await asyncio.sleep(FRAME_SECONDS / 2)
        return found

    async def hears_silence(
        self, lasting: float, within: float, after: float | None = None
    ) -> float:
        """Wait until they were silent for `lasting` seconds; return when it began."""
        loop = asyncio.get_running_loop()
        start = loop.time() if after is None else after
        deadline = loop.time() + within
        while (found := self.received.silent_from(start, lasting)) is None:
            self._wait_on(deadline, f"{lasting:g} s of silence")
            await asyncio.sleep(FRAME_SECONDS / 2)
        return found

    def pump(self, now: float) -> None:
        """Take the sound that came since the last time; hand over what is to be said."""
        native = self._native
        if native is None:
            return
        try:
            if not self.rate:
                self._tune_in(native)
            self._hear(native, now)
            self._speak(native, now)
        except (baresip().AudioNotActive, baresip().AudioRestarted):
            return  # not answered yet, renegotiated, or over: the next time tells
        finally:
            self._pumped_at = now

    def _tune_in(self, native: "Call") -> None:
        info = native.audio.info()
        if info.tx_ready and info.rx_ready:
            self.rate = info.rx_sample_rate
            self.received = Recording(self.rate)
            self.sent = Recording(self.rate)

    def _hear(self, native: "Call", now: float) -> None:
        if not self.rate:
            return
        size = frame_bytes(self.rate)
        while piece := native.audio.read(_READ * size):
            self._heard += piece
        count = len(self._heard) // size
        for number in range(count):
            at = now - (count - 1 - number) * FRAME_SECONDS
            frame, self._heard = self._heard[:size], self._heard[size:]
            self.received.add(max(at, self._pumped_at), frame)

    def _speak(self, native: "Call", now: float) -> None:
        if not self._to_say and not self._handed_over:
            return
        waiting = native.audio.info().tx_buffered // frame_bytes(self.rate)
        while len(self._handed_over) > waiting:
            self.sent.add(now, self._handed_over.popleft())
        while self._to_say and len(self._handed_over) < _AHEAD:
            frame = self._to_say.popleft()
            native.audio.write(frame)
            self._handed_over.append(frame)
        if not self._handed_over and self._said is not None and not self._said.done():
            self._said.set_result(None)

    def _fall_silent(self) -> None:
        if self._native is not None and (self._to_say or self._handed_over) and self.up:
            self._native.audio.flush_tx()
        self._to_say.clear()
        self._handed_over.clear()
        self._said = None

    def _happened(self, event: "StackEvent") -> None:
        kinds = baresip().Event
        if event.event is kinds.CALL_ESTABLISHED and not self._answer.done():
            self.answered_at = asyncio.get_running_loop().time()
            self.pump(self.answered_at)
            self._answer.set_result(None)
        elif event.event is kinds.CALL_CLOSED:
            ending = Ending.THEY if self._answer.done() else Ending.FAILED
            self._over(Ending.WE if self._hanging_up else ending, event.text or "")

    def _over(self, ending: Ending, detail: str) -> None:
        if self._end.done():
            return
        self.ended_at = asyncio.get_running_loop().time()
        self.detail = detail
        self._end.set_result(ending)
        if self._said is not None and not self._said.done():
            self._said.set_exception(CallOver(f"{ending} while we spoke"))
        if self._native is not None:
            self._stack.detach(self, self._native.handle)

    def _must_be_up(self) -> "Call":
        if not self.up or self._native is None:
            raise CallOver(f"{self._end.result()}" if self._end.done() else "not answered yet")
        return self._native

    def _wait_on(self, deadline: float, what: str) -> None:
        if self._end.done():
            raise CallOver(f"{self._end.result()} before {what} was heard")
        if asyncio.get_running_loop().time() > deadline:
            raise CallTimeout(f"no {what} was heard in time")


def _frames(pcm: bytes, size: int) -> Iterator[bytes]:
    """Cut into frames; the last is filled up with silence."""
    for start in range(0, len(pcm), size):
        yield pcm[start : start + size].ljust(size, b"\0")


def _status(text: str) -> tuple[int, str]:
    """Split "486 Busy Here"; a text without a status is (0, text)."""
    head, _, rest = text.partition(" ")
    return (int(head), rest) if len(head) == 3 and head.isdigit() else (0, text or "no reason")
