"""What all parts of the settings share: how strict they are, and the types of their values."""

import os
import re
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

Port = Annotated[int, Field(ge=0, le=65535)]
Seconds = Annotated[float, Field(gt=0, le=86_400)]
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class Part(BaseModel):
    """A part of the settings: unknown names are errors, and nothing changes once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


def from_environment(value: object) -> object:
    """Text with each `${NAME}` replaced by the variable of that name. Raises ValueError."""
    return _VARIABLE.sub(_variable, value) if isinstance(value, str) else value


def _variable(match: re.Match[str]) -> str:
    name = match.group(1)
    value = os.environ.get(name)
    if value is None:
        raise ValueError(f"the environment has no variable {name}; set it for the bot")
    return value


EnvSecret = Annotated[SecretStr, BeforeValidator(from_environment)]
"""A secret that may name variables of the environment: "Bearer ${CRM_TOKEN}"."""
