"""In which languages a dialogue can be held."""

from bot.app.dialogue import in_english
from bot.config import EnglishSettings, Settings


def test_without_both_languages_of_the_services_there_is_no_english():
    """A voice without ears, or the other way round, is of no use."""
    assert in_english(Settings()) is None
    assert in_english(Settings(english=EnglishSettings(asr_language="en-IN"))) is None
    assert in_english(Settings(english=EnglishSettings(tts_language="en-IN"))) is None


def test_english_has_its_own_ear_voice_words_and_questions():
    """All else is as in Hindi."""
    both = EnglishSettings(asr_language="en-US", tts_language="en-IN", tts_voice="Asha")
    settings = Settings(english=both)
    english = in_english(settings)
    assert english is not None
    assert (english.riva.asr.language, english.riva.tts.language) == ("en-US", "en-IN")
    assert english.riva.tts.voice == "Asha"
    assert english.phrases == both.phrases
    assert english.turns.field.confirm == both.field.confirm
    assert english.turns.field.attempts == settings.turns.field.attempts
    assert english.turns.filler.texts == both.filler
    assert english.turns.guard == settings.turns.guard
