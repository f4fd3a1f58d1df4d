"""Calls of two profiles in one bot: each is told, asked and answered as its own, and no more."""

import os
from contextlib import asynccontextmanager
from uuid import uuid4

import httpx
import pytest

from bot.app.bot import Bot
from bot.asterisk.audiosocket import Kind
from bot.config import Settings
from bot.core.errors import ConfigError
from tests.app.test_bot import listens, speaks
from tests.asterisk.peer import Peer, eventually
from tests.gateway.bots import conversing
from tests.nim.fakes import FakeNim, said, saying
from tests.nim.fakes import serving as nim_serving
from tests.riva.fakes import FakeRecognition, FakeSynthesis, serving

pytestmark = pytest.mark.real_time

BANK = """\
numbers: ["+918012345678"]
llm: {persona: "सागर बैंक", model: bank-model}
phrases: {greeting: "नमस्ते, बैंक!"}
riva:
  asr: {language: en-IN}
  tts: {voice: Bela}
limits: {calls: 1}
"""
SHOP = """\
numbers: ["200"]
llm: {persona: "दुकान"}
phrases: {greeting: "नमस्ते, दुकान!"}
"""


class House:
    """A bot with two profiles, and what its services were asked."""

    def __init__(self, bot, nim, ears, voices, folder):
        self.bot, self.nim, self.ears, self.voices, self.folder = bot, nim, ears, voices, folder

    def spoken(self):
        """What the synthesizer was asked to say: {text: voice}."""
        return {r.text: r.voice_name for stream in self.voices.streams for r in stream.requests}

    async def register(self, called, **more):
        """The dialplan's question; returns the answer and the call's UUID."""
        uuid = uuid4()
        form = {"uuid": str(uuid), "called": called, **more}
        url = f"http://127.0.0.1:{self.bot.http_port}/pbx/calls"
        async with httpx.AsyncClient() as client:
            return (await client.post(url, data=form)).text, uuid

    @asynccontextmanager
    async def calling(self, called, **more):
        """A call to this number that is up."""
        answer, uuid = await self.register(called, **more)
        assert answer.startswith("dial "), answer
        peer = await Peer.call(self.bot.server.port, uuid)
        yield peer
        await peer.leave()

    async def asked(self):
        """What the model is asked after a key."""
        before = len(self.nim.requests)
        await eventually(lambda: len(self.nim.requests) > before)
        return self.nim.requests[-1]


@asynccontextmanager
async def house(tmp_path, poll=0.05, **settings):
    """A bot that is ready, with the profiles bank and shop."""
    (tmp_path / "bank.yaml").write_text(BANK, encoding="utf-8")
    (tmp_path / "shop.yaml").write_text(SHOP, encoding="utf-8")
    voices, ears, nim = (
        FakeSynthesis(speaks),
        FakeRecognition(listens),
        FakeNim(saying(said("जी।"))),
    )
    voices.voices = (
        {"language_code": "hi-IN", "voice_name": "Asha"},
        {"language_code": "hi-IN", "voice_name": "Bela"},
    )
    async with serving(ears, voices) as riva, nim_serving(nim) as llm:
        bot = Bot(
            Settings(
                audiosocket={"port": 0},
                http={"port": 0},
                riva={"uri": riva},
                llm={"base_url": llm, "model": "m"},
                profiles={"folder": str(tmp_path), "poll": poll},
                **settings,
            )
        )
        async with bot.running():
            await eventually(lambda: all(d.phrases.book.ready for d in bot.dialogues))
            await bot.dialogue.chat.server.models()  # imports and connects, which may take a while
            yield House(bot, nim, ears, voices, tmp_path)


def write(path, text):
    """Put a new version of a file in place at once, as an editor or Kubernetes does."""
    new = path.with_suffix(".new")
    new.write_text(text, encoding="utf-8")
    os.replace(new, path)


async def test_the_called_number_chooses_the_profile(tmp_path):
    """Persona, model and language of each; without one, the settings'."""
    async with house(tmp_path) as here:
        found = []
        for called in ("08012345678", "200", "100"):
            async with here.calling(called) as peer:
                peer.say(Kind.DTMF, b"1")
                request = await here.asked()
                found.append((request["model"], request["messages"][0]["content"][-10:]))
        assert [model for model, _ in found] == ["bank-model", "m", "m"]
        assert found[0][1].endswith("सागर बैंक") and found[1][1].endswith("दुकान")
        languages = [stream.config.config.language_code for stream in here.ears.streams]
        assert languages == ["en-IN", "hi-IN", "hi-IN"]
        greetings = here.spoken()
        assert greetings["नमस्ते, बैंक!"] == "Bela" and greetings["नमस्ते, दुकान!"] == "Asha"


async def test_a_profile_has_no_more_calls_than_its_limit(tmp_path):
    """The others have room; when its call is over, so has it. The gauge tells who is up."""
    async with house(tmp_path) as here:
        async with here.calling("08012345678"):
            assert (await here.register("08012345678"))[0] == "refuse full"
            page = here.bot.metrics.page().decode()
            assert 'voicebot_profile_calls_active{profile="bank"} 1.0' in page
            async with here.calling("200"):
                pass
        await eventually(lambda: here.bot.reception.active == 0)
        assert (await here.register("08012345678"))[0].startswith("dial ")


async def test_the_dialplan_may_name_the_profile(tmp_path):
    """`profile` in its form; one that is not there is refused."""
    async with house(tmp_path) as here:
        async with here.calling("999", profile="shop") as peer:
            peer.say(Kind.DTMF, b"1")
            assert (await here.asked())["messages"][0]["content"].endswith("दुकान")
        assert (await here.register("999", profile="none"))[0] == "refuse no-profile"


async def test_a_changed_file_is_for_new_calls_only(tmp_path):
    """Who is on the line keeps the persona; the next caller meets the new one; 300 is served."""
    async with house(tmp_path) as here:
        async with here.calling("200") as old:
            write(tmp_path / "shop.yaml", SHOP.replace("दुकान", "बाज़ार").replace("200", "300"))
            await eventually(lambda: here.bot.dialogues.place("300").profile == "shop")
            old.say(Kind.DTMF, b"1")
            assert (await here.asked())["messages"][0]["content"].endswith("दुकान")
        async with here.calling("300") as new:
            new.say(Kind.DTMF, b"1")
            assert (await here.asked())["messages"][0]["content"].endswith("बाज़ार")
        await eventually(lambda: here.bot.dialogues.of("shop").phrases.book.ready)
        assert "नमस्ते, बाज़ार!" in here.spoken()


async def test_sighup_has_the_files_looked_at_now(tmp_path):
    """With an hour between two looks."""
    async with house(tmp_path, poll=3600.0) as here:
        write(tmp_path / "shop.yaml", SHOP.replace("200", "300"))
        here.bot.dialogues.look()
        await eventually(lambda: here.bot.dialogues.place("300").profile == "shop")


async def test_speech_that_no_profile_says_any_more_is_forgotten(tmp_path):
    """A greeting that was changed ten times takes the room of one."""
    async with house(tmp_path) as here:
        before = len(said_now(here))
        write(tmp_path / "shop.yaml", SHOP.replace("दुकान!", "बाज़ार!"))
        await eventually(lambda: any(key.text == "नमस्ते, बाज़ार!" for key in said_now(here)))
        await eventually(lambda: not any(key.text == "नमस्ते, दुकान!" for key in said_now(here)))
        assert len(said_now(here)) == before


def said_now(here):
    """The keys of the bot's own speech."""
    return here.bot.speech._own


async def test_a_client_of_the_gateway_names_the_profile(tmp_path):
    """`open.profile`, or the number that it says it called."""
    async with house(tmp_path, gateway={"enabled": True, "port": 0}) as here:
        for more in ({"profile": "shop"}, {"called": "200"}):
            async with conversing(here.bot, **more) as conversation:
                await conversation.press("1")
                assert (await here.asked())["messages"][0]["content"].endswith("दुकान")


async def test_a_wrong_file_keeps_the_old_profile_and_is_counted(tmp_path):
    """Two gauges and a counter tell; calls go on as before."""
    async with house(tmp_path) as here:
        write(tmp_path / "shop.yaml", "numbers: {}\n")
        await eventually(lambda: "voicebot_profiles_wrong 1.0" in here.bot.metrics.page().decode())
        page = here.bot.metrics.page().decode()
        assert 'voicebot_profile_reads_total{result="wrong"} 1.0' in page
        assert "voicebot_profiles 2.0" in page
        async with here.calling("200") as peer:
            peer.say(Kind.DTMF, b"1")
            assert (await here.asked())["messages"][0]["content"].endswith("दुकान")
        write(tmp_path / "shop.yaml", SHOP)
        await eventually(lambda: "voicebot_profiles_wrong 0.0" in here.bot.metrics.page().decode())


async def test_outside_the_hours_the_caller_hears_so_and_is_let_go(tmp_path):
    """`hours.outside: hang_up` with a holiday today and for ever."""
    hours = "hours:\n  outside: hang_up\n  weekly: {mon: ''}\nphrases: {closed: 'बंद है।'}\n"
    async with house(tmp_path) as here:
        write(tmp_path / "night.yaml", 'numbers: ["400"]\n' + hours)
        await eventually(lambda: here.bot.dialogues.place("400").profile == "night")
        await eventually(lambda: here.bot.dialogues.of("night").phrases.book.ready)
        answer, uuid = await here.register("400")
        peer = await Peer.call(here.bot.server.port, uuid)
        heard = b""
        while (message := await peer.hear()) is not None and message.kind is not Kind.HANGUP:
            heard += message.payload
        await peer.leave()
        assert any(heard)
        await eventually(lambda: here.bot.reception.next(uuid) == "hangup")
        assert "बंद है।" in here.spoken()
        assert here.nim.requests == []


async def test_a_wrong_file_at_the_start_is_an_error(tmp_path):
    """There is no older version of it to go on with."""
    (tmp_path / "bank.yaml").write_text("llm: {x: 1}\n")
    with pytest.raises(ConfigError, match=r"bank\.yaml:1: llm\.x: no such setting"):
        Bot(Settings(profiles={"folder": str(tmp_path)}))


async def test_dialogues_share_what_they_do_not_change(tmp_path):
    """One set of connections to the model, unless a profile has a server or key of its own."""
    async with house(tmp_path) as here:
        of = here.bot.dialogues.of
        assert of("bank").chat.server is of("shop").chat.server is of("default").chat.server
        write(tmp_path / "shop.yaml", SHOP.replace("llm: {", "llm: {api_key: other, "))
        await eventually(lambda: of("shop").chat.server is not of("bank").chat.server)
