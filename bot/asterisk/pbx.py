"""
What the dialplan asks the bot: may this call come, and what becomes of it afterwards.

Before `Dial(AudioSocket/...)` or `Dial(WebSocket/...)` the dialplan registers the call and is told
where to dial; the call's UUID is then its ticket. After it, the dialplan asks what is next. This
file decides; it knows neither HTTP (see pbx_http.py) nor sockets.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from uuid import UUID

from bot.asterisk.handover import Handover, Target, Unanswered, Verdict, header
from bot.config import AudioSocketSettings, PbxSettings
from bot.core.audio import NARROWBAND, WIDEBAND
from bot.core.errand import Errand
from bot.core.events import Ending
from bot.core.ports import Caller

REMEMBERED = 60.0
"""Seconds for which the end of a call is remembered, for the dialplan to ask."""
HANDED_OVER = 900.0
"""The same for a caller who is transferred: longer than anybody waits in a queue."""
LONGEST_FIELD = 128
_RATES = {"slin": NARROWBAND, "slin16": WIDEBAND, "": NARROWBAND}
_LETTERS = re.compile(r"[^a-z]")
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")


class Reason(StrEnum):
    """Why a call is refused."""

    FULL = "full"
    DRAINING = "draining"
    BAD_REQUEST = "bad-request"
    NOT_REGISTERED = "not-registered"
    IN_PROGRESS = "in-progress"
    NO_PROFILE = "no-profile"
    NO_ORDER = "no-order"


class Refused(Exception):
    """This call is not taken; `reason` is a short label for logs and metrics."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason.value


@dataclass(frozen=True, slots=True)
class Place:
    """Where a call belongs: its profile, and how many calls at once that may have (0: any)."""

    profile: str = "default"
    calls: int = 0


@dataclass(frozen=True, slots=True)
class Ticket:
    """
    A registered call: who calls, at which rate its audio comes (Hz).

    `whispers`: no caller, but an agent's phone, who is to be told this. `unanswered`: a caller who
    comes back from a transfer. `errand`: we have called them, for this.
    """

    uuid: UUID
    caller: Caller
    rate: int
    whispers: Handover | None = None
    unanswered: Unanswered | None = None
    errand: Errand | None = None


@dataclass(slots=True)
class _Entry:
    """What is known of one UUID: it expects its call, has it, or has seen its end."""

    ticket: Ticket
    expires: float | None
    """Loop time after which the entry is forgotten; None while the call is up."""
    ending: Ending | None = None
    target: Target = Target()
    handover: Handover = Handover()
    verdict: Verdict | None = None
    """The agent's, where an agent was told about a call."""


@dataclass(slots=True)
class Reception:
    """Registers calls, admits their audio, and tells the dialplan what is next."""

    audiosocket: AudioSocketSettings
    pbx: PbxSettings
    now: Callable[[], float]
    address: str
    """What the dialplan is told to dial: `host:port`, or `ws://host:port` for chan_websocket."""
    place: Callable[[str, str], Place] = lambda called, named: Place()
    """The place of a call to this number, or of this profile. Raises `Refused`."""
    draining: bool = False
    _entries: dict[UUID, _Entry] = field(default_factory=dict)

    @property
    def active(self) -> int:
        """Calls that are up."""
        return sum(entry.expires is None for entry in self._entries.values())

    def taken(self, profile: str = "") -> int:
        """Lines in use or promised, of one profile or of all."""
        entries = [e for e in self._entries.values() if e.ending is None and not e.ticket.whispers]
        return sum(not profile or e.ticket.caller.profile == profile for e in entries)

    def register(self, fields: Mapping[str, str], errand: Errand | None = None) -> str:
        """
        The address to dial for the call with these fields. Raises `Refused`.

        `errand`: what we have called them for; a bot that shuts down still holds such a call.

        `uuid` (required), `caller`, `called`, `channel`, `format` (slin or slin16), `profile` (in
        place of the one that `called` has), `unanswered` (why nobody took the caller), `whispers`
        (the call that an agent is to be told about, in place of all but `uuid` and `format`).
        """
        ticket = _ticket(fields)
        if fields.get("whispers"):
            return self._register_agent(ticket, fields["whispers"])
        named = errand.profile if errand else fields.get("profile", "")
        place = self.place(ticket.caller.called, named)
        ticket = replace(_placed(ticket, place), errand=errand)
        self._forget()
        known = self._entries.get(ticket.uuid)
        if known is not None and known.expires is None:
            raise Refused(Reason.IN_PROGRESS, f"call {ticket.uuid} is up already")
        if self.draining and errand is None:
            raise Refused(Reason.DRAINING, "the bot is shutting down")
        self._check_room(place)
        if why := _LETTERS.sub("", fields.get("unanswered", ""))[:32]:
            before = known.handover if known else Handover()
            unanswered = Unanswered(why, before.history, before.language)
            ticket = replace(ticket, unanswered=unanswered)
        self._entries[ticket.uuid] = _Entry(ticket, self.now() + self.pbx.ticket_seconds)
        return self.address

    def _register_agent(self, ticket: Ticket, whispers: str) -> str:
        """
        The same for the phone of an agent, who is to be told about the call of this UUID.

        It waits for no free line: its caller has left one. Raises `Refused`.
        """
        self._forget()
        told = next((e for u, e in self._entries.items() if str(u) == whispers), None)
        if told is None or told.ending is not Ending.TRANSFER:
            raise Refused(
                Reason.NOT_REGISTERED, f"whispers: no call {whispers[:36]!r} is handed over"
            )
        caller = replace(told.ticket.caller, channel=ticket.caller.channel)
        ticket = replace(ticket, caller=caller, whispers=told.handover)
        self._entries[ticket.uuid] = _Entry(ticket, self.now() + self.pbx.ticket_seconds)
        return self.address

    def admit(self, uuid: UUID) -> Ticket:
        """The ticket of this call, which is up from now on. Raises `Refused`."""
        self._forget()
        entry = self._entries.get(uuid)
        if entry is not None and entry.expires is None:
            raise Refused(Reason.IN_PROGRESS, f"call {uuid} is up already")
        if entry is None or entry.ending is not None:
            entry = self._stranger(uuid)
        entry.expires = None
        return entry.ticket

    def _stranger(self, uuid: UUID) -> _Entry:
        """An entry for a call that nobody registered, where that is allowed."""
        if self.audiosocket.admission != "open":
            raise Refused(
                Reason.NOT_REGISTERED,
                f"call {uuid} was not registered; register it with POST /pbx/calls, or set"
                " BOT_AUDIOSOCKET__ADMISSION=open in a lab",
            )
        if self.draining:
            raise Refused(Reason.DRAINING, "the bot is shutting down")
        place = self.place("", "")
        self._check_room(place)
        entry = _Entry(_placed(Ticket(uuid, Caller(str(uuid)), NARROWBAND), place), None)
        self._entries[uuid] = entry
        return entry

    def ended(
        self,
        uuid: UUID,
        ending: Ending,
        target: Target | None = None,
        handover: Handover | None = None,
    ) -> None:
        """The call is over, in this way; `target` and `handover`: where to, for a transfer."""
        entry = self._entries.get(uuid)
        if entry is not None:
            entry.ending = ending
            entry.target = target or Target()
            entry.handover = handover or Handover()
            lasting = HANDED_OVER if ending is Ending.TRANSFER else REMEMBERED
            entry.expires = self.now() + lasting

    def told(self, uuid: UUID, verdict: Verdict) -> None:
        """The agent on this phone knows about the call, and says this to it."""
        entry = self._entries.get(uuid)
        if entry is not None:
            entry.verdict, entry.ending = verdict, Ending.HANG_UP
            entry.expires = self.now() + REMEMBERED

    def summary(self, uuid: UUID) -> str:
        """What the agent's phone shows of this call, percent-encoded; empty: nothing is known."""
        self._forget()
        entry = self._entries.get(uuid)
        return header(entry.handover.summary) if entry else ""

    def next(self, uuid: UUID) -> str:
        """
        What the dialplan shall do now that the audio ended, in one line.

        `hangup`, `transfer CONTEXT EXTEN`, `warm CONTEXT EXTEN` (the same, and the agent is to be
        told about the call), `fallback`, or `again`: the caller is still there and it was not us
        who ended the call (a lost connection, another bot that died). Of an agent: a `Verdict`.
        """
        ending, target = self.outcome(uuid)
        if (entry := self._entries.get(uuid)) and entry.verdict:
            return entry.verdict.value
        match ending:
            case Ending.HANG_UP:
                return "hangup"
            case Ending.TRANSFER:
                return self._transfer(target)
            case Ending.FALLBACK:
                return "fallback"
            case _:
                return "again"

    def _transfer(self, target: Target) -> str:
        warm = target.warm if target.exten else self.pbx.transfer_mode == "warm"
        context = target.context or self.pbx.transfer_context
        exten = target.exten or self.pbx.transfer_exten
        return f"{'warm' if warm else 'transfer'} {context} {exten}"

    def outcome(self, uuid: UUID) -> tuple[Ending | None, Target]:
        """How this call ended, and where to, for a transfer; None where nobody knows an end."""
        self._forget()
        entry = self._entries.get(uuid)
        return (entry.ending, entry.target) if entry else (None, Target())

    def _check_room(self, place: Place) -> None:
        if self.taken() >= self.audiosocket.max_calls:
            raise Refused(Reason.FULL, f"all {self.audiosocket.max_calls} lines are busy")
        if place.calls and self.taken(place.profile) >= place.calls:
            detail = f"profile {place.profile} has its {place.calls} calls (limits.calls)"
            raise Refused(Reason.FULL, detail)

    def _forget(self) -> None:
        now = self.now()
        gone = [u for u, e in self._entries.items() if e.expires is not None and e.expires <= now]
        for uuid in gone:
            del self._entries[uuid]


def _ticket(fields: Mapping[str, str]) -> Ticket:
    """Check the fields of a registration. Raises `Refused` that names the wrong one."""
    try:
        uuid = UUID(fields.get("uuid", ""))
    except ValueError:
        raise Refused(Reason.BAD_REQUEST, "uuid: not a UUID") from None
    name = fields.get("format", "")
    if name not in _RATES:
        raise Refused(Reason.BAD_REQUEST, f"format: {name[:16]!r} is not slin or slin16")
    number, called, channel = (
        _clean(fields.get(key, "")) for key in ("caller", "called", "channel")
    )
    return Ticket(uuid, Caller(str(uuid), number, called, channel), _RATES[name])


def _placed(ticket: Ticket, place: Place) -> Ticket:
    return replace(ticket, caller=replace(ticket.caller, profile=place.profile))


def _clean(value: str) -> str:
    return _UNPRINTABLE.sub("", value)[:LONGEST_FIELD]
