"""How a new call is taken: what must be right before anybody answers, and what is said if not."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from bot.config_sip import SipSettings
from bot.core.errors import ProtocolError
from bot.core.ports import Ticket
from bot.sip.direct import sdp, session, sound_port
from bot.sip.direct.addresses import number_of, parsed_address
from bot.sip.direct.codecs import Codec
from bot.sip.direct.desk import Declined, Desk
from bot.sip.direct.leg import Leg
from bot.sip.direct.messages import Request, answer
from bot.sip.direct.roles import Switchboard

log = structlog.get_logger()


class Front:
    """Takes new calls; `_left` are the INVITEs that were cancelled before we had answered."""

    def __init__(self, settings: SipSettings, desk: Desk, agent: Switchboard) -> None:
        self._settings = settings
        self._desk = desk
        self._agent = agent
        self._codecs = sdp.codecs(settings.codecs)
        self._left: set[str] = set()

    def cancelled(self, cancel: Request) -> None:
        """This caller does not wait any more."""
        self._left.add(cancel.branch)

    async def invited(self, invite: Request) -> None:
        """Take a call, or say why not."""
        self._agent.reply(invite, answer(invite, 100))
        try:
            await self._accept(invite)
        except Declined as no:
            self._desk.refuse(no.reason, str(no), f"{invite.source[0]}:{invite.source[1]}")
            later = [("Retry-After", str(self._settings.retry_after))] if no.later else []
            self._agent.reply(invite, answer(invite, no.status, headers=[*later, *no.headers]))
        except Exception:
            log.exception("call failed", call=invite.call_id)
            self._agent.reply(invite, answer(invite, 500))
        finally:
            self._left.discard(invite.branch)

    async def _accept(self, invite: Request) -> None:
        """Admit a call, give it a port and answer. Raise `Declined`."""
        codecs = self._agreed_codecs(invite)
        caller = invite.one("p-asserted-identity") or invite.one("from")
        number = number_of(parsed_address(caller).uri)
        ticket = self._desk.admit(number, number_of(invite.uri), codecs[0].clock)
        try:
            await self._connect(invite, ticket, codecs)
        except ProtocolError as error:
            self._desk.abandon(ticket)
            raise Declined(400, "protocol", str(error)) from error
        except BaseException:
            self._desk.abandon(ticket)
            raise

    def _agreed_codecs(self, invite: Request) -> Sequence[Codec]:
        """Our codings of the rate that this call will have. Raise `Declined`."""
        try:
            session.wanted(invite)
            first = self._codecs[0]
            if invite.body:
                first = sdp.agreed(sdp.parsed(invite.body), self._codecs).codec
        except session.TooShort as error:
            least = [("Min-SE", str(session.LEAST))]
            raise Declined(422, "protocol", str(error), headers=least) from error
        except sdp.NotAcceptable as error:
            raise Declined(488, "not-acceptable", str(error)) from error
        except ProtocolError as error:
            raise Declined(400, "protocol", str(error)) from error
        return [codec for codec in self._codecs if codec.clock == first.clock]

    async def _connect(self, invite: Request, ticket: Ticket, codecs: Sequence[Codec]) -> None:
        ours = sdp.Ours(self._agent.address(invite.source[0]), 0, codecs)
        leg = Leg(self._agent, self._desk, invite, ticket, ours, self._settings.rtp_timeout)
        settings = self._settings
        try:
            sound = await sound_port.opened(
                self._agent.bound(), settings.rtp_first, settings.rtp_last, leg.received
            )
        except sound_port.NoPort as error:
            raise Declined(503, "no-port", str(error), later=True) from error
        try:
            if invite.branch in self._left:
                raise Declined(487, "cancelled", "the caller left before we answered")
            leg.accept(invite, sound)
        except BaseException:
            sound.close()
            raise
        self._agent.known(leg)
