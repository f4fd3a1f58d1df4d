"""Logs: one JSON object a line, and no telephone number in any of them."""

import io
import json
import logging
import sys

import pytest
import structlog

from bot.config import LogSettings
from bot.ops import logs

NUMBER = "+91 98123 45678"
CALL = "01890a5d-ac96-774b-bcce-b302099a8057"


@pytest.fixture
def lines(monkeypatch):
    """Configured logs; gives what was written so far, line by line."""
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    logs.configure(LogSettings())
    return lambda: [json.loads(line) for line in written.getvalue().splitlines()]


def test_a_line_is_json_with_its_call_level_and_time(lines):
    """What was bound to the call's log is in each of its lines."""
    structlog.get_logger().bind(call=CALL).info("call began", rate=8000, said="जी हाँ")
    (line,) = lines()
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "call began", "call": CALL, "level": "info", "rate": 8000, "said": "जी हाँ",
    }  # fmt: skip


@pytest.mark.parametrize(
    "fields",
    [
        {"caller": NUMBER},
        {"detail": f"from {NUMBER}, again"},
        {"heard": "मेरा नंबर ९८१२३४५६७८ है"},
        {"marks": {"who": NUMBER}},
        {"pair": ["PJSIP/1", (NUMBER,)]},
    ],
)
def test_a_number_is_redacted_in_every_field(lines, fields):
    """Wherever it stands and in whichever script."""
    structlog.get_logger().warning("event", **fields)
    (line,) = lines()
    text = json.dumps(line, ensure_ascii=False)
    assert "[PHONE]" in text
    assert not any(digits in text for digits in ("98123", "९८१२३", "4567", "४५६७"))


def test_a_number_in_a_message_of_another_library_is_redacted(lines):
    """Their messages go the same way as ours, from `warning` up."""
    logging.getLogger("uvicorn").warning("refused %s", NUMBER)
    logging.getLogger("uvicorn").info("not shown")
    (line,) = lines()
    assert (line["source"], line["level"], line["event"]) == (
        "uvicorn", "warning", "refused [PHONE]",
    )  # fmt: skip


def test_an_exception_is_one_line_with_its_trace(lines):
    """A log collector does not tear it apart; numbers in it are redacted."""
    try:
        raise ValueError(f"cannot dial {NUMBER}")
    except ValueError:
        structlog.get_logger().exception("call failed", call=CALL)
    (line,) = lines()
    assert line["call"] == CALL
    assert "Traceback" in line["exception"]
    assert "ValueError: cannot dial [PHONE]" in line["exception"]


def test_what_is_below_the_level_is_not_written(lines):
    """Level `info` by default."""
    structlog.get_logger().debug("detail")
    assert lines() == []


def test_call_ids_and_short_numbers_stay(lines):
    """A call can be followed by its id, a key by its own; amounts and ports stay readable."""
    text = f"call {CALL} was not registered; 500 rupees, extension 1001, 10.0.0.7:50051"
    structlog.get_logger().info(
        text, call=CALL, channel="PJSIP/100-00000012", key_id="1453270628b6"
    )
    (line,) = lines()
    assert line["key_id"] == "1453270628b6"
    assert (line["event"], line["call"], line["channel"]) == (text, CALL, "PJSIP/100-00000012")
