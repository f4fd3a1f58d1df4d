"""Tool calls, put together from their pieces."""

from structlog.testing import capture_logs

from bot.core.ports import ToolCall
from bot.nim.tools import ToolCalls


def delta(index, name=None, arguments=None, call_id=None):
    """As it is in JSON; what a server leaves out is left out."""
    given = {"index": index, "id": call_id}
    function = {"name": name, "arguments": arguments}
    return {key: value for key, value in given.items() if value is not None} | {
        "function": {key: value for key, value in function.items() if value is not None}
    }


def finished(*deltas):
    calls = ToolCalls()
    for each in deltas:
        calls.add([each])
    return list(calls.finished())


def test_arguments_come_in_pieces():
    """The name first, then the arguments cut anywhere; two calls interleaved."""
    assert finished(
        delta(0, "transfer", "", "a"),
        delta(1, "hang_up", "{}", "b"),
        delta(0, None, '{"reas'),
        delta(0, None, 'on": "बिल"}'),
    ) == [ToolCall("transfer", {"reason": "बिल"}), ToolCall("hang_up", {})]


def test_arguments_that_are_no_json_are_empty():
    """The wish is clear without them; the log has a line without the caller's data."""
    with capture_logs() as logs:
        assert finished(delta(0, "transfer", '{"reason": "गुप्त')) == [ToolCall("transfer", {})]
        assert finished(delta(0, "transfer", "[1]")) == [ToolCall("transfer", {})]
    assert [line["event"] for line in logs] == ["llm_bad_tool_arguments"] * 2
    assert "गुप्त" not in str(logs)


def test_unknown_tools_are_left_out():
    """A tool that nobody offered is a log line."""
    with capture_logs() as logs:
        assert finished(delta(0, "rm_rf", "{}")) == []
    assert logs[0]["event"] == "llm_unknown_tool"


def test_a_server_without_indexes():
    """A new id begins a new call."""
    assert finished(
        delta(None, "hang_up", "{", "a"), delta(None, None, "}"), delta(None, "transfer", "{}", "b")
    ) == [ToolCall("hang_up", {}), ToolCall("transfer", {})]


def test_calls_and_arguments_are_bounded():
    """A server that never ends a call cannot fill our memory."""
    calls = ToolCalls()
    for index in range(10):
        calls.add([delta(index, "hang_up", "x" * 10_000)])
    assert len(list(calls.finished())) == 4
