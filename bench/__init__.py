"""Benches of the bot, which is loaded before NumPy here: it says how many threads that may have."""

import bot  # noqa: F401
