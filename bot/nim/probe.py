"""Whether the language model can serve calls: reachable, the model's name, a real first word."""

import asyncio
from typing import Final

from bot.config import LlmSettings
from bot.core.errors import ServiceError
from bot.core.findings import Finding, failed, nearest
from bot.core.ports import Message, ToolCall
from bot.nim.chat import NimChat

_SAMPLE: Final = "नमस्ते"
_SAMPLE_TOKENS: Final = 32


async def probe(settings: LlmSettings) -> list[Finding]:
    """Check the server, the model's name and one short answer. Never raises for what is wrong."""
    chat = NimChat(settings.model_copy(update={"max_tokens": _SAMPLE_TOKENS}))
    try:
        offered = await chat.server.models()
        server = Finding("llm server", True, f"{settings.base_url} answers")
        return [server, _named(settings.model, offered), await _answers(chat)]
    except ServiceError as error:
        return [failed("llm server", error)]
    finally:
        await chat.server.close()


def _named(model: str, offered: list[str]) -> Finding:
    if model in offered:
        return Finding("llm model", True, model)
    known = ", ".join(nearest(model, offered)) or "none"
    return Finding("llm model", False, f"llm.model: {model!r} is not offered", f"offered: {known}")


async def _answers(chat: NimChat) -> Finding:
    clock = asyncio.get_running_loop().time
    started, first, size = clock(), 0.0, 0
    try:
        async for piece in chat.reply([Message("user", _SAMPLE)]):
            first = first or clock() - started
            size += 0 if isinstance(piece, ToolCall) else len(piece)
    except ServiceError as error:
        return failed("llm answer", error)
    whole = clock() - started
    what = f"first word after {first * 1000:.0f} ms, {size} characters in {whole * 1000:.0f} ms"
    return Finding("llm answer", True, what)
