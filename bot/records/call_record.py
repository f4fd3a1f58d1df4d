"""
Decides what of one call is kept, and which webhooks come of it. It knows no database: it is called
on the event loop, makes rows and hands them on.
"""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from bot.config_records import RecordSettings, WebhookSettings
from bot.core.events import Ending
from bot.core.ports import Caller
from bot.records import catalogue
from bot.records.catalogue import CollectedField, Line
from bot.records.ids import sortable_id
from bot.records.masking import Mask
from bot.records.writes import Put, Verb, Write

LINES: Final = 60
"""The last lines of the conversation, for webhooks; the database has all."""
LETTERS: Final = 300
"""Of each of them."""
EVENTS: Final = 5000
"""Events of one call that are kept: a caller can press keys for as long as they like."""


@dataclass(frozen=True, slots=True)
class TurnRow:
    """One turn of ours, as the call reports it."""

    number: int
    heard: str
    said: str
    phrase: str
    cut: bool
    error: str
    intervals: Mapping[str, float]


class CallRecord:
    """
    The record of one call, from `began` to `ended`.

    `_first` and `_latest` are the caller's first and last words, for the summary.
    """

    def __init__(
        self,
        caller: Caller,
        settings: RecordSettings,
        webhooks: WebhookSettings,
        put: Put,
        profile: str = "",
        line: str = "",
        rate: int = 0,
        bot: str = "",
        order: str = "",
        api: str = "",
    ) -> None:
        """
        `put` takes the rows; `line` and `bot` say how the call came, and to which machine.

        `order`: we called, for the order with this id. `api`: the URL of this bot's API, or empty.
        """
        self._caller = caller
        self._words = settings.transcripts
        self._types = frozenset(webhooks.types if webhooks.url else ())
        self._put = put
        self._now = asyncio.get_running_loop().time
        self._zero, self._began = self._now(), datetime.now(UTC)
        self._call = catalogue.Call(
            id=caller.call_id[:64],
            profile=profile[:64],
            caller=caller.number[:64],
            called=caller.called[:64],
        )
        self._line, self._rate, self._bot = line, rate, bot
        self._order, self._api = order, api
        self._mask = Mask()
        self._fields: list[CollectedField] = []
        self._lines: deque[Line] = deque(maxlen=LINES)
        self._first = self._latest = self._summary = ""
        self._asked = ""
        """Our last words before the caller's."""
        self._turns = self._events = 0

    # What happens.

    def began(self) -> None:
        """The call is up."""
        begun = self._row()
        data = catalogue.Started(call=self._call, line=self._line)
        self._put((Write(Verb.BEGIN, "calls", begun), *self._hook("call.started", data)))

    def note(self, kind: str, detail: str = "", asked: str = "") -> None:
        """Something happened; `detail` is masked as all text is. No key's name belongs here."""
        self._events += 1
        if self._events <= EVENTS:
            row = {"kind": kind[:32], "detail": self._mask.shown(detail, asked)}
            self._put((self._there(), Write(Verb.ADD, "events", self._at() | row)))

    def heard(self, text: str) -> None:
        """The caller said this, and it will be answered."""
        if text and self._words:
            self.note("heard", text, self._asked)
            shown = self._mask.shown(text, self._asked)
            self._first, self._latest = self._first or shown, shown
            self._say("caller", shown)

    def saying(self, sentence: str) -> None:
        """This sentence of ours begins to sound."""
        if self._words:
            self.note("saying", sentence)

    def turn(self, turn: TurnRow) -> None:
        """A reply of ours is over."""
        self._turns += 1
        said = self._mask.shown(turn.said) if self._words else ""
        heard = self._mask.shown(turn.heard, self._asked) if self._words else ""
        self._asked = turn.said
        self._say("bot", said)
        row = self._at() | {
            "number": turn.number,
            "heard": heard,
            "said": said,
            "phrase": turn.phrase,
            "cut": turn.cut,
            "error": turn.error[:64],
        }
        intervals = (
            {"turn_id": row["id"], "name": name, "seconds": seconds}
            for name, seconds in turn.intervals.items()
        )
        data = catalogue.TurnEnded(
            call=self._call,
            **{name: row[name] for name in ("number", "at", "heard", "said", "phrase", "cut")},
            intervals=turn.intervals,
        )
        self._put(
            (
                self._there(),
                Write(Verb.ADD, "turns", row),
                *(Write(Verb.ADD, "intervals", each) for each in intervals),
                *self._hook("turn.ended", data),
            )
        )

    def field(self, name: str, shown: str, secret: bool, text: str) -> None:
        """The caller gave a number; `text` holds it, so that a secret one is found again."""
        if secret:
            self._mask.keep_secret(text)
        field = CollectedField(name=name[:64], value=shown, secret=secret)
        self._fields.append(field)
        row = self._at() | field.model_dump()
        data = catalogue.FieldCollected(call=self._call, field=field)
        self._put(
            (
                self._there(),
                Write(Verb.ADD, "fields", row),
                *self._hook("field.collected", data),
            )
        )

    def summarize(self, summary: str) -> None:
        """Use this summary of the call instead of our own."""
        self._summary = self._mask.shown(summary)

    def recorded(self, name: str) -> None:
        """The recording of the call has this name in its storage."""
        self._put((self._there(), self._set(recording=name)))

    def ended(
        self, ending: Ending, seconds: float, dropped_in: int, dropped_out: int, target: str = ""
    ) -> None:
        """The call is over; a caller who is transferred goes to `target`."""
        call, fields, lines = self._call, tuple(self._fields), tuple(self._lines)
        summary = self._summary or self._own_summary(seconds)
        hooks: list[Write] = []
        if ending is Ending.TRANSFER:
            wanted = catalogue.TransferRequested(
                call=call, target=target, summary=summary, fields=fields, transcript=lines
            )
            hooks += self._hook("transfer.requested", wanted)
        over = catalogue.Ended(
            call=call,
            began=self._began,
            seconds=round(seconds, 3),
            outcome=ending.value,
            turns=self._turns,
            summary=summary,
            fields=fields,
            transcript=lines,
        )
        hooks += self._hook("call.ended", over)
        done = over.model_dump(include={"seconds", "outcome", "turns", "summary"})
        done |= {"ended": self._time(), "dropped_in": dropped_in, "dropped_out": dropped_out}
        self._put((self._there(), self._set(**done), *hooks))

    # Rows.

    def _row(self) -> dict[str, Any]:
        """The call's own row as it begins."""
        return self._call.model_dump() | {
            "channel": self._caller.channel[:128],
            "line": self._line,
            "rate": self._rate,
            "bot": self._bot[:128],
            "api": self._api,
            "began": self._began,
            "seen": self._began,
            "turns": 0,
            "summary": "",
            "recording": "",
            "order_id": self._order,
            "dropped_in": 0,
            "dropped_out": 0,
        }

    def _there(self) -> Write:
        """The call's row once more: it may have been dropped when too much waited."""
        return Write(Verb.ADD, "calls", self._row())

    def _set(self, **columns: object) -> Write:
        return Write(Verb.SET, "calls", {"id": self._call.id, **columns})

    def _at(self) -> dict[str, Any]:
        at = round(self._now() - self._zero, 3)
        return {"id": sortable_id(), "call_id": self._call.id, "at": at}

    def _hook(self, kind: str, data: catalogue.Data) -> tuple[Write, ...]:
        """The webhook of this type, where it is wanted."""
        if kind not in self._types:
            return ()
        return (webhook(kind, self._call.id, self._time(), data),)

    def _time(self) -> datetime:
        """Now, by the call's own clock."""
        return self._began + timedelta(seconds=self._now() - self._zero)

    def _say(self, who: Any, text: str) -> None:
        if text:
            self._lines.append(Line(who=who, text=text[:LETTERS]))

    def _own_summary(self, seconds: float) -> str:
        """No model's: length, the caller's first and last words, what was collected."""
        parts = [f"{self._turns} turns in {seconds:.0f} s."]
        if self._first:
            parts.append(f"First: “{self._first[:LETTERS]}”")
        if self._latest != self._first:
            parts.append(f"Last: “{self._latest[:LETTERS]}”")
        parts += [f"{field.name}: {field.value}." for field in self._fields]
        return " ".join(parts)


def webhook(kind: str, call_id: str, time: datetime, data: catalogue.Data) -> Write:
    """A row of the outbox."""
    id = sortable_id()
    row = {
        "id": id,
        "call_id": call_id,
        "type": kind,
        "body": catalogue.body(kind, id, time, data),
        "made": time,
        "due": time,
        "tries": 0,
        "dead": False,
        "error": "",
    }
    return Write(Verb.ADD, "outbox", row)
