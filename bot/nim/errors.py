"""What a failed request to the model means: which of our errors it is, and what to do about it."""

from typing import Final

from bot.config import LlmSettings
from bot.core.errors import ServiceError, ServiceTimeout, ServiceUnavailable

_LONGEST_DETAIL: Final = 300
_REMEDIES: Final = {
    400: "check llm.extra_body, llm.tools and llm.history_tokens against what the model takes",
    401: "check llm.api_key",
    403: "check llm.api_key and what it may use",
    404: "check llm.model (`voicebot doctor` lists the right names) and that llm.base_url "
    "ends in /v1",
    422: "check llm.extra_body and llm.tools against what the server takes",
    429: "the server is full, or the key's quota is used up",
}


def service_error(error: Exception, settings: LlmSettings) -> ServiceError:
    """
    Our error for an exception of `Wire`, or of the HTTP client under it.

    The message has what went wrong (cut to one line) and the remedy.
    """
    status = getattr(error, "status_code", None)
    said = " ".join(str(error).split())[:_LONGEST_DETAIL] or type(error).__name__
    if isinstance(status, int):
        remedy = _REMEDIES.get(status, "see the server's log")
        return ServiceUnavailable("llm", f"HTTP {status}: {said}; {remedy}")
    if isinstance(error, TimeoutError) or "Timeout" in type(error).__name__:
        return ServiceTimeout("llm", f"no answer from {settings.base_url}; is it overloaded?")
    where = f"{settings.base_url}: {said}"
    return ServiceUnavailable("llm", f"{where}; is the server up at llm.base_url?")
