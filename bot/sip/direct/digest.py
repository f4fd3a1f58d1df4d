"""How we prove who we are: HTTP digest as SIP uses it (RFC 3261, 22; RFC 7616; RFC 8760)."""

import hashlib
import re
import secrets
from dataclasses import dataclass

from bot.core.errors import ProtocolError

_PAIR = re.compile(r'([a-zA-Z-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))')
_ALGORITHMS = {"md5": "md5", "sha-256": "sha256"}


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a server wants to be proved. `stale`: the proof was right, only too old."""

    realm: str
    nonce: str
    algorithm: str
    qop: bool
    opaque: str | None
    stale: bool


def parsed_challenge(text: str) -> Challenge:
    """Read WWW-Authenticate or Proxy-Authenticate. Raise ProtocolError for what we can't do."""
    scheme, _, rest = text.strip().partition(" ")
    said = {name.lower(): quoted or bare for name, quoted, bare in _PAIR.findall(rest)}
    algorithm = said.get("algorithm", "MD5")
    if scheme.lower() != "digest" or algorithm.lower() not in _ALGORITHMS or "nonce" not in said:
        raise ProtocolError(f"a challenge that is no digest of MD5 or SHA-256: {text[:80]!r}")
    offered = [each.strip() for each in said.get("qop", "").split(",") if each.strip()]
    if offered and "auth" not in offered:
        raise ProtocolError(f"qop {said['qop']!r}: we know `auth` only")
    return Challenge(
        said.get("realm", ""),
        said["nonce"],
        algorithm,
        bool(offered),
        said.get("opaque"),
        said.get("stale", "").lower() == "true",
    )


def credentials(
    challenge: Challenge, user: str, password: str, method: str, uri: str, cnonce: str = ""
) -> str:
    """The value of Authorization or Proxy-Authorization. `cnonce`: for tests."""
    cnonce = cnonce or secrets.token_hex(8)
    secret = _hash(challenge, f"{user}:{challenge.realm}:{password}")
    what = _hash(challenge, f"{method}:{uri}")
    count = "00000001"
    middle = f"{challenge.nonce}:{count}:{cnonce}:auth" if challenge.qop else challenge.nonce
    said = {
        "username": user,
        "realm": challenge.realm,
        "nonce": challenge.nonce,
        "uri": uri,
        "response": _hash(challenge, f"{secret}:{middle}:{what}"),
    }
    if challenge.opaque is not None:
        said["opaque"] = challenge.opaque
    parts = [f'{name}="{value}"' for name, value in said.items()]
    parts.append(f"algorithm={challenge.algorithm}")
    if challenge.qop:
        parts += ["qop=auth", f"nc={count}", f'cnonce="{cnonce}"']
    return "Digest " + ", ".join(parts)


def _hash(challenge: Challenge, text: str) -> str:
    name = _ALGORITHMS[challenge.algorithm.lower()]
    return hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()
