"""Settings into Riva's configuration, Riva's results into transcripts."""

from bot.config import AsrSettings
from bot.core.events import Transcript
from bot.riva.recognition import opening, sound, transcripts
from tests.riva.fakes import heard


def test_every_setting_is_sent():
    """Each field of the settings arrives in its field of the configuration."""
    settings = AsrSettings(
        model="parakeet",
        language="hi-IN",
        sample_rate=8000,
        punctuation=False,
        verbatim=False,
        profanity_filter=True,
        boosts=({"phrases": ("रिचार्ज", "सिम"), "boost": 20.0},),
        endpointing={"stop_history": 400, "stop_threshold": 0.5},
        custom={"enable_vad_endpointing": "true"},
    )
    streaming = opening(settings).streaming_config
    config = streaming.config
    assert streaming.interim_results
    assert (config.model, config.language_code, config.sample_rate_hertz) == (
        "parakeet",
        "hi-IN",
        8000,
    )
    assert (config.encoding, config.audio_channel_count, config.max_alternatives) == (1, 1, 1)
    assert not config.enable_automatic_punctuation
    assert not config.verbatim_transcripts
    assert config.profanity_filter
    assert list(config.speech_contexts[0].phrases) == ["रिचार्ज", "सिम"]
    assert config.speech_contexts[0].boost == 20.0
    assert dict(config.custom_configuration) == {"enable_vad_endpointing": "true"}
    chosen = {field.name for field, _ in config.endpointing_config.ListFields()}
    assert chosen == {"stop_history", "stop_threshold"}


def test_what_is_not_set_is_left_to_the_server():
    """Without endpointing, boosts, model or custom settings, those fields are absent."""
    config = opening(AsrSettings()).streaming_config.config
    given = {field.name for field, _ in config.ListFields()}
    assert given.isdisjoint({"endpointing_config", "speech_contexts", "model"})
    assert "custom_configuration" not in given


def test_force_eou_rides_on_the_audio():
    """The forced end of an utterance is a runtime setting of an audio message."""
    assert dict(sound(b"ab", True).runtime_config) == {"force_eou": "true"}
    assert not sound(b"ab", False).runtime_config
    assert sound(b"ab", True).audio_content == b"ab"


def test_stable_and_unstable_parts_are_one_interim():
    """Two interim results of a response are one text, as stable as the less stable one."""
    response = heard(("मेरा ", False, 0.875), ("बिल ", False, 0.125))
    assert list(transcripts(response)) == [Transcript("मेरा बिल", False, 0.125, 0.5)]


def test_a_final_and_what_follows_it_are_two_transcripts():
    """A final closes its utterance; an interim after it belongs to the next."""
    response = heard(("मेरा बिल। ", True), ("और", False))
    assert [(t.text, t.final) for t in transcripts(response)] == [
        ("मेरा बिल।", True),
        ("और", False),
    ]


def test_an_empty_final_is_told_and_an_empty_interim_is_not():
    """The policy must know that the utterance was nothing."""
    assert list(transcripts(heard((" ", False)))) == []
    assert [(t.text, t.final) for t in transcripts(heard(("", True)))] == [("", True)]
