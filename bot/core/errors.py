"""
Everything the bot raises on purpose.

* BotError
    * ConfigError          a setting is missing, unknown or out of range
    * ProtocolError        a peer broke its protocol (AudioSocket, HTTP, SIP)
    * ServiceError         Riva or the model let us down; the call can go on
        * ServiceTimeout
        * ServiceUnavailable

Foreign exceptions (grpc, aiohttp, OSError) are turned into these at the border where they
appear. A hang-up is not an exception: it is the event `HungUp`.
"""


class BotError(Exception):
    """Base of all exceptions defined by the bot."""


class ConfigError(BotError):
    """A setting is missing, unknown or out of range. The message names it and the remedy."""


class ProtocolError(BotError):
    """The peer sent bytes that its protocol does not allow."""


class ServiceError(BotError):
    """A service failed. The call can go on without this answer."""

    def __init__(self, service: str, message: str) -> None:
        """`service` is a short label for metrics: "asr", "tts" or "llm"."""
        super().__init__(f"{service}: {message}")
        self.service = service


class ServiceTimeout(ServiceError):
    """The service did not answer in time."""


class ServiceUnavailable(ServiceError):
    """The service could not be reached, or refused the work."""
