"""What a gRPC status means for a call: which of our errors it is, and what to do about it."""

from collections.abc import Coroutine
from typing import Any, Final

import grpc

from bot.core.errors import ServiceError, ServiceTimeout, ServiceUnavailable

_REMEDIES: Final = {
    grpc.StatusCode.INVALID_ARGUMENT: "check riva.{service}: the server refuses this model, "
    "voice, language or rate (`voicebot doctor` lists what it offers)",
    grpc.StatusCode.UNAUTHENTICATED: "check riva.metadata (authorization) and riva.tls",
    grpc.StatusCode.PERMISSION_DENIED: "check riva.metadata (authorization, function-id)",
    grpc.StatusCode.NOT_FOUND: "check riva.{service} (model, voice) and function-id in "
    "riva.metadata",
    grpc.StatusCode.UNIMPLEMENTED: "is riva.{service}_uri a Riva server with this service?",
    grpc.StatusCode.FAILED_PRECONDITION: "check riva.{service} against what the server offers",
    grpc.StatusCode.RESOURCE_EXHAUSTED: "the server is full; add servers to riva.{service}_uri",
    grpc.StatusCode.UNAVAILABLE: "is the server up at riva.{service}_uri (or riva.uri), and "
    "does riva.tls fit it?",
}

FINAL: Final = frozenset(
    {
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.UNAUTHENTICATED,
        grpc.StatusCode.PERMISSION_DENIED,
        grpc.StatusCode.NOT_FOUND,
        grpc.StatusCode.UNIMPLEMENTED,
        grpc.StatusCode.FAILED_PRECONDITION,
    }
)
"""Statuses that another try would meet again."""

_LONGEST_DETAIL = 300


def service_error(service: str, code: grpc.StatusCode, details: str | None) -> ServiceError:
    """
    Our error for a failed RPC. `service` is "asr" or "tts".

    The message has the status, what the server said (cut to one line) and the remedy.
    """
    said = " ".join((details or "").split())[:_LONGEST_DETAIL]
    remedy = _REMEDIES.get(code, "see the server's log").format(service=service)
    message = f"{code.name}: {said or 'no details'}; {remedy}"
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return ServiceTimeout(service, message)
    return ServiceUnavailable(service, message)


class Status:
    """
    The status of a streaming RPC, noted the moment it arrives.

    grpc.aio overwrites the server's status with INTERNAL when a write of ours fails at the same
    time (grpc/grpc#36066); a callback at the end of the RPC still sees the true one.
    """

    def __init__(self, call: Any) -> None:
        self.code: grpc.StatusCode | None = None
        self.details = ""
        call.add_done_callback(self._note)

    def error(self, service: str, seen: grpc.aio.AioRpcError) -> ServiceError:
        """Our error for the RPC that ended with `seen`."""
        self.code = self.code or seen.code()
        return service_error(service, self.code, self.details or seen.details())

    def _note(self, call: Any) -> None:
        self.code = _at_once(call.code())
        self.details = _at_once(call.details()) or ""


def _at_once(answer: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine that has nothing left to wait for, else None."""
    try:
        answer.send(None)
    except StopIteration as done:
        return done.value
    answer.close()
    return None
