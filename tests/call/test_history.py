"""The conversation as the model sees it."""

from bot.call.history import LONGEST, History
from bot.core.ports import Message, ToolCall


def told(history):
    """Roles and words."""
    return [(message.role, message.content) for message in history.messages]


def test_neighbours_of_one_speaker_are_joined():
    """Models want the two sides by turns."""
    history = History()
    history.caller_heard("नमस्ते।")
    history.caller_said("मेरा")
    history.caller_said("बिल")
    history.caller_heard("जी।")
    history.caller_heard("बताती हूँ।")
    assert told(history) == [
        ("assistant", "नमस्ते।"),
        ("user", "मेरा बिल"),
        ("assistant", "जी। बताती हूँ।"),
    ]


def test_what_nobody_heard_was_not_said():
    """A reply cut before its first word leaves no trace."""
    history = History()
    history.caller_heard("")
    assert told(history) == []


def test_an_endless_call_keeps_the_newest_messages():
    """Memory stays bounded."""
    history = History()
    for number in range(LONGEST):
        history.caller_said(f"सवाल {number}")
        history.caller_heard(f"जवाब {number}")
    assert len(history.messages) == LONGEST
    assert history.messages[-1].content == f"जवाब {LONGEST - 1}"


def test_tools_keep_their_place():
    """A call and its answer are lines of their own; both are forgotten together."""
    history = History()
    call = ToolCall("look", {}, "c1")
    history.caller_said("बिल")
    history.we_used([Message("assistant", "", (call,)), Message("tool", "{}", call_id="c1")])
    history.we_used([Message("assistant", "सौ।")])
    history.caller_heard("और?")
    assert [line.role for line in history.messages] == ["user", "assistant", "tool", "assistant"]
    assert history.messages[-1].content == "सौ। और?"
    for turn in range(LONGEST // 2 - 1):
        history.caller_said(f"{turn}")
        history.caller_heard("जी")
    assert len(history.messages) < LONGEST and history.messages[0] == Message(
        "assistant", "सौ। और?"
    )
