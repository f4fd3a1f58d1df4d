"""
One call from INVITE to BYE: what its requests do to it, and how it ends.

It knows SIP and the sound port, not conversations: the desk is given a line and told nothing else.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

import structlog

from bot.core.earpiece import Earpiece
from bot.core.errors import ProtocolError
from bot.core.events import Digit, LineEvent
from bot.core.ports import Ticket
from bot.sip.direct import sdp, session
from bot.sip.direct.desk import Desk
from bot.sip.direct.dialog import Dialog
from bot.sip.direct.keys import info_key
from bot.sip.direct.line import SipLine
from bot.sip.direct.messages import Headers, Request, answer
from bot.sip.direct.roles import Agent
from bot.sip.direct.session_clock import SessionClock
from bot.sip.direct.sound_port import SoundPort
from bot.sip.direct.transactions import NoAnswer
from bot.sip.direct.transfer import Transfer

LINGER = 1.0
"""Seconds that our BYE may take to be answered before the call is over for us."""
SDP = ("Content-Type", "application/sdp")

log = structlog.get_logger()


class Leg:
    """
    One call.

    `_agreed` is None until offer and answer are; `_begun` says whether the conversation is, `over`
    is set when the dialog is gone; `_offered` says that the last 200 held our offer, whose answer
    is in the ACK; `_looking` is the timer of the last sign of life.
    """

    def __init__(
        self,
        agent: Agent,
        desk: Desk,
        invite: Request,
        ticket: Ticket,
        ours: sdp.Ours,
        timeout: float,
    ) -> None:
        """`timeout`: seconds without a packet after which the far end is gone."""
        self.dialog = Dialog.of_invite(invite)
        self.ticket = ticket
        self.source = invite.source[0]
        self.over = asyncio.Event()
        self._ear = Earpiece()
        self._agent, self._desk, self._ours = agent, desk, ours
        self._timeout = timeout
        self._allowed = invite.all("allow")
        self._agreed: sdp.Agreed | None = None
        self._sound: SoundPort | None = None
        self._begun = self._offered = False
        self._looking: asyncio.TimerHandle | None = None
        self._transfer: Transfer | None = None
        self._clock = SessionClock(lambda: agent.begin(self._refresh()), self._expired)

    # Beginning.

    def received(self, event: LineEvent) -> None:
        """Sound or a key from the port."""
        self._ear.received(event)

    def accept(self, invite: Request, sound: SoundPort) -> None:
        """Answer the INVITE. Raise NotAcceptable, ProtocolError, TooShort."""
        self._sound = sound
        self._ours.port = sound.port
        self._take_offer(invite)

    def _take_offer(self, request: Request) -> None:
        """Answer an INVITE or UPDATE with what its offer and our codings have in common."""
        wanted = session.wanted(request)
        body = b""
        if request.body:
            offered = sdp.parsed(request.body)
            self._agree(sdp.agreed(offered, self._ours.codecs))
            assert self._agreed is not None
            body = self._ours.answer(offered, self._agreed).encode()
        elif request.method == "INVITE":
            body = self._ours.offer(self._agreed).encode()
        self._offered = request.method == "INVITE" and not request.body
        self.dialog.moved(request.one("contact"))
        more = [*(wanted.answer if wanted else []), *([SDP] if body else [])]
        reply = answer(request, 200, self.dialog.tag, more)
        reply.body = body
        self._agent.reply(request, reply, self._unheard)
        self._clock.start(wanted)

    def _agree(self, agreed: sdp.Agreed) -> None:
        assert self._sound is not None
        if self._agreed is not None and agreed.held != self._agreed.held:
            log.info("on hold" if agreed.held else "off hold", call=self.ticket.caller.call_id)
        self._agreed = agreed
        self._ours.codecs = [one for one in self._ours.codecs if one.clock == agreed.codec.clock]
        self._sound.agree(agreed, self.source)

    def acknowledged(self, ack: Request) -> None:
        """Our 200 has arrived: the conversation begins."""
        if self._offered and not self.over.is_set():
            try:
                self._agree(sdp.agreed(sdp.parsed(ack.body), self._ours.codecs))
            except ProtocolError as error:
                self._desk.refuse("protocol", f"answer in the ACK: {error}", self.source)
                self._agent.begin(self.hang_up())
                return
            self._offered = False
        if not self._begun and not self.over.is_set():
            self._begun = True
            assert self._sound is not None
            line = SipLine(self.ticket, self._sound, self._ear, self._end)
            self._desk.answer(line)
            self._look()

    def _unheard(self) -> None:
        if self.over.is_set():
            return
        self._desk.refuse("no-ack", "our answer was never acknowledged", self.source)
        self._agent.begin(self.hang_up())

    # What they want.

    def handle(self, request: Request, headers: Headers) -> None:
        """Do and answer a request of this call. Raise ProtocolError for a body that is wrong."""
        if not self.dialog.accepts(request):
            self._say(request, 500)
            return
        match request.method:
            case "BYE":
                self._say(request, 200)
                self.lost()
            case "INVITE" | "UPDATE":
                self._renegotiate(request)
            case "INFO":
                self._say(request, self._info(request))
            case "NOTIFY":
                self._say(request, self._notified(request))
            case "OPTIONS":
                self._say(request, 200, headers)
            case _:
                self._say(request, 405, headers)

    def _say(self, request: Request, status: int, headers: Headers | None = None) -> None:
        self._agent.reply(request, answer(request, status, self.dialog.tag, headers or []))

    def _renegotiate(self, request: Request) -> None:
        if self._clock.refreshing or self._offered:
            self._say(request, 491)
            return
        try:
            self._take_offer(request)
        except sdp.NotAcceptable as error:
            self._desk.refuse("not-acceptable", str(error), self.source)
            self._say(request, 488)
        except session.TooShort:
            self._say(request, 422, [("Min-SE", str(session.LEAST))])

    def _info(self, request: Request) -> int:
        key = info_key(request.one("content-type"), request.body)
        if key is None:
            return 415 if request.body else 200
        if self._sound is not None and not self._sound.heard_keys:
            self._ear.received(Digit(key))
        return 200

    def _notified(self, request: Request) -> int:
        return 200 if self._transfer is not None and self._transfer.notified(request) else 481

    # Watching.

    def _look(self) -> None:
        """Is there anybody? Look again when the silence could be too long."""
        assert self._sound is not None
        left = self._timeout - self._sound.silent_for()
        if left > 0:
            self._looking = asyncio.get_running_loop().call_later(left, self._look)
        else:
            log.warning("no sound", call=self.ticket.caller.call_id, seconds=self._timeout)
            self._agent.begin(self.hang_up())

    def _expired(self) -> None:
        log.warning("session expired", call=self.ticket.caller.call_id)
        self._agent.begin(self.hang_up())

    async def _refresh(self) -> None:
        """Prove that we are there, and learn whether they are (RFC 4028, 7.4)."""
        method = "UPDATE" if "UPDATE" in self._allowed else "INVITE"
        request = self.dialog.request(method)
        request.headers += self._clock.question
        if method == "INVITE":
            request.headers.append(SDP)
            request.body = self._ours.offer(self._agreed).encode()
        self._clock.refreshing = True
        try:
            reply = await self._agent.ask(request, self.dialog, self.source)
        except NoAnswer:
            reply = answer(request, 408)
        self._clock.refreshing = False
        if method == "INVITE" and reply.status < 300:
            self._agent.acknowledge(self.dialog, request.cseq[0], self.source)
        if reply.status in (408, 481):
            self.lost()
        elif not self.over.is_set():
            self._clock.refreshed(reply)

    # Ending.

    def lost(self) -> None:
        """The dialog is over: the port is given back, the conversation told."""
        if self.over.is_set():
            return
        self.over.set()
        self._clock.start(None)
        if self._looking is not None:
            self._looking.cancel()
        self._ear.lost()
        if self._transfer is not None:
            self._transfer.settle(taken=True)
        if self._sound is not None:
            self._sound.close()
            log.info("sound ended", call=self.ticket.caller.call_id, **self._figures())
        self._agent.forget(self)
        if not self._begun:
            self._desk.abandon(self.ticket)

    def _figures(self) -> dict[str, int]:
        assert self._sound is not None
        figures = self._sound.figures
        return {"packets": figures.received, "lost": figures.lost, "late": figures.late}

    async def _end(self) -> None:
        """Do with the caller what the end of the conversation says."""
        if self.over.is_set():
            return
        target = self._desk.destination(self.ticket)
        if target and not await self._refer(target):
            log.warning("transfer failed", call=self.ticket.caller.call_id, to=target)
        await self.hang_up()

    async def _refer(self, target: str) -> bool:
        self._transfer = Transfer()
        request = self._transfer.request(self.dialog, target)
        try:
            reply = await self._agent.ask(request, self.dialog, self.source)
        except ProtocolError:
            return False
        return reply.status < 300 and await self._transfer.outcome()

    async def hang_up(self) -> None:
        """Say goodbye; wait a moment for the answer, the rest happens without us."""
        if self.over.is_set():
            return
        said = self.dialog.request("BYE")
        self.lost()
        done = asyncio.Event()

        async def bye() -> None:
            with suppress(ProtocolError):
                await self._agent.ask(said, self.dialog, self.source)
            done.set()

        self._agent.begin(bye())
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER):
                await done.wait()
