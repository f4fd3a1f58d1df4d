"""One call of the softphone: when it is answered and over, what is said, heard and pressed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from bot.core.audio import FRAME_SECONDS, seconds
from bot.sip.errors import CallFailed, CallOver, CallRefused, CallTimeout, Unreached
from bot.sip.recording import Recording
from bot.sip.sound import Ear, Mouth
from bot.sip.stack import POLL, Stack, baresip, finished

if TYPE_CHECKING:
    from baresip import Call, StackEvent, UserAgent

KEYS = "0123456789*#ABCD"
_KEY_ENDS = 0.2
"""Seconds between the release of a key (after 0.1 s) and the next: the event is on the wire for
0.24 s, at least 9 packets and then its end three times (RFC 4733, section 2.5.1.4)."""
_GRACE = 5.0
"""Seconds that the stack may take for what it does at once."""
_BYE = "Connection reset by peer"
"""What baresip says of a call that the other side ended with BYE."""
_SILENT = ("Connection timed out", "Connection refused")
"""What it says of a request that nobody answered."""


class Ending(StrEnum):
    """Who ended the call."""

    WE = "we hung up"
    THEY = "they hung up"
    FAILED = "failed"


class PhoneCall:
    """
    A call that the softphone made, or got. Times are the event loop's.

    While nothing is played it sends silence, as a telephone does.
    """

    def __init__(self, stack: Stack) -> None:
        loop = asyncio.get_running_loop()
        self.dialled_at = loop.time()
        self.answered_at: float | None = None
        self.ended_at: float | None = None
        self.rate = 0
        """Samples a second, once answered: 8000 for PCMA and PCMU, 16000 for G.722."""
        self.headers: dict[str, str] = {}
        """Of a call to us: those of `stack.HEADERS` that it has."""
        self.detail = ""
        """Why the call failed, for people."""
        self._stack = stack
        self._native: Call | None = None
        self._ear = Ear(0)
        self._mouth = Mouth(0)
        self._one_at_a_time = asyncio.Lock()
        self._answer: asyncio.Future[None] = loop.create_future()
        self._end: asyncio.Future[Ending] = loop.create_future()
        self._hanging_up = False
        self._rings = False

    @property
    def received(self) -> Recording:
        """What they said, each frame with the time at which it came."""
        return self._ear.received

    @property
    def sent(self) -> Recording:
        """What we said, each frame with the time at which it left; silence is not in it."""
        return self._mouth.sent

    @property
    def up(self) -> bool:
        """Whether the call is answered and not over."""
        return self._answer.done() and not self._end.done()

    async def dial(self, agent: "UserAgent", uri: str, within: float) -> None:
        """Call `uri` and wait for the answer. Raise CallRefused, CallTimeout or Unreached."""
        outcomes: list[asyncio.Future[Any]] = [self._answer, self._end]
        try:
            await finished(self._ring(agent, uri))
            await asyncio.wait(outcomes, timeout=within, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            await self.hang_up()
            raise
        if not self._answer.done():
            refused = self._end.done()
            await self.hang_up()
            raise self._unanswered(uri, within, refused)
        await self._tune_in()

    def _unanswered(self, uri: str, within: float, refused: bool) -> CallFailed:
        """Why there is no call."""
        status, reason = _status(self.detail)
        if self._rings and not refused:
            return CallTimeout(f"{uri} rang, and nobody answered within {within:g} s")
        if not refused or (status == 0 and reason.startswith(_SILENT)):
            return Unreached(
                f"{uri} neither rang nor answered within {within:g} s; is it the right address,"
                " and does UDP get through?"
            )
        return CallRefused(status, reason)

    def take(self, native: "Call") -> None:
        """Somebody calls us; `answer` or `hang_up`."""
        self._native = native
        self.headers = dict(native.headers)
        self._stack.take(native, self._happened)

    async def answer(self, within: float = _GRACE) -> None:
        """Pick up. Raise CallRefused where the caller has gone, CallTimeout."""
        assert self._native is not None, "nobody calls"
        outcomes: list[asyncio.Future[Any]] = [self._answer, self._end]
        try:
            await finished(self._native.answer())
        except baresip().BaresipError as error:
            raise CallRefused(0, f"they are gone: {error}") from error
        await asyncio.wait(outcomes, timeout=within, return_when=asyncio.FIRST_COMPLETED)
        if not self._answer.done():
            raise CallTimeout(f"the call was not put through within {within:g} s")
        self._stack.attach(self)
        await self._tune_in()

    async def _tune_in(self) -> None:
        """Wait until there is sound. Raise CallRefused."""
        while not self.rate:
            if self._end.done():
                raise CallRefused(0, self.detail or "they hung up at once")
            await asyncio.sleep(POLL)

    async def _ring(self, agent: "UserAgent", uri: str) -> None:
        self._native = await self._stack.dial(agent, uri, self._happened)
        if not self._end.done():
            self._stack.attach(self)

    async def play(self, pcm: bytes) -> None:
        """
        Say this 16-bit PCM of `rate`, at the speed of speech; return when its last frame left.

        Cancelling it stops the sound within two frames. Raise CallOver when the call ends first.
        """
        async with self._one_at_a_time:
            self._must_be_up()
            try:
                async with asyncio.timeout(seconds(len(pcm), self.rate) + _GRACE):
                    await self._mouth.say(pcm)
            except TimeoutError as error:
                raise CallFailed("the sound did not leave in time") from error
            finally:
                self._hush()

    async def play_live(self, sound: AsyncIterator[bytes]) -> None:
        """
        Say pieces of 16-bit PCM of `rate` as they come; return when the last one left.

        A piece that comes after all before it have left follows on silence. Cancelling it stops
        the sound as in `play`. Raise CallOver when the call ends first.
        """
        async with self._one_at_a_time:
            try:
                self._must_be_up()
                said = self._mouth.add(b"")
                async for pcm in sound:
                    self._must_be_up()
                    said = self._mouth.add(pcm)
                await said
            finally:
                self._hush()

    async def press(self, keys: str) -> None:
        """Press these keys (0-9 * # A-D), 0.3 s each, as RFC 4733 telephone events."""
        if not keys or set(keys) - set(KEYS):
            raise ValueError(f"keys must be some of {KEYS}, not {keys!r}")
        native = self._must_be_up()
        try:
            for key in keys:
                await finished(native.send_dtmf(key))
                await asyncio.sleep(_KEY_ENDS)
        except baresip().BaresipError as error:
            raise CallOver(f"key not sent: {error}") from error

    async def hang_up(self) -> None:
        """End the call. Idempotent."""
        if self._end.done() or self._native is None:
            return
        self._hanging_up = True
        try:
            await finished(self._native.hangup())
        except baresip().StaleHandleError:
            self._over(Ending.THEY)
        except baresip().BaresipError as error:
            self._over(Ending.FAILED, str(error))
        await self.ended(_GRACE)

    async def ended(self, within: float) -> Ending:
        """Wait for the end of the call and return who ended it. Raise CallTimeout."""
        await asyncio.wait([self._end], timeout=within)
        if not self._end.done():
            raise CallTimeout(f"the call was still up after {within:g} s")
        return self._end.result()

    async def hears(self, within: float, after: float | None = None) -> float:
        """
        Wait for sound that comes at `after` (default: now) or later; return its time.

        Raise CallTimeout, or CallOver when the call ends first.
        """
        deadline = _now() + within
        start = _now() if after is None else after
        while (found := self.received.first_sound_after(start)) is None:
            await self._more(deadline, "sound")
        return found

    async def hears_silence(
        self, lasting: float, within: float, after: float | None = None
    ) -> float:
        """
        Wait until they were silent for `lasting` seconds from `after` (default: now) on.

        Return when the silence began. Raise CallTimeout, or CallOver when the call ends first.
        """
        deadline = _now() + within
        start = _now() if after is None else after
        while (found := self.received.silent_from(start, lasting, until=_now())) is None:
            await self._more(deadline, f"{lasting:g} s of silence")
        return found

    def pump(self) -> None:
        """Take the sound that came since the last time; hand over what is to be said."""
        library = baresip()
        try:
            if self._native is not None and self._tuned_in(self._native):
                self._ear.listen(self._native.audio)
                self._mouth.speak(self._native.audio)
        except (library.AudioNotActive, library.AudioRestarted):
            return  # not answered yet, renegotiated, or over: the next time tells

    def _hush(self) -> None:
        if self._mouth.hush() and self.up and self._native is not None:
            with suppress(baresip().BaresipError):
                self._native.audio.flush_tx()

    def _tuned_in(self, native: "Call") -> bool:
        if not self.rate:
            info = native.audio.info()
            if not (info.tx_ready and info.rx_ready):
                return False
            self.rate = info.rx_sample_rate
            self._ear = Ear(self.rate)
            self._mouth = Mouth(self.rate)
        return True

    def _happened(self, event: "StackEvent") -> None:
        kinds = baresip().Event
        if event.event is kinds.CALL_ESTABLISHED and not self._answer.done():
            self.answered_at = _now()
            self._answer.set_result(None)
        elif event.event in (kinds.CALL_RINGING, kinds.CALL_PROGRESS):
            self._rings = True
        elif event.event is kinds.CALL_CLOSED:
            self._closed(event.text or "")

    def _closed(self, detail: str) -> None:
        if self._hanging_up:
            self._over(Ending.WE)
        elif self._answer.done() and detail.startswith(_BYE):
            self._over(Ending.THEY)
        else:
            self._over(Ending.FAILED, detail)

    def _over(self, ending: Ending, detail: str = "") -> None:
        if self._end.done():
            return
        self.ended_at = _now()
        self.detail = detail
        self._end.set_result(ending)
        self._mouth.fail(CallOver(f"{ending} while we spoke"))
        if self._native is not None:
            self._stack.detach(self, self._native.handle)

    def _must_be_up(self) -> "Call":
        if not self.up or self._native is None:
            raise CallOver(f"{self._end.result()}" if self._end.done() else "not answered yet")
        return self._native

    async def _more(self, deadline: float, awaited: str) -> None:
        if self._end.done():
            raise CallOver(f"{self._end.result()} before {awaited} was heard")
        if _now() > deadline:
            raise CallTimeout(f"no {awaited} was heard in time")
        await asyncio.sleep(FRAME_SECONDS / 2)


def _now() -> float:
    return asyncio.get_running_loop().time()


def _status(text: str) -> tuple[int, str]:
    """Split "486 Busy Here"; a text without a status is (0, text)."""
    head, _, rest = text.partition(" ")
    return (int(head), rest) if len(head) == 3 and head.isdigit() else (0, text or "no reason")
