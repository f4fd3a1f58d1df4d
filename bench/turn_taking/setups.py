"""The settings that are compared: a fixed pause, and ours."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.config import (
    BargeInSettings,
    EndOfTurnSettings,
    FillerSettings,
    TurnSettings,
    VoiceActivitySettings,
)
from bot.signal.silero import silero
from bot.signal.voice import VoiceActivity, voice_settings


@dataclass(frozen=True, slots=True)
class Setup:
    """What is compared: everything of the settings that a call's turn-taking depends on."""

    turns: TurnSettings
    voice: VoiceActivitySettings


SETTINGS = ("baseline", "ours")


def setup_of(name: str, changes: Mapping[str, str]) -> Setup:
    """
    The two that are compared: a fixed pause of 700 ms, and our defaults with these changes.

    A change is a path and a value as JSON: "turns.end_of_turn.base": "0.5".
    """
    if name == "baseline":
        return Setup(baseline(), VoiceActivitySettings(sure_threshold=0.25))
    values: dict[str, Any] = {"turns": {}, "voice": {}}
    for path, value in changes.items():
        *parts, last = path.split(".")
        place = values
        for part in parts:
            place = place.setdefault(part, {})
        place[last] = json.loads(value)
    return Setup(TurnSettings(**values["turns"]), VoiceActivitySettings(**values["voice"]))


def baseline() -> TurnSettings:
    """A fixed silence of 700 ms; speech of 0.2 s stops the bot for good; nothing is anticipated."""
    signs = dict.fromkeys(EndOfTurnSettings.model_fields, 0.0)
    fixed: dict[str, object] = {
        "base": 0.7,
        "shortest": 0.7,
        "longest": 0.7,
        "acoustic_model": "",
        "no_new_words": 60.0,
    }
    return TurnSettings(
        end_of_turn=EndOfTurnSettings.model_validate({**signs, **fixed}),
        early_start=False,
        barge_in=BargeInSettings(
            lower_db=0.0, confirm=0.2, verdict=0.0, nods=False, echo_guard=False
        ),
        filler=FillerSettings(texts=()),
    )


def voice_activity(rate: int, settings: VoiceActivitySettings) -> VoiceActivity:
    """As the bot makes it."""
    return VoiceActivity(rate, silero(), voice_settings(settings))
