"""What Prometheus reads."""

import ast
import os
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot import __version__
from bot.app.journal import COUNTED
from bot.asterisk.pbx import Reason
from bot.call.phrasebook import Phrase
from bot.core.marks import INTERVALS
from bot.ops import metric_names
from bot.ops.metric_names import CALLS, CLOCK, COUNTERS, GAUGES, HISTOGRAMS, SPEECH
from bot.ops.metrics import Metrics

BOT = Path(metric_names.__file__).parents[1]


def told(metrics):
    """Samples of the page: name and labels to value."""
    families = text_string_to_metric_families(metrics.page().decode())
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def a_busy_bot():
    """Metrics after one of everything."""
    metrics = Metrics()
    metrics.call_began()
    metrics.call_began()
    metrics.turn(True, dict.fromkeys(INTERVALS, 0.25))
    metrics.digit()
    metrics.guard_refused("override")
    metrics.service_error("tts", "ServiceTimeout")
    metrics.refused("full")
    metrics.frame_late(0.0015)
    metrics.loop_lag(0.003)
    metrics.speech_memory("hit")
    metrics.watch("voicebot_speech_memory_bytes", lambda: 64_000)
    metrics.watch("voicebot_calls_limit", lambda: 50)
    metrics.phrase("apology")
    metrics.filler()
    metrics.service_began("llm")
    metrics.service_began("llm")
    metrics.service_ended("llm", "cancelled")
    metrics.service_first("llm", 0.25)
    metrics.spans("dropped", 7)
    metrics.call_ended("hang_up", 42.0, dropped_in=3, dropped_out=1)
    return metrics


@pytest.mark.parametrize(
    ("name", "labels", "value"),
    [
        ("voicebot_calls_active", {}, 1),
        ("voicebot_calls_total", {"ending": "hang_up"}, 1),
        ("voicebot_refusals_total", {"reason": "full"}, 1),
        ("voicebot_turns_total", {"cut": "yes"}, 1),
        ("voicebot_service_errors_total", {"service": "tts", "kind": "ServiceTimeout"}, 1),
        ("voicebot_digits_total", {}, 1),
        ("voicebot_guard_refusals_total", {"kind": "override"}, 1),
        ("voicebot_guard_refusals_total", {"kind": "tool_unknown"}, 0),
        ("voicebot_frames_dropped_total", {"direction": "in"}, 3),
        ("voicebot_frames_dropped_total", {"direction": "out"}, 1),
        ("voicebot_speech_memory_total", {"result": "hit"}, 1),
        ("voicebot_speech_memory_bytes", {}, 64_000),
        ("voicebot_calls_limit", {}, 50),
        ("voicebot_info", {"version": __version__}, 1),
        ("voicebot_phrases_total", {"phrase": "apology"}, 1),
        ("voicebot_fillers_total", {}, 1),
        ("voicebot_service_requests_total", {"service": "llm", "outcome": "cancelled"}, 1),
        ("voicebot_service_active", {"service": "llm"}, 1),
        ("voicebot_service_first_seconds_sum", {"service": "llm"}, 0.25),
        ("voicebot_spans_total", {"result": "dropped"}, 7),
        ("voicebot_call_seconds_sum", {}, 42),
        ("voicebot_call_seconds_bucket", {"le": "30.0"}, 0),
        ("voicebot_call_seconds_bucket", {"le": "60.0"}, 1),
        ("voicebot_playout_late_seconds_bucket", {"le": "0.001"}, 0),
        ("voicebot_playout_late_seconds_bucket", {"le": "0.002"}, 1),
        ("voicebot_loop_lag_seconds_bucket", {"le": "0.005"}, 1),
    ],
)
def test_the_page_has_each_metric(name, labels, value):
    """Names and labels as the dashboards know them."""
    assert told(a_busy_bot())[(name, *sorted(labels.items()))] == value


def test_each_interval_of_a_turn_is_a_histogram_with_buckets_for_speech():
    """All intervals of the one table, and no other."""
    page = told(a_busy_bot())
    name = "voicebot_turn_interval_seconds_bucket"
    intervals = {dict(key[1:])["interval"] for key in page if key[0] == name}
    assert intervals == set(INTERVALS)
    for interval in INTERVALS:
        edges = {dict(key[1:])["le"] for key in page if key[:2] == (name, ("interval", interval))}
        assert edges - {"+Inf"} == {str(float(edge)) for edge in SPEECH}
        assert page[(name, ("interval", interval), ("le", "0.2"))] == 0
        assert page[(name, ("interval", interval), ("le", "0.3"))] == 1


def test_buckets_rise():
    """An unsorted bucket would be a wrong percentile."""
    for buckets in (SPEECH, CLOCK, CALLS):
        assert list(buckets) == sorted(set(buckets))


def test_all_that_can_be_counted_is_there_from_the_start():
    """With zeros, so that a rate sees the first event; and nothing that no operator asked for."""
    page = told(Metrics())
    samples = {key[0] for key in page}
    histograms = {f"{name}{part}" for name in HISTOGRAMS for part in ("_bucket", "_count", "_sum")}
    expected = {f"{name}_total" for name in COUNTERS} | set(GAUGES) | histograms
    assert {name for name in samples if "_process_" not in name} == expected
    assert page[("voicebot_refusals_total", ("reason", "full"))] == 0
    assert page[("voicebot_calls_total", ("ending", "fallback"))] == 0


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="the system does not tell")
def test_the_process_itself_is_on_the_page():
    """Processor, memory, files and the time of its start."""
    samples = {key[0] for key in told(Metrics())}
    assert {f"voicebot_process_{name}" for name in (
        "cpu_seconds_total", "resident_memory_bytes", "open_fds", "max_fds", "start_time_seconds",
    )} <= samples  # fmt: skip


def test_labels_are_the_words_of_the_rooms_that_count():
    """A new phrase, reason or action is listed with the metric, or a panel would miss it."""
    assert set(metric_names.PHRASES) == set(Phrase)
    assert set(metric_names.ACTIONS) == set(COUNTED.values())
    assert set(metric_names.REFUSALS) == set(Reason) | reasons_in_the_code()


REFUSING = {"_refuse": 0, "refuse": 0, "_refusal": 2, "Fault": 2}
"""Who turns somebody away, and which argument is the reason."""


def reasons_in_the_code():
    """Reasons that stand in the code as they are; the default of `Fault` is one of them."""
    found = set()
    for path in [*BOT.glob("asterisk/*.py"), *BOT.glob("gateway/*.py"), *BOT.glob("app/*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                found |= {
                    each.value
                    for each in node.args[REFUSING.get(name, 9) :][:1]
                    if isinstance(each, ast.Constant)
                }
    return found
