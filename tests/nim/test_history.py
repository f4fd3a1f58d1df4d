"""How much of the conversation the model is told."""

from hypothesis import given
from hypothesis import strategies as st

from bot.core.ports import Message
from bot.nim.history import fit, redacted, tokens


def user(text):
    return Message("user", text)


def bot(text):
    return Message("assistant", text)


def test_devanagari_is_estimated_on_the_high_side():
    """A token for each Devanagari character, one for three of ASCII."""
    assert tokens("नमस्ते") == 6
    assert tokens("bill 500") == 3
    assert tokens("") == 0


def test_the_system_prompt_comes_first():
    """Everything fits: all is sent, in order."""
    history = [bot("नमस्ते!"), user("बिल?"), bot("₹500"), user("धन्यवाद")]
    assert fit("तुम", history, 1000) == [Message("system", "तुम"), *history]


def test_the_oldest_turns_are_left_out_whole():
    """A question never loses its answer alone, nor the other way round."""
    history = [user("क" * 50), bot("ख" * 50), user("ग" * 50), bot("घ" * 50), user("अब")]
    sent = fit("स", history, 200)
    assert [message.content[0] for message in sent] == ["स", "ग", "घ", "अ"]
    sent = fit("स", history, 60)
    assert [message.content[0] for message in sent] == ["स", "अ"]


def test_the_newest_turn_is_kept_whatever_it_costs():
    """What the caller just said is always told."""
    sent = fit("स", [user("क"), bot("ख"), user("ग" * 900)], 256)
    assert [message.content[0] for message in sent] == ["स", "ग"]


def test_neighbours_of_one_role_are_joined():
    """After a barge-in two messages of the caller may follow each other; templates refuse that."""
    sent = fit("", [user("रुकिए"), user("सुनिए"), bot("जी"), bot("कहिए"), user("बिल")], 1000)
    assert sent == [user("रुकिए सुनिए"), bot("जी कहिए"), user("बिल")]


def test_notes_of_the_system_stay():
    """A note in the history is added to the system prompt, and is never dropped."""
    sent = fit("तुम", [user("क" * 300), bot("ख"), Message("system", "नोट"), user("ग")], 256)
    assert sent == [Message("system", "तुम\n\nनोट"), user("ग")]


def test_what_is_redacted_keeps_everything_else():
    """Each line in the light of the one before it; the system prompt is ours."""
    history = [
        Message("system", "हेल्पलाइन 9876543210"),
        bot("अपना ओटीपी बताइए।"),
        user("चार पाँच छह सात"),
        bot("500 रुपये 9876543210 से भेजे गए।"),
    ]
    assert [message.content for message in redacted(history)] == [
        "हेल्पलाइन 9876543210",
        "अपना ओटीपी बताइए।",
        "[OTP]",
        "500 रुपये [PHONE] से भेजे गए।",
    ]


ROLES = st.sampled_from(["user", "assistant"])


@given(
    st.lists(st.builds(Message, ROLES, st.text("कa ", min_size=1, max_size=80))),
    st.integers(0, 300),
)
def test_roles_alternate_and_the_end_is_kept(history, limit):
    """Whatever the history, neighbours differ and the last words are the last sent."""
    sent = fit("स", history, limit)
    assert all(a.role != b.role for a, b in zip(sent, sent[1:], strict=False))
    if history:
        assert sent[-1].content.endswith(history[-1].content)
