"""Decides what callers are told of recording: with the notice, before the greeting."""

from bot.config import Settings


def announced(settings: Settings, records: bool) -> Settings:
    """The same settings; where calls are recorded, the notice says so. `records`: the bot can."""
    recordings, phrases = settings.recordings, settings.phrases
    if not records or not recordings.enabled or not recordings.announcement:
        return settings
    notice = f"{phrases.notice} {recordings.announcement}".strip()
    return settings.model_copy(update={"phrases": phrases.model_copy(update={"notice": notice})})
