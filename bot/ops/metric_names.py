"""
Which metrics the bot exports: names, what they tell, the values that their labels can have.

What is listed here stands on the page from the start, with zeros: a rate or an alert then sees
the first event, too. docs/observability.md has the same list, made from this file.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from bot.core.events import Ending
from bot.core.guarded import Guarded
from bot.core.marks import INTERVALS

SPEECH: Final = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
"""Seconds: finer where a caller hears the difference."""
CLOCK: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.5, 1.0)
"""Seconds of lateness; a frame lasts 0.02."""
CALLS: Final = (5, 15, 30, 60, 120, 300, 600, 1200, 3600)

SERVICES: Final = ("asr", "llm", "tts")
ACTIONS: Final = (
    "lowered", "hushed", "went_on", "interrupted", "answer_begun_early", "answer_discarded",
    "changed_language",
)  # fmt: skip
PHRASES: Final = (
    "notice", "greeting", "closed", "silence", "apology", "goodbye", "too_long", "noise", "machine",
    "give_up", "refusal", "hand_over", "more", "switched", "one_language",
    "unanswered", "unanswered_call_back",
)  # fmt: skip
OUTBOUND: Final = (
    "answered", "machine", "busy", "no_answer", "failed", "refused", "lost",
)  # fmt: skip
TOOL_OUTCOMES: Final = ("ok", "failed", "timeout", "interrupted", "bug")
REFUSALS: Final = (
    "full", "draining", "bad-request", "not-registered", "in-progress", "no-profile", "no-order",
    "unauthorized", "pending", "protocol", "no-uuid", "hello-timeout", "stalled", "watchers", "bug",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Metric:
    """What a metric tells; its labels in order, each with its values; a histogram's buckets."""

    what: str
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    buckets: tuple[float, ...] = ()


COUNTERS: Final[Mapping[str, Metric]] = {
    "voicebot_calls": Metric("Calls that ended, by how", {"ending": tuple(Ending)}),
    "voicebot_refusals": Metric(
        "Registrations and connections turned away, by reason", {"reason": REFUSALS}
    ),
    "voicebot_turns": Metric(
        "Our replies; cut: the caller took the turn, or left", {"cut": ("no", "yes")}
    ),
    "voicebot_turn_actions": Metric(
        "What turn-taking did (docs/turn-taking.md)", {"action": ACTIONS}
    ),
    "voicebot_fillers": Metric("Fillers said because an answer was late"),
    "voicebot_phrases": Metric("The bot's own phrases that were said", {"phrase": PHRASES}),
    "voicebot_tokens_discarded": Metric(
        "Pieces of text from the model for answers begun early, and not wanted"
    ),
    "voicebot_service_requests": Metric(
        "Requests to services, by how they ended; one of asr is one call's stream. cancelled: the"
        " answer was not wanted any more",
        {"service": SERVICES, "outcome": ("ok", "cancelled", "timeout", "unavailable", "bug")},
    ),
    "voicebot_service_errors": Metric(
        "Failures of services that a caller noticed",
        {"service": SERVICES, "kind": ("ServiceTimeout", "ServiceUnavailable")},
    ),
    "voicebot_guard_refusals": Metric(
        "What the guard refused of callers, answers and tools (docs/guard.md)",
        {"kind": tuple(Guarded)},
    ),
    "voicebot_outbound_calls": Metric(
        "Calls that we made, and orders that policy refused, by outcome", {"outcome": OUTBOUND}
    ),
    "voicebot_digits": Metric("Keys pressed"),
    "voicebot_frames_dropped": Metric(
        "Frames dropped, counted when their call ends: stale ones of callers (in), ones that"
        " Asterisk did not take (out)",
        {"direction": ("in", "out")},
    ),
    "voicebot_speech_memory": Metric(
        "Sentences to say, and whether their speech was there", {"result": ("hit", "disk", "miss")}
    ),
    "voicebot_tool_uses": Metric(
        "Tools that the model was answered by, by how that ended. interrupted: the caller spoke",
        {"tool": ("opening_hours", "call_back"), "outcome": TOOL_OUTCOMES},
    ),
    "voicebot_transfers": Metric(
        "Agents who were told about a call: accepted, refused, asked (by the dialplan: we had no"
        " voice); unanswered: callers who came back to us (docs/transfer.md)",
        {"outcome": ("accepted", "refused", "asked", "unanswered")},
    ),
    "voicebot_profile_reads": Metric(
        "Looks at changed profiles; wrong: some file is not used", {"result": ("ok", "wrong")}
    ),
    "voicebot_spans": Metric(
        "Spans of traces: delivered, failed (the collector took none), dropped (too many waited)",
        {"result": ("delivered", "failed", "dropped")},
    ),
    "voicebot_records": Metric(
        "Rows of call records: written, dropped (too many waited), refused (the database took one"
        " never)",
        {"result": ("written", "dropped", "refused")},
    ),
    "voicebot_webhooks": Metric(
        "Tries to deliver webhooks: delivered, failed (tried again later), dead (put aside),"
        " dropped (too many waited)",
        {"result": ("delivered", "failed", "dead", "dropped")},
    ),
    "voicebot_recordings": Metric(
        "Recordings of calls: kept, failed (one could not be written or moved), pieces dropped",
        {"result": ("kept", "failed", "dropped")},
    ),
    "voicebot_api_requests": Metric(
        "Answers of the HTTP API: done, refused, limited (too many requests), failed (5xx)",
        {"result": ("done", "refused", "limited", "failed")},
    ),
}
"""By name without `_total`, which the page adds."""

GAUGES: Final[Mapping[str, Metric]] = {
    "voicebot_info": Metric("1; the version is its label", {"version": ()}),
    "voicebot_calls_active": Metric("Calls that are up"),
    "voicebot_calls_limit": Metric("Calls that may be up: audiosocket.max_calls"),
    "voicebot_service_active": Metric(
        "Requests to services that are under way; asr has one for each call",
        {"service": SERVICES},
    ),
    "voicebot_profile_calls_active": Metric(
        "Calls that are up, by profile", {"profile": ("default",)}
    ),
    "voicebot_outbound_active": Metric("Calls that we are making, or that are up because we did"),
    "voicebot_outbound_connected": Metric("1 while Asterisk tells us of its channels (ARI)"),
    "voicebot_profiles": Metric("Profiles in use that come from files"),
    "voicebot_profiles_wrong": Metric(
        "Files of profiles that are wrong: their older version is used, if there was one"
    ),
    "voicebot_draining": Metric("1 after SIGTERM: no new calls, the old ones go on"),
    "voicebot_sip_registered": Metric("1 while the SIP server knows us (sip.server)"),
    "voicebot_speech_memory_bytes": Metric("Speech that is remembered"),
    "voicebot_records_waiting": Metric("Entries of call records that wait to be written"),
    "voicebot_webhooks_waiting": Metric("Webhooks of all bots that wait for their delivery"),
    "voicebot_webhooks_oldest_seconds": Metric("Age of the oldest webhook that waits"),
}

HISTOGRAMS: Final[Mapping[str, Metric]] = {
    "voicebot_call_seconds": Metric("Length of calls", buckets=CALLS),
    "voicebot_turn_interval_seconds": Metric(
        "Intervals of a turn, by name", {"interval": tuple(INTERVALS)}, SPEECH
    ),
    "voicebot_service_first_seconds": Metric(
        "From a request to the first piece of its answer: a token, sound",
        {"service": ("llm", "tts")},
        SPEECH,
    ),
    "voicebot_tool_seconds": Metric("How long tools took to answer", buckets=SPEECH),
    "voicebot_playout_late_seconds": Metric("How late frames left for callers", buckets=CLOCK),
    "voicebot_loop_lag_seconds": Metric("How late the event loop woke", buckets=CLOCK),
}
