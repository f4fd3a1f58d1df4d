"""Decides what one instance of Asterisk reads: our templates, filled in for one run directory."""

import json
import os
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from scripts.asterisk_program import CONFIGURATION, AsteriskError, Program

PRIVATE = (
    *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),
    *("::1/128", "fc00::/7"),
)
"""This machine and private networks (RFC 1918, RFC 4193); a carrier's NAT (RFC 6598) is none."""

ARI_USER = "ari"
"""The name under which ARI's password is kept; the user is `voicebot`."""


@dataclass(frozen=True)
class Settings:
    """What one instance is told. Ports are UDP; `rtp_ports` is the first and the last."""

    bot_url: str = "http://127.0.0.1:8080"
    bot_token: str = ""
    bind: str = "127.0.0.1"
    external: str = ""
    sip_port: int = 5060
    rtp_ports: tuple[int, int] = (10000, 10399)
    accounts: tuple[str, ...] = ("6001", "6002")
    phone_nets: tuple[str, ...] = PRIVATE
    """From where accounts may be used."""
    agents: str = "PJSIP/6002"
    fallback: str = "bot-agents,s,1"
    sounds: Path = CONFIGURATION / "sounds/hi"
    """The folder of bot-apology and bot-nobody: .sln16 (16 kHz, no header) or 8 kHz .wav."""
    metrics: str = ""
    """`address:port` where Prometheus may fetch metrics; empty: Asterisk has no HTTP server."""
    dials: str = ""
    """Numbers that the bot may call, as a regular expression of their digits; empty: it calls
    nobody, and there is no ARI."""
    caller_id: str = ""
    """The number that the called see."""
    ari_password: str = ""
    """Of ARI's user `voicebot`; empty: made by chance, and kept as `ari` in passwords.json."""
    ari: str = "127.0.0.1:8088"
    """`address:port` of ARI, where there are `metrics` the same as theirs."""
    trace: bool = False
    """Every step of the dialplan goes to the log (caller numbers and the token too)."""
    extra: dict[str, str] = field(default_factory=dict)
    """More files of configuration, by name: pjsip_trunk.conf, extensions_custom.conf."""


def render(run: Path, program: Program, settings: Settings) -> bool:
    """Write the whole configuration below `run`; whether anything is new. Files are 0600."""
    etc = run / "etc"
    for folder in (run, etc, run / "lib", run / "spool", run / "log"):
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
    values = _values(run, program, settings)
    fresh = {}
    for source in sorted(CONFIGURATION.glob("*.conf")):
        fresh[source.name] = source.read_text()
    for source in sorted(CONFIGURATION.glob("*.conf.in")):
        fresh[source.name.removesuffix(".in")] = _fill(source, values)
    fresh.update(settings.extra)
    changed = False
    for stale in set(etc.glob("*.conf")) - {etc / name for name in fresh}:
        stale.unlink()
        changed = True
    for name, text in fresh.items():
        changed |= write_private(etc / name, text)
    return changed


def passwords(run: Path, accounts: tuple[str, ...]) -> dict[str, str]:
    """The password of each account: made once by chance, kept in <run>/passwords.json (0600)."""
    kept = run / "passwords.json"
    try:
        known: dict[str, str] = json.loads(kept.read_text())
    except FileNotFoundError:
        known = {}
    missing = [name for name in accounts if name not in known]
    if missing:
        known.update({name: secrets.token_urlsafe(18) for name in missing})
        write_private(kept, json.dumps(known, indent=1))
    return {name: known[name] for name in accounts}


def _values(run: Path, program: Program, settings: Settings) -> dict[str, str]:
    first, last = settings.rtp_ports
    address, _, port = (settings.metrics or settings.ari).rpartition(":")
    outbound = bool(settings.dials)
    return {
        "RUN": str(run),
        "ETC": str(run / "etc"),
        "MODULES": str(program.modules),
        "DATA": str(program.data),
        "SOUNDS": str(settings.sounds),
        "MAXCALLS": str((last - first + 1) // 2),
        "TRACE": ",verbose(3)" if settings.trace else "",
        "BIND": settings.bind,
        "SIP_PORT": str(settings.sip_port),
        "PHONE_NETS": ",".join(settings.phone_nets),
        "EXTERNAL": _external(settings.external),
        "RTP_FIRST": str(first),
        "RTP_LAST": str(last),
        "METRICS": "yes" if settings.metrics else "no",
        "HTTP": "yes" if settings.metrics or outbound else "no",
        "HTTP_ADDRESS": address.strip("[]") or "127.0.0.1",
        "HTTP_PORT": port or "8088",
        "ARI": "yes" if outbound else "no",
        "ARI_LOAD": "load" if outbound else "noload",
        "ARI_PASSWORD": _ari_password(run, settings) if outbound else "",
        "ARI_ACL": "",  # the address that it listens on is this machine's own
        "DIALS": settings.dials,
        "CALLER_ID": settings.caller_id,
        "BOT_URL": settings.bot_url.rstrip("/"),
        "BOT_TOKEN": settings.bot_token,
        "FALLBACK": settings.fallback,
        "AGENTS": settings.agents,
        "ACCOUNTS": "\n".join(
            _account(name, word) for name, word in passwords(run, settings.accounts).items()
        ),
    }


def _ari_password(run: Path, settings: Settings) -> str:
    return settings.ari_password or passwords(run, (ARI_USER,))[ARI_USER]


def _external(address: str) -> str:
    if not address:
        return ""
    nets = ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
    lines = [f"external_signaling_address = {address}", f"external_media_address = {address}"]
    return "\n".join([*lines, *(f"local_net = {net}" for net in nets)])


def _account(name: str, password: str) -> str:
    return f"""[{name}](softphone)
aors = {name}
auth = {name}
callerid = {name} <{name}>

[{name}](softphone-auth)
username = {name}
password = {password}

[{name}](softphone-aor)
"""


def _fill(source: Path, values: dict[str, str]) -> str:
    def one(found: re.Match[str]) -> str:
        value = values[found[1]]
        if found[1] not in ("ACCOUNTS", "EXTERNAL") and re.search(r"[\n;]", value):
            raise AsteriskError(f"{found[1]}: {value!r} has a semicolon or a line break in it")
        return value

    return re.sub(r"@([A-Z_]+)@", one, source.read_text())


def write_private(path: Path, text: str) -> bool:
    """Write a file that only its owner may read; whether it held anything else before."""
    if path.exists() and path.read_text() == text:
        return False
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    fresh.replace(path)
    return True
