"""What one stream of sound says, heard by engines whose words are tones."""

import asyncio
from threading import Event

import pytest

from bot.local.asr import Hints
from bot.local.endpoint import EndPointing
from bot.local.listening import Listening, ListeningSettings
from bot.local.workers import Workers
from tests.local.engines import ToneDecoder, loudness_detectors, sentence, silence, tone

pytestmark = pytest.mark.real_time

BILL, SHOP = "मुझे बिल की जानकारी चाहिए", "दुकान कब खुलती है"
FRAME = 640
RULE = EndPointing(stop_ms=320)


class Ear:
    """A listening with its worker, and what came out of it."""

    def __init__(self, settings=None, decoder=None):
        self.decoder = decoder or ToneDecoder({440: BILL, 880: SHOP})
        self.workers = Workers(1, "test")
        self.listening = Listening(
            settings or ListeningSettings(RULE), self.decoder, self.workers, loudness_detectors()
        )
        self.heard = []
        self.task = asyncio.create_task(self._collect())

    async def _collect(self):
        async for one in self.listening.transcripts():
            self.heard.append(one)

    async def hear(self, pcm):
        """Say something in frames of 20 ms, slowly enough for the worker to keep up."""
        for at in range(0, len(pcm), FRAME):
            self.listening.hear(pcm[at : at + FRAME])
            await asyncio.sleep(0)
            while not self.workers.idle:
                await asyncio.sleep(0.001)
        await asyncio.sleep(0)

    async def end(self):
        """End the sound, and give what was heard."""
        self.listening.end()
        await self.task
        await self.workers.close()
        return self.heard

    def finals(self):
        """The finals' texts so far."""
        return [one.text for one in self.heard if one.final]


async def test_an_utterance_gives_growing_interims_and_one_final():
    """Words appear while they are spoken; the final has them all."""
    ear = Ear(ListeningSettings(RULE, interim_ms=200))
    await ear.hear(sentence(440, 5))
    heard = await ear.end()
    interims = [one.text for one in heard if not one.final]
    assert interims[0] != BILL
    assert all(BILL.startswith(text) for text in interims)
    assert ear.finals() == [BILL]
    assert heard[-1].final
    assert heard[-1].stability == 1.0
    assert heard[-1].confidence == 0.8


async def test_two_utterances_give_two_finals_in_order():
    """Enough silence parts them."""
    ear = Ear()
    await ear.hear(sentence(440, 5) + sentence(880, 4))
    await ear.end()
    assert ear.finals() == [BILL, SHOP]


async def test_silence_says_nothing():
    """No voice, no transcript and no work for the decoder."""
    ear = Ear()
    await ear.hear(silence(3.0))
    assert await ear.end() == []
    assert ear.decoder.decoded == []


async def test_a_forced_end_closes_the_utterance_at_once():
    """Without any silence after the words, force_eou gives the final."""
    ear = Ear(ListeningSettings(EndPointing(stop_ms=5_000)))
    await ear.hear(silence(0.3) + tone(440, 1.0))
    assert ear.finals() == []
    ear.listening.end_utterance()
    await ear.hear(silence(0.1))
    await ear.end()
    assert ear.finals() == [BILL]


async def test_a_forced_end_of_nothing_says_nothing():
    """Nobody spoke: there is no utterance to close."""
    ear = Ear()
    await ear.hear(silence(0.5))
    ear.listening.end_utterance()
    assert await ear.end() == []


async def test_the_final_is_read_in_the_pause_and_only_once():
    """At 200 ms of silence the final is read; confirming it needs no second decode."""
    ear = Ear(ListeningSettings(EndPointing(stop_ms=800), interims=False))
    await ear.hear(silence(0.5) + tone(440, 1.0) + silence(0.3))
    assert ear.decoder.decoded == [BILL]
    assert ear.finals() == []
    await ear.hear(silence(0.8))
    await ear.end()
    assert ear.decoder.decoded == [BILL]
    assert ear.finals() == [BILL]


async def test_a_pause_in_a_sentence_does_not_end_it():
    """Going on after 300 ms makes one utterance, heard to its end."""
    ear = Ear(ListeningSettings(EndPointing(stop_ms=640)))
    await ear.hear(silence(0.3) + tone(440, 0.4) + silence(0.3) + tone(440, 0.6) + silence(1.0))
    await ear.end()
    assert ear.finals() == [BILL]


async def test_the_first_pass_is_marked_by_full_stability():
    """With stop_history_eou an interim of stability 1.0 comes before the final."""
    ear = Ear(ListeningSettings(EndPointing(stop_ms=1_280, pause_ms=256)))
    await ear.hear(silence(0.3) + tone(440, 1.0) + silence(0.5))
    assert ear.finals() == []
    assert ear.heard[-1].text == BILL
    assert ear.heard[-1].stability == 1.0
    await ear.end()


async def test_stability_grows_with_agreement():
    """An interim that begins like the one before it is more stable."""
    ear = Ear(ListeningSettings(RULE, interim_ms=200))
    await ear.hear(sentence(440, 5))
    heard = await ear.end()
    first, later = heard[0], heard[2]
    assert first.stability == 0.1
    assert 0.1 < later.stability <= 0.9


async def test_without_interims_only_finals_come():
    """A client that wants no interims gets none."""
    ear = Ear(ListeningSettings(RULE, interims=False))
    await ear.hear(sentence(440, 5))
    assert [one.final for one in await ear.end()] == [True]


async def test_long_speech_is_read_in_parts():
    """Speech longer than the model's window is cut, and its parts joined in the final."""
    ear = Ear(ListeningSettings(RULE, interims=False))
    await ear.hear(sentence(440, 60))
    await ear.end()
    [final] = ear.finals()
    assert final == f"{BILL} {BILL}"


async def test_words_have_times_within_the_speech():
    """Word times are in order, and inside of what was voiced."""
    ear = Ear(ListeningSettings(RULE, interims=False))
    await ear.hear(sentence(440, 5))
    words = (await ear.end())[-1].words
    assert [word.text for word in words] == BILL.split()
    assert 400 <= words[0].start_ms <= 600
    assert 1_400 <= words[-1].end_ms <= 1_650
    assert all(one.end_ms == other.start_ms for one, other in zip(words, words[1:], strict=False))


async def test_a_sound_that_holds_no_words_ends_with_an_empty_final():
    """The client learns that the utterance is over, although nothing was said."""
    ear = Ear(decoder=ToneDecoder({440: ""}))
    await ear.hear(sentence(440, 2))
    assert [(one.text, one.final) for one in await ear.end()] == [("", True)]


async def test_an_utterance_of_a_minute_is_closed():
    """Somebody who never pauses gets a final all the same."""
    ear = Ear(ListeningSettings(RULE, interims=False))
    await ear.hear(silence(0.3) + tone(440, 61.0))
    assert len(ear.finals()) == 1
    await ear.end()


async def test_hints_reach_the_decoder():
    """Words that the client expects are handed on."""
    hints = Hints(("रेग्वो",), 4.0)
    ear = Ear(ListeningSettings(RULE, hints))
    await ear.hear(sentence(440, 2))
    await ear.end()
    assert ear.decoder.hints == hints


async def test_when_threads_are_busy_interims_are_left_out_and_finals_are_not():
    """Somebody else's work keeps the only thread: just the final is read."""
    ear, go = Ear(ListeningSettings(EndPointing(stop_ms=160), interim_ms=100)), Event()
    ear.workers.do(go.wait)
    sound = silence(0.3) + tone(440, 1.0) + silence(0.3)
    for at in range(0, len(sound), FRAME):
        ear.listening.hear(sound[at : at + FRAME])
        await asyncio.sleep(0)
    go.set()
    await ear.end()
    assert [one.text for one in ear.heard] == [BILL]
    assert ear.decoder.decoded == [BILL]


async def test_too_many_unread_finals_hold_up_the_sound():
    """A client that sends faster than can be read has to wait."""
    ear, go = Ear(ListeningSettings(EndPointing(stop_ms=96))), Event()
    ear.workers.do(go.wait)
    for _ in range(10):
        ear.listening.hear(sentence(440, 1))
    waiting = asyncio.create_task(ear.listening.room())
    await asyncio.sleep(0.02)
    assert not waiting.done()
    go.set()
    await waiting
    await ear.end()
    assert len(ear.finals()) == 10


async def test_a_decoder_that_breaks_ends_the_stream_with_its_error():
    """The error comes out where the transcripts are awaited."""
    ear = Ear(decoder=ToneDecoder({440: BILL}, fails=True))
    await ear.hear(sentence(440, 2))
    with pytest.raises(RuntimeError, match="the decoder broke"):
        await ear.task
    ear.listening.drop()
    await ear.workers.close()
