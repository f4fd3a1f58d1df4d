"""
The bots that are compared: ours; one that begins nothing early; one that does one thing after the
other; one that begins nothing early after a fixed pause.
"""

from collections.abc import Mapping

from bench.turn_taking.setups import baseline
from bot.config import EndOfTurnSettings

EARLY, LATE, SEQUENCE, FIXED = "early", "late", "sequence", "fixed"
ALL = (EARLY, LATE, SEQUENCE, FIXED)
WHOLE = (SEQUENCE,)
"""To this one the model gives its answer whole: the synthesizer is asked when the model is done."""


def weights(setup: str) -> EndOfTurnSettings:
    """How long this bot lets a caller be silent; `fixed`: 0.7 s, whatever was said."""
    return baseline().end_of_turn if setup == FIXED else EndOfTurnSettings()


def variables(setup: str) -> Mapping[str, str]:
    """The settings of this bot that are not the defaults."""
    if setup == EARLY:
        return {}
    chosen = {"BOT_TURNS__EARLY_START": "false"}
    if setup == SEQUENCE:
        chosen["BOT_TURNS__FILLER__TEXTS"] = "[]"  # its answers would come after one
    if setup == FIXED:
        pauses = weights(FIXED).model_dump(exclude={"acoustic_model"})
        chosen |= {f"BOT_TURNS__END_OF_TURN__{key.upper()}": str(pauses[key]) for key in pauses}
    return chosen
