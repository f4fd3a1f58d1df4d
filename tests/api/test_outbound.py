"""Calls that integrators order: in the records, as bots find them."""

import pytest

from bot.records import campaigns, do_not_call
from bot.records.campaigns import NewCampaign
from bot.records.orders import NewOrder
from tests.api.bots import NO_ASTERISK, asking, problem, running

pytestmark = pytest.mark.real_time
WANTED = {"number": "098123 45678".replace(" ", ""), "data": {"name": "दीपक"}, "consent": "form"}


async def test_a_call_is_ordered_shown_and_cancelled(url):
    """Its number in its one writing; a viewer sees neither that nor the data."""
    async with (
        running(url) as bot,
        asking(bot, "operator") as client,
        asking(bot, "viewer") as viewer,
    ):
        order = (await client.post("/v1/calls", json=WANTED)).json()
        assert (order["number"], order["state"]) == ("+919812345678", "waiting")
        assert order["data"] == {"name": "दीपक"}
        listed = (await client.get("/v1/orders", params={"number": "9812345678"})).json()
        assert [each["id"] for each in listed["orders"]] == [order["id"]]
        seen = (await viewer.get(f"/v1/orders/{order['id']}")).json()
        assert (seen["number"], seen["data"]) == ("...78", {})
        gone = await client.post(f"/v1/orders/{order['id']}/cancel")
        assert gone.json()["state"] == "cancelled"
        again = problem(await client.post(f"/v1/orders/{order['id']}/cancel"))
        assert (again.status, again.name) == (409, "order-over")


async def test_a_viewer_sees_no_number_in_what_was_noted_of_a_consent(url):
    """It is free text, in which integrators write whom they have asked."""
    wanted = WANTED | {"consent": "asked 98123 45678 by form 7"}
    async with (
        running(url) as bot,
        asking(bot, "operator") as client,
        asking(bot, "viewer") as viewer,
    ):
        order = (await client.post("/v1/calls", json=wanted)).json()
        assert order["consent"] == wanted["consent"]
        seen = (await viewer.get(f"/v1/orders/{order['id']}")).json()
        assert seen["consent"] == "asked **** by form 7"
        [listed] = (await viewer.get("/v1/orders")).json()["orders"]
        assert listed["consent"] == seen["consent"]


async def test_a_wrong_order_names_its_field(url):
    """No number, no profile, too much."""
    async with running(url) as bot, asking(bot, "operator") as client:
        for wanted, field in [
            ({}, "body.number"),
            ({"number": "sip:x@evil"}, "body.number"),
            (WANTED | {"consent": "x" * 257}, "body.consent"),
            (WANTED | {"colour": "red"}, "body.colour"),
        ]:
            wrong = problem(await client.post("/v1/calls", json=wanted))
            assert (wrong.status, wrong.errors[0]["field"]) == (422, field)
        wrong = problem(await client.post("/v1/calls", json=WANTED | {"profile": "nobody"}))
        assert (wrong.status, wrong.name) == (409, "no-such-profile")
        assert (await client.get("/v1/orders")).json() == {"orders": []}


@pytest.mark.parametrize(
    ("outbound", "wanted", "why"),
    [
        ({"enabled": False}, WANTED, "outbound-off"),
        (NO_ASTERISK | {"consent": "required"}, WANTED | {"consent": " "}, "not-to-be-called"),
        (NO_ASTERISK | {"allowed": r"\+91\d{10}"}, {"number": "+15551234"}, "not-to-be-called"),
        (NO_ASTERISK, {"number": "9812345600"}, "not-to-be-called"),
    ],
)
async def test_what_no_bot_would_call_is_refused_at_once(url, outbound, wanted, why):
    """By the rules that hold when an order is due."""
    async with running(url, outbound=outbound) as bot, asking(bot, "operator") as client:
        assert (await client.post("/v1/do-not-call", json={"number": "9812345600"})).json()["new"]
        refused = problem(await client.post("/v1/calls", json=wanted))
        assert (refused.status, refused.name) == (409, why)
        assert (await client.get("/v1/orders")).json() == {"orders": []}


async def test_a_tenant_orders_and_sees_only_its_own(url, tmp_path):
    """Neither orders nor campaigns of another profile."""
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles/bank.yaml").write_text('numbers: ["100"]\n')
    async with (
        running(url, profiles={"folder": str(tmp_path / "profiles")}) as bot,
        asking(bot, "operator", "bank") as bank,
        asking(bot, "operator") as everybody,
    ):
        assert (await bank.post("/v1/calls", json=WANTED)).status_code == 403
        mine = (await bank.post("/v1/calls", json=WANTED | {"profile": "bank"})).json()
        other = (await everybody.post("/v1/calls", json=WANTED)).json()
        people = [NewOrder("9812345679")]
        campaigns.start(bot.desk.records.engine, NewCampaign("drive"), people)
        listed = (await bank.get("/v1/orders")).json()["orders"]
        assert [each["id"] for each in listed] == [mine["id"]]
        assert (await bank.get(f"/v1/orders/{other['id']}")).status_code == 404
        assert (await bank.post(f"/v1/orders/{other['id']}/cancel")).status_code == 404
        assert (await bank.get("/v1/campaigns")).json() == {"campaigns": []}
        [seen] = (await everybody.get("/v1/campaigns")).json()["campaigns"]
        assert (seen["name"], seen["states"]) == ("drive", {"waiting": 1})


async def test_a_number_is_forbidden_for_all(url):
    """Once is enough."""
    async with running(url) as bot, asking(bot, "operator") as client:
        for new in (True, False):
            noted = await client.post("/v1/do-not-call", json={"number": "9812345678"})
            assert noted.json() == {"new": new}
        assert do_not_call.has(bot.desk.records.engine, "+919812345678")
