"""What `voicebot doctor` says about Riva."""

import pytest

from bot.config import RivaSettings
from bot.riva.probe import probe
from tests.riva.fakes import FakeRecognition, FakeSynthesis, audio, heard, serving, settings

pytestmark = pytest.mark.real_time


async def _hear(stream, requests, context):
    async for _ in requests:
        pass
    yield heard(("", True))


async def _say(stream, requests, context):
    async for _ in requests:
        yield audio(bytes(16_000))


def services():
    """Both services, with a model and a voice for Hindi."""
    recognition, synthesis = FakeRecognition(_hear), FakeSynthesis(_say)
    recognition.models = (("m", {"language_code": "hi-IN", "type": "online"}),)
    synthesis.voices = ({"language_code": "hi-IN", "voice_name": "Ray"},)
    return recognition, synthesis


async def test_all_is_well():
    """Reachable, model and voice known, and both really work."""
    async with serving(*services()) as uri:
        findings = await probe(settings(uri))
    assert all(finding.ok for finding in findings), findings
    assert [finding.name for finding in findings] == [
        f"riva asr at {uri}",
        "riva asr model",
        "riva asr stream",
        "riva tts voice",
        "riva tts speech",
    ]
    assert "1.0 s in all" in findings[-1].what


async def test_wrong_names_are_told_with_the_right_ones():
    """The finding names the setting, the remedy the names on offer."""
    async with serving(*services()) as uri:
        findings = await probe(settings(uri, asr={"model": "x"}, tts={"voice": "ray"}))
    wrong = {finding.name: finding for finding in findings if not finding.ok}
    assert wrong["riva asr model"].remedy == "offered: m"
    assert wrong["riva tts voice"].what == "riva.tts.voice: 'ray' is not offered for hi-IN"
    assert wrong["riva tts voice"].remedy == "offered: Ray"


async def test_nobody_there():
    """Every check fails with something to do about it, and none raises."""
    findings = await probe(RivaSettings(uri="127.0.0.1:1", connect_timeout=0.3))
    assert not any(finding.ok for finding in findings)
    assert all(finding.remedy for finding in findings)


async def test_wrong_settings_are_a_finding():
    """What cannot be tried is told as such."""
    (finding,) = await probe(RivaSettings(uri="nowhere"))
    assert not finding.ok
    assert "riva.uri" in finding.what
