"""A whole house for one test: scripted Riva and NIM, the real bot, a real Asterisk."""

import asyncio
import re
import tempfile
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import numpy as np

from bot.core.audio import WIDEBAND, seconds
from bot.signal.levels import rms_dbfs
from bot.sip.softphone import Account, Softphone
from bot.sip.wavs import spoken
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
"""Seconds of sound that the scripted voice makes of each letter."""
WORD = re.compile(r"\S+")
SPEECH = Path(__file__).parent.parent / "speech"


@dataclass
class Studio:
    """What is up. `services` maps a pitch of voice onto the bot's answers."""

    bot: Program
    pbx: Pbx
    http_port: int
    recognition: FakeRecognition
    synthesis: FakeSynthesis
    nim: FakeNim
    stack: AsyncExitStack
    phones: list[Softphone] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    """What the bot was started with."""

    async def phone(self, name="6001", register=False):
        """A softphone with an account of this Asterisk; registered, it can be called."""
        server = f"127.0.0.1:{self.pbx.sip_port}"
        account = Account(name, self.pbx.accounts[name], server, register)
        return await self.stack.enter_async_context(Softphone(account, bind="127.0.0.1"))

    async def another_bot(self, folder):
        """In place of one that is gone: the same settings, a new process."""
        self.bot = await start(self.stack, folder, "another", ["serve"], self.variables)
        await self.bot.logs("ready", 60.0)

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
async def studio(
    *answers, hertz=700.0, voice=None, ears=None, bot=None, until="phrases ready", dialplan="",
    voices=(), files=None, **pbx,
):  # fmt: skip
    """
    Everything up. The model gives these answers in turn; the voice is `voice`, or a tone of
    `hertz`; the recogniser understands "मेरा बिल", or what is in `ears`, whenever the caller falls
    silent. `until`: the event that the bot logs before calls may come. `dialplan` is added to ours.
    `voices`: names of Hindi voices that Riva offers. `files` are further ones of Asterisk's, and
    `pbx` further settings of it.
    """
    recognition = FakeRecognition((ears or Ears()).script)
    synthesis = FakeSynthesis(voice or tone(hertz))
    synthesis.voices = [{"language_code": "hi-IN", "voice_name": name} for name in voices]
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
        await program.logs(until, 90.0)
        url = f"http://127.0.0.1:{variables['BOT_HTTP__PORT']}"
        whistle = sine(1400.0, 8000, 20.0)
        await asyncio.to_thread((folder / "whistle.sln").write_bytes, whistle)
        extra = {"extensions_custom.conf": PERSON.format(folder=folder) + dialplan}
        extra |= files or {}
        asterisk = Pbx(url, **{"agents": "Local/100@test-person", "extra": extra, **pbx})
        await asyncio.to_thread(asterisk.__enter__)
        stack.push_async_callback(asyncio.to_thread, asterisk.__exit__, None, None, None)
        http_port = int(variables["BOT_HTTP__PORT"])
        rooms = Studio(program, asterisk, http_port, recognition, synthesis, nim, stack)
        rooms.variables = variables
        yield rooms


LOUD = -40.0
"""dBFS of a piece of sound that holds speech."""
WORD_SECONDS = 0.3
"""Of such pieces in the shortest word."""


@dataclass
class Ears:
    """
    A recogniser that hears these words in every utterance that we end, and that had any sound.

    What is left of a word after its utterance was ended holds no second one.
    """

    words: str = "मेरा बिल"

    async def script(self, stream, requests, context):
        """One RPC."""
        sound = 0.0
        async for request in requests:
            if rms_dbfs(request.audio_content) > LOUD:
                sound += seconds(len(request.audio_content), WIDEBAND)
            if request.runtime_config.get("force_eou") == "true":
                yield heard((self.words if sound >= WORD_SECONDS else "", True))
                sound = 0.0


def tone(hertz):
    """A voice that whistles, longer for longer texts."""
    return voice(lambda rate, seconds: sine(hertz, rate, seconds))


def reader(*names):
    """A voice that reads these files of tests/speech, over and over, more for longer texts."""

    def reads(rate, seconds):
        pcm = b"".join(spoken(SPEECH / f"{name}.wav", rate) for name in names)
        size = int(seconds * rate) * 2
        return (pcm * (size // len(pcm) + 1))[:size]

    return voice(reads)


def voice(sound):
    """A voice that gives `sound(rate, seconds)` for each text, and tells when each word is over."""

    async def script(stream, requests, context):
        async for request in requests:
            rate, text = request.sample_rate_hz, request.text
            pcm = sound(rate, len(text) * LETTER)
            ends = [(word.group(), int(word.end() * LETTER * 1000)) for word in WORD.finditer(text)]
            for at in range(0, len(pcm), rate // 5):
                yield audio(pcm[at : at + rate // 5], ends)

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
