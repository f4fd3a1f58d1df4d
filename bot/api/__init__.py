"""The HTTP API: calls live and past, for programs that know nothing of SIP (docs/api.md)."""
