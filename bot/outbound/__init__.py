"""Whom the bot may call, when, and when again; which numbers nobody calls."""
