"""What the bot says by itself is ready before anybody calls."""

from contextlib import asynccontextmanager

import pytest
from structlog.testing import capture_logs

from bot.app import phrases as module
from bot.app.phrases import Phrases, own_sentences
from bot.app.services import Services
from bot.app.speech_memory import SpeechMemory
from bot.call.phrasebook import Phrase
from bot.config import Settings
from bot.core.ports import Word
from bot.ops.metrics import Metrics
from bot.riva.channel import Riva
from tests.riva.fakes import FakeRecognition, FakeSynthesis, audio, serving

pytestmark = pytest.mark.real_time


async def listens(stream, requests, context):
    """A recogniser that hears nothing."""
    return
    yield


async def speaks(stream, requests, context):
    """A synthesizer that says each text in 0.1 s of 16 kHz, with one word."""
    async for _ in requests:
        yield audio(b"\1\2" * 1600, [("शब्द", 90)])


@asynccontextmanager
async def preparing(**tts):
    """Phrases of a new process over a synthesizer; also what was told, and what was made."""
    voices = FakeSynthesis(speaks)
    voices.voices = ({"language_code": "hi-IN", "voice_name": "Asha"},)
    async with serving(FakeRecognition(listens), voices) as address:
        settings = Settings(riva={"uri": address, "tts": tts})
        riva, told = Riva(settings.riva), []
        phrases = Phrases(settings, riva, SpeechMemory(1.0, told.append))
        try:
            yield phrases, told, voices.streams
        finally:
            await riva.close()


def test_its_own_sentences_hold_no_number_and_no_blank():
    """Phrases, fillers and fixed questions, each once; an empty notice is not among them."""
    settings = Settings(phrases={"notice": " "}, turns={"filler": {"texts": ["जी।", "जी।"]}})
    own = own_sentences(settings)
    assert own[0] == settings.phrases.greeting
    assert {settings.phrases.noise, settings.phrases.machine, "जी।"} <= set(own)
    assert {settings.turns.field.again, settings.turns.field.wrong_key} <= set(own)
    assert not [text for text in own if "{" in text or not text.strip()]
    assert len(own) == len(set(own))


async def test_everything_is_made_once_for_both_rates():
    """The phrasebook has the phrases, the memory all; no call waits for a synthesizer."""
    async with preparing() as (phrases, told, made):
        await phrases.prepare()
        own = own_sentences(phrases._settings)
        assert len(made) == len(own)
        assert phrases.voice == "Asha"
        for rate in (8000, 16_000):
            ready = phrases.book.ready[Phrase.GREETING, rate]
            assert len(ready.pcm) == 2 * rate // 10
            assert ready.words == (Word("शब्द", 0.09),)
            for text in own:
                (speech,) = [
                    piece
                    async for piece in phrases.synthesizer(rate, Services(Metrics())).speech(text)
                ]
                assert len(speech.pcm) == 2 * rate // 10
        assert len(made) == len(own)
        assert set(told) == {"hit"}
        assert (Phrase.NOTICE, 8000) not in phrases.book.ready


async def test_another_process_finds_it_on_disk(tmp_path):
    """`riva.tts.disk`: nothing is made twice, and what callers were told is not there."""
    async with preparing(disk=str(tmp_path)) as (phrases, _, made):
        await phrases.prepare()
        own = len(own_sentences(phrases._settings))
        assert [
            piece
            async for piece in phrases.synthesizer(8000, Services(Metrics())).speech(
                "आपका बिल सौ रुपये है।"
            )
        ]
        assert len(list(tmp_path.iterdir())) == own
    async with preparing(disk=str(tmp_path)) as (phrases, told, made):
        await phrases.prepare()
        assert (len(made), told) == (0, ["disk"] * own)
        assert phrases.book.ready[Phrase.GREETING, 8000].words == (Word("शब्द", 0.09),)


async def test_a_folder_that_hangs_is_given_up(tmp_path, monkeypatch):
    """A network disk that does not answer: told once, and the phrases are made all the same."""
    monkeypatch.setattr(module, "DISK_SECONDS", 0.0)
    async with preparing(disk=str(tmp_path)) as (phrases, _, made):
        with capture_logs() as logs:
            await phrases.prepare()
        assert len(made) == len(own_sentences(phrases._settings))
    slow = [entry for entry in logs if entry["event"] == "folder too slow, not used again"]
    assert len(slow) == 1


async def test_what_is_made_and_remembered_is_the_spoken_text():
    """A call that says the same asks no synthesizer: its key is the spoken form, too."""
    async with preparing(pronunciations={"Vahini": "वाहिनी"}) as (phrases, told, made):
        phrases.book.texts[Phrase.GREETING] = "Vahini में 5 नए plan हैं।"
        said = phrases.book.aloud(phrases.book.texts[Phrase.GREETING]).said
        assert said == "वाहिनी में पाँच नए प्लान हैं।"
        await phrases._make(phrases.book.texts[Phrase.GREETING])
        speech = phrases.synthesizer(8000, Services(Metrics())).speech(said)
        assert [len(piece.pcm) async for piece in speech] == [1600]
        assert (len(made), told) == (1, ["hit"])
        assert (Phrase.GREETING, 8000) in phrases.book.ready
