"""The embedded default: small speech and language servers that speak the wire protocols of Riva and NIM."""
