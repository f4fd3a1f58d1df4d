"""A whole call of a running bot, and its trace as a collector has it."""

import asyncio
from contextlib import asynccontextmanager
from uuid import uuid4

import httpx
import pytest

from bot.app.bot import Bot
from bot.asterisk.audiosocket import Kind
from bot.config import Settings
from tests.asterisk.peer import Peer, eventually
from tests.nim.fakes import FakeNim, said, saying
from tests.nim.fakes import serving as nim_serving
from tests.ops.collector import Collector, attributes, collecting
from tests.riva.fakes import FakeRecognition, FakeSynthesis, audio, serving

pytestmark = pytest.mark.real_time

pytest.importorskip("opentelemetry.sdk")

ANSWER = "आपका बिल सौ रुपये है।"
CALLER = "9812345678"


class Nim(FakeNim):
    """Keeps the trace context of the last completion."""

    traceparent = None

    async def complete(self, request):
        """Note it, and answer."""
        self.traceparent = request.headers.get("traceparent")
        return await super().complete(request)


async def listens(stream, requests, context):
    """A recogniser that hears nothing."""
    async for _ in requests:
        pass
    return
    yield


async def speaks(stream, requests, context):
    """A synthesizer that says each text in 0.2 s."""
    async for _ in requests:
        yield audio(b"\1\2" * 1600)


@asynccontextmanager
async def neighbours():
    """Riva, a model and a collector; yields them and the settings that point at them."""
    asr, tts, nim, collector = (
        FakeRecognition(listens),
        FakeSynthesis(speaks),
        Nim(saying(said(ANSWER))),
        Collector(),
    )
    tts.voices = ({"language_code": "hi-IN", "voice_name": "Asha"},)
    async with (
        serving(asr, tts) as riva,
        nim_serving(nim) as llm,
        collecting(collector) as address,
    ):
        settings = {
            "audiosocket": {"port": 0},
            "http": {"port": 0},
            "riva": {"uri": riva},
            "llm": {"base_url": llm, "model": "m"},
            "trace": {"endpoint": address},
        }
        yield asr, tts, nim, collector, settings


async def hold_a_call(settings):
    """A caller who is greeted, presses 1, is answered and leaves; returns the bot's metrics."""
    bot = Bot(Settings(**settings))
    async with bot.running():
        await eventually(lambda: bot.dialogue.phrases.book.ready)
        uuid = uuid4()
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{bot.http_port}") as client:
            await client.post("/pbx/calls", data={"uuid": str(uuid), "caller": CALLER})
        peer = await Peer.call(bot.server.port, uuid)
        peer.say(Kind.DTMF, b"1")
        peer.say(Kind.DTMF, b"#")
        listening = asyncio.create_task(_listen(peer))
        await eventually(lambda: b'seconds_count{interval="model"} 1.0' in bot.metrics.page())
        listening.cancel()
        await peer.leave()
        await eventually(lambda: bot.reception.active == 0)
    return bot.metrics.page().decode(), str(uuid)


async def _listen(peer):
    while await peer.hear() is not None:
        pass


async def test_a_call_arrives_as_one_trace_and_its_services_were_told_of_it():
    """Call, turns, requests; the NIM's header and Riva's metadata name the spans they belong to."""
    async with neighbours() as (asr, tts, nim, collector, settings):
        page, uuid = await hold_a_call(settings)
    spans = collector.spans()
    [call] = [span for span in spans if span.name == "call"]
    assert attributes(call)["voicebot.call_id"] == uuid
    turns = {span.span_id for span in spans if span.name == "turn"}
    assert {s.parent_span_id for s in spans if s.span_id in turns} == {call.span_id}
    [llm] = [span for span in spans if span.name == "llm"]
    spoken = [span for span in spans if span.name == "tts"]
    assert llm.parent_span_id in turns and {s.parent_span_id for s in spoken} <= turns
    assert attributes(llm)["gen_ai.request.model"] == "m"
    [heard] = [span for span in spans if span.name == "asr"]
    assert nim.traceparent == traceparent(llm)
    assert asr.streams[-1].metadata["traceparent"] == traceparent(heard)
    told = {stream.metadata.get("traceparent") for stream in tts.streams}
    assert told == {None, *map(traceparent, spoken)}  # None: what was made before the call
    assert f'voicebot_spans_total{{result="delivered"}} {float(len(spans))}' in page


@pytest.mark.parametrize("transcripts", [False, True])
async def test_words_are_in_a_trace_only_where_that_is_allowed(transcripts):
    """And the caller's number never is."""
    async with neighbours() as (_, _, _, collector, settings):
        settings["trace"]["transcripts"] = transcripts
        await hold_a_call(settings)
    everything = b"".join(collector.bodies)
    assert (ANSWER.split()[0].encode() in everything) is transcripts
    assert CALLER.encode() not in everything


def traceparent(span):
    """W3C trace context of a span."""
    return f"00-{span.trace_id.hex()}-{span.span_id.hex()}-01"
