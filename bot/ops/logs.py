"""
Logs: one JSON line an event on standard error; what must not be stored is redacted.

What callers said is not logged unless `log.transcripts` says so.
"""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO, cast

import structlog

from bot.config import LogSettings
from bot.hindi.redact import redact
from bot.ops.unhurried import Unhurried

_NOT_REDACTED = frozenset({"timestamp", "level", "trace", "call", "key_id"})


def _redact(
    logger: object, method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Redact every value but those that hold nothing of a caller's."""
    for key, value in event.items():
        if key not in _NOT_REDACTED:
            event[key] = _redacted(value)
    return event


def _redacted(value: Any) -> Any:
    """The same of whatever may stand in a log line. Numbers that we counted are no callers'."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {key: _redacted(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted(each) for each in value]
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
            _redact,
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
