"""
Whether the arguments of a tool call have the form that the tool's JSON Schema asks for.

Of JSON Schema this understands `type` (string, integer, number, boolean, array, object), `enum`,
`minLength`, `maxLength`, `pattern`, `minimum`, `maximum`, `maxItems`, `items`, `properties` and
`required`; other keywords are not looked at. Models write numbers and truths as text, or text as
numbers: both are turned into what is asked for.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

LONGEST = 500
"""Letters of a text for which the schema gives no `maxLength`."""
MOST_ITEMS = 32
"""Items of a list without `maxItems`."""
DEEPEST = 4
"""Levels of lists and objects."""
TRUE, FALSE = ("true", "yes", "1", "हाँ"), ("false", "no", "0", "", "नहीं")


class WrongArgument(ValueError):
    """The arguments do not fit; the message names the first that does not, and why."""


def fitted(arguments: Mapping[str, object], schema: Mapping[str, Any]) -> dict[str, object]:
    """
    The arguments as `schema` (of an object) wants them; those that it does not name are left out.

    Raises WrongArgument.
    """
    return _object("", arguments, schema, DEEPEST)


def _object(path: str, value: object, schema: Mapping[str, Any], depth: int) -> dict[str, object]:
    if not isinstance(value, Mapping) or not depth:
        raise WrongArgument(f"{path or 'arguments'}: an object is wanted")
    properties = schema.get("properties") or {}
    for name in schema.get("required") or ():
        if name not in value:
            raise WrongArgument(f"{path}{name}: lacks")
    return {
        name: _fitted(f"{path}{name}", value[name], own, depth - 1)
        for name, own in properties.items()
        if name in value
    }


def _fitted(path: str, value: object, schema: Mapping[str, Any], depth: int) -> object:
    kind = schema.get("type")
    if kind == "object":
        return _object(f"{path}.", value, schema, depth)
    if kind == "array":
        return _array(path, value, schema, depth)
    convert = _KINDS.get(kind) if isinstance(kind, str) else None
    try:
        fit = convert(value) if convert else value
    except (ValueError, TypeError):
        raise WrongArgument(f"{path}: a value of type {kind} is wanted") from None
    return _within(path, fit, schema)


def _array(path: str, value: object, schema: Mapping[str, Any], depth: int) -> list[object]:
    most = min(int(schema.get("maxItems", MOST_ITEMS)), MOST_ITEMS)
    if isinstance(value, str) or not isinstance(value, Sequence) or not depth:
        raise WrongArgument(f"{path}: a list is wanted")
    if len(value) > most:
        raise WrongArgument(f"{path}: at most {most} items are wanted")
    return [_fitted(f"{path}[]", item, schema.get("items") or {}, depth - 1) for item in value]


def _within(path: str, value: object, schema: Mapping[str, Any]) -> object:
    """The value, if it keeps within the bounds."""
    if "enum" in schema and value not in schema["enum"]:
        raise WrongArgument(f"{path}: is not on the list")
    if isinstance(value, str):
        _check_text(path, value, schema)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        least, most = schema.get("minimum", value), schema.get("maximum", value)
        if not least <= value <= most:
            raise WrongArgument(f"{path}: out of range")
    elif not isinstance(value, bool | None):
        raise WrongArgument(f"{path}: a single value is wanted")
    return value


def _check_text(path: str, value: str, schema: Mapping[str, Any]) -> None:
    least, most = schema.get("minLength", 0), schema.get("maxLength", LONGEST)
    if not least <= len(value) <= most:
        raise WrongArgument(f"{path}: too short or too long")
    if any(ord(letter) < 32 for letter in value):
        raise WrongArgument(f"{path}: has control characters")
    if "pattern" in schema and not re.search(schema["pattern"], value):
        raise WrongArgument(f"{path}: has the wrong form")


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return " ".join(str(value).split())
    raise TypeError


def _integer(value: object) -> int:
    if isinstance(value, bool) or (isinstance(value, float) and value != int(value)):
        raise TypeError
    return int(value)  # type: ignore[call-overload, no-any-return]


def _number(value: object) -> float:
    if isinstance(value, bool):
        raise TypeError
    number = float(value)  # type: ignore[arg-type]
    if number - number != 0:
        raise ValueError  # no number, or endless
    return number


def _truth(value: object) -> bool:
    text = _text(value).lower()
    if text not in (*TRUE, *FALSE):
        raise ValueError
    return text in TRUE


_KINDS: Mapping[str, Callable[[object], object]] = {
    "string": _text,
    "integer": _integer,
    "number": _number,
    "boolean": _truth,
}
