"""A whole bot with its gateway on loopback, the services scripted; and a client that can talk."""

import asyncio
from contextlib import asynccontextmanager

from bot.app.bot import Bot
from bot.config import Settings
from bot.gateway.client import GatewayClient
from bot.gateway.wire import voice_workflow_pb2 as pb
from tests.fakes import ScriptedModel
from tests.riva.fakes import FakeRecognition, FakeSynthesis, audio, heard, serving

LINEAR = pb.AudioFormat(encoding=pb.ENCODING_LINEAR16, sample_rate_hz=8000)
WORDS = "मेरा बिल कितना है"
ANSWER = "आपका बिल सौ रुपये है।"
VOICE = b"\x01\x20\xff\xdf" * 40 + b"\x01\x10\xff\xef" * 40
"""20 ms at 8 kHz that a level detector takes for sound; the fake recogniser needs no more."""


async def deaf(stream, requests, context):
    """A recogniser that hears nothing."""
    async for _ in requests:
        pass
    return
    yield


async def hearing(stream, requests, context):
    """A recogniser that hears the words in the first second of loud sound."""
    loud = 0
    async for request in requests:
        loud += any(request.audio_content)
        if loud == 5:
            yield heard(("मेरा", False, 0.5))
        if loud == 10:
            yield heard((WORDS, True))


async def speaks(stream, requests, context):
    """A synthesizer that says each text in 0.4 s."""
    async for _ in requests:
        yield audio(b"\x10\x27\xf0\xd8" * 1600)


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
                audiosocket={"port": 0},
                http={"port": 0},
                riva={"uri": address},
                gateway={"enabled": True, "port": 0, **dict(gateway)},
                **settings,
            )
        )
        bot.chat = Model(list(answers) or [ANSWER], first_token=0.0)
        async with bot.running():
            await eventually(lambda: bot.phrases.book.ready)
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
