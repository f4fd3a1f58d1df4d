"""
Logs: one JSON line an event on standard error, with telephone numbers masked.

What callers said is not logged unless `log.transcripts` says so.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from bot.config import LogSettings

_LONG_NUMBER = re.compile(r"\d(?:[ -]?\d){5,}")
_NOT_MASKED = frozenset({"call", "timestamp", "level", "event"})


def masked(text: str) -> str:
    """The text with all but the last two digits of each run of six or more digits hidden."""
    return _LONG_NUMBER.sub(_mask, text)


def _mask(match: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", match.group())
    return "*" * (len(digits) - 2) + digits[-2:]


def _mask_numbers(
    logger: object, method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Hide numbers in every value but those that cannot hold one."""
    for key, value in event.items():
        if isinstance(value, str) and key not in _NOT_MASKED:
            event[key] = masked(value)
    return event


def configure(settings: LogSettings) -> None:
    """Set up structlog, and send the standard library's warnings and errors the same way."""
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
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(handlers=[_ToStructlog()], level=max(level, logging.WARNING), force=True)


class _ToStructlog(logging.Handler):
    """Passes records of other libraries on to our log."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record as one of our lines."""
        log = structlog.get_logger()
        log.log(record.levelno, record.getMessage(), source=record.name, exc_info=record.exc_info)
