"""How a request of ours is sent: by which way, and again with our password where that is wanted."""

from collections.abc import Callable
from ipaddress import ip_address

from bot.config_sip import SipSettings
from bot.core.errors import ProtocolError
from bot.sip.direct.dialog import Dialog
from bot.sip.direct.digest import Challenge, credentials, parsed_challenge
from bot.sip.direct.door import Door
from bot.sip.direct.messages import Request, Response
from bot.sip.direct.place import Place, resolved
from bot.sip.direct.transactions import Transactions, branch

_QUESTIONS = {401: ("www-authenticate", "Authorization")}
_QUESTIONS[407] = ("proxy-authenticate", "Proxy-Authorization")


class Asking:
    """
    Sends requests.

    `here` is our own `host:port` as a peer at this address sees it; `send` sends bytes.
    """

    def __init__(
        self,
        settings: SipSettings,
        transactions: Transactions,
        door: Door,
        here: Callable[[str], str],
        send: Callable[[bytes, Place], None],
    ) -> None:
        self._settings = settings
        self._transactions = transactions
        self._door = door
        self._here = here
        self._send = send

    async def ask(self, request: Request, place: Place) -> Response:
        """
        The final answer. Raise NoAnswer.

        Where our password is asked for, the request goes again, with the next CSeq: `request` is
        then changed.
        """
        reply = await self._once(request, place)
        last: Challenge | None = None
        while (challenge := self._challenge(reply, place)) is not None:
            if last is not None and (last.nonce == challenge.nonce or not challenge.stale):
                return reply  # it is wrong, not old
            self._authorize(request, reply, challenge)
            last, reply = challenge, await self._once(request, place)
        return reply

    async def ask_in(self, request: Request, dialog: Dialog, source: str) -> Response:
        """The same within a call. Raise NoAnswer."""
        reply = await self.ask(request, await self._hop(dialog, source))
        dialog.number = max(dialog.number, request.cseq[0])
        return reply

    async def tell_in(self, request: Request, dialog: Dialog, source: str) -> None:
        """Send an ACK within a call, which nobody answers."""
        place = await self._hop(dialog, source)
        self._sign(request, place)
        self._send(request.encode(), place)

    async def _hop(self, dialog: Dialog, source: str) -> Place:
        """
        Where the requests of a call go: its first proxy, else its Contact.

        A private address in a Contact that came from another one stands behind a router: then it is
        the router, from which the call came. Raise ProtocolError for a name without an address.
        """
        host, port = (await resolved(*dialog.hop))[0]
        behind = ip_address(host).is_private and not ip_address(source).is_private
        return (source, port) if behind and not dialog.routes else (host, port)

    async def _once(self, request: Request, place: Place) -> Response:
        self._sign(request, place)
        return await self._transactions.ask(request, place)

    def _sign(self, request: Request, place: Place) -> None:
        """Put our Via on top, with a new branch."""
        via = f"SIP/2.0/UDP {self._here(place[0])};branch={branch()};rport"
        request.headers = [("Via", via), *_without(request, "via")]

    def _challenge(self, reply: Response, place: Place) -> Challenge | None:
        """What the server wants to be proved; None where nothing is, or not to this one."""
        if reply.status not in _QUESTIONS or not self._settings.password.get_secret_value():
            return None
        if not self._door.is_server(place[0]):
            return None
        for text in reply.all(_QUESTIONS[reply.status][0]):
            try:
                challenge = parsed_challenge(text)
            except ProtocolError:
                continue
            if self._settings.realm in ("", challenge.realm):
                return challenge
        return None

    def _authorize(self, request: Request, reply: Response, challenge: Challenge) -> None:
        settings = self._settings
        name = _QUESTIONS[reply.status][1]
        proof = credentials(
            challenge,
            settings.auth_user or settings.user,
            settings.password.get_secret_value(),
            request.method,
            request.uri,
        )
        number = request.cseq[0] + 1
        kept = [pair for pair in _without(request, "cseq") if pair[0] != name]
        request.headers = [*kept, ("CSeq", f"{number} {request.method}"), (name, proof)]


def _without(request: Request, name: str) -> list[tuple[str, str]]:
    return [pair for pair in request.headers if pair[0].lower() != name]
