"""The embedded server's gRPC services, asked by NVIDIA's own client and by the bare protocol."""

import asyncio
from contextlib import asynccontextmanager

import grpc
import numpy as np
import pytest
import riva.client
from riva.client.proto import health_pb2, health_pb2_grpc, riva_asr_pb2, riva_tts_pb2
from riva.client.proto.riva_asr_pb2_grpc import RivaSpeechRecognitionStub
from riva.client.proto.riva_audio_pb2 import AudioEncoding
from riva.client.proto.riva_tts_pb2_grpc import RivaSpeechSynthesisStub

from bot.core.errors import ConfigError
from bot.local.speech_server import ASR_SERVICE, TTS_SERVICE, SpeechOptions, serve
from bot.signal.g711 import alaw_decoded, alaw_encoded, ulaw_decoded
from bot.signal.whole import resample_whole
from tests.local.engines import (
    ToneDecoder,
    ToneVoices,
    loudness_detectors,
    sentence,
    silence,
    tone,
)
from tests.local.test_sound_in import hertz, wav

pytestmark = pytest.mark.real_time

BILL, SHOP = "मुझे बिल की जानकारी चाहिए", "दुकान कब खुलती है"
HINDI = "hi-IN"
Invalid = grpc.StatusCode.INVALID_ARGUMENT


class Server:
    """A running server and ways to ask it."""

    def __init__(self, running, channel, decoder, voices):
        self.running, self.decoder, self.voices = running, decoder, voices
        self.uri = f"127.0.0.1:{running.port}"
        self.asr = RivaSpeechRecognitionStub(channel)
        self.tts = RivaSpeechSynthesisStub(channel)
        self.health = health_pb2_grpc.HealthStub(channel)


@asynccontextmanager
async def speech(**options):
    """A server with engines whose words are tones."""
    decoder, voices = ToneDecoder({440: BILL, 880: SHOP}), ToneVoices()
    chosen = {"decoder": decoder, "voices": [voices], "detectors": loudness_detectors, **options}
    running = await serve(SpeechOptions(port=0, fetch=False, **chosen))
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{running.port}") as channel:
            yield Server(running, channel, decoder, voices)
    finally:
        await running.stop(0.1)


def config(**fields):
    """A recognition config as a Hindi client sends it."""
    chosen = {"encoding": AudioEncoding.LINEAR_PCM, "sample_rate_hertz": 16_000, **fields}
    return riva_asr_pb2.RecognitionConfig(language_code=HINDI, **chosen)


def opening(interims=True, **fields):
    """The first message of a stream."""
    streaming = riva_asr_pb2.StreamingRecognitionConfig(
        config=config(**fields), interim_results=interims
    )
    return riva_asr_pb2.StreamingRecognizeRequest(streaming_config=streaming)


def sound(pcm, **runtime):
    """A message of sound."""
    return riva_asr_pb2.StreamingRecognizeRequest(audio_content=pcm, runtime_config=runtime)


async def code_of(rpc):
    """The status with which a call fails, and its text."""
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await rpc
    return error.value.code(), error.value.details()


async def finals(call):
    """The finals of a stream."""
    return [
        result.alternatives[0].transcript
        async for response in call
        for result in response.results
        if result.is_final
    ]


def chunks(pcm, size=3_200):
    """Sound in messages of 100 ms."""
    return [pcm[at : at + size] for at in range(0, len(pcm), size)]


# Recognition


async def test_nvidias_streaming_client_hears_two_sentences():
    """ASRService.streaming_response_generator gives interims and finals, in order."""
    async with speech() as server:
        responses = await asyncio.to_thread(_nvidia_stream, server.uri)
    results = [result for response in responses for result in response.results]
    texts = [result.alternatives[0].transcript for result in results if result.is_final]
    assert texts == [BILL, SHOP]
    assert all(result.audio_processed > 0 for result in results)


def _nvidia_stream(uri):
    auth = riva.client.Auth(uri=uri)
    try:
        streaming = riva.client.StreamingRecognitionConfig(config=config(), interim_results=True)
        said = chunks(sentence(440, 5) + sentence(880, 4))
        service = riva.client.ASRService(auth)
        return list(service.streaming_response_generator(said, streaming))
    finally:
        auth.channel.close()


async def test_nvidias_offline_client_hears_a_wav_file():
    """ASRService.offline_recognize gives one result an utterance, with times for its words."""
    async with speech() as server:
        recording = wav(sentence(440, 5) + sentence(880, 4), 16_000)
        answer = await asyncio.to_thread(_nvidia_offline, server.uri, recording)
    assert [one.alternatives[0].transcript for one in answer.results] == [BILL, SHOP]
    words = answer.results[0].alternatives[0].words
    assert [word.word for word in words] == BILL.split()
    assert words[0].start_time < words[0].end_time <= words[1].start_time


def _nvidia_offline(uri, recording):
    auth = riva.client.Auth(uri=uri)
    try:
        asked = config(enable_word_time_offsets=True)
        return riva.client.ASRService(auth).offline_recognize(recording, asked)
    finally:
        auth.channel.close()


async def test_telephone_coding_is_heard():
    """A-law at 8 kHz goes in as it comes from the line."""
    async with speech() as server:
        line = alaw_encoded(resample_whole(sentence(440, 5), 16_000, 8_000))
        call = server.asr.StreamingRecognize()
        await call.write(opening(encoding=AudioEncoding.ALAW, sample_rate_hertz=8_000))
        for chunk in chunks(line, 160):
            await call.write(sound(chunk))
        await call.done_writing()
        assert await finals(call) == [BILL]


async def test_force_eou_gives_the_final_while_the_stream_goes_on():
    """The utterance is closed at once, long before end-pointing would."""
    async with speech() as server:
        call = server.asr.StreamingRecognize()
        ends = riva_asr_pb2.EndpointingConfig(stop_history=9_000)
        await call.write(opening(interims=False, endpointing_config=ends))
        await call.write(sound(silence(0.3) + tone(440, 1.0)))
        await call.write(sound(silence(0.02), force_eou="true"))
        response = await call.read()
        assert response.results[0].is_final
        assert response.results[0].alternatives[0].transcript == BILL
        await call.done_writing()
        assert await call.read() is grpc.aio.EOF


async def test_the_clients_end_pointing_is_obeyed():
    """A shorter stop_history makes two utterances of what is one by default."""
    said = silence(0.3) + tone(440, 1.0) + silence(0.5) + tone(880, 0.8) + silence(0.5)
    async with speech() as server:
        counts = []
        for stop_history in (0, 300):
            ends = riva_asr_pb2.EndpointingConfig(stop_history=stop_history)
            call = server.asr.StreamingRecognize(
                iter([opening(endpointing_config=ends), *map(sound, chunks(said))])
            )
            counts.append(len(await finals(call)))
    assert counts == [1, 2]


async def test_speech_contexts_reach_the_decoder():
    """Phrases and the largest boost are handed to the engine."""
    async with speech() as server:
        context = riva_asr_pb2.SpeechContext(phrases=["रेग्वो नगर"], boost=4.0)
        asked = config(speech_contexts=[context])
        request = riva_asr_pb2.RecognizeRequest(config=asked, audio=sentence(440, 2))
        await server.asr.Recognize(request)
    assert server.decoder.hints.words == ("रेग्वो नगर",)
    assert server.decoder.hints.boost == 4.0


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"model": "conformer"}, "Unavailable model.*model=conformer.*available.*tones-hi-IN"),
        ({"encoding": AudioEncoding.FLAC}, "FLAC"),
        ({"sample_rate_hertz": 96_000}, "sample_rate_hertz"),
        ({"audio_channel_count": 2}, "audio_channel_count"),
        (
            {"endpointing_config": riva_asr_pb2.EndpointingConfig(stop_history=60_000)},
            "stop_history",
        ),
        (
            {"endpointing_config": riva_asr_pb2.EndpointingConfig(stop_threshold=3)},
            "stop_threshold",
        ),
        ({"custom_configuration": {"neural_vad.onset": "loud"}}, "neural_vad.onset loud"),
    ],
)
async def test_a_config_that_cannot_be_served_is_an_invalid_argument(fields, problem):
    """The status text names the field and what would do."""
    async with speech() as server:
        request = riva_asr_pb2.RecognizeRequest(config=config(**fields), audio=silence(0.1))
        code, text = await code_of(server.asr.Recognize(request))
        call = server.asr.StreamingRecognize(iter([opening(**fields)]))
        assert await code_of(call.read()) == (code, text)
    assert code is Invalid
    assert text_matches(text, problem)


def text_matches(text, pattern):
    """Whether a pattern is found in a text."""
    import re

    return re.search(pattern, text) is not None


async def test_another_language_is_refused_in_rivas_words():
    """What Riva says for a language it has no model for, and which one there is."""
    async with speech() as server:
        asked = riva_asr_pb2.RecognitionConfig(language_code="en-US")
        request = riva_asr_pb2.RecognizeRequest(config=asked)
        code, text = await code_of(server.asr.Recognize(request))
    assert code is Invalid
    assert text.startswith(
        "Unavailable model requested given these parameters: language_code=en-US"
    )


@pytest.mark.parametrize("requests", [[], [sound(b"\0\0")], [opening(), opening()]])
async def test_a_stream_must_begin_with_its_config_and_have_one(requests):
    """No config, sound first, or a second config: an invalid argument."""
    async with speech() as server:
        code, text = await code_of(server.asr.StreamingRecognize(iter(requests)).read())
    assert code is Invalid
    assert "streaming_config" in text


async def test_the_model_is_listed_for_streams_and_for_recordings():
    """GetRivaSpeechRecognitionConfig tells name, language and kind."""
    async with speech() as server:
        answer = await server.asr.GetRivaSpeechRecognitionConfig(
            riva_asr_pb2.RivaSpeechRecognitionConfigRequest()
        )
        asked = riva_asr_pb2.RivaSpeechRecognitionConfigRequest(model_name="other")
        code, _ = await code_of(server.asr.GetRivaSpeechRecognitionConfig(asked))
    assert {one.model_name for one in answer.model_config} == {"tones-hi-IN"}
    assert [one.parameters["type"] for one in answer.model_config] == ["online", "offline"]
    assert answer.model_config[0].parameters["language_code"] == HINDI
    assert code is Invalid


async def test_a_full_server_says_so():
    """One stream more than there are seats is RESOURCE_EXHAUSTED; a freed seat serves again."""
    async with speech(streams=1) as server:
        first = server.asr.StreamingRecognize()
        await first.write(opening())
        await first.write(sound(silence(0.3) + tone(440, 1.0), force_eou="true"))
        await first.read()
        code, text = await code_of(server.asr.StreamingRecognize(iter([opening()])).read())
        assert code is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert "all 1 recognition streams" in text
        await first.done_writing()
        while await first.read() is not grpc.aio.EOF:
            pass
        assert await finals(server.asr.StreamingRecognize(iter([opening()]))) == []


async def test_a_decoder_that_breaks_is_an_internal_error():
    """The client is told, and the log has the reason."""
    async with speech(decoder=ToneDecoder({440: BILL}, fails=True)) as server:
        request = riva_asr_pb2.RecognizeRequest(config=config(), audio=sentence(440, 2))
        code, _ = await code_of(server.asr.Recognize(request))
    assert code is grpc.StatusCode.INTERNAL


async def test_a_cancelled_stream_frees_its_seat_and_drops_its_work():
    """After the client hung up, the seat is free and nothing of the stream is in line."""
    async with speech(streams=1) as server:
        call = server.asr.StreamingRecognize()
        await call.write(opening())
        await call.write(sound(silence(0.3) + tone(440, 0.5), force_eou="true"))
        await call.read()
        call.cancel()
        async with asyncio.timeout(20):
            while True:
                other = server.asr.StreamingRecognize(iter([opening()]))
                if await other.code() is grpc.StatusCode.OK:
                    break


# Synthesis


def asked(text, **fields):
    """A synthesis request as a Hindi client sends it."""
    chosen = {"sample_rate_hz": 16_000, "encoding": AudioEncoding.LINEAR_PCM, **fields}
    return riva_tts_pb2.SynthesizeSpeechRequest(text=text, language_code=HINDI, **chosen)


async def test_nvidias_client_gets_all_the_sound_at_once():
    """SpeechSynthesisService.synthesize gives one response, with times for its words."""
    async with speech() as server:
        answer = await asyncio.to_thread(_nvidia_synthesize, server.uri)
    assert hertz(answer.audio, 22_050) == pytest.approx(880, abs=5)
    assert [word.word for word in answer.meta.words] == ["नमस्ते", "जी"]
    assert answer.meta.words[1].start_time == 200
    assert answer.meta.text == "नमस्ते जी"
    assert list(answer.meta.predicted_durations) == pytest.approx([0.2, 0.2])


def _nvidia_synthesize(uri):
    auth = riva.client.Auth(uri=uri)
    try:
        return riva.client.SpeechSynthesisService(auth).synthesize(
            "नमस्ते जी", "Tones.high", HINDI, sample_rate_hz=22_050, enable_word_time_offsets=True
        )
    finally:
        auth.channel.close()


async def test_nvidias_client_gets_sound_piece_by_piece():
    """SpeechSynthesisService.synthesize_online takes one text or several on one stream."""
    async with speech() as server:
        one, several = await asyncio.to_thread(_nvidia_online, server.uri)
    assert len(one) > 4
    assert sum(len(piece.audio) for piece in one) == sum(len(piece.audio) for piece in several)


def _nvidia_online(uri):
    auth = riva.client.Auth(uri=uri)
    try:
        service = riva.client.SpeechSynthesisService(auth)
        texts = "एक दो तीन चार पाँच छह सात आठ", ["एक दो तीन चार", "पाँच छह सात आठ"]
        return [
            list(service.synthesize_online(text, "Tones.low", HINDI, sample_rate_hz=8_000))
            for text in texts
        ]
    finally:
        auth.channel.close()


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 24_000, 44_100])
async def test_sound_comes_at_the_wanted_rate(rate):
    """The tone is right, and the length too."""
    async with speech() as server:
        answer = await server.tts.Synthesize(asked("एक दो तीन", sample_rate_hz=rate))
    assert len(answer.audio) / 2 / rate == pytest.approx(0.6, abs=0.001)
    assert hertz(answer.audio, rate) == pytest.approx(440, abs=3)


@pytest.mark.parametrize(
    ("encoding", "decoded"),
    [(AudioEncoding.MULAW, ulaw_decoded), (AudioEncoding.ALAW, alaw_decoded)],
)
async def test_sound_comes_in_telephone_coding(encoding, decoded):
    """One byte a sample, in either law."""
    async with speech() as server:
        request = asked("एक दो तीन", sample_rate_hz=8_000, encoding=encoding)
        answer = await server.tts.Synthesize(request)
    assert len(answer.audio) == 4_800
    assert hertz(decoded(answer.audio), 8_000) == pytest.approx(440, abs=3)


async def test_clauses_are_parted_by_a_pause():
    """The pause after a comma is silence, and the next clause's words come after it."""
    async with speech() as server:
        answer = await server.tts.Synthesize(asked("नमस्ते, दो", enable_word_time_offsets=True))
    samples = np.frombuffer(answer.audio, "<i2")
    assert not samples[3_300:5_000].any()
    assert [word.start_time for word in answer.meta.words] == [0, 320]


async def test_the_first_clause_is_sent_before_the_last_is_made():
    """Sound starts with the first clause; two clauses are in work at a time."""
    async with speech() as server:
        call = server.tts.SynthesizeOnline(iter([asked("एक। दो। तीन। चार। पाँच।")]))
        await call.read()
        call.cancel()
    assert server.voices.spoken[0] == "एक।"


async def test_what_was_said_once_is_not_made_again():
    """A repeated clause comes from memory, at the same rate and voice."""
    async with speech() as server:
        first = await server.tts.Synthesize(asked("नमस्ते जी"))
        again = await server.tts.Synthesize(asked("नमस्ते जी"))
        await server.tts.Synthesize(asked("नमस्ते जी", voice_name="Tones.high"))
    assert first.audio == again.audio
    assert server.voices.spoken == ["नमस्ते जी"] * 2


async def test_fixed_texts_are_made_beforehand():
    """What the server was asked to prepare is there when it is wanted."""
    async with speech(prepare=["नमस्ते जी।"], prepare_rate=16_000) as server:
        await asyncio.wait_for(server.running.prepared(), 5)
        assert server.voices.spoken == ["नमस्ते जी।"]
        await server.tts.Synthesize(asked("नमस्ते जी।"))
    assert server.voices.spoken == ["नमस्ते जी।"]


async def test_speed_changes_the_length():
    """custom_configuration speed 2 halves the time."""
    async with speech() as server:
        request = asked("एक दो", custom_configuration={"speed": "2"})
        answer = await server.tts.Synthesize(request)
    assert len(answer.audio) / 32_000 == pytest.approx(0.2, abs=0.01)


async def test_voices_are_listed_as_riva_lists_them():
    """voice_name and subvoices make the full names that requests take."""
    async with speech() as server:
        answer = await server.tts.GetRivaSynthesisConfig(riva_tts_pb2.RivaSynthesisConfigRequest())
    [listed] = answer.model_config
    assert listed.parameters["voice_name"] == "Tones"
    assert listed.parameters["subvoices"] == "low:0,high:1"
    assert listed.parameters["language_code"] == HINDI


@pytest.mark.parametrize("name", ["Tones.high", "high"])
async def test_a_voice_has_a_full_and_a_short_name(name):
    """Either names the voice."""
    async with speech() as server:
        answer = await server.tts.Synthesize(asked("एक दो", voice_name=name))
    assert hertz(answer.audio) == pytest.approx(880, abs=5)


@pytest.mark.parametrize(
    ("request_", "problem"),
    [
        (
            asked("जी", voice_name="tones.low"),
            "voice_name tones.low is unknown.*Tones.low, Tones.high",
        ),
        (asked("..."), "nothing that can be spoken"),
        (asked("जी", sample_rate_hz=4_000), "sample_rate_hz 4000 must be from 8000"),
        (asked("जी", encoding=AudioEncoding.OGGOPUS), "OGGOPUS"),
        (asked("जी" * 3_000), "6000 letters, at most 4000"),
        (asked("जी", custom_configuration={"speed": "9"}), "speed 9 must be"),
    ],
)
async def test_a_request_that_cannot_be_spoken_is_an_invalid_argument(request_, problem):
    """Both ways of asking give the same status, and its text names field and remedy."""
    async with speech() as server:
        code, text = await code_of(server.tts.Synthesize(request_))
        assert await code_of(server.tts.SynthesizeOnline(iter([request_])).read()) == (code, text)
    assert code is Invalid
    assert text_matches(text, problem)


# What is missing


async def test_without_models_and_espeak_each_service_says_what_is_missing(monkeypatch, tmp_path):
    """UNAVAILABLE names the file or the program, and the health service says NOT_SERVING."""
    monkeypatch.setenv("VOICEBOT_ESPEAK", str(tmp_path / "none"))
    async with speech(decoder=None, voices=None, cache=tmp_path) as server:
        request = riva_asr_pb2.RecognizeRequest(config=config(), audio=silence(0.1))
        heard = await code_of(server.asr.Recognize(request))
        said = await code_of(server.tts.Synthesize(asked("जी")))
        states = [await _health(server, name) for name in (ASR_SERVICE, TTS_SERVICE, "")]
    assert heard[0] is said[0] is grpc.StatusCode.UNAVAILABLE
    assert "model.bin" in heard[1]
    assert "--fetch-only" in heard[1]
    assert "VOICEBOT_ESPEAK" in said[1]
    assert states == [2, 2, 2]


async def _health(server, name):
    answer = await server.health.Check(health_pb2.HealthCheckRequest(service=name))
    return answer.status


async def test_a_voice_that_lacks_is_replaced_by_one_that_speaks():
    """Where Kokoro's files are missing, a call in its voice goes on in the voice there is."""
    async with speech() as server:
        answer = await server.tts.Synthesize(asked("एक दो", voice_name="Kokoro.hf_alpha"))
    assert hertz(answer.audio) == pytest.approx(440, abs=5)


async def test_health_follows_the_server():
    """SERVING for what works, NOT_FOUND for what is no service, NOT_SERVING when it stops."""
    async with speech() as server:
        assert await _health(server, "") == 1
        assert await _health(server, ASR_SERVICE) == 1
        code, _ = await code_of(_health(server, "other"))
        assert code is grpc.StatusCode.NOT_FOUND
        watch = server.health.Watch(health_pb2.HealthCheckRequest(service=TTS_SERVICE))
        assert (await watch.read()).status == 1
        stopping = asyncio.create_task(server.running.stop(1.0))
        assert (await watch.read()).status == 2
        await stopping


async def test_a_taken_port_is_named():
    """Two servers cannot share a port: the second says which one."""
    async with speech() as server:
        port = server.running.port
        with pytest.raises(ConfigError, match=str(port)):
            await serve(
                SpeechOptions(
                    port=port, fetch=False, decoder=server.decoder, voices=[server.voices]
                )
            )
