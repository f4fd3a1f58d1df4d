"""
The dialogues of the process, one for each profile; made anew when its file changes.

A call keeps the dialogue with which it began. What profiles do not change is shared: the channels
to Riva, the connections to a language model, the speech that is remembered.
"""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import structlog

from bot.app.dialogue import Dialogue
from bot.app.profile_folder import Profiles, changed, read_profiles
from bot.app.speech_memory import Wanted
from bot.asterisk.pbx import Place, Reason, Refused
from bot.config import Settings
from bot.core.errors import ConfigError
from bot.ops.metrics import Metrics

DEFAULT: Final = "default"
"""The profile of numbers that no other has; the settings themselves, unless a file has its name."""
DISCOVER: Final = 30.0
"""Seconds between two questions to a server which tools it has."""

log = structlog.get_logger()

Make = Callable[[str, Settings], Dialogue]


class Dialogues:
    """
    All dialogues, and the watch over their files.

    `_last` has each name's latest dialogue, of profiles that are gone, too: a call that was
    registered just before is still answered as it should. `_unprepared` are those whose phrases
    are still to be made.
    """

    def __init__(
        self,
        settings: Settings,
        metrics: Metrics,
        make: Make,
        forget: Callable[[set[Wanted]], None],
    ) -> None:
        """
        `make` builds the dialogue of a profile. `forget` drops the speech of the bot's own that no
        profile has any more, all but these. Raises ConfigError for a wrong file.
        """
        self._forget = forget
        self._settings = settings
        self._metrics = metrics
        self._make = make
        self._folder = Path(settings.profiles.folder) if settings.profiles.folder else None
        self._profiles = self._first()
        self._routes = self._profiles.routes
        self._last = {DEFAULT: make(DEFAULT, settings)}
        self._last |= {name: make(name, p.settings) for name, p in self._profiles.profiles.items()}
        self._looking = asyncio.Event()
        self._reading = asyncio.Lock()
        self._unprepared: dict[str, Dialogue] = {}
        self._more = asyncio.Event()
        metrics.watch("voicebot_profiles", lambda: len(self._profiles.profiles))
        metrics.watch("voicebot_profiles_wrong", lambda: len(self._profiles.problems))

    def _first(self) -> Profiles:
        """The profiles at the start, when a wrong file has no older version. Raises ConfigError."""
        if self._folder is None:
            return Profiles()
        profiles = read_profiles(self._folder, self._settings)
        if profiles.problems:
            raise ConfigError("\n".join(profiles.problems.values()))
        return profiles

    @property
    def default(self) -> Dialogue:
        """That of numbers without a profile of their own."""
        return self.of(DEFAULT)

    def of(self, name: str) -> Dialogue:
        """The latest dialogue of this profile."""
        return self._last[name]

    def knows(self, name: str) -> bool:
        """Whether there is a profile of this name now."""
        return name == DEFAULT or name in self._profiles.profiles

    @property
    def profiles(self) -> Profiles:
        """Those in use that come from files, and what is wrong with files."""
        return self._profiles

    def __iter__(self) -> Iterator[Dialogue]:
        """All of them."""
        return iter(self._last.values())

    def place(self, called: str, named: str = "") -> Place:
        """The profile of a called number, or the one that is named. Raises `Refused`."""
        if named and not self.knows(named):
            raise Refused(Reason.NO_PROFILE, f"profile: there is no {named[:64]!r}")
        name = named or self._routes.find(called) or DEFAULT
        return Place(name, self._last[name].settings.limits.calls)

    # The watch.

    def look(self) -> None:
        """Look for changed files now."""
        self._looking.set()

    async def watch(self) -> None:
        """Look for changed files until cancelled; have their phrases made."""
        if self._folder is None:
            return
        while True:
            try:
                async with asyncio.timeout(self._settings.profiles.poll):
                    await self._looking.wait()
            except TimeoutError:
                pass
            self._looking.clear()
            try:
                await self._reload(self._folder)
            except ConfigError as error:
                log.error("profiles stay as they were", error=str(error))
                self._metrics.profiles_read("wrong")

    async def reload(self) -> None:
        """Look for changed files, and return when they are in use. Raises ConfigError."""
        if self._folder is not None:
            await self._reload(self._folder)

    async def _reload(self, folder: Path) -> None:
        async with self._reading:
            await self._read_changed(folder)

    async def _read_changed(self, folder: Path) -> None:
        before = self._profiles
        if not await asyncio.to_thread(changed, folder, before):
            return
        profiles = await asyncio.to_thread(read_profiles, folder, self._settings, before)
        self._profiles, self._routes = profiles, profiles.routes
        for name, problem in profiles.problems.items():
            if before.seen.get(name) != profiles.seen.get(name):
                log.error("profile stays as it was", profile=name, error=problem)
        new = [n for n, p in profiles.profiles.items() if p is not before.profiles.get(n)]
        gone = [name for name in before.profiles if name not in profiles.profiles]
        for name in new:
            self._replace(name, profiles.profiles[name].settings)
        if DEFAULT in gone:
            self._replace(DEFAULT, self._settings)
        self._metrics.profiles_read("wrong" if profiles.problems else "ok")
        log.info("profiles read", new=new, gone=gone, wrong=sorted(profiles.problems))

    def _replace(self, name: str, settings: Settings) -> None:
        self._last[name] = self._unprepared[name] = self._make(name, settings)
        self._more.set()

    async def discover(self) -> None:
        """Ask servers of tools what they have, again and again, until cancelled."""
        while True:
            for dialogue in list(self._last.values()):
                await dialogue.toolbox.discover()
            await asyncio.sleep(DISCOVER)

    async def prepare(self) -> None:
        """Have the phrases of all dialogues ready, the default's first."""
        for dialogue in list(self._last.values()):
            await dialogue.prepare()

    async def prepare_new(self) -> None:
        """Have those of changed profiles ready, until cancelled."""
        while True:
            await self._more.wait()
            self._more.clear()
            while self._unprepared:
                _, dialogue = self._unprepared.popitem()
                await dialogue.prepare()
            self._forget({key for dialogue in self for key in dialogue.own_speech()})
