"""
The service behind examples/profiles/bank.yaml: accounts and cards, in memory.

    python examples/tools/accounts.py        # http://127.0.0.1:8090

What a real one does is left to it: who may ask (the bearer token), whose account it is (the number
of the caller, which the telephone system told), and that to block a card twice is no fault.
"""

import os

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

TOKEN = os.environ.get("BANK_TOKEN", "")
ACCOUNTS = {"1234": {"owner": "6001", "balance_rupees": 5250, "as_of": "2026-11-23"}}
BLOCKED: set[str] = set()


def allowed(request: Request) -> bool:
    """Whether it is our bot that asks."""
    return not TOKEN or request.headers.get("authorization") == f"Bearer {TOKEN}"


async def balance(request: Request) -> JSONResponse:
    """An account of the caller's; of another's nothing is told, not even that it exists."""
    if not allowed(request):
        return JSONResponse({"error": "who are you?"}, 401)
    account = ACCOUNTS.get(request.path_params["account"])
    if account is None or account["owner"] != request.query_params.get("caller"):
        return JSONResponse({"found": False})
    return JSONResponse({"found": True, **account})


async def block(request: Request) -> JSONResponse:
    """Block a card."""
    if not allowed(request):
        return JSONResponse({"error": "who are you?"}, 401)
    card = (await request.json())["card"]
    BLOCKED.add(card)
    return JSONResponse({"blocked": card})


app = Starlette(
    routes=[
        Route("/accounts/{account}", balance),
        Route("/cards/block", block, methods=["POST"]),
    ]
)

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=8090)
