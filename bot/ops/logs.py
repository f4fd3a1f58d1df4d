"""
Logs: one JSON line an event on standard error, with telephone numbers masked.

What callers said is not logged unless `log.transcripts` says so.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO, cast

import structlog

from bot.config import LogSettings
from bot.ops.unhurried import Unhurried

_UUID = r"(?i:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
_LONG_NUMBER = re.compile(rf"({_UUID})|\d(?:[ -]?\d){{5,}}")
_NOT_MASKED = frozenset({"timestamp", "level", "trace"})


def masked(text: str) -> str:
    """
    The text with all but the last two digits of each run of six or more digits hidden.

    Single spaces and hyphens do not end a run. Call ids (UUIDs) stay.
    """
    return _LONG_NUMBER.sub(_mask, text)


def _mask(match: re.Match[str]) -> str:
    if match[1]:
        return match[1]
    digits = re.sub(r"\D", "", match.group())
    return "*" * (len(digits) - 2) + digits[-2:]


def _mask_numbers(
    logger: object, method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Hide numbers in every value but those that cannot hold one."""
    for key, value in event.items():
        if key not in _NOT_MASKED:
            event[key] = _masked_value(value)
    return event


def _masked_value(value: Any) -> Any:
    """The same of whatever may stand in a log line. Numbers that we counted are no callers'."""
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, dict):
        return {key: _masked_value(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_masked_value(each) for each in value]
    return value


def configure(settings: LogSettings, unhurried: bool = False) -> None:
    """
    Set up structlog, and send the standard library's warnings and errors the same way.

    `unhurried`: a thread writes the lines, so that a blocked reader never holds up a call.
    """
    stream = cast(TextIO, Unhurried(sys.stderr)) if unhurried else sys.stderr
    as_text = settings.format == "text"
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _mask_numbers,
            structlog.dev.ConsoleRenderer(colors=False)
            if as_text
            else structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(handlers=[_ToStructlog()], level=max(level, logging.WARNING), force=True)


class _ToStructlog(logging.Handler):
    """Passes records of other libraries on to our log."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record as one of our lines."""
        log = structlog.get_logger()
        log.log(record.levelno, record.getMessage(), source=record.name, exc_info=record.exc_info)
