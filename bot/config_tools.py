"""The settings of the model's tools: ours, and a tenant's own services (docs/tools.md)."""

import re
from string import Formatter
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, field_validator, model_validator

from bot.config_part import EnvSecret, Part

KEYWORDS = frozenset(
    {
        "type", "enum", "minLength", "maxLength", "pattern", "minimum", "maximum", "maxItems",
        "items", "properties", "required", "description", "title", "default",
    }
)  # fmt: skip
"""What of JSON Schema we check; a schema that asks for more would promise too much."""
OF_THE_CALL = ("call.id", "call.caller", "call.called", "call.profile")
"""What an address may hold beside arguments: never told by the model."""
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_TYPES = ("string", "integer", "number", "boolean", "array", "object")
Wait = Annotated[float, Field(gt=0, le=30)]
ToolName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Builtin = Literal[
    "hang_up", "transfer", "collect_number", "offer_menu", "opening_hours", "send_digits"
]


def placeholders(url: str) -> list[str]:
    """The names in braces of an address, in order."""
    return [name for _, name, _, _ in Formatter().parse(url) if name is not None]


def _schema(schema: dict[str, Any]) -> dict[str, Any]:
    if schema.get("type", "object") != "object":
        raise ValueError("type: the arguments are an object; leave `type` out")
    _check(schema, "")
    return {"type": "object", "properties": {}, **schema}


def _check(schema: Any, path: str) -> None:
    """Raise ValueError for what we could not check."""
    if not isinstance(schema, dict):
        raise ValueError(f"{path or 'the schema'}: write a map")
    for word in schema:
        if word not in KEYWORDS:
            raise ValueError(f"{path}{word}: not checked here; use {', '.join(sorted(KEYWORDS))}")
    if schema.get("type", "string") not in _TYPES:
        raise ValueError(f"{path}type: no such type; write one of {', '.join(_TYPES)}")
    if "pattern" in schema:
        _check_pattern(schema["pattern"], path)
    for name, below in (schema.get("properties") or {}).items():
        _check(below, f"{path}{name}.")
    if "items" in schema:
        _check(schema["items"], f"{path}items.")


def _check_pattern(pattern: Any, path: str) -> None:
    try:
        re.compile(pattern)
    except (re.error, TypeError) as error:
        raise ValueError(f"{path}pattern: no regular expression: {error}") from error


def _address(url: str) -> str:
    """An address whose names in braces stand behind the host."""
    try:
        parts = urlsplit(url)
        names = placeholders(url)
    except ValueError as error:
        raise ValueError(f"no address: {error}; write https://HOST/PATH") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("no address; write https://HOST/PATH")
    if placeholders(parts.netloc) or "{" in parts.scheme or not all(names):
        raise ValueError("names in braces may stand in the path and the query only")
    return url


class HttpToolSettings(Part):
    """A service of the tenant's that the model can ask, over HTTP."""

    description: Annotated[str, Field(min_length=1, max_length=2000)]
    """For the model: what it does, and when to use it."""
    parameters: Annotated[dict[str, Any], AfterValidator(_schema)] = {}
    """JSON Schema of the arguments: {properties: {number: {type: string}}, required: [number]}."""
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    url: Annotated[str, AfterValidator(_address)]
    """`https://crm/customers/{number}?by={call.caller}`: arguments by their names, encoded; and of
    the call: `call.id`, `call.caller`, `call.called`, `call.profile`. The arguments that it does
    not name go into the query (GET, DELETE), or as JSON into the body."""
    headers: dict[str, EnvSecret] = {}
    """{Authorization: "Bearer ${CRM_TOKEN}"}, from the environment."""
    timeout: Wait = 5.0
    """Seconds for the whole answer, both tries included."""
    idempotent: bool | None = None
    """Whether to ask twice does no harm: then it is, once, where the first try failed. By default
    GET, PUT and DELETE are (RFC 9110)."""
    changes: bool | None = None
    """Whether it changes something; by default all but GET do."""
    trusted: bool = False
    """Whether its answer may lead the model to a change in the same turn, without another word of
    the caller's."""
    waiting: str = ""
    """What the caller hears while it works; empty: one of `tools.waiting`."""
    most_bytes: Annotated[int, Field(ge=64, le=65_536)] = 4096
    """The longest answer that is read; the rest is cut off."""

    @model_validator(mode="after")
    def _names_are_known(self) -> "HttpToolSettings":
        required = set(self.parameters.get("required") or ())
        for name in placeholders(self.url):
            if name not in OF_THE_CALL and name not in required:
                known = ", ".join(OF_THE_CALL)
                raise ValueError(f"url: {{{name}}} is no required parameter, and none of {known}")
        return self

    @property
    def may_repeat(self) -> bool:
        """Whether a failed try may be followed by another."""
        safe = self.method in ("GET", "PUT", "DELETE")
        return safe if self.idempotent is None else self.idempotent

    @property
    def makes_changes(self) -> bool:
        """Whether it does more than tell something."""
        return self.method != "GET" if self.changes is None else self.changes


class McpSettings(Part):
    """A server of the Model Context Protocol (streamable HTTP), with tools of its own."""

    url: Annotated[str, AfterValidator(_address)]
    headers: dict[str, EnvSecret] = {}
    tools: tuple[str, ...] = ()
    """The tools that are offered to the model; empty: all that the server has."""
    changes: bool = True
    """Whether its tools change anything; those that the server itself declares to only read never
    do."""
    trusted: bool = False
    timeout: Wait = 5.0
    waiting: str = ""
    most_bytes: Annotated[int, Field(ge=64, le=65_536)] = 4096

    @field_validator("url")
    @classmethod
    def _plain(cls, url: str) -> str:
        if placeholders(url):
            raise ValueError("no names in braces here")
        return url


class CallBackSettings(Part):
    """Where a caller's wish to be called back is sent; the model gets the tool `call_back`."""

    url: Annotated[str, Field(pattern=r"^(https?://[^\s{}]+)?$")] = ""
    """It gets a POST of JSON: number, when, reason, call_id, caller, called, profile. Empty: the
    model can promise no call."""
    headers: dict[str, EnvSecret] = {}
    timeout: Wait = 5.0


class ToolsSettings(Part):
    """What the model can do and ask beside talking (docs/tools.md)."""

    builtin: tuple[Builtin, ...] = (
        "hang_up", "transfer", "collect_number", "offer_menu", "opening_hours",
    )  # fmt: skip
    """Ours. `opening_hours` is offered where `hours` says anything."""
    rounds: Annotated[int, Field(ge=1, le=10)] = 3
    """How often one answer may ask tools; after that it must be given in words."""
    waiting: tuple[str, ...] = ("जी, मैं अभी देख रही हूँ।", "थोड़ा समय लग रहा है, कृपया लाइन पर बने रहिए।")
    """Said while a tool works, in turn. Empty: nothing."""
    waiting_after: Wait = 0.5
    """Seconds of silence before the first of them."""
    waiting_again: Wait = 4.0
    """And before each further one."""
    call_back: CallBackSettings = CallBackSettings()
    http: dict[ToolName, HttpToolSettings] = {}
    mcp: dict[ToolName, McpSettings] = {}
    """These need the extra `mcp`."""
