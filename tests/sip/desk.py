"""The bot as our SIP user agent sees it, and an agent on loopback that asks it."""

import asyncio
from contextlib import asynccontextmanager
from uuid import uuid4

from bot.asterisk.pbx import Ticket
from bot.config_sip import SipSettings
from bot.core.ports import Caller
from bot.sip.direct.agent import UserAgent
from bot.sip.direct.desk import Declined


class Desk:
    """Takes calls unless `full`; `talk(line)` holds each, then callers go to `transfer_to`."""

    def __init__(self, talk=None, transfer_to=""):
        self.lines, self.refusals, self.abandoned, self.tasks = [], [], [], []
        self.full = False
        self.transfer_to = transfer_to
        self._talk = talk

    def admit(self, caller, called, rate):
        """A ticket, or no room."""
        if self.full:
            raise Declined(486, "full", "all 1 lines are busy", later=True)
        uuid = uuid4()
        return Ticket(uuid, Caller(str(uuid), caller, called, "sip"), rate)

    def abandon(self, ticket):
        """Note who left early."""
        self.abandoned.append(ticket)

    def answer(self, line):
        """Note the line, and talk."""
        self.lines.append(line)
        if self._talk:
            self.tasks.append(asyncio.get_running_loop().create_task(self._talk(line)))

    def destination(self, ticket):
        """What was wished."""
        return self.transfer_to

    def refuse(self, reason, detail, peer):
        """Note the refusal."""
        self.refusals.append((reason, detail))


@asynccontextmanager
async def agent(desk, **settings):
    """An agent on a free port of loopback, which everybody there may call."""
    known = {"host": "127.0.0.1", "port": 0, "peers": ["127.0.0.1"], **settings}
    one = UserAgent(SipSettings(**known), desk)
    await one.start()
    try:
        yield one
    finally:
        await one.stop()
        for task in desk.tasks:
            task.cancel()
        await asyncio.gather(*desk.tasks, return_exceptions=True)


async def until(true):
    """Wait until the condition holds."""
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.005)


async def read(line, into):
    """Collect the line's events until it ends."""
    async for event in line.events():
        into.append(event)
    into.append("end")
