"""The real models: fetched if absent, heard and spoken through telephone coding."""

import asyncio
import csv
import wave
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
import riva.client
from rapidfuzz.distance import Levenshtein
from riva.client.proto.riva_asr_pb2 import RecognitionConfig, StreamingRecognitionConfig
from riva.client.proto.riva_audio_pb2 import AudioEncoding

from bot.local import models
from bot.local.asr import HindiWhisper, Hints, WhisperSettings
from bot.local.clauses import clauses
from bot.local.espeak import Espeak
from bot.local.speech_server import SpeechOptions, serve
from bot.local.tts import Kokoro, Stop, Stopped
from bot.local.vocabulary import without_variants
from bot.signal.g711 import ulaw_decoded, ulaw_encoded
from bot.signal.resampler import Resampler
from tests.local.engines import silence

pytestmark = [pytest.mark.models, pytest.mark.real_time, pytest.mark.timeout(600)]

SPEECH = Path(__file__).parent.parent / "speech"
SENTENCES = ("s01", "s02", "s08", "s10", "s11", "s14")
VOICES = ("kokoro-hf_alpha", "kokoro-hm_psi")


@pytest.fixture(scope="module")
def folder():
    """The models folder, filled if it is not."""
    return models.fetch_all()


@pytest.fixture(scope="module")
def whisper(folder):
    """The recogniser, loaded once."""
    return HindiWhisper(WhisperSettings(folder / "whisper-base"))


@pytest.fixture(scope="module")
def kokoro(folder):
    """The voices, loaded once."""
    return Kokoro(folder / "kokoro", Espeak())


def telephone(pcm):
    """16 kHz PCM as it sounds after a G.711 line."""
    coded = ulaw_encoded(Resampler(16_000, 8_000).feed(pcm))
    return Resampler(8_000, 16_000).feed(ulaw_decoded(coded))


def recording(voice, number):
    """One of the test sentences, through a telephone."""
    with wave.open(str(SPEECH / f"{voice}_{number}.wav")) as file:
        return telephone(file.readframes(file.getnframes()))


def written():
    """The test sentences by voice and number."""
    with (SPEECH / "texts.tsv").open(encoding="utf-8") as file:
        rows = csv.DictReader(file, delimiter="\t")
        return {(row["voice"], row["id"]): row["text"] for row in rows}


def letters(text):
    """A sentence without blanks, marks and variants of spelling."""
    words = (without_variants(word.strip("।?,.")) for word in text.split())
    return "".join(words)


def error_rate(pairs):
    """Character errors over all sentences: (wanted, heard)."""
    wrong = sum(Levenshtein.distance(letters(one), letters(other)) for one, other in pairs)
    return wrong / sum(len(letters(one)) for one, _ in pairs)


@asynccontextmanager
async def speech(**options):
    """A server with the real models."""
    running = await serve(SpeechOptions(port=0, **options))
    auth = riva.client.Auth(uri=f"127.0.0.1:{running.port}")
    try:
        yield auth
    finally:
        auth.channel.close()
        await running.stop()


def config():
    """A Hindi client's recognition config."""
    return RecognitionConfig(
        encoding=AudioEncoding.LINEAR_PCM, sample_rate_hertz=16_000, language_code="hi-IN"
    )


async def test_sentences_are_recognised_through_a_telephone():
    """Six sentences in two voices, streamed through G.711: fewer than 15 in 100 letters wrong."""
    texts = written()
    said = [(voice, number) for voice in VOICES for number in SENTENCES]
    async with speech() as auth:
        heard = [await asyncio.to_thread(_streamed, auth, recording(*one)) for one in said]
    assert error_rate([(texts[one], text) for one, text in zip(said, heard, strict=True)]) < 0.15


def _streamed(auth, pcm):
    sound = pcm + silence(1.0)
    pieces = [sound[at : at + 1_280] for at in range(0, len(sound), 1_280)]
    streaming = StreamingRecognitionConfig(config=config(), interim_results=True)
    answers = riva.client.ASRService(auth).streaming_response_generator(pieces, streaming)
    finals = [one for answer in answers for one in answer.results if one.is_final]
    return " ".join(one.alternatives[0].transcript for one in finals)


async def test_what_the_server_says_it_understands():
    """Each voice, synthesized at 8 kHz and heard again, keeps its sentence mostly."""
    text = "आपका बिजली का बिल पाँच सौ रुपये है।"
    pairs = []
    async with speech() as auth:
        for voice in ("Kokoro.hf_alpha", "Kokoro.hm_omega"):
            said = await asyncio.to_thread(_synthesized, auth, text, voice)
            wide = silence(0.3) + Resampler(8_000, 16_000).feed(said)
            pairs.append((text, await asyncio.to_thread(_streamed, auth, wide)))
    assert error_rate(pairs) < 0.25


def _synthesized(auth, text, voice):
    service = riva.client.SpeechSynthesisService(auth)
    pieces = service.synthesize_online(text, voice, "hi-IN", sample_rate_hz=8_000)
    return b"".join(piece.audio for piece in pieces)


@pytest.mark.parametrize("noise", ["silence", "hiss", "hum", "ringback"])
def test_noise_has_no_words(whisper, noise):
    """What Whisper invents for noise is not believed, even where voice activity errs."""
    time = np.arange(32_000) / 16_000
    sounds = {
        "silence": np.zeros(32_000),
        "hiss": np.random.default_rng(1).normal(size=32_000) * 0.05,
        "hum": 0.1 * np.sin(2 * np.pi * 50 * time),
        "ringback": 0.1 * (np.sin(2 * np.pi * 400 * time) + np.sin(2 * np.pi * 425 * time)),
    }
    heard = whisper.decode(sounds[noise].astype(np.float32), Hints())
    assert heard.text == ""


async def test_a_quiet_line_says_nothing():
    """Faint hiss for three seconds gives no transcript at all."""
    hiss = np.random.default_rng(2).normal(size=48_000) * 30
    async with speech() as auth:
        assert await asyncio.to_thread(_streamed, auth, hiss.astype("<i2").tobytes()) == ""


def test_a_word_that_the_client_expects_is_spelled(whisper):
    """A hint changes a name that sounds alike, and nothing else."""
    with wave.open(str(SPEECH / "kokoro-hm_psi_s23.wav")) as file:
        pcm = np.frombuffer(file.readframes(file.getnframes()), "<i2") / np.float32(32_768)
    heard = whisper.decode(pcm, Hints(("राहुल शर्मा",), 4.0))
    assert heard.text.split()[-3:] == ["राहुल", "शर्मा", "है"]


def test_another_model_folder_decodes_hindi_directly(folder):
    """Any faster-whisper folder is taken at its word: no Urdu, no spelling."""
    settings = WhisperSettings(folder / "whisper-base", through_urdu=False, window_seconds=30.0)
    whisper = HindiWhisper(settings)
    with wave.open(str(SPEECH / "kokoro-hf_alpha_s01.wav")) as file:
        pcm = np.frombuffer(file.readframes(file.getnframes()), "<i2") / np.float32(32_768)
    heard = whisper.decode(pcm, Hints())
    assert heard.text == heard.raw != ""


def test_every_voice_speaks_with_the_models_own_word_times(kokoro):
    """Word times come from the network's durations: in order, within the sound."""
    [clause] = clauses("मेरा ऑर्डर कब आएगा?")
    for voice in kokoro.names:
        spoken = kokoro.speak(clause, voice, 1.0, Stop())
        length = len(spoken.pcm) / 2 / spoken.rate
        assert 1.0 < length < 3.0
        assert [word.text for word in spoken.words] == ["मेरा", "ऑर्डर", "कब", "आएगा?"]
        times = [moment for word in spoken.words for moment in (word.start, word.end)]
        assert times == sorted(times)
        assert 0 <= times[0] < times[-1] <= length
        assert len(spoken.durations) == len(spoken.phonemes) + 2


def test_every_word_is_heard_in_its_time(kokoro):
    """Within the times of each word there is sound."""
    [clause] = clauses("नमस्ते आपका स्वागत है")
    spoken = kokoro.speak(clause, "hf_alpha", 1.0, Stop())
    sound = np.abs(np.frombuffer(spoken.pcm, "<i2").astype(float))
    for word in spoken.words:
        inside = sound[int(word.start * spoken.rate) : int(word.end * spoken.rate)]
        assert inside.max() > 2_000


def test_a_stopped_clause_ends_early(kokoro):
    """A caller who interrupts frees the processor: the run ends with Stopped."""
    [clause, _] = clauses("मैं आपकी शिकायत अभी दर्ज कर रही हूँ और उसका नंबर भी आपको भेज रही हूँ")
    stop = Stop()
    stop.ask()
    with pytest.raises(Stopped):
        kokoro.speak(clause, "hf_alpha", 1.0, stop)


async def test_a_client_that_hangs_up_ends_the_synthesis():
    """The worker is free again soon after the RPC was cancelled."""
    text = "मैं आपकी शिकायत अभी दर्ज कर रही हूँ और उसका नंबर भी आपको भेज रही हूँ और फिर आपसे बात करूँगी।"
    async with speech() as auth:
        service = riva.client.SpeechSynthesisService(auth)
        call = service.synthesize_online(text, "Kokoro.hf_beta", "hi-IN")
        await asyncio.sleep(0.3)
        call.cancel()
        said = await asyncio.to_thread(_synthesized, auth, "जी।", "espeak.hi")
    assert len(said) > 1_000


def test_espeak_speaks_and_gives_phonemes():
    """The fallback's sound, and the phonemes without language marks."""
    espeak = Espeak()
    pcm, rate = espeak.speech("नमस्ते")
    assert rate == 22_050
    assert len(pcm) > rate
    assert espeak.phonemes("SMS भेजा") == espeak.phonemes("SMS  भेजा")
    assert "(" not in espeak.phonemes("SMS भेजा")
    assert espeak.phonemes("--help") != ""
