"""The routes of calls that the bot makes: orders, campaigns, numbers that nobody may call."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from bot.api.models import NUMBER
from bot.api.outbound_models import CallOrder, Campaigns, Noted, Order, Orders, Unwanted
from bot.api.problems import Refusal
from bot.api.visitors import Operator, Viewer

router = APIRouter(prefix="/v1")
Id = Annotated[
    str,
    Path(
        pattern=r"^[A-Za-z0-9-]{1,36}$",
        description="The order's id.",
        examples=["019ab0c8-d1f4-7000-b3a1-c6f0d2e4a596"],
    ),
]
MISSING: dict[int | str, dict[str, Any]] = {
    404: {"description": "There is no such order, or none that this key may see."}
}


@router.post(
    "/calls",
    status_code=202,
    tags=["outbound"],
    responses={409: {"description": "Nobody may call this number, or bots call nobody here."}},
)
async def place_call(visit: Operator, wanted: CallOrder) -> Order:
    """
    Have the bot call somebody. The answer is an order: the call is made when the rules allow it.

    A bot with `outbound` makes it: calling hours, the do-not-call list, tries (docs/outbound.md).
    """
    order = await visit.orders.place(visit.key, wanted)
    visit.note("call ordered", order=order.id, profile=order.profile)
    return order


@router.get("/orders", tags=["outbound"])
async def list_orders(
    visit: Viewer,
    campaign: Annotated[
        str, Query(max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$", description="Of this campaign.")
    ] = "",
    number: Annotated[
        str, Query(pattern=f"^$|{NUMBER}", description="To this number. Not for viewers.")
    ] = "",
    limit: Annotated[int, Query(ge=1, le=1000, description="So many at most.")] = 50,
) -> Orders:
    """Orders of calls, the latest first, without their tries."""
    return await visit.orders.find(visit.key, campaign, number, limit)


@router.get("/orders/{order_id}", tags=["outbound"], responses=MISSING)
async def show_order(visit: Viewer, order_id: Id) -> Order:
    """One order, with the calls that were made for it."""
    order = await visit.orders.one(visit.key, order_id)
    if order is None:
        raise no_such_order()
    return order


@router.post(
    "/orders/{order_id}/cancel",
    tags=["outbound"],
    responses={**MISSING, 409: {"description": "It is over already."}},
)
async def cancel_order(visit: Operator, order_id: Id) -> Order:
    """Call nobody for this order (again). A call that is up goes on: end it with `hangup`."""
    order = await visit.orders.cancel(visit.key, order_id)
    visit.note("order cancelled", order=order_id)
    return order


@router.get("/campaigns", tags=["outbound"])
async def list_campaigns(visit: Viewer) -> Campaigns:
    """Campaigns and how far they are; `voicebot campaign` starts, pauses and stops them."""
    return await visit.orders.campaigns(visit.key)


@router.post("/do-not-call", tags=["outbound"])
async def forbid_number(visit: Operator, whose: Unwanted) -> Noted:
    """Nobody calls this number any more, whichever profile; no erasure takes it off the list."""
    noted = await visit.orders.forbid(whose.number)
    visit.note("number forbidden", number="****" + whose.number[-2:])
    return noted


def no_such_order() -> Refusal:
    """There is no such order, or none that this key may see."""
    return Refusal(
        404, "no-such-order", "There is no such order.", "GET /v1/orders lists the orders."
    )
