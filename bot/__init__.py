"""A telephony voice bot for Hindi callers. See docs/architecture.md for the way through the house."""

__version__ = "0.1.0"
