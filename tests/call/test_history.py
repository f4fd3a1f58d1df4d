"""The conversation as the model sees it."""

from bot.call.history import LONGEST, History


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
