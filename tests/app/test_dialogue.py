"""In which languages a dialogue can be held."""

from bot.app.dialogue import called_book, in_english
from bot.call.phrasebook import Phrase, Phrasebook
from bot.config import EnglishSettings, Settings
from bot.config_outbound import OutboundSettings
from bot.core.ports import Speech


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


def test_whom_we_call_is_greeted_by_name():
    """With our own greeting, whose sound is nobody else's; without one, as callers are."""
    ready = {(Phrase.GREETING, 8000): Speech(b"g"), (Phrase.GOODBYE, 8000): Speech(b"b")}
    texts = {Phrase.GREETING: "नमस्ते!", Phrase.MACHINE: "बाद में।", Phrase.GOODBYE: "धन्यवाद।"}
    book = Phrasebook(texts, ready=ready, recorded=dict(ready))
    outbound = OutboundSettings(greeting="नमस्ते {name} जी।")
    called = called_book(book, outbound, {"name": "आशा"})
    assert called.texts == {**texts, Phrase.GREETING: "नमस्ते आशा जी।"}
    assert set(called.ready) == set(called.recorded) == {(Phrase.GOODBYE, 8000)}
    assert called_book(book, OutboundSettings(), {"name": "आशा"}) == book
