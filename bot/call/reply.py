"""One reply, from the model's first token to the caller's ear."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing

from bot.call.phrasebook import Phrase, Phrasebook
from bot.call.playout import Playout
from bot.call.sentences import sentences
from bot.core.errors import ServiceError, ServiceUnavailable
from bot.core.events import Ending
from bot.core.marks import Mark, Marks
from bot.core.ports import ChatModel, Message, Synthesizer, ToolCall

WISHES = {"hang_up": Ending.HANG_UP, "transfer": Ending.TRANSFER}
"""The model's tools, and how the call ends once what was said with them is spoken."""


async def answer(
    history: Sequence[Message],
    model: ChatModel,
    synthesizer: Synthesizer,
    playout: Playout,
    marks: Marks,
) -> Ending | None:
    """
    Say the model's answer; return what it wishes to do next. To cancel this is to interrupt it.

    Raises ServiceError when a service fails, or the model says and wishes nothing.
    """
    wishes: list[Ending] = []
    said = False
    async with (
        aclosing(model.reply(history)) as pieces,
        aclosing(_text(pieces, wishes, marks)) as text,
        aclosing(sentences(text)) as cut,
    ):
        async for sentence in cut:
            marks.mark(Mark.FIRST_SENTENCE)
            said = True
            await _speak(sentence, synthesizer, playout, marks)
    if not said and not wishes:
        raise ServiceUnavailable("llm", "the model said nothing")
    await playout.drained()
    return wishes[0] if wishes else None


async def say(
    phrase: Phrase, rate: int, book: Phrasebook, synthesizer: Synthesizer, playout: Playout,
    marks: Marks,
) -> None:  # fmt: skip
    """Say a phrase of our own: from memory, else synthesized, else from its recording."""
    ready = book.ready.get((phrase, rate))
    text = book.texts[phrase]
    if ready is not None:
        await _play(text, ready.pcm, playout, marks)
    else:
        try:
            await _speak(text, synthesizer, playout, marks)
        except ServiceError:
            recording = book.recorded.get((phrase, rate))
            if recording is None:
                raise
            await _play(text, recording.pcm, playout, marks)
    await playout.drained()


async def _speak(sentence: str, synthesizer: Synthesizer, playout: Playout, marks: Marks) -> None:
    playout.cue(sentence)
    async with aclosing(synthesizer.speech(sentence)) as speech:
        async for piece in speech:
            marks.mark(Mark.FIRST_AUDIO)
            await playout.play(piece.pcm, piece.words)


async def _play(text: str, pcm: bytes, playout: Playout, marks: Marks) -> None:
    playout.cue(text)
    marks.mark(Mark.FIRST_AUDIO)
    await playout.play(pcm)


async def _text(
    pieces: AsyncIterator[str | ToolCall], wishes: list[Ending], marks: Marks
) -> AsyncGenerator[str, None]:
    """The text of the model's stream; tool calls that we know go into `wishes`."""
    async for piece in pieces:
        marks.mark(Mark.FIRST_TOKEN)
        if isinstance(piece, str):
            yield piece
        elif piece.name in WISHES:
            wishes.append(WISHES[piece.name])
