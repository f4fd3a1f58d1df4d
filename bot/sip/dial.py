"""`voicebot dial`: one call by script. It listens, says its WAV files in turn, presses keys."""

import asyncio
import os
import re
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from bot.core.audio import NARROWBAND, WIDEBAND
from bot.core.errors import ConfigError
from bot.sip.errors import CallFailed, CallOver, CallRefused, CallTimeout, Unreached
from bot.sip.phone_call import KEYS, Ending, PhoneCall
from bot.sip.softphone import Account, Codec, Softphone
from bot.sip.wavs import spoken, write_stereo

BUSY, UNANSWERED, REFUSED, WRONG_PASSWORD, UNREACHED = 3, 4, 5, 6, 7
"""Exit codes of the command where there was no call."""
_STATUSES = {486: BUSY, 600: BUSY, 408: UNANSWERED, 480: UNANSWERED}
_STATUSES |= {401: WRONG_PASSWORD, 407: WRONG_PASSWORD}
_URI = re.compile(r"(?:sip:)?(?P<number>[^@\s:]+)@(?P<server>[^@\s;>]+)")


@dataclass(frozen=True, slots=True)
class DialOptions:
    """What to do in the call. Times in seconds."""

    uri: str
    """sip:100@host or sip:100@host:port."""
    user: str = "softphone"
    password: str = field(default="", repr=False)
    wavs: tuple[Path, ...] = ()
    """Said one after the other (mono, 16 bits, any rate), each when the other side is silent."""
    dtmf: str = ""
    """Keys to press when all is said."""
    record: Path | None = None
    """Where to write the call: stereo, we left, they right."""
    codec: Codec = "PCMA"
    seconds: float = 60.0
    """How long the call may last once answered."""
    ring: float = 20.0
    """How long to wait for the answer."""
    pause: float = 0.8
    """How long a silence means that it is our turn."""
    patience: float = 5.0
    """How long to wait for their first word before we speak."""
    bind: str | None = None


@dataclass(frozen=True, slots=True)
class DialReport:
    """How the call went. Times in seconds; None where it did not happen."""

    answer_delay: float
    """From dialling to the answer."""
    first_sound: float | None
    """From the answer to the first sound."""
    duration: float
    """From the answer to the end."""
    ending: Ending
    detail: str
    rate: int
    said: int
    """How many of the WAV files were said to their end."""
    longest_gap: float | None
    """The longest time between two packets of theirs."""

    @property
    def well(self) -> bool:
        """Whether somebody hung up, and the call did not break off."""
        return self.ending is not Ending.FAILED


async def dial(options: DialOptions) -> DialReport:
    """
    Make the call and tell how it went. Cancelled, it hangs up, and the recording is written.

    Raise CallRefused and CallTimeout when nobody answers, ConfigError for options that can't be
    (an unreadable file, before anything is dialled).
    """
    found = _checked(options)
    rate = WIDEBAND if options.codec == "G722" else NARROWBAND
    turns = [spoken(path, rate) for path in options.wavs]
    account = Account(options.user, options.password, found["server"])
    async with Softphone(account, options.bind) as phone:
        call = await phone.dial(found["number"], options.codec, options.ring)
        script = _Script(call, options, turns)
        try:
            with suppress(CallOver, TimeoutError):
                async with asyncio.timeout(options.seconds):
                    await script.follow()
        finally:
            with suppress(CallTimeout):
                await call.hang_up()
            if options.record is not None:
                write_stereo(options.record, call.sent, call.received, *_span(call))
    return _report(call, await call.ended(0), script.said)


def exit_code(error: CallFailed) -> int:
    """What the command ends with where there was no call; 1 where there is nothing to tell."""
    if isinstance(error, Unreached):
        return UNREACHED
    if isinstance(error, CallTimeout):
        return UNANSWERED
    if isinstance(error, CallRefused) and error.status:
        return _STATUSES.get(error.status, REFUSED)
    return 1


def _checked(options: DialOptions) -> re.Match[str]:
    """Number and server. Raise ConfigError for what would fail only after the call."""
    found = _URI.fullmatch(options.uri)
    if found is None:
        raise ConfigError(f"uri {options.uri!r}: must look like sip:100@127.0.0.1:5060")
    if set(options.dtmf) - set(KEYS):
        raise ConfigError(f"dtmf {options.dtmf!r}: keys are {KEYS}")
    if options.record is not None and not os.access(options.record.parent, os.W_OK):
        raise ConfigError(f"record {options.record}: nothing can be written there")
    return found


class _Script:
    """What the caller does in a call."""

    def __init__(self, call: PhoneCall, options: DialOptions, turns: list[bytes]) -> None:
        self.said = 0
        self._turns = turns
        self._call = call
        self._options = options

    async def follow(self) -> None:
        """Speak, press, and stay on the line until somebody ends the call."""
        for pcm in self._turns:
            await self._our_turn()
            await self._call.play(pcm)
            self.said += 1
        if self._options.dtmf:
            await self._our_turn()
            await self._call.press(self._options.dtmf)
        await self._call.ended(self._options.seconds)

    async def _our_turn(self) -> None:
        """Wait until they have spoken and are silent, or have nothing to say."""
        with suppress(CallTimeout):
            heard = await self._call.hears(self._options.patience)
            await self._call.hears_silence(self._options.pause, self._options.seconds, heard)


def _span(call: PhoneCall) -> tuple[float, float]:
    start = call.answered_at if call.answered_at is not None else call.dialled_at
    return start, call.ended_at if call.ended_at is not None else start


def _report(call: PhoneCall, ending: Ending, said: int) -> DialReport:
    start, end = _span(call)
    sound = call.received.first_sound_after(start)
    return DialReport(
        answer_delay=start - call.dialled_at,
        first_sound=None if sound is None else sound - start,
        duration=end - start,
        ending=ending,
        detail=call.detail,
        rate=call.rate,
        said=said,
        longest_gap=max(call.received.gaps(), default=None),
    )
