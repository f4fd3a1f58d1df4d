"""The synthesizer of a call, against a scripted Riva on loopback."""

import asyncio
import socket
from contextlib import aclosing, asynccontextmanager

import grpc
import pytest
from structlog.testing import capture_logs

from bot.core.errors import ServiceTimeout, ServiceUnavailable
from bot.core.ports import Word
from bot.riva import tts
from bot.riva.channel import Riva
from bot.riva.synthesis import Sound, Words, clean
from bot.riva.tts import RivaSynthesizer
from tests.riva.fakes import FakeSynthesis, audio, serving, settings

pytestmark = pytest.mark.real_time


def saying(*responses, wait=0.0):
    """A script that answers one text with these, `wait` seconds before each."""

    async def script(stream, requests, context):
        async for _ in requests:
            pass
        for response in responses:
            await asyncio.sleep(wait)
            yield response

    return script


def failing(code, *first):
    """A script that ends with this status, after these responses."""

    async def script(stream, requests, context):
        async for _ in requests:
            pass
        for response in first:
            yield response
        await context.abort(code, "no")

    return script


@asynccontextmanager
async def calling(fake, rate=8000, voice="", **tts_settings):
    """A synthesizer connected to this fake."""
    async with serving(synthesis=fake) as uri:
        chosen = settings(uri, tts=tts_settings)
        riva = Riva(chosen)
        try:
            yield RivaSynthesizer(riva.tts, chosen.tts, rate, voice)
        finally:
            await riva.close()


async def spoken(synthesizer, sentence="नमस्ते जी।"):
    """All the audio, and the words known at the end."""
    pcm, words = b"", ()
    async for speech in synthesizer.speech(sentence):
        assert len(speech.pcm) % 2 == 0
        pcm, words = pcm + speech.pcm, speech.words
    return pcm, words


async def test_a_sentence_is_one_rpc_with_one_text():
    """The request says what the settings say, at the line's rate."""
    fake = FakeSynthesis(saying(audio(b"ab" * 10)))
    async with calling(fake, voice="V.HI-IN.Ray", custom={"exaggeration": "1"}) as synthesizer:
        assert (await spoken(synthesizer, "*नमस्ते* {जी} <b>।"))[0] == b"ab" * 10
    (stream,) = fake.streams
    (request,) = stream.requests
    assert request.text == "नमस्ते जी b ।"
    assert request.voice_name == "V.HI-IN.Ray"
    assert request.language_code == "hi-IN"
    assert (request.encoding, request.sample_rate_hz) == (1, 8000)
    assert request.enable_word_time_offsets
    assert dict(request.custom_configuration) == {"exaggeration": "1"}


async def test_pieces_cut_anywhere_stay_whole_samples():
    """A sample cut between two responses is put together again."""
    fake = FakeSynthesis(saying(audio(b"a"), audio(b"bcd"), audio(b"ef"), audio(b"")))
    async with calling(fake) as synthesizer:
        assert (await spoken(synthesizer))[0] == b"abcdef"


async def test_another_rate_is_brought_to_the_lines():
    """16 kHz from the server on an 8 kHz line is half the samples."""
    fake = FakeSynthesis(saying(audio(bytes(641)), audio(bytes(639))))
    async with calling(fake, sample_rate=16_000) as synthesizer:
        assert len((await spoken(synthesizer))[0]) == 640
    assert fake.streams[0].requests[0].sample_rate_hz == 16_000


async def test_word_times_come_with_the_audio():
    """Words sent piecewise are collected; their times are seconds."""
    first = audio(b"ab", [("नमस्ते", 400)])
    fake = FakeSynthesis(saying(first, audio(b"cd", [("नमस्ते", 400), ("जी", 650)])))
    async with calling(fake) as synthesizer:
        _, words = await spoken(synthesizer)
    assert words == (Word("नमस्ते", 0.4), Word("जी", 0.65))


@pytest.fixture
def patient(monkeypatch):
    """What is opened ahead waits for its sentence, however slow the machine is."""
    monkeypatch.setattr("bot.riva.tts.AHEAD_SECONDS", 60)


async def opened(fake, count):
    """Wait until the server has seen so many RPCs."""
    async with asyncio.timeout(30):
        while len(fake.streams) < count:
            await asyncio.sleep(0.005)


async def test_a_sentence_goes_by_the_rpc_that_was_opened_ahead_of_it(patient):
    """The first sentence finds its RPC open, the second opens its own."""
    fake = FakeSynthesis(saying(audio(b"ab")))
    async with calling(fake) as synthesizer:
        synthesizer.warm()
        synthesizer.warm()
        await opened(fake, 1)
        assert not fake.streams[0].requests
        assert (await spoken(synthesizer))[0] == b"ab"
        assert len(fake.streams) == 1
        assert (await spoken(synthesizer, "जी हाँ।"))[0] == b"ab"
    assert [request.text for stream in fake.streams for request in stream.requests] == [
        "नमस्ते जी।",
        "जी हाँ।",
    ]


async def test_an_rpc_without_its_sentence_is_cancelled(monkeypatch):
    """A reply that was thrown away leaves nothing open at the server."""
    fake = FakeSynthesis(saying(audio(b"ab")))
    async with calling(fake) as synthesizer:
        assert (await spoken(synthesizer))[0] == b"ab"  # and the connection is up
        monkeypatch.setattr("bot.riva.tts.AHEAD_SECONDS", 1.0)
        synthesizer.warm()
        await opened(fake, 2)
        async with asyncio.timeout(30):
            await fake.streams[1].ended.wait()
        assert fake.streams[1].cancelled
        assert (await spoken(synthesizer))[0] == b"ab"
    assert len(fake.streams) == 3


async def test_an_rpc_that_the_server_ended_meanwhile_is_not_used(patient):
    """What was opened ahead and is over costs the sentence nothing but a new RPC."""

    async def leaving(stream, requests, context):
        await context.abort(grpc.StatusCode.UNAVAILABLE, "restarting")
        yield

    fake = FakeSynthesis(leaving, saying(audio(b"ab")))
    async with calling(fake) as synthesizer:
        synthesizer.warm()
        await opened(fake, 1)
        await fake.streams[0].ended.wait()
        await asyncio.sleep(0.1)
        assert (await spoken(synthesizer))[0] == b"ab"


async def test_nothing_is_opened_ahead_where_requests_are_traced():
    """Each RPC tells the span that it belongs to, and this one would have none."""
    fake = FakeSynthesis(saying(audio(b"ab")))
    async with serving(synthesis=fake) as uri:
        chosen = settings(uri)
        riva = Riva(chosen, lambda: (("traceparent", "00-1-2-01"),))
        synthesizer = RivaSynthesizer(riva.tts, chosen.tts, 8000)
        synthesizer.warm()
        assert (await spoken(synthesizer))[0] == b"ab"
        await riva.close()
    (stream,) = fake.streams
    assert stream.metadata["traceparent"] == "00-1-2-01"


async def test_empty_audio_is_asked_for_once_more():
    """An answer without sound is tried again."""
    fake = FakeSynthesis(saying(audio(b"")), saying(audio(b"ab")))
    async with calling(fake) as synthesizer:
        assert (await spoken(synthesizer))[0] == b"ab"


async def test_empty_audio_twice_is_an_error():
    """Two answers without sound are a failure of the service, never silence."""
    fake = FakeSynthesis(saying())
    async with calling(fake) as synthesizer:
        with pytest.raises(ServiceUnavailable, match="tts: empty audio for 10 characters"):
            await spoken(synthesizer)
    assert len(fake.streams) == 2


async def test_a_sentence_with_nothing_to_say_costs_nothing():
    """Bare punctuation is not sent."""
    fake = FakeSynthesis(saying())
    async with calling(fake) as synthesizer:
        assert await spoken(synthesizer, "… ।!") == (b"", ())
    assert fake.streams == []


async def test_slow_first_audio_is_a_time_out():
    """The first audio has its own deadline, and the RPC is cancelled at it."""
    fake = FakeSynthesis(saying(audio(b"ab"), wait=30))
    async with calling(fake, first_audio_timeout=1.0) as synthesizer:
        with pytest.raises(ServiceTimeout, match=r"no audio within 1 s"):
            await spoken(synthesizer)
        async with asyncio.timeout(20):
            await fake.streams[0].ended.wait()
    assert len(fake.streams) == 1


async def test_a_gap_between_pieces_is_a_time_out():
    """After the first audio, the next piece has its own deadline."""

    async def script(stream, requests, context):
        yield audio(b"ab")
        await asyncio.sleep(30)

    async with calling(FakeSynthesis(script), chunk_timeout=0.2) as synthesizer:
        with pytest.raises(ServiceTimeout, match=r"no more audio for 0.2 s"):
            await spoken(synthesizer)


async def test_a_slow_listener_is_no_gap():
    """The time that playing takes does not count against the server."""
    fake = FakeSynthesis(saying(audio(b"ab"), audio(b"cd")))
    async with calling(fake, chunk_timeout=1.0) as synthesizer:
        pcm = b""
        async for speech in synthesizer.speech("नमस्ते"):
            await asyncio.sleep(1.2)
            pcm += speech.pcm
    assert pcm == b"abcd"


async def test_a_failure_before_the_first_audio_is_tried_again():
    """A server that is restarting costs a moment, not the sentence."""
    fake = FakeSynthesis(failing(grpc.StatusCode.UNAVAILABLE), saying(audio(b"ab")))
    async with calling(fake) as synthesizer:
        assert (await spoken(synthesizer))[0] == b"ab"


async def test_a_server_that_comes_back_at_once_is_waited_for(monkeypatch):
    """Nothing listens at the first try: the second one waits for the connection."""
    monkeypatch.setattr(tts, "RECONNECT_SECONDS", 30.0)
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        port = place.getsockname()[1]
        riva = Riva(settings(f"127.0.0.1:{port}", tts={"first_audio_timeout": 30}))
        synthesizer = RivaSynthesizer(riva.tts, riva.settings.tts, 8000)
        with capture_logs() as logs:
            saying_it = asyncio.create_task(spoken(synthesizer))
            while not logs:
                await asyncio.sleep(0.01)
    assert "Connection refused" in logs[0]["error"]
    async with serving(synthesis=FakeSynthesis(saying(audio(b"ab"))), port=port):
        assert (await saying_it)[0] == b"ab"
        await riva.close()


async def test_a_server_that_stays_away_is_an_error():
    """The wait for it has an end."""
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        riva = Riva(settings(f"127.0.0.1:{place.getsockname()[1]}"))
        with pytest.raises(ServiceUnavailable, match="Connection refused"):
            await spoken(RivaSynthesizer(riva.tts, riva.settings.tts, 8000))
        await riva.close()


async def test_a_failure_after_audio_is_not_repeated():
    """Half a sentence must not be said twice."""
    fake = FakeSynthesis(failing(grpc.StatusCode.UNAVAILABLE, audio(b"ab")))
    async with calling(fake) as synthesizer:
        with pytest.raises(ServiceUnavailable, match="UNAVAILABLE"):
            await spoken(synthesizer)
    assert len(fake.streams) == 1


async def test_a_wrong_voice_is_told_with_the_remedy():
    """What the server refuses for good is not tried again."""
    fake = FakeSynthesis(failing(grpc.StatusCode.INVALID_ARGUMENT))
    async with calling(fake) as synthesizer:
        with pytest.raises(ServiceUnavailable, match="INVALID_ARGUMENT: no; check riva.tts"):
            await spoken(synthesizer)
    assert len(fake.streams) == 1


async def test_a_barge_in_cancels_the_rpc():
    """Closing the generator stops the server's work at once."""

    async def script(stream, requests, context):
        while True:
            yield audio(b"ab")
            await asyncio.sleep(0.01)

    fake = FakeSynthesis(script)
    async with calling(fake) as synthesizer:
        async with aclosing(synthesizer.speech("नमस्ते")) as speech:
            await anext(speech)
        async with asyncio.timeout(20):
            await fake.streams[0].ended.wait()
    assert fake.streams[0].cancelled


def test_other_rates_wait_for_the_end():
    """22.05 kHz cannot be converted piece by piece: it comes when the sentence is whole."""
    sound = Sound(22_050, 8000)
    assert sound.feed(bytes(4410)) == b""
    assert sound.feed(bytes(4411)) == b""
    assert len(sound.end()) == 3200


def test_words_sent_again_are_not_doubled():
    """A server may send the whole list each time."""
    words = Words()
    words.add(audio(b"", [("एक", 100)]).meta.words)
    words.add(audio(b"", [("एक", 100), ("दो", 200)]).meta.words)
    assert [word.text for word in words.known] == ["एक", "दो"]


def test_clean_leaves_speech_alone():
    """Only what voices choke on is taken out."""
    assert clean("  आपका बिल ₹500 है।  ") == "आपका बिल ₹500 है।"
