"""Decides what the messages of a conversation hold: words, keys, digits, the reply that was cut."""

import hashlib
import re
from collections.abc import Sequence

from bot.core.ports import Message
from bot.local.assistant_numbers import heard_digits, heard_number, spoken_digits
from bot.local.assistant_sounds import words

_KEYS = re.compile(r"\[keys?:\s*([0-9*#\s]*)\]", re.IGNORECASE)
_TOLD = re.compile(r"\[(\w{1,40}):\s*([0-9*#A-D]{1,40}|none)\]")
_LONGEST = 600
"""Letters of a message that are looked at: its last ones."""
_BEGINNING = 4
"""Words by which a reply that was cut is known again."""
_FILLER = 5
"""The most words of a filler."""


def asked_digits(text: str, length: int) -> str:
    """Digits said one by one, or a number of that many digits said as one ("एक लाख दस हज़ार एक")."""
    digits = heard_digits(text)
    number = heard_number(text)
    whole = "" if number is None else str(number)
    return whole if len(digits) != length == len(whole) else digits


def words_or_keys(content: str) -> tuple[str, str]:
    """
    What a message says, and which keys it ends with: one of the two is empty.

    The bot writes a key as "[keys: 5]". Neighbouring messages may have been joined.
    """
    content = content[-_LONGEST:]
    if not content.rstrip().endswith("]"):
        return _words_of(content), ""
    spoken, keys = content, ""
    for found in reversed(list(_KEYS.finditer(content))):
        if spoken[found.end() :].strip():
            break
        keys = found.group(1) + keys
        spoken = spoken[: found.start()]
    keys = "".join(keys.split())
    return ("", keys) if keys else (_words_of(content), "")


def told(content: str) -> tuple[str, str]:
    """
    The name and value that a message ends with, both empty where it does not.

    The bot writes a number that the call has collected as "[pin_code: 110001]" or, where the caller
    gave none, "[pin_code: none]".
    """
    content = content[-_LONGEST:].rstrip()
    last = list(_TOLD.finditer(content))[-1:]
    return (last[0][1], last[0][2]) if last and last[0].end() == len(content) else ("", "")


def _words_of(content: str) -> str:
    return _TOLD.sub(" ", _KEYS.sub(" ", content))


def pressed_so_far(history: Sequence[Message], more: str) -> str:
    """
    The keys of the last message, and of those just before it with nothing else between.

    `more` is what the assistant says while it waits for further keys.
    """
    pressed = words_or_keys(history[-1].content)[1]
    for message in reversed(history[:-1]):
        text, keys = words_or_keys(message.content)
        if message.role == "assistant" and not begins_like(plain(message.content), more):
            break
        if message.role == "user" and (not keys or text or "#" in keys):
            break
        pressed = keys + pressed
    return pressed


def times_said(text: str, history: Sequence[Message]) -> int:
    """How many of the assistant's last messages have this text in them."""
    known = plain(text)
    said = [plain(m.content) for m in reversed(history) if m.role == "assistant"]
    return next((n for n, one in enumerate(said) if known not in one), len(said))


def begins_like(said: str, whole: str) -> bool:
    """
    Whether what was said is the beginning of a reply, or begins as it does.

    The call may have said a filler of its own before it ("जी, एक क्षण।").
    """
    heard, reply = said.split(), plain(whole).split()
    starts = (heard[at : at + _BEGINNING] for at in range(min(len(heard), _FILLER + 1)))
    return any(
        start == reply[: len(start)] and (not at or len(start) > 1)
        for at, start in enumerate(starts)
    )


def last_of(history: Sequence[Message], role: str) -> int | None:
    """The place of the last message of this role."""
    places = (place for place in reversed(range(len(history))) if history[place].role == role)
    return next(places, None)


def plain(text: str) -> str:
    """A text by which to recognise it: its words alone."""
    return " ".join(words(text))


def reference(history: Sequence[Message]) -> str:
    """A five-digit reference number for this conversation, spoken; the same words, the same one."""
    said = "\n".join(message.content for message in history if message.role == "user")
    number = int.from_bytes(hashlib.sha256(said.encode("utf-8", "replace")).digest()[:8], "big")
    return spoken_digits(str(10_000 + number % 90_000))
