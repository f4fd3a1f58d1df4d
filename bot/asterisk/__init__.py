"""Asterisk: the AudioSocket line and what the dialplan asks over HTTP."""
