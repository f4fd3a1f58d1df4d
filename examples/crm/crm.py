"""
A small CRM that works with the bot: it is told of calls by webhooks, and asks by the HTTP API.

    WEBHOOK_SECRET=whsec_... VOICEBOT_KEY=vb_... python examples/crm/crm.py

http://127.0.0.1:9000 is the agents' screen: a card for each caller who is transferred, with name,
summary and what was collected, before the phone rings; a button fetches what was said, another has
the bot call back. README.md has it step by step.

What a real one does is left to it: agents who log in, and a database instead of memory.
"""

import argparse
import json
import os
import re
import sys
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

import httpx2
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from webhook_receiver import LONGEST, Receiver, Refused

CARDS = 100
"""Cards that are kept."""
PAGE = """<!doctype html><html lang=hi><meta charset=utf-8><meta http-equiv=refresh content=5>
<title>Calls</title><style>body{font:16px sans-serif;max-width:50rem;margin:2rem auto}
article{border:1px solid #8888;border-radius:8px;padding:1rem;margin:1rem 0}
form{display:inline}</style><h1>Calls</h1>"""


@dataclass
class Contact:
    """A person we know; `history` has a line for each of their calls."""

    number: str
    name: str
    note: str = ""
    history: list[str] = field(default_factory=list)


@dataclass
class Card:
    """What an agent sees of a call."""

    call: str
    caller: str
    contact: Contact | None
    state: str = "with the bot"
    summary: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    order: str = ""
    """The id of the call back that was ordered."""


class Crm:
    """Contacts by the last ten digits of their number, and the cards of the latest calls."""

    def __init__(self, contacts: list[dict[str, str]], api: httpx2.AsyncClient) -> None:
        self.contacts = {_digits(each["number"]): Contact(**each) for each in contacts}
        self.cards: dict[str, Card] = {}
        self.api = api

    def take(self, event: dict) -> None:
        """A webhook has come; each comes at least once, in order for one call."""
        data = event["data"]
        if event["type"] == "order.ended":
            return self._called_back(data)
        card = self._card(data["call"])
        match event["type"]:
            case "call.started":
                card.state = "with the bot"
            case "field.collected":
                card.fields[data["field"]["name"]] = data["field"]["value"]
            case "transfer.requested":
                card.state, card.summary = f"comes to {data['target']}", data["summary"]
            case "call.ended":
                self._ended(card, data)

    def _ended(self, card: Card, data: dict) -> None:
        card.summary = data["summary"]
        if data["outcome"] != "transfer":
            card.state = f"over: {data['outcome']}"
        if card.contact is not None:
            line = f"{data['began']}: {data['outcome']}. {data['summary']}"
            card.contact.history.append(line)

    def _called_back(self, data: dict) -> None:
        """An order is over: it is about no call, or about several."""
        for card in self.cards.values():
            if card.order == data["order"]:
                card.state = f"called back: {data['outcome']}"

    def _card(self, call: dict[str, str]) -> Card:
        known = self.contacts.get(_digits(call["caller"]))
        card = self.cards.setdefault(call["id"], Card(call["id"], call["caller"], known))
        while len(self.cards) > CARDS:
            del self.cards[next(iter(self.cards))]
        return card

    async def transcript(self, card: Card) -> list[tuple[str, str]]:
        """What was said: (who, words). Raises httpx2.HTTPError."""
        found = await self.api.get(f"/v1/calls/{card.call}")
        found.raise_for_status()
        lines = [
            (("caller", turn["heard"]), ("bot", turn["said"])) for turn in found.json()["turns"]
        ]
        return [line for turn in lines for line in turn if line[1]]

    async def call_back(self, card: Card) -> str:
        """Have the bot call them; the order's id. Raises httpx2.HTTPError."""
        name = card.contact.name if card.contact else ""
        consent = f"asked for it in call {card.call}"
        wanted = {"number": card.caller, "consent": consent, "data": {"name": name}}
        ordered = await self.api.post("/v1/calls", json=wanted)
        ordered.raise_for_status()
        card.order = ordered.json()["id"]
        return card.order


class Site:
    """The web pages of the agents, and where webhooks come in."""

    def __init__(self, crm: Crm, receiver: Receiver) -> None:
        self.crm = crm
        self.receiver = receiver

    async def webhook(self, request: Request) -> Response:
        """2xx: taken; else the bot sends it again."""
        body = b""
        async for piece in request.stream():
            body += piece
            if len(body) > LONGEST:
                return Response(status_code=413)
        try:
            event = self.receiver.take(request.headers, body)
        except Refused as refusal:
            return Response(str(refusal), 401)
        if event is not None:
            self.crm.take(event)
        return Response(status_code=204)

    async def screen(self, request: Request) -> Response:
        """All cards, the latest first."""
        latest = reversed(list(self.crm.cards.values()))
        return HTMLResponse(PAGE + "".join(_html(card) for card in latest))

    async def transcript(self, request: Request) -> Response:
        """What was said in a call, asked of the bot now."""
        card = self.crm.cards.get(request.path_params["call"])
        if card is None:
            return Response("no such card", 404)
        try:
            return JSONResponse(await self.crm.transcript(card))
        except httpx2.HTTPError as error:
            return Response(f"the bot's API: {error}", 502)

    async def call_back(self, request: Request) -> Response:
        """Have the bot call."""
        card = self.crm.cards.get(request.path_params["call"])
        if card is None:
            return Response("no such card", 404)
        try:
            await self.crm.call_back(card)
        except httpx2.HTTPStatusError as error:
            why = error.response.json()  # RFC 9457: a problem with its remedy
            return Response(f"{why['type']}: {why['detail']} {why['remedy']}", 502)
        except httpx2.HTTPError as error:
            return Response(f"the bot's API: {error}", 502)
        return RedirectResponse("/", 303)


def application(crm: Crm, receiver: Receiver) -> Starlette:
    """The web application."""
    site = Site(crm, receiver)
    return Starlette(
        routes=[
            Route("/webhooks", site.webhook, methods=["POST"]),
            Route("/", site.screen),
            Route("/cards/{call}/transcript", site.transcript),
            Route("/cards/{call}/call-back", site.call_back, methods=["POST"]),
        ]
    )


def _html(card: Card) -> str:
    """One card; what callers said is text, never markup."""
    name = card.contact.name if card.contact else "unknown"
    parts = [card.contact.note if card.contact else "", card.summary]
    parts += [f"{field}: {value}" for field, value in card.fields.items()]
    parts += list(card.contact.history[-3:] if card.contact else [])
    parts += [f"call back ordered: {card.order}" if card.order else ""]
    lines = "".join(f"<p>{escape(part)}" for part in parts if part)
    return (
        f"<article><h2>{escape(name)} ({escape(card.caller)})</h2><p><b>{escape(card.state)}</b>"
        f"{lines}<p><a href='/cards/{escape(card.call)}/transcript'>what was said</a>"
        f" <form method=post action='/cards/{escape(card.call)}/call-back'>"
        "<button>call back</button></form></article>"
    )


def _digits(number: str) -> str:
    """The last ten digits."""
    return re.sub(r"\D", "", number)[-10:]


def main() -> None:
    """Serve it on loopback."""
    parser = argparse.ArgumentParser(description="A small CRM.")
    parser.add_argument("--port", type=int, default=9000)
    parser.add_argument("--api", default="http://127.0.0.1:8070", help="the bot's HTTP API")
    parser.add_argument("--contacts", type=Path, default=Path(__file__).with_name("contacts.json"))
    options = parser.parse_args()
    key = {"authorization": f"Bearer {os.environ['VOICEBOT_KEY']}"}
    api = httpx2.AsyncClient(base_url=options.api, headers=key, timeout=10)
    crm = Crm(json.loads(options.contacts.read_text(encoding="utf-8")), api)
    app = application(crm, Receiver(os.environ["WEBHOOK_SECRET"]))
    uvicorn.run(app, host="127.0.0.1", port=options.port)


if __name__ == "__main__":
    main()
