"""A telephony voice bot for Hindi callers: docs/architecture.md shows the way in."""

__version__ = "0.1.0"
