"""A whole house for one test: scripted Riva and NIM, the real bot, a real Asterisk."""

import asyncio
import tempfile
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import numpy as np

from bot.sip.softphone import Account, Softphone
from scripts.house import Program, free_port, start
from tests.e2e.pbx import Pbx
from tests.nim.fakes import FakeNim, saying
from tests.nim.fakes import serving as nim_serving
from tests.riva.fakes import FakeRecognition, FakeSynthesis, audio, heard
from tests.riva.fakes import serving as riva_serving

PERSON = """[test-person]
exten => 100,1,Answer()
 same => n,Playback({folder}/whistle)
"""
"""The agent of these tests: whistles at 1400 Hz."""
LETTER = 0.06
"""Seconds of tone that the scripted voice makes of each letter."""


@dataclass
class Studio:
    """What is up. `services` maps a pitch of voice onto the bot's answers."""

    bot: Program
    pbx: Pbx
    http_port: int
    recognition: FakeRecognition
    nim: FakeNim
    stack: AsyncExitStack
    phones: list[Softphone] = field(default_factory=list)

    async def phone(self, name="6001"):
        """A softphone with an account of this Asterisk."""
        server = f"127.0.0.1:{self.pbx.sip_port}"
        account = Account(name, self.pbx.accounts[name], server)
        return await self.stack.enter_async_context(Softphone(account, bind="127.0.0.1"))

    async def metric(self, name):
        """The value of a metric of the bot."""
        async with httpx.AsyncClient() as client:
            page = await client.get(f"http://127.0.0.1:{self.http_port}/metrics")
        values = [line.split()[-1] for line in page.text.splitlines() if line.startswith(name)]
        return sum(float(value) for value in values)

    def asked(self):
        """What the caller said last, for each answer that the bot asked the model for."""
        return [request["messages"][-1]["content"] for request in self.nim.requests]


@asynccontextmanager
async def studio(*answers, hertz=700.0, bot=None, until="phrases ready"):
    """
    Everything up. The model gives these answers in turn; the voice is a tone of `hertz`; the
    recogniser understands "मेरा बिल" whenever the caller falls silent. `until`: the event that the
    bot logs before calls may come.
    """
    recognition = FakeRecognition(understands("मेरा बिल"))
    synthesis = FakeSynthesis(tone(hertz))
    nim = FakeNim(*(answers or (saying({"content": "जी।"}),)))
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="studio-")))
        riva = await stack.enter_async_context(riva_serving(recognition, synthesis))
        llm = await stack.enter_async_context(nim_serving(nim))
        variables = {
            "BOT_RIVA__URI": riva,
            "BOT_LLM__BASE_URL": llm,
            "BOT_LLM__MODEL": "m",
            "BOT_HTTP__PORT": str(free_port()),
            "BOT_AUDIOSOCKET__PORT": str(free_port()),
            "BOT_LOG__TRANSCRIPTS": "true",
            **(bot or {}),
        }
        program = await start(stack, folder, "bot", ["serve"], variables)
        await program.logs(until, 30.0)
        url = f"http://127.0.0.1:{variables['BOT_HTTP__PORT']}"
        whistle = sine(1400.0, 8000, 20.0)
        await asyncio.to_thread((folder / "whistle.sln").write_bytes, whistle)
        extra = {"extensions_custom.conf": PERSON.format(folder=folder)}
        asterisk = Pbx(url, agents="Local/100@test-person", extra=extra)
        await asyncio.to_thread(asterisk.__enter__)
        stack.push_async_callback(asyncio.to_thread, asterisk.__exit__, None, None, None)
        http_port = int(variables["BOT_HTTP__PORT"])
        yield Studio(program, asterisk, http_port, recognition, nim, stack)


def understands(text):
    """A recogniser that gives these words for every utterance that we end."""

    async def script(stream, requests, context):
        async for request in requests:
            if request.runtime_config.get("force_eou") == "true":
                yield heard((text, True))

    return script


def tone(hertz):
    """A voice that whistles, longer for longer texts."""

    async def script(stream, requests, context):
        async for request in requests:
            rate = request.sample_rate_hz
            pcm = sine(hertz, rate, len(request.text) * LETTER)
            for at in range(0, len(pcm), rate // 5):
                yield audio(pcm[at : at + rate // 5])

    return script


def sine(hertz, rate, seconds):
    """A whistle, as PCM."""
    time = np.arange(int(seconds * rate)) / rate
    return (9000 * np.sin(2 * np.pi * hertz * time)).astype("<i2").tobytes()


def pitch(pcm, rate):
    """The strongest frequency of this sound, in hertz."""
    samples = np.frombuffer(pcm, "<i2").astype(float)
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * rate / len(samples))
