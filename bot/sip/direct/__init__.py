"""Calls by SIP without a telephone exchange: our own user agent, and the sound of its calls."""
