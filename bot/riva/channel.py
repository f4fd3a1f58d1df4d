"""
How the bot reaches Riva: which server the next RPC goes to, with which security and metadata.

One gRPC channel for each `host:port` lives as long as the process and is shared by all calls.
Several servers are used in turn; one that does not answer is passed over until it is back. A host
name with several addresses (a headless service) is balanced by gRPC itself.
"""

import asyncio
import contextlib
import ipaddress
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import grpc
from pydantic import SecretStr

from bot.config import RivaSettings, TlsSettings
from bot.core.errors import ConfigError

Metadata = tuple[tuple[str, str], ...]
Context = Callable[[], Metadata]
"""Gives what goes with the RPC that is made now: its trace context."""

_ADDRESS: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:/\[\]]+):([0-9]{1,5})")
_KEY: Final = re.compile("authorization|key|token")
_METADATA_NAME: Final = re.compile(r"[0-9a-z_.-]+")
_LONGEST_MESSAGE: Final = 16 * 1024 * 1024
_PING_EVERY: Final = 30_000
_PING_WAIT: Final = 10_000
_IDLE: Final = 200_000
"""
Milliseconds without an RPC after which a connection is closed; `wake` opens it anew. gRPC would
keep it for half an hour, but load balancers drop idle connections after four to six minutes, some
without a word, and servers punish pings that come without an RPC.
"""
_LONGEST_BACK_OFF: Final = 5_000
"""Milliseconds. A server that comes back is found again within this."""


def addresses(uri: str, field: str) -> tuple[str, ...]:
    """The `host:port` items of a comma-separated list. ConfigError names `field` and the fault."""
    found = tuple(item.strip() for item in uri.split(",") if item.strip())
    if not found:
        raise ConfigError(f"{field}: empty; give host:port of the Riva server")
    for item in found:
        match = _ADDRESS.fullmatch(item)
        if match is None or not 0 < int(match[2]) < 65_536:
            raise ConfigError(f"{field}: {item!r} is not host:port, for example 127.0.0.1:50051")
    return found


class Servers:
    """
    The servers behind one address setting.

    `force_eou` tells whether they still accept a forced end of utterance: the first refusal
    clears it for the life of the process.
    """

    def __init__(
        self,
        uri: str,
        settings: RivaSettings,
        field: str = "riva.uri",
        metadata: Mapping[str, SecretStr] | None = None,
        context: Context = tuple,
    ) -> None:
        """
        Raise ConfigError for a wrong address, metadata name or certificate file, and for a key that
        would leave this machine in the clear.

        `metadata` goes over `riva.metadata`: what one service needs and the other does not.
        `fixed` is both; `context` adds to it, RPC by RPC.
        """
        self.addresses = addresses(uri, field)
        self.fixed = _metadata({**settings.metadata, **(metadata or {})})
        self._context = context
        self.force_eou = settings.asr.force_eou
        self._credentials = _credentials(settings.tls)
        if not (settings.tls.enabled or settings.tls.plain_keys):
            _refuse_plain_keys(self.addresses, self.fixed, field)
        self._options = _options(settings.connect_timeout)
        self._channels: list[grpc.aio.Channel] = []
        self._turn = 0

    @property
    def metadata(self) -> Metadata:
        """What goes with the RPC that is made now."""
        return self.fixed + self._context()

    def channel(self) -> grpc.aio.Channel:
        """The channel for the next RPC. Needs a running loop, the same one every time."""
        channels = self.channels()
        order = [channels[(self._turn + n) % len(channels)] for n in range(len(channels))]
        self._turn += 1
        return next((channel for channel in order if not _is_down(channel)), order[0])

    def channels(self) -> list[grpc.aio.Channel]:
        """One channel for each address, in the order of the setting."""
        if not self._channels:
            self._channels = [self._open(address) for address in self.addresses]
        return self._channels

    def wake(self) -> None:
        """Connect whatever is not connected, in the background."""
        for channel in self.channels():
            channel.get_state(try_to_connect=True)

    async def reconnected(self, within: float) -> None:
        """Wait until the next RPC has a server, for so many seconds at most. Never raises."""
        channel = self.channel()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                await channel.channel_ready()

    async def close(self) -> None:
        """End all RPCs and connections."""
        channels, self._channels = self._channels, []
        for channel in channels:
            await channel.close()

    def _open(self, address: str) -> grpc.aio.Channel:
        target = f"dns:///{address}"
        if self._credentials is None:
            return grpc.aio.insecure_channel(target, self._options)
        return grpc.aio.secure_channel(target, self._credentials, self._options)


class Riva:
    """Both services of Riva, for the whole process. One `Servers` where the addresses agree."""

    def __init__(self, settings: RivaSettings, context: Context = tuple) -> None:
        """Raise ConfigError for what cannot be right; connect nothing yet."""
        self.settings = settings
        self.asr = _servers(settings, "asr_uri", settings.asr.metadata, context)
        tts = _servers(settings, "tts_uri", settings.tts.metadata, context)
        same = (tts.addresses, tts.fixed) == (self.asr.addresses, self.asr.fixed)
        self.tts = self.asr if same else tts

    def wake(self) -> None:
        """Connect to both services; cheap enough for the start of each call. Never raises."""
        self.asr.wake()
        self.tts.wake()

    async def close(self) -> None:
        """End all RPCs and connections."""
        await self.asr.close()
        await self.tts.close()


def _servers(
    settings: RivaSettings, field: str, metadata: Mapping[str, SecretStr], context: Context
) -> Servers:
    own: str = getattr(settings, field)
    name = f"riva.{field}" if own else "riva.uri"
    return Servers(own or settings.uri, settings, name, metadata, context)


def _is_down(channel: grpc.aio.Channel) -> bool:
    """Whether the channel failed to connect; asking also starts the next try."""
    state = channel.get_state(try_to_connect=True)
    return state is grpc.ChannelConnectivity.TRANSIENT_FAILURE


def _options(connect_timeout: float) -> list[tuple[str, int | str]]:
    """Channel options; see gRPC's `channel_arg_names.h` and its keep-alive guide."""
    return [
        ("grpc.lb_policy_name", "round_robin"),
        ("grpc.max_receive_message_length", _LONGEST_MESSAGE),
        ("grpc.keepalive_time_ms", _PING_EVERY),
        ("grpc.keepalive_timeout_ms", _PING_WAIT),
        ("grpc.client_idle_timeout_ms", _IDLE),
        ("grpc.min_reconnect_backoff_ms", round(connect_timeout * 1000)),
        ("grpc.initial_reconnect_backoff_ms", 200),
        ("grpc.max_reconnect_backoff_ms", _LONGEST_BACK_OFF),
    ]


def _metadata(given: Mapping[str, SecretStr]) -> Metadata:
    for name in given:
        if not _METADATA_NAME.fullmatch(name.lower()) or name.lower().endswith("-bin"):
            raise ConfigError(f"riva.metadata: {name!r} is no gRPC metadata name (a-z 0-9 _ . -)")
    return tuple((k.lower(), v.get_secret_value()) for k, v in given.items())


def _refuse_plain_keys(found: tuple[str, ...], metadata: Metadata, field: str) -> None:
    key = next((name for name, _ in metadata if _KEY.search(name)), None)
    far = next((address for address in found if not _this_machine(address)), None)
    if key and far:
        raise ConfigError(
            f"riva.metadata.{key}: a key would be sent to {far} ({field}) without encryption; set"
            " riva.tls.enabled=true, or riva.tls.plain_keys=true where the network is encrypted by"
            " other means"
        )


def _this_machine(address: str) -> bool:
    host = address.rpartition(":")[0].strip("[]")
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _credentials(tls: TlsSettings) -> grpc.ChannelCredentials | None:
    if not tls.enabled:
        given = next((name for name in ("ca", "cert", "key") if getattr(tls, name)), None)
        if given:
            raise ConfigError(f"riva.tls.{given} is set but riva.tls.enabled is false: set it")
        return None
    if bool(tls.cert) != bool(tls.key):
        missing = "key" if tls.cert else "cert"
        raise ConfigError(f"riva.tls.{missing}: empty; a client certificate needs cert and key")
    return grpc.ssl_channel_credentials(
        root_certificates=_pem(tls.ca, "ca"),
        private_key=_pem(tls.key, "key"),
        certificate_chain=_pem(tls.cert, "cert"),
    )


def _pem(path: str, name: str) -> bytes | None:
    if not path:
        return None
    try:
        content = Path(path).expanduser().read_bytes()
    except OSError as error:
        raise ConfigError(f"riva.tls.{name}: cannot read {path}: {error.strerror}") from error
    if b"-----BEGIN" not in content:
        raise ConfigError(f"riva.tls.{name}: {path} is not a PEM file")
    return content
