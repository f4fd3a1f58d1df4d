"""The bot behind its HTTP API: joins the server, the keys, the records and the desk."""

import socket
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bot import __version__
from bot.api.access import Access, Key, Role
from bot.api.app import guarded, make_app
from bot.api.forward import Forwarder
from bot.api.limits import Seats
from bot.api.models import Call, CallPage, Erased, Followed, Profiles, Say, Status, Transfer
from bot.api.office import Elsewhere, Filter, Order, Recording
from bot.api.problems import Refusal, no_such_call
from bot.api.server import ApiServer
from bot.api.visitors import Rooms
from bot.app.api_orders import BotOrders
from bot.app.api_shapes import brief, followed, media_of, place, profiles_of, wanted_of, whole
from bot.app.desk import Desk
from bot.app.dialogues import Dialogues
from bot.app.threads import Threads
from bot.asterisk.handover import Target
from bot.config import Settings
from bot.core.errors import ServiceUnavailable
from bot.core.events import Ending
from bot.core.findings import nearest
from bot.records import api_keys, paging, purging
from bot.records.api_keys import StoredKey
from bot.records.paging import Place
from bot.records.purging import Doomed
from bot.records.storage import Sound, reader, remover

if TYPE_CHECKING:
    from bot.app.records import Records


class Api:
    """The API of one bot: `serve()` it in a task; `stop()`, then `close()`."""

    def __init__(
        self,
        settings: Settings,
        desk: Desk,
        dialogues: Dialogues,
        records: "Records",
        draining: Callable[[], bool],
        count: Callable[[int], None],
    ) -> None:
        """Listens at once, and has its address noted with each call. Raises ConfigError."""
        self._threads = Threads("api")
        office = BotOffice(settings, desk, dialogues, records, draining, self._threads)
        orders = BotOrders(records.engine, self._threads, dialogues, settings.outbound.enabled)
        self._forwarder = Forwarder(settings.api)
        rooms = Rooms(
            office,
            orders,
            Access(settings.api, office.key),
            self._forwarder,
            Seats(settings.api.followers),
        )
        app = guarded(make_app(settings.api, rooms), settings.api, count)
        self.server = ApiServer(settings.api, app)
        self.port = self.server.port
        records.api = self.server.url[:256]

    async def serve(self) -> None:
        """Answer until `stop`."""
        await self.server.serve()

    def stop(self) -> None:
        """Take no more requests."""
        self.server.stop()

    async def close(self) -> None:
        """Close what it asked with."""
        self.server.close()
        await self._forwarder.close()
        self._threads.close()


class BotOffice:
    """
    The `Office` of the API.

    What asks the database runs in threads of its own, and so does what makes long answers: they
    hold up no call.
    """

    def __init__(
        self,
        settings: Settings,
        desk: Desk,
        dialogues: Dialogues,
        records: "Records",
        draining: Callable[[], bool],
        threads: Threads,
    ) -> None:
        self._settings = settings
        self._desk = desk
        self._dialogues = dialogues
        self._records = records
        self._draining = draining
        self._in_thread = threads.run
        self._read = reader(settings.recordings)

    async def key(self, token: str) -> Key | None:
        """The valid key of this token."""
        found = await self._in_thread(api_keys.find, self._records.engine, token)
        return _key(found) if found and found.valid(datetime.now(UTC)) else None

    async def calls(self, key: Key, wanted: Filter) -> CallPage:
        """The calls that this key may see."""
        limit = min(wanted.limit, self._settings.api.page)
        rows, end = await self._in_thread(
            paging.page,
            self._records.engine,
            wanted_of(wanted),
            key.profiles,
            place(wanted.cursor),
            limit,
        )
        return await self._in_thread(_page, rows, key, _cursor(end))

    async def call(self, key: Key, id: str) -> Call | None:
        """One of them."""
        row = await self._in_thread(paging.detailed, self._records.engine, id, key.profiles)
        return None if row is None else await self._in_thread(whole, row, key)

    async def happenings(self, key: Key, id: str, after: str) -> tuple[list[Followed], str]:
        """What happened after this event, and how the call stands now. Raises `Refusal`."""
        engine = self._records.engine
        row = await self._in_thread(paging.exactly, engine, id, key.profiles)
        if row is None:
            raise no_such_call()
        found = await self._in_thread(paging.happenings, engine, id, after)
        return [followed(each, key) for each in found], str(row["outcome"])

    async def recording(self, key: Key, id: str) -> Recording | None:
        """Its sound; None where there is none. Raises `Refusal`."""
        row = await self._in_thread(paging.exactly, self._records.engine, id, key.profiles)
        if row is None:
            raise no_such_call()
        name = row["recording"]
        sound: Sound | None = await self._in_thread(self._read, name) if name else None
        return Recording(media_of(name), sound.size, sound.pieces) if sound else None

    async def order(self, key: Key, id: str, order: Order) -> Elsewhere | None:
        """Have this done in a call of ours; `Elsewhere`: another bot has it. Raises `Refusal`."""
        profile = self._desk.profile(id)
        if profile is None:
            return await self._elsewhere(key, id)
        if not key.sees(profile):
            raise no_such_call()
        if isinstance(order, Say):
            done = self._desk.say(id, order.text, order.interrupt)
        elif isinstance(order, Transfer):
            done = self._desk.end(id, Ending.TRANSFER, self._target(profile, order))
        else:
            done = self._desk.end(id, Ending.HANG_UP)
        if not done:
            raise Refusal(
                409,
                "not-now",
                "The call just begins or ends, or five texts wait to be said in it.",
                "Ask again when the last text was said (GET /v1/calls/ID, events `saying`).",
            )
        return None

    async def erase(self, key: Key, number: str) -> Erased:
        """Delete the calls of this caller that are over. Raises ServiceError where some stay."""
        doomed = Doomed(number=number, profiles=key.profiles)
        remove = remover(self._settings.recordings)
        engine = self._records.engine
        gone = await self._in_thread(purging.purge, engine, doomed, remove)
        orders = await self._in_thread(purging.forget_orders, engine, doomed)
        if left := await self._in_thread(purging.count, engine, doomed):
            raise ServiceUnavailable("recordings", f"{left} calls keep theirs")
        return Erased(calls=gone, orders=orders)

    async def profiles(self, key: Key, reload: bool = False) -> Profiles:
        """The profiles, read anew where that is wanted."""
        if reload:
            await self._dialogues.reload()
        return profiles_of(self._dialogues, key, self._desk.profiles())

    def status(self) -> Status:
        """How the bot is."""
        return Status(
            bot=socket.gethostname(),
            version=__version__,
            calls=len(self._desk.calls),
            lines=self._settings.audiosocket.max_calls,
            draining=self._draining(),
        )

    async def _elsewhere(self, key: Key, id: str) -> Elsewhere:
        """The bot that has the call, by what it wrote into the records. Raises `Refusal`."""
        row = await self._in_thread(paging.exactly, self._records.engine, id, key.profiles)
        if row is None:
            raise no_such_call()
        if row["outcome"] != "up" or row["api"] in ("", self._records.api):
            up = row["outcome"] == "up" and not row["api"]
            why = "Its bot has no API (api.enabled)." if up else "The call is over."
            raise Refusal(409, "call-not-up", why, "GET /v1/calls?outcome=up lists live calls.")
        return Elsewhere(str(row["api"]))

    def _target(self, profile: str, wanted: Transfer) -> Target:
        """The place of the dialplan. Raises `Refusal` for a name that the profile has not."""
        known = self._dialogues.of(profile).settings.transfers
        pbx = self._settings.pbx
        if not wanted.target:
            warm = (wanted.mode or pbx.transfer_mode) == "warm"
            return Target(pbx.transfer_context, pbx.transfer_exten, warm)
        chosen = known.get(wanted.target)
        if chosen is None:
            names = ", ".join(nearest(wanted.target, known)[:5]) or "none"
            raise Refusal(
                409,
                "no-such-target",
                f"body.target: the profile {profile} has no such place.",
                f"Name one of its `transfers`: {names}.",
            )
        warm = (wanted.mode or chosen.mode) == "warm"
        return Target(chosen.context or pbx.transfer_context, chosen.exten, warm)


def _key(found: StoredKey) -> Key:
    profiles = frozenset(found.profiles) if found.profiles else None
    return Key(found.id, found.name, Role[found.role.upper()], profiles)


def _page(rows: list[dict[str, Any]], key: Key, next: str | None) -> CallPage:
    return CallPage(calls=[brief(row, key) for row in rows], next=next)


def _cursor(end: Place | None) -> str | None:
    return None if end is None else f"{end.began}.{end.id}"
