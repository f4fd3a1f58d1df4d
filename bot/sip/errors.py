"""
What can go wrong with the softphone.

* BotError
    * ConfigError
        * SoftphoneMissing     the optional package of the softphone is not installed
    * ProtocolError
        * CallFailed           the call was never answered, or is over
            * CallRefused      the other side said no, with a SIP status
            * CallTimeout      nobody answered in time
                * Unreached    and nothing rang
            * CallOver         the call has ended; nothing can be said or pressed any more
        * RegistrationRefused  the registrar did not accept the account
"""

from bot.core.errors import ConfigError, ProtocolError


class SoftphoneMissing(ConfigError):
    """The package behind the softphone is not installed. The message says how to install it."""

    def __init__(self) -> None:
        super().__init__(
            "the softphone needs the package baresip-python: pip install 'voicebot[sip]'"
        )


class CallFailed(ProtocolError):
    """The call was never answered, or is over."""


class CallRefused(CallFailed):
    """The other side refused the call: `status` is the SIP status (404, 486, 401 ...)."""

    def __init__(self, status: int, reason: str) -> None:
        """`status` is 0 where the call failed without a SIP answer; `reason` says why."""
        super().__init__(f"call refused: {status} {reason}" if status else f"no call: {reason}")
        self.status = status
        self.reason = reason


class CallTimeout(CallFailed):
    """Nobody answered in time. The attempt was cancelled."""


class Unreached(CallTimeout):
    """It did not even ring: nothing listens there, or a firewall is in the way."""


class CallOver(CallFailed):
    """The call has ended."""


class RegistrationRefused(ProtocolError):
    """The registrar did not accept the account: `status` is the SIP status, 0 for no answer."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"registration refused: {status or 'no answer'} {reason}".rstrip())
        self.status = status
        self.reason = reason
