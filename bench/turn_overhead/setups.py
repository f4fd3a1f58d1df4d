"""The bots that are compared: ours, one that begins nothing early, one with a fixed pause."""

from collections.abc import Mapping

from bot.config import EndOfTurnSettings

EARLY, LATE, FIXED = "early", "late", "fixed"
FIXED_PAUSE = 0.7
_SIGNS = [
    name
    for name, field in EndOfTurnSettings.model_fields.items()
    if field.annotation is float and name not in ("base", "shortest", "longest")
]


def weights(setup: str) -> EndOfTurnSettings:
    """How long this bot lets a caller be silent."""
    if setup != FIXED:
        return EndOfTurnSettings()
    fixed = {"base": FIXED_PAUSE, "shortest": FIXED_PAUSE, "longest": FIXED_PAUSE}
    return EndOfTurnSettings.model_validate({**dict.fromkeys(_SIGNS, 0.0), **fixed})


def variables(setup: str) -> Mapping[str, str]:
    """The settings of this bot that are not the defaults."""
    if setup == EARLY:
        return {}
    chosen = {"BOT_TURNS__EARLY_START": "false"}
    if setup == FIXED:
        pauses = weights(FIXED).model_dump(exclude={"acoustic_model"})
        chosen |= {f"BOT_TURNS__END_OF_TURN__{key.upper()}": str(pauses[key]) for key in pauses}
    return chosen
