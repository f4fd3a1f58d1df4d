"""
Reads the settings: one YAML file, then BOT_* variables over it.

`BOT_RIVA__ASR__MODEL=x` sets `riva: {asr: {model: x}}`. An unknown or ill-typed name stops the
start with its name, what is wrong with it and the nearest right name.
"""

import difflib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsError,
    YamlConfigSettingsSource,
)

from bot.config import DELIMITER, PREFIX, Settings
from bot.core.errors import ConfigError

_HARMLESS = {"BOT_CONFIG"}
SECRETS = frozenset(
    {"api_key", "token", "tokens", "operators", "metadata", "headers", "env", "password"}
)
"""Settings whose values are never shown."""


def load(path: Path | None = None) -> Settings:
    """
    Read the YAML file at `path` (or `BOT_CONFIG`), then the environment over it.

    Raises `ConfigError` that names each wrong setting and the remedy.
    """
    chosen = path or (Path(os.environ["BOT_CONFIG"]) if os.environ.get("BOT_CONFIG") else None)
    if chosen is not None and not chosen.is_file():
        raise ConfigError(f"configuration file {chosen} does not exist; give --config FILE")
    unknown = list(_unknown_variables(os.environ))
    if unknown:
        raise ConfigError("\n".join(unknown))

    class _FromFile(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return env_settings, YamlConfigSettingsSource(settings_cls, yaml_file=chosen)

    try:
        return _FromFile()
    except ValidationError as error:
        raise ConfigError("\n".join(_problems(error))) from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{chosen} is not valid YAML: {error}") from error
    except (SettingsError, ValueError, TypeError) as error:
        raise ConfigError(f"the configuration cannot be read: {error}") from error


def _unknown_variables(environ: Mapping[str, str]) -> Iterator[str]:
    """A line for each BOT_* variable that sets nothing."""
    known = [name for name, _ in _names(Settings)]
    for variable in environ:
        upper = variable.upper()
        if not upper.startswith(PREFIX) or upper in _HARMLESS:
            continue
        if not any(_sets(upper, name, is_map) for name, is_map in _names(Settings)):
            yield f"{variable}: no such setting{_nearest(upper, known)}"


def _sets(variable: str, name: str, is_map: bool) -> bool:
    return variable == name or (is_map and variable.startswith(name + DELIMITER))


def _names(model: type[BaseModel], prefix: str = PREFIX) -> Iterator[tuple[str, bool]]:
    """Each setting's variable, and whether free keys may follow it (a map)."""
    for name, info in model.model_fields.items():
        variable = prefix + name.upper()
        kind = info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield variable, False
            yield from _names(kind, variable + DELIMITER)
        else:
            yield variable, getattr(kind, "__origin__", None) is dict


def _problems(error: ValidationError) -> Iterator[str]:
    for problem in error.errors():
        path = [str(part) for part in problem["loc"]]
        if problem["type"] == "extra_forbidden":
            yield f"{'.'.join(path)}: {what_is_wrong(problem, path)}"
        else:
            variable = PREFIX + DELIMITER.join(path).upper()
            yield f"{'.'.join(path)} ({variable}): {what_is_wrong(problem, path)}"


def what_is_wrong(problem: ErrorDetails, path: list[str]) -> str:
    """What is wrong with the setting at this path, and what was given where that is no secret."""
    if problem["type"] == "extra_forbidden":
        return f"no such setting{_nearest(path[-1], _siblings(path))}"
    given = f" (given: {problem['input']!r})" if _may_be_shown(path) else ""
    return f"{problem['msg'].removeprefix('Value error, ')}{given}"


def _siblings(path: list[str]) -> list[str]:
    """The right names at the place where `path` has a wrong one."""
    return list(getattr(_kind(path[:-1]), "model_fields", {}))


def _kind(path: list[str]) -> Any:
    """The type of the setting at this path; None where there is none."""
    model: Any = Settings
    for part in path:
        field = getattr(model, "model_fields", {}).get(part)
        model = field.annotation if field else None
    return model


def _may_be_shown(path: list[str]) -> bool:
    """Whether what was given can hold no secret: it is none, and no part that may hold one."""
    kind = _kind(path)
    whole = hasattr(kind, "model_fields")
    return not whole and kind is not SecretStr and not any(part in SECRETS for part in path)


def _nearest(name: str, known: list[str]) -> str:
    if not known:
        return ""
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
    return f"; did you mean {close[0]}?" if close else f"; known: {', '.join(sorted(known)[:12])}"
