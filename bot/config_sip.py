"""The settings of calls by SIP without a telephone exchange (docs/direct-sip.md)."""

from typing import Annotated, Literal

from pydantic import Field, IPvAnyNetwork, SecretStr

from bot.config_part import Part, Port, Seconds


class SipSettings(Part):
    """Calls by SIP without a telephone exchange (docs/direct-sip.md)."""

    enabled: bool = False
    """Also the option `--sip` of `voicebot serve`."""
    server: Annotated[str, Field(pattern=r"^([A-Za-z0-9._-]+(:\d{1,5})?)?$")] = ""
    """`host` or `host:port` of the SIP server or trunk at which we register; empty: nowhere."""
    user: Annotated[str, Field(pattern=r"^[A-Za-z0-9._+*#-]{1,64}$")] = "voicebot"
    """Our account there, and the name by which we are called."""
    auth_user: str = ""
    """The account's name for its password, where it is another one; empty: `user`."""
    password: SecretStr = SecretStr("")
    realm: str = ""
    """Answer only this realm's question for the password; empty: any of the server's."""
    expires: Annotated[int, Field(ge=60, le=86_400)] = 300
    """Seconds for which we register; renewed in time."""
    peers: tuple[IPvAnyNetwork, ...] = ()
    """Who else may call us, by address: ["10.0.0.5", "192.168.7.0/24"]. The server may anyway."""
    host: str = ""
    """The address to listen on; empty: that which faces the server, or this machine alone;
    `0.0.0.0` for all."""
    port: Port = 5060
    public: Annotated[str, Field(pattern=r"^[0-9A-Fa-f.:]*$")] = ""
    """Our address as seen from outside, where a router translates it (NAT); empty: our own."""
    rtp_first: Annotated[int, Field(ge=1024, le=65_534)] = 16_384
    """The first UDP port for sound. A call takes one, an even one."""
    rtp_last: Annotated[int, Field(ge=1024, le=65_535)] = 32_767
    codecs: Annotated[
        tuple[Literal["PCMA", "PCMU", "L16", "L16/16000"], ...], Field(min_length=1)
    ] = ("PCMA", "PCMU")
    """The codings we speak; the first that a caller offers is taken. PCMA is India's."""
    rtp_timeout: Seconds = 30.0
    """Seconds without any sound from a caller who is not on hold, after which he is gone."""
    keepalive: Annotated[float, Field(ge=0, le=3600)] = 25.0
    """Seconds between empty packets to the server, which keep a router's way open; 0: none."""
    retry_after: Annotated[int, Field(ge=1, le=3600)] = 10
    """Seconds after which a caller whom we cannot take may try again."""
    transfer_to: Annotated[str, Field(pattern=r"^(sips?:\S+)?$")] = ""
    """Where callers go who want a person: `sip:agents@10.0.0.5`. Empty: we hang up."""
    fallback_to: Annotated[str, Field(pattern=r"^(sips?:\S+)?$")] = ""
    """Where callers go when the bot cannot go on. Empty: we hang up."""
