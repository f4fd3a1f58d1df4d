"""A whole bot with its gateway on loopback, the services scripted; and a client that can talk."""

import asyncio
from contextlib import asynccontextmanager

import numpy as np

from bot.app.bot import Bot
from bot.config import Settings
from bot.gateway.client import GatewayClient
from bot.gateway.wire import voice_workflow_pb2 as pb
from tests.fakes import ScriptedModel
from tests.riva.fakes import FakeRecognition, FakeSynthesis, audio, heard, serving

LINEAR = pb.AudioFormat(encoding=pb.ENCODING_LINEAR16, sample_rate_hz=8000)
WORDS = "मेरा बिल कितना है"
ANSWER = "आपका बिल सौ रुपये है।"


def loud(pcm):
    """Whether this is more than the noise of a coding."""
    return bool(pcm) and int(np.abs(np.frombuffer(pcm, "<i2").astype(int)).max()) > 2000


def buzz(rate):
    """20 ms of a vowel-like sound, which the voice activity takes for a voice."""
    at = np.arange(rate // 50) / rate
    period = sum(np.sin(2 * np.pi * 150 * k * at + k) / k for k in range(1, 12))
    return (6000 * period).astype("<i2").tobytes()


async def deaf(stream, requests, context):
    """A recogniser that hears nothing."""
    async for _ in requests:
        pass
    return
    yield


async def hearing(stream, requests, context):
    """A recogniser that hears the words, once, in the first half second of loud sound."""
    said, seconds = [(0.2, heard(("मेरा", False, 0.5))), (0.4, heard((WORDS, True)))], 0.0
    async for request in requests:
        if loud(request.audio_content):
            seconds += len(request.audio_content) / 32_000
        if said and seconds >= said[0][0]:
            yield said.pop(0)[1]


async def speaks(stream, requests, context):
    """A synthesizer that says each text in 0.4 s."""
    async for request in requests:
        rate = request.sample_rate_hz
        yield audio(buzz(rate) * 20)


class Model(ScriptedModel):
    """A model in place of the NIM client."""

    async def close(self):
        """Nothing to close."""


@asynccontextmanager
async def running(*answers, listens=deaf, gateway=(), **settings):
    """A bot that is ready, with these answers of its model."""
    voices = FakeSynthesis(speaks)
    voices.voices = ({"language_code": "hi-IN", "voice_name": "Asha"},)
    async with serving(FakeRecognition(listens), voices) as address:
        bot = Bot(
            Settings(
                audiosocket={"port": 0, **settings.pop("audiosocket", {})},
                http={"port": 0},
                riva={"uri": address},
                gateway={"enabled": True, "port": 0, **dict(gateway)},
                **settings,
            )
        )
        bot.dialogue.chat = Model(list(answers) or [ANSWER], first_token=0.0)
        async with bot.running():
            await eventually(lambda: bot.dialogue.phrases.book.ready)
            yield bot


def client_of(bot, **more):
    """A client of this bot's gateway."""
    return GatewayClient(f"127.0.0.1:{bot.gateway.port}", **more)


@asynccontextmanager
async def conversing(bot, audio_format=LINEAR, **more):
    """A conversation that is up, silent on our side."""
    async with client_of(bot) as client, client.converse(audio_format, **more) as conversation:
        yield conversation


async def eventually(true):
    """Wait until the condition holds."""
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.01)


async def until(conversation, kind, then=lambda message: True):
    """The next event of this kind for which `then` holds; what came before is dropped."""
    async with asyncio.timeout(20):
        async for response in conversation.events():
            message = getattr(response, kind)
            if response.WhichOneof("response") == kind and then(message):
                return message
    raise AssertionError(f"the conversation ended without {kind}")


async def to_the_end(conversation):
    """All that comes until the stream ends."""
    async with asyncio.timeout(20):
        return [response async for response in conversation.events()]


def kinds(responses):
    """The kinds of events, each run of the same once."""
    names = [response.WhichOneof("response") for response in responses]
    return [n for at, n in enumerate(names) if at == 0 or names[at - 1] != n]
