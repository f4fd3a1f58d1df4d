"""The trace of a call: whole scripted calls on virtual time, and what became of their spans."""

import asyncio

import pytest

from bot.app.services import Services, WatchedModel, WatchedRecognizer, WatchedSynthesizer
from bot.config import FillerSettings, TurnSettings
from bot.core.errors import ServiceTimeout
from bot.core.events import Transcript
from bot.core.marks import INTERVALS, Mark, Marks
from bot.ops import traces
from bot.ops.metrics import Metrics
from bot.ops.traces import MOST_UNPLACED, CallTrace
from tests.fakes import FakeLine, ScriptedModel, ScriptedRecognizer, Story, ToneSynthesizer
from tests.virtual_loop import VirtualLoop

OURS = TurnSettings()
LONG = "पहला वाक्य यह है। दूसरा वाक्य यह है। तीसरा वाक्य यह है।"


class Turns(list):
    """Reports that also go to the trace, as the journal sends them."""

    def __init__(self, trace):
        super().__init__()
        self.trace = trace

    def append(self, report):
        """Note the report, and tell the trace."""
        super().append(report)
        self.trace.turn(report.marks, report.error, {"voicebot.turn": report.turn})


class Traced:
    """A call with its trace: the spans that were sent, by name and by parent."""

    def __init__(self, story, metrics=None):
        """Hold the call from second zero of a clock of its own."""
        self.story, self.sent = story, []
        self.metrics = metrics or Metrics()
        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            runner.run(self._hold())

    async def _hold(self):
        trace = CallTrace(self.sent.append, {"voicebot.call_id": "c"})
        services, story = Services(self.metrics, trace), self.story
        story.model = WatchedModel(story.model, services, "m")
        story.recognizer = WatchedRecognizer(story.recognizer, services, "hi-IN")
        story.synthesizer = WatchedSynthesizer(story.synthesizer, services)
        story.turns = Turns(trace)
        await story.run()
        trace.ended(story.ending.value)
        self.zero = trace._zero

    def named(self, name, parent=None):
        """The spans of this name, in the order in which they began; of this parent, or of any."""
        found = [s for s in self.sent if s.name == name and parent in (None, s.parent)]
        return sorted(found, key=lambda span: span.start)

    @property
    def call(self):
        """The one span without a parent."""
        [call] = [span for span in self.sent if not span.parent]
        return call

    def at(self, span):
        """When it began and ended, in seconds of the call."""
        return (span.start - self.zero) / 1e9, (span.end - self.zero) / 1e9


def asking(seconds, *, voice=((2.0, 3.0),), words=((3.3, "मेरा बिल कितना है"),), **more):
    """A caller who says these words and listens."""
    script = [(when, Transcript(text, True)) for when, text in words]
    more = {"settings": OURS, "model": ScriptedModel([LONG]), **more}
    return Story(FakeLine(seconds, voice=list(voice)), ScriptedRecognizer(script), **more)


def test_a_turn_holds_the_work_that_was_done_for_it():
    """One request to the model, a sentence each to synthesis, and what the caller waited for."""
    traced = Traced(asking(9.0))
    greeting, turn = traced.named("turn")
    assert greeting.parent == turn.parent == traced.call.id
    [llm] = traced.named("llm", turn.id)
    assert len(traced.named("tts", turn.id)) == 3
    [said] = traced.named("tts", greeting.id)
    for phase in ("recognition", "endpoint", "playout"):
        assert len(traced.named(phase, turn.id)) == 1
    [asr] = traced.named("asr", traced.call.id)
    assert {s.trace for s in traced.sent} == {asr.trace}
    assert len({s.id for s in traced.sent}) == len(traced.sent)
    assert llm.client and said.client and not turn.client


def test_times_are_those_of_the_marks():
    """A turn begins with the caller's last sound; its phases meet; nothing ends before it began."""
    traced = Traced(asking(9.0))
    turn = traced.named("turn")[1]
    marks = traced.story.turns[1].marks
    assert traced.at(turn)[0] == pytest.approx(marks.at[Mark.SPEECH_ENDED], abs=1e-6)
    [endpoint] = traced.named("endpoint", turn.id)
    assert traced.at(endpoint)[1] == pytest.approx(marks.at[Mark.TURN_ENDED], abs=1e-6)
    [playout] = traced.named("playout", turn.id)
    assert traced.at(playout)[0] == pytest.approx(marks.at[Mark.FIRST_FRAME], abs=1e-6)
    [llm] = traced.named("llm", turn.id)
    assert traced.at(llm)[0] == pytest.approx(marks.at[Mark.ASKED], abs=1e-6)
    [(event, when)] = llm.events
    assert (event, (when - traced.zero) / 1e9) == (
        "first_piece",
        pytest.approx(marks.at[Mark.FIRST_TOKEN], abs=1e-6),
    )
    assert all(span.start <= span.end for span in traced.sent)
    assert {f"voicebot.interval.{name}" for name in marks.intervals()} <= set(turn.attributes)
    assert set(marks.intervals()) <= set(INTERVALS)


def test_an_answer_begun_early_and_thrown_away_is_under_the_call():
    """Its request is marked, and the turn holds only the one that was said."""
    slow = TurnSettings(end_of_turn={"base": 1.0, "finished": 0})
    voice = [(2.0, 3.0), (3.8, 4.5)]
    words = [(3.3, "मेरा बिल कितना है"), (4.8, "पिछले महीने का बताइए")]
    traced = Traced(asking(9.0, voice=voice, words=words, settings=slow))
    discarded, said = traced.named("llm")
    assert discarded.parent == traced.call.id
    assert discarded.attributes["voicebot.discarded"] is True
    assert discarded.attributes["voicebot.outcome"] == "cancelled"
    assert all(s.attributes["voicebot.discarded"] for s in traced.named("tts", traced.call.id))
    turn = traced.named("turn")[1]
    assert said.parent == turn.id and "voicebot.discarded" not in said.attributes
    assert traced.at(said)[0] < traced.story.turns[1].marks.at[Mark.TURN_ENDED]
    assert traced.named("tts", turn.id)


def test_what_the_caller_cut_belongs_to_its_turn():
    """The requests that were given up are under the turn that was interrupted."""
    voice, words = [(2.0, 3.0), (5.0, 6.0)], [(3.3, "मेरा बिल कितना है"), (6.2, "रुकिए बिल नहीं")]
    slow = ToneSynthesizer(seconds=4.0)
    traced = Traced(asking(14.0, voice=voice, words=words, synthesizer=slow))
    cut, after = traced.named("turn")[1:3]
    assert traced.story.turns[1].interrupted
    assert "barge_in" in dict(cut.events)
    assert len(traced.named("llm", cut.id)) == len(traced.named("llm", after.id)) == 1
    assert traced.named("tts", cut.id) and traced.named("tts", after.id)
    outcomes = {span.attributes["voicebot.outcome"] for span in traced.named("tts", cut.id)}
    assert "cancelled" in outcomes


def test_a_filler_belongs_to_the_turn_that_was_late():
    """It is made beside the answer, by another task."""
    settings = TurnSettings(filler=FillerSettings(after=0.5, texts=("जी, एक क्षण।",)))
    late = ScriptedModel(["जी।"], first_token=2.5)
    traced = Traced(asking(10.0, model=late, settings=settings))
    turn = traced.named("turn")[1]
    assert Mark.FILLER in traced.story.turns[1].marks.at
    assert len(traced.named("tts", turn.id)) == 2


def test_a_failure_has_its_kind_and_never_its_text():
    """The text may hold what a caller said."""
    failing = ScriptedModel([ServiceTimeout("llm", "no word about 9812345678"), "जी।"])
    traced = Traced(asking(9.0, model=failing))
    turn = traced.named("turn")[1]
    [llm] = traced.named("llm", turn.id)
    assert llm.error == turn.error == "ServiceTimeout"
    assert llm.attributes["voicebot.outcome"] == "timeout"
    assert "9812345678" not in repr(traced.sent)


def test_a_service_is_told_the_span_of_its_request():
    """W3C trace context: version, trace, span, sampled."""
    contexts = {}

    class Told(ScriptedModel):
        async def reply(self, history, tools=True):
            contexts["llm"] = traces.context()
            async for piece in super().reply(history):
                yield piece

    class ToldToo(ToneSynthesizer):
        async def speech(self, sentence):
            contexts.setdefault(sentence, traces.context())
            async for piece in super().speech(sentence):
                yield piece

    traced = Traced(asking(9.0, model=Told([LONG]), synthesizer=ToldToo()))
    turn = traced.named("turn")[1]
    [llm] = traced.named("llm", turn.id)
    assert contexts.pop("llm") == (("traceparent", f"00-{llm.trace:032x}-{llm.id:016x}-01"),)
    spoken = {f"00-{llm.trace:032x}-{span.id:016x}-01" for span in traced.named("tts")}
    assert {context[0][1] for context in contexts.values()} == spoken
    assert traces.context() == ()


def test_the_services_of_a_call_are_counted_without_a_trace_too():
    """Requests by how they ended, and how long each took to begin its answer."""
    metrics = Metrics()
    Traced(asking(9.0), metrics)
    page = metrics.page().decode()
    assert 'voicebot_service_requests_total{outcome="ok",service="llm"} 1.0' in page
    assert 'voicebot_service_requests_total{outcome="ok",service="asr"} 1.0' in page
    assert 'voicebot_service_requests_total{outcome="ok",service="tts"} 4.0' in page
    assert 'voicebot_service_first_seconds_sum{service="llm"} 0.2' in page


async def test_requests_whose_turn_never_comes_are_bounded():
    """The oldest are put under the call; at its end, so are the rest, closed."""
    sent = []
    trace = CallTrace(sent.append, {})
    open_spans = [trace.request("llm", {}) for _ in range(MOST_UNPLACED + 5)]
    for span in open_spans[:20]:
        trace.over(span, "ok")
    assert len(sent) == 5
    trace.ended("hang_up")
    assert len(sent) == MOST_UNPLACED + 5 + 1
    trace.over(open_spans[-1], "ok")
    trace.answered(open_spans[-1])
    assert len(sent) == MOST_UNPLACED + 6 and "voicebot.outcome" not in open_spans[-1].attributes


async def test_a_phase_whose_marks_are_missing_or_out_of_order_is_left_out():
    """Final words that came after the turn was taken make no span that ends before it begins."""
    sent = []
    trace = CallTrace(sent.append, {})
    marks = Marks()
    marks.mark(Mark.TURN_ENDED)
    marks.mark(Mark.FIRST_FRAME, asyncio.get_running_loop().time() + 1)
    marks.mark(Mark.BARGE_IN)
    trace.turn(marks, None, {})
    assert [span.name for span in sent] == ["turn"]
