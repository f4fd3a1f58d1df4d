"""What the model may do and say in a call."""

from dataclasses import dataclass, field

from bot.call.answer_guard import Secrets
from bot.call.rounds import NOBODY, Toolset
from bot.call.tool_policy import OWN, ToolPolicy


@dataclass(frozen=True, slots=True)
class Allowed:
    """
    `policy` says which tools run, `toolset` who runs those with answers, `secrets` what no answer
    says.
    """

    policy: ToolPolicy = field(default_factory=lambda: ToolPolicy(OWN))
    secrets: Secrets = field(default_factory=Secrets)
    toolset: Toolset = NOBODY
