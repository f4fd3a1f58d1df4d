"""How a tenant's own words are said."""

import pytest

from bot.app.pronunciation import lexicon
from bot.config import TtsSettings
from bot.core.errors import ConfigError
from bot.hindi.spoken import spoken


def test_words_of_the_file_and_of_the_settings_are_joined(tmp_path):
    """The settings go over the file; capitals do not matter."""
    words = tmp_path / "words.yaml"
    words.write_text("PNB: पी एन बी\nVahini Plus: वाहिनी प्लस\n", encoding="utf-8")
    own = lexicon(TtsSettings(pronunciation_file=str(words), pronunciations={"pnb": "पंजाब नेशनल"}))
    assert spoken("PNB का vahini plus", own) == "पंजाब नेशनल का वाहिनी प्लस"


@pytest.mark.parametrize("settings", [{"spoken_form": False}, {"language": "en-US"}])
def test_a_synthesizer_may_be_given_what_is_written(settings):
    """Where it is switched off, and for other languages."""
    assert lexicon(TtsSettings(**settings)) is None


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("PNB: pnb", "'PNB': 'pnb' cannot be said; write it in Devanagari"),
        ("PNB: पी 1", "cannot be said"),
        ("'!': क", "write a word of letters or digits"),
        ("no: नो", "put both in quotes"),
        ("PNB: 5", "put both in quotes"),
        ("PNB: [पी]", "put both in quotes"),
        ("- PNB", "write one word on each line"),
        ("PNB: 'पी", "cannot be read"),
        ("आधार: आधार कार्ड", "contains 'आधार', which has a pronunciation itself"),
    ],
)
def test_what_cannot_be_said_stops_the_start(tmp_path, content, told):
    """The message names the setting, the word and the remedy."""
    words = tmp_path / "words.yaml"
    words.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=told) as error:
        lexicon(TtsSettings(pronunciation_file=str(words)))
    assert str(error.value).startswith("riva.tts.pronunciations: ")


def test_a_missing_file_is_named(tmp_path):
    """With what the system says."""
    with pytest.raises(ConfigError, match=r"nowhere\.yaml cannot be read"):
        lexicon(TtsSettings(pronunciation_file=str(tmp_path / "nowhere.yaml")))
