"""
What an agent hears when they pick up for a warm transfer, and whether they take the call.

The caller is on another line and hears none of it. It always ends: with a key, with the agent's
hanging up, or when nobody presses anything.
"""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing

from bot.call.phrasebook import Phrasebook
from bot.call.playout import Playout
from bot.config_transfer import WhisperSettings
from bot.core.errors import ServiceError
from bot.core.events import Digit
from bot.core.ports import CallTransport, Message, Synthesizer, ToolCall
from bot.hindi.redact import redact

LATEST = 2
"""The last turns of the caller that stand for a summary."""
LONGEST_SUMMARY = 300
"""Letters: about half a minute."""


class Whisper:
    """Tells one agent about one call."""

    def __init__(
        self,
        line: CallTransport,
        synthesizer: Synthesizer,
        book: Phrasebook,
        settings: WhisperSettings,
        summary: str,
    ) -> None:
        self._line = line
        self._synthesizer = synthesizer
        self._book = book
        self._settings = settings
        self._text = settings.text.replace("{summary}", summary)
        self._playout = Playout(line.rate, line.send)

    async def run(self) -> bool | None:
        """
        Whether the agent takes the call; None where we have no voice to tell them.

        The line stays open: its owner first notes the answer, then hangs up.
        """
        async with asyncio.TaskGroup() as group:
            playing = group.create_task(self._playout.run())
            telling = group.create_task(self._tell())
            listening = group.create_task(self._listen())
            await asyncio.wait(
                (telling, listening),
                timeout=self._settings.longest,
                return_when=asyncio.FIRST_COMPLETED,
            )
            for task in (playing, telling, listening):
                task.cancel()
        if not listening.cancelled():
            return listening.result()
        return (
            None if telling.done() and not telling.cancelled() and not telling.result() else False
        )

    async def _tell(self) -> bool:
        """Say it, as often as is wanted; False where there is no voice."""
        try:
            for _ in range(self._settings.times):
                await self._say()
                await asyncio.sleep(self._settings.pause)
        except ServiceError:
            return False
        return True

    async def _say(self) -> None:
        aloud = self._book.aloud(self._text)
        self._playout.cue(self._text, aloud)
        async with aclosing(self._synthesizer.speech(aloud.said)) as speech:
            async for piece in speech:
                await self._playout.play(piece.pcm, piece.words)
        await self._playout.drained()

    async def _listen(self) -> bool:
        """Wait for a key, or for the agent to hang up."""
        async with aclosing(self._line.events()) as events:
            async for event in events:
                if isinstance(event, Digit):
                    return event.key == self._settings.accept
        return False


def summary(wish: ToolCall | None, history: Sequence[Message], settings: WhisperSettings) -> str:
    """What the agent is told: what the model gave as the reason, else the caller's last words."""
    reason = str(wish.arguments.get("reason") or "") if wish else ""
    text = " ".join(_shown(reason, settings).split())[:LONGEST_SUMMARY]
    if not text:
        words = _words(history, settings)
        text = settings.words.replace("{words}", words) if words else settings.nothing
    return text if text[-1] in "।.?!" else f"{text}।"


def _words(history: Sequence[Message], settings: WhisperSettings) -> str:
    """The caller's last words, each turn as an answer to ours before it."""
    before = ("", *(line.content for line in history))
    said = [
        _shown(line.content, settings, asked)
        for asked, line in zip(before, history, strict=False)
        if line.role == "user"
    ]
    return " ".join(", ".join(said[-LATEST:]).split())[-LONGEST_SUMMARY:].rstrip("।.?! ")


def _shown(text: str, settings: WhisperSettings, asked: str = "") -> str:
    return redact(text, asked) if settings.masked else text
