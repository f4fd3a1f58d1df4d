"""The settings of the HTTP API for integrators (docs/api.md)."""

from typing import Annotated

from pydantic import Field

from bot.config_part import Part, Port, Seconds


class ApiTlsSettings(Part):
    """TLS of the API. New files are read when they change; no restart is needed."""

    cert: str = ""
    """The server's certificate with its chain, PEM; empty: no TLS."""
    key: str = ""
    ca: str = ""
    """The authority of the other bots' certificates, PEM, for requests that we pass on; empty: the
    system's."""
    name: str = ""
    """The name in their certificates, where `api.advertise` is an address. Empty: its host."""


class ApiSettings(Part):
    """
    The HTTP API: calls live and past, what can be done to them (docs/api.md).

    Needs `records.url`: its keys are kept there.
    """

    enabled: bool = False
    host: str = "127.0.0.1"
    """The address to listen on; `0.0.0.0` for all. Without TLS, put a proxy with TLS before it."""
    port: Port = 8070
    advertise: str = ""
    """`host:port` at which other bots reach this one, to pass on what is wanted of its calls.
    Empty: that of `host`; with `0.0.0.0` this machine's name."""
    tls: ApiTlsSettings = ApiTlsSettings()
    rate: Annotated[float, Field(gt=0, le=10_000)] = 20.0
    """Requests a second that one key may make of one bot, in the long run."""
    burst: Annotated[int, Field(ge=1, le=100_000)] = 40
    """Requests at once that it may make after a pause."""
    failures: Annotated[int, Field(ge=1, le=10_000)] = 30
    """Wrong keys a minute that are looked up for one address; further ones are refused unread."""
    max_body_bytes: Annotated[int, Field(ge=1024, le=1_048_576)] = 16_384
    """The longest body of a request."""
    timeout: Seconds = 10.0
    """Seconds that one request may take."""
    parallel: Annotated[int, Field(ge=1, le=10_000)] = 64
    """Requests at once; further ones are told to come again."""
    followers: Annotated[int, Field(ge=1, le=1000)] = 16
    """Streams of events (`/v1/calls/ID/events`) at once; further ones are told to come again."""
    page: Annotated[int, Field(ge=1, le=1000)] = 200
    """The most calls of one page."""
    cors: tuple[str, ...] = ()
    """Web pages of these origins may ask from a browser: ["https://crm.example"]."""
    proxies: tuple[str, ...] = ()
    """Addresses or networks of proxies whose `X-Forwarded-For` is believed."""
    docs: bool = True
    """Serve the description: `/openapi.json`, and `/docs` to read it."""
