"""Decides which OpenAI chat requests the assistant takes, and how a refusal is written."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.core.errors import ProtocolError
from bot.core.ports import Message

TEXT_LIMIT = 20_000
"""Characters taken from one message; more is refused."""


class RequestRefused(ProtocolError):
    """A request the server will not serve: HTTP status, and the fields of OpenAI's error JSON."""

    def __init__(
        self, status: int, message: str, param: str | None = None, code: str | None = None
    ) -> None:
        """`param` is the path of the field at fault, such as "messages.0.role"."""
        super().__init__(message)
        self.status = status
        self.message = message
        self.param = param
        self.code = code

    def body(self) -> dict[str, object]:
        """The error as OpenAI writes it."""
        error: dict[str, object] = {"message": self.message, "type": _error_type(self.status)}
        return {"error": {**error, "param": self.param, "code": self.code}}


def _error_type(status: int) -> str:
    if status >= 500:
        return "server_error"
    return "rate_limit_error" if status == 429 else "invalid_request_error"


class _Part(BaseModel):
    """A piece of a message's content; only text is understood."""

    model_config = ConfigDict(frozen=True)
    type: Literal["text"]
    text: str = Field(max_length=TEXT_LIMIT)


class ChatMessage(BaseModel):
    """One message of the request. Content is text, parts of text, or nothing (tool calls)."""

    model_config = ConfigDict(frozen=True)
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[_Part] | None = Field(default=None)

    def text(self) -> str:
        """The content as one string."""
        if self.content is None or isinstance(self.content, str):
            return self.content or ""
        return " ".join(part.text for part in self.content)


class Function(BaseModel):
    """What a tool offers: its name and the JSON Schema of its arguments."""

    model_config = ConfigDict(frozen=True)
    name: str = Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")
    parameters: dict[str, Any] = Field(default_factory=dict)


class Tool(BaseModel):
    """A tool of the request."""

    model_config = ConfigDict(frozen=True)
    type: Literal["function"]
    function: Function


class StreamOptions(BaseModel):
    """`include_usage` asks for a last chunk with the token counts."""

    model_config = ConfigDict(frozen=True)
    include_usage: bool = False


class _ResponseFormat(BaseModel):
    model_config = ConfigDict(frozen=True)
    type: Literal["text"]


class ChatRequest(BaseModel):
    """
    The part of OpenAI's chat request that means something here.

    Unknown fields are ignored, as are those that only steer sampling (temperature, top_p, seed).
    """

    model_config = ConfigDict(frozen=True)
    model: str = Field(min_length=1, max_length=200)
    messages: list[ChatMessage] = Field(min_length=1)
    stream: bool = False
    stream_options: StreamOptions | None = None
    tools: list[Tool] = Field(default_factory=list, max_length=128)
    tool_choice: Literal["auto", "none"] | None = None
    max_tokens: int | None = Field(default=None, ge=1)
    max_completion_tokens: int | None = Field(default=None, ge=1)
    n: Literal[1] | None = None
    response_format: _ResponseFormat | None = None

    def limit(self) -> int | None:
        """The most tokens of the reply."""
        return self.max_completion_tokens or self.max_tokens

    def offered(self) -> Mapping[str, Function]:
        """The functions that the model may call, by name."""
        if self.tool_choice == "none":
            return {}
        return {tool.function.name: tool.function for tool in self.tools}

    def history(self) -> list[Message]:
        """The conversation in the bot's words. Tool results are left out."""
        return [_message(m) for m in self.messages if m.role != "tool"]


def _message(message: ChatMessage) -> Message:
    if message.role in ("user", "assistant"):
        role: Literal["user", "assistant"] = "user" if message.role == "user" else "assistant"
        return Message(role, message.text())
    return Message("system", message.text())


def parse_request(body: bytes, max_messages: int) -> ChatRequest:
    """Read a chat request, or raise RequestRefused naming the first field that is wrong."""
    try:
        request = ChatRequest.model_validate_json(body)
    except ValidationError as error:
        raise _refusal(error) from error
    _check(request, max_messages)
    return request


def _refusal(error: ValidationError) -> RequestRefused:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    names = (str(place) for place in first["loc"])
    path = ".".join(name for name in names if not _is_type_label(name))
    reason = str(first["msg"])
    return RequestRefused(400, f"{path}: {reason}" if path else reason, path or None)


def _is_type_label(name: str) -> bool:
    """Pydantic names the branch of a union in the path; callers know no such field."""
    return name == "str" or name.startswith("list[")


def _check(request: ChatRequest, max_messages: int) -> None:
    """The rules that span more than one field."""
    if len(request.messages) > max_messages:
        found = len(request.messages)
        reason = f"messages: {found} messages; at most {max_messages} are taken. Send the last ones"
        raise RequestRefused(400, reason, "messages")
    if request.stream_options is not None and not request.stream:
        reason = "stream_options: only allowed together with stream=true"
        raise RequestRefused(400, reason, "stream_options")
    for place, message in enumerate(request.messages):
        _check_message(place, message)


def _check_message(place: int, message: ChatMessage) -> None:
    path = f"messages.{place}.content"
    if message.content is None and message.role != "assistant":
        raise RequestRefused(400, f"{path}: required for role {message.role!r}", path)
    if len(message.text()) > TEXT_LIMIT:
        raise RequestRefused(400, f"{path}: longer than {TEXT_LIMIT} characters", path)
