"""The bot's side of calls that the API orders: in the records, from which bots take them."""

from dataclasses import asdict
from datetime import UTC, datetime

from sqlalchemy import Engine

from bot.api.access import Key, Role, not_allowed
from bot.api.office import instant
from bot.api.outbound import no_such_order
from bot.api.outbound_models import CallOrder, Campaign, Campaigns, Noted, Order, Orders, Try
from bot.api.problems import Refusal
from bot.app.api_shapes import text
from bot.app.dialogues import Dialogues
from bot.app.threads import Threads
from bot.core.telephone import masked, one_writing
from bot.outbound.policy import Refuse, judge
from bot.records import campaigns, do_not_call, orders
from bot.records.orders import NewOrder, OrdersWanted

_SHOWN = (
    "id", "campaign", "profile", "made", "changed", "due", "outcome", "detail",
)  # fmt: skip


class BotOrders:
    """The `OrderBook` of the API."""

    def __init__(
        self, engine: Engine, threads: Threads, dialogues: Dialogues, enabled: bool
    ) -> None:
        """`enabled`: this bot calls people."""
        self._engine = engine
        self._threads = threads
        self._dialogues = dialogues
        self._enabled = enabled

    async def place(self, key: Key, wanted: CallOrder) -> Order:
        """Keep the order. Raises `Refusal`."""
        if not key.sees(wanted.profile):
            raise not_allowed(f"The key {key.name} is not for this profile", Role.OPERATOR)
        await self._check(wanted)
        new = NewOrder(
            wanted.number, wanted.profile, wanted.data, wanted.consent, instant(wanted.not_before)
        )
        return _order(await self._threads.run(orders.add, self._engine, new), key)

    async def _check(self, wanted: CallOrder) -> None:
        """Refuse now what would be refused when it is due. Raises `Refusal`."""
        if not self._enabled:
            detail = "This bot calls nobody."
            raise Refusal(409, "outbound-off", detail, "Set outbound.enabled (docs/outbound.md).")
        if not self._dialogues.knows(wanted.profile):
            detail = f"body.profile: there is no profile {wanted.profile}."
            raise Refusal(409, "no-such-profile", detail, "GET /v1/profiles lists them.")
        unwanted = await self._threads.run(do_not_call.has, self._engine, wanted.number)
        settings = self._dialogues.of(wanted.profile).settings.outbound
        number = one_writing(wanted.number)
        verdict = judge(number, wanted.consent, unwanted, settings, datetime.now(UTC))
        if isinstance(verdict, Refuse):
            remedy = "See `outbound` in docs/configuration.md for who may be called."
            raise Refusal(409, "not-to-be-called", f"body.number: {verdict.why}.", remedy)

    async def find(self, key: Key, campaign: str, number: str, limit: int) -> Orders:
        """The orders that this key may see. Raises `Refusal`."""
        if number and not key.sees_numbers:
            raise not_allowed("A viewer's key cannot look for numbers", Role.OPERATOR)
        wanted = OrdersWanted(number, campaign, limit=limit, profiles=key.profiles)
        found = await self._threads.run(orders.find, self._engine, wanted)
        return Orders(orders=[_order(each, key) for each in found])

    async def one(self, key: Key, id: str) -> Order | None:
        """One of them, with its tries."""
        found = await self._threads.run(orders.known, self._engine, id)
        if found is None or not key.sees(found.profile):
            return None
        tries = await self._threads.run(orders.tries_of, self._engine, id)
        return _order(found, key, tries)

    async def cancel(self, key: Key, id: str) -> Order:
        """Call nobody for it. Raises `Refusal`."""
        if await self.one(key, id) is None:
            raise no_such_order()
        if not await self._threads.run(orders.cancel, self._engine, id):
            detail = "The order is done, or cancelled already."
            raise Refusal(409, "order-over", detail, "GET /v1/orders/ID says how it ended.")
        order = await self.one(key, id)
        assert order is not None, "orders of one number go by an erasure only"
        return order

    async def campaigns(self, key: Key) -> Campaigns:
        """The campaigns that this key may see."""
        found = await self._threads.run(campaigns.find, self._engine)
        return Campaigns(campaigns=[_campaign(each) for each in found if key.sees(each.profile)])

    async def forbid(self, number: str) -> Noted:
        """Put a number on the do-not-call list."""
        return Noted(new=await self._threads.run(do_not_call.add, self._engine, number, "api"))


def _order(found: orders.Order, key: Key, tries: list[orders.Try] | None = None) -> Order:
    return Order(
        **{name: getattr(found, name) for name in _SHOWN},
        number=found.number if key.sees_numbers else masked(found.number),
        consent=text(found.consent, key),
        data=dict(found.data) if key.sees_numbers else {},
        state=found.state.value,
        tries=[
            Try(
                call=t.call_id, made=t.made, answered=t.answered, outcome=t.outcome, detail=t.detail
            )
            for t in tries or []
        ],
    )


def _campaign(found: campaigns.Campaign) -> Campaign:
    values = asdict(found)
    return Campaign(**{name: values[name] for name in Campaign.model_fields})
