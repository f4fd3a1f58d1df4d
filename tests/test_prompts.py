"""The one file of all that the bot says by itself."""

import re
from importlib.resources import files

import pytest
import yaml

from bot.call.phrasebook import Phrase
from bot.config import FieldTexts, Settings
from bot.hindi.asked import Asked, what_was_asked

TEXTS = yaml.safe_load(files("bot").joinpath("prompts.yaml").read_text("utf-8"))
SETTINGS = Settings()
PARTIAL = Settings(english={"phrases": {"greeting": "Hi!"}, "field": {"again": "Once more."}})
GENDERED = re.compile(r"(?:सकती|सकता|रही|रहा|करूँगी|करूँगा|देखती|देखता|चाहते|चाहती|बताऊँगी|बताऊँगा) (?:हूँ|हैं)")
"""What tells of the speaker or the caller whether it is a man or a woman."""


def said():
    """All that is said to callers, by its name."""
    for language in TEXTS:
        yield from ((language, name, text) for name, text in TEXTS[language]["phrases"].items())
        turns = TEXTS[language]["turns"]
        yield from ((language, name, text) for name, text in turns["field"].items())
        yield from ((language, "filler", text) for text in turns["filler"]["texts"])


def test_both_languages_have_every_phrase_and_no_other():
    """A phrase that lacks would be said in the wrong language."""
    for language in ("hi", "en"):
        assert set(TEXTS[language]["phrases"]) == set(Phrase)
        assert set(TEXTS[language]["turns"]["field"]) == set(FieldTexts.model_fields)


def test_the_settings_have_them_as_defaults():
    """By the same names."""
    for phrase in Phrase:
        assert getattr(SETTINGS.phrases, phrase) == TEXTS["hi"]["phrases"][phrase]
        assert getattr(SETTINGS.english.phrases, phrase) == TEXTS["en"]["phrases"][phrase]
    assert SETTINGS.llm.system_prompt == TEXTS["hi"]["llm"]["system_prompt"]


def test_one_english_phrase_is_changed_and_the_others_stay_english():
    """A name at a time, as in Hindi."""
    english = PARTIAL.english
    assert (english.phrases.greeting, english.field.again) == ("Hi!", "Once more.")
    assert english.phrases.apology == TEXTS["en"]["phrases"]["apology"]
    assert english.field.confirm == TEXTS["en"]["turns"]["field"]["confirm"]


@pytest.mark.parametrize(("language", "name", "text"), list(said()))
def test_what_is_said_is_polite_and_short(language, name, text):
    """No तुम, no verb of a man or a woman, at most 20 words."""
    assert not re.search(r"(?:^| )(?:तुम|तू|तेरा|तुम्हारा)(?: |$)", text)
    assert not GENDERED.search(text)
    assert len(text.split()) <= 20


def test_what_is_asked_is_understood_as_a_question():
    """Turn-taking waits for the right answer."""
    phrases = SETTINGS.phrases
    assert what_was_asked(phrases.greeting) is Asked.OPEN
    assert what_was_asked(phrases.silence) is Asked.OPEN
    assert what_was_asked(phrases.refusal) is Asked.OPEN
    assert what_was_asked(phrases.more) is Asked.YES_NO
    assert what_was_asked(phrases.give_up) is what_was_asked(phrases.hand_over) is Asked.NOTHING


def test_templates_have_the_same_blanks_in_both_languages():
    """A number that is filled in is filled in everywhere."""
    for name, text in TEXTS["hi"]["turns"]["field"].items():
        other = TEXTS["en"]["turns"]["field"][name]
        assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", other))
