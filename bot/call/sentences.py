"""The model's stream of text as a stream of sentences; `bot.hindi.cut` decides where they end."""

from collections.abc import AsyncGenerator, AsyncIterator

from bot.hindi.cut import Cutter


async def sentences(pieces: AsyncIterator[str]) -> AsyncGenerator[str, None]:
    """Yield each sentence, stripped, as soon as it is complete; the rest at the end."""
    cutter = Cutter()
    async for piece in pieces:
        for sentence in cutter.feed(piece):
            yield sentence
    for sentence in cutter.finish():
        yield sentence


def whole(text: str) -> list[str]:
    """The sentences of a text that is there already."""
    cutter = Cutter()
    return [*cutter.feed(text), *cutter.finish()]
