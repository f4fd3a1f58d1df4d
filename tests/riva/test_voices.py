"""What the servers offer, and what is taken of it."""

import pytest

from bot.core.errors import ConfigError, ServiceUnavailable
from bot.riva.channel import Riva
from bot.riva.voices import check_model, check_voice, models, voices
from tests.riva.fakes import FakeRecognition, FakeSynthesis, serving, settings

MAGPIE = {
    "language_code": "en-US,hi-IN",
    "voice_name": "Magpie-Multilingual",
    "subvoices": "EN-US.Aria:0,HI-IN.Ray:1,HI-IN.Aria:2",
}
OFFERED = {"hi-IN": ["M.HI-IN.Aria", "M.HI-IN.Ray"], "en-US": ["M.EN-US.Aria"]}


@pytest.mark.real_time
async def test_voices_by_language():
    """Subvoices become full names, each under the language that it names."""
    fake = FakeSynthesis()
    fake.voices = (MAGPIE, {"language_code": "hi-IN", "voice_name": "Hindi-Female-1"})
    async with serving(synthesis=fake) as uri:
        riva = Riva(settings(uri))
        assert await voices(riva.tts) == {
            "en-US": ["Magpie-Multilingual.EN-US.Aria"],
            "hi-IN": [
                "Hindi-Female-1",
                "Magpie-Multilingual.HI-IN.Aria",
                "Magpie-Multilingual.HI-IN.Ray",
            ],
        }
        await riva.close()


@pytest.mark.real_time
async def test_streaming_models_by_language():
    """Offline models are no use on a telephone, and are left out."""
    fake = FakeRecognition()
    fake.models = (
        ("conformer-hi-str", {"language_code": "hi-IN", "type": "online"}),
        ("conformer-hi-ofl", {"language_code": "hi-IN", "type": "offline"}),
    )
    async with serving(fake) as uri:
        riva = Riva(settings(uri))
        assert await models(riva.asr) == {"hi-IN": ["conformer-hi-str"]}
        await riva.close()


@pytest.mark.real_time
async def test_a_server_without_the_request_tells_nothing():
    """A server that does not know the request is no failure; one that is away is."""
    async with serving(FakeRecognition()) as uri:
        riva = Riva(settings(uri))
        assert await voices(riva.tts) == {}
        await riva.close()
    riva = Riva(settings(uri))
    with pytest.raises(ServiceUnavailable, match="asr: UNAVAILABLE"):
        await models(riva.asr)
    await riva.close()


def test_no_voice_wished_is_the_first_of_the_language():
    """The same one every time."""
    assert check_voice(OFFERED, "", "hi-IN") == "M.HI-IN.Aria"


def test_a_voice_that_is_offered_is_taken():
    """The wish is granted."""
    assert check_voice(OFFERED, "M.HI-IN.Ray", "hi-IN") == "M.HI-IN.Ray"


def test_a_wrong_voice_is_told_with_the_right_ones():
    """The nearest name comes first: names are case-sensitive."""
    message = (
        r"riva.tts.voice: 'M.hi-IN.ray' is not offered for hi-IN; "
        r"offered: M.HI-IN.Ray, M.HI-IN.Aria"
    )
    with pytest.raises(ConfigError, match=message):
        check_voice(OFFERED, "M.hi-IN.ray", "hi-IN")


def test_a_wrong_language_is_told_with_the_right_ones():
    """No voice at all for it."""
    with pytest.raises(ConfigError, match=r"riva.tts.language: .*'ta-IN'; offered: en-US, hi-IN"):
        check_voice(OFFERED, "", "ta-IN")


def test_a_server_that_tells_nothing_is_believed():
    """Hosted endpoints may not list their voices."""
    assert check_voice({}, "x", "hi-IN") == "x"


def test_models_are_checked_alike():
    """Empty stays the server's choice; a wrong name lists the right ones."""
    assert check_model({"hi-IN": ["m"]}, "", "hi-IN") == ""
    assert check_model({"multi": ["n"]}, "n", "hi-IN") == "n"
    with pytest.raises(ConfigError, match=r"riva.asr.model: 'x' .* offered: m"):
        check_model({"hi-IN": ["m"]}, "x", "hi-IN")
