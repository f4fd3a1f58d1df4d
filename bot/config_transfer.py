"""The settings of warm transfers: what an agent is told before the call (docs/transfer.md)."""

from typing import Annotated

from pydantic import Field, field_validator

from bot.config_part import Part, Seconds
from bot.config_texts import texts

_WHISPER = texts("hi", "whisper")


class WhisperSettings(Part):
    """What an agent hears when they pick up for a warm transfer, while the caller hears music."""

    text: str = _WHISPER["text"]
    """`{summary}`: what the call is about."""
    words: str = _WHISPER["words"]
    """The summary where the model gave none. `{words}`: the caller's last words."""
    nothing: str = _WHISPER["nothing"]
    """The summary where the caller has said nothing either."""
    accept: Annotated[str, Field(pattern=r"^[0-9*#]$")] = "1"
    """The key that takes the call; each other key refuses it, and so does hanging up."""
    times: Annotated[int, Field(ge=1, le=5)] = 2
    """How often it is said."""
    pause: Seconds = 3.0
    """Seconds for a key, after each time."""
    longest: Annotated[float, Field(ge=5, le=55)] = 40.0
    """Seconds for all of it; then the call counts as refused. The dialplan waits
    BOT_WHISPER_SECONDS."""
    masked: bool = True
    """Numbers that identify the caller are left out of what the agent hears, and of the header
    X-Summary (docs/hindi.md)."""

    @field_validator("text", "words")
    @classmethod
    def _has_its_place(cls, text: str, info: object) -> str:
        name = {"text": "{summary}", "words": "{words}"}[str(getattr(info, "field_name", ""))]
        if text.count(name) != 1 or text.replace(name, "").count("{"):
            raise ValueError(f"write {name} once, and no other braces")
        return text
