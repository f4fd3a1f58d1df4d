"""The embedded default: small servers that speak the wire protocols of Riva and NIM."""
