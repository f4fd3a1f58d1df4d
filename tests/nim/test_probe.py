"""What `voicebot doctor` says about the language model."""

import pytest

from bot.nim.probe import probe
from tests.nim.fakes import FakeNim, refusing, said, saying, serving, settings

pytestmark = pytest.mark.real_time


async def test_all_is_well():
    """Reachable, the model known, a first word timed."""
    fake = FakeNim(saying(said("नमस्ते "), said("जी")), models=("m", "n"))
    async with serving(fake) as url:
        findings = await probe(settings(url))
    assert [(finding.name, finding.ok) for finding in findings] == [
        ("llm server", True),
        ("llm model", True),
        ("llm answer", True),
    ]
    assert "first word after" in findings[2].what
    assert fake.requests[0]["max_tokens"] == 32


async def test_a_wrong_model_is_told_with_the_right_ones():
    """The nearest name first."""
    fake = FakeNim(refusing(404), models=("nemotron", "meta/llama-3.1-8b-instruct"))
    async with serving(fake) as url:
        _, model, answer = await probe(settings(url, model="llama-3.1-8b"))
    assert not model.ok
    assert model.remedy == "offered: meta/llama-3.1-8b-instruct, nemotron"
    assert not answer.ok
    assert "llm.model" in answer.remedy


async def test_nobody_there():
    """One finding, and it says what to do."""
    (finding,) = await probe(settings("http://127.0.0.1:1/v1"))
    assert not finding.ok
    assert "llm.base_url" in finding.remedy
