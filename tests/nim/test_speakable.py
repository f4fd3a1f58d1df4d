"""A model's text, made for the ear."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.nim.speakable import Speakable, speakable


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("आपका बिल ₹500 है।", "आपका बिल ₹500 है।"),
        ("<think>उसे बिल चाहिए</think>\n\nजी हाँ।", "जी हाँ।"),
        ("<THINK>a</Think>जी", "जी"),
        ("जी <think>कभी बंद नहीं हुआ", "जी"),
        ("सोचा</think>जी", "सोचाजी"),
        ("5 < 7 और <b>मोटा</b>", "5 7 और bमोटा/b"),
        ("## शीर्षक\nपाठ", "शीर्षक\nपाठ"),
        ("**मोटा** और *तिरछा* और __यह__", "मोटा और तिरछा और यह"),
        ("- एक\n- दो\n* तीन\n+ चार\n• पाँच", "एक\nदो\nतीन\nचार\nपाँच"),
        ("तापमान -5 है\n-5", "तापमान -5 है\n-5"),
        ("ऊपर\n---\nनीचे", "ऊपर\nनीचे"),
        ("[हमारी साइट](https://x.in/a_b) देखिए", "हमारी साइट देखिए"),
        ("[1] (देखिए)", "1 (देखिए)"),
        ("```python\nprint\n```\nबस", "print\nबस"),
        ("```नमस्ते```", "नमस्ते"),
        ("यह `कोड` है", "यह कोड है"),
        ("order_id_ दीजिए", "order id दीजिए"),
        ("नमस्ते 😊 जी 👨‍👩‍👧 🇮🇳 1️⃣ ✅।", "नमस्ते जी 1।"),
        ("क्‍षमा र्‍य", "क्‍षमा र्‍य"),
        ("  बहुत   \t जगह  \n\n\n है ।  ", "बहुत जगह\nहै।"),
        ("{नाम} *", "नाम"),
        ("", ""),
        ("अंत <", "अंत"),
        ("अंत <thi", "अंत"),
    ],
)
def test_what_is_said(text, said):
    """Marks, tags, pictures and extra spaces go; the words stay."""
    assert speakable(text) == said


PARTS = st.sampled_from(
    ["<think>", "</think>", "<", ">", "**", "*", "#", "- ", "-", "\n", " ", "```", "`", "py", "["]
    + ["](", ")", "_", "😊", "\u200d", "\ufe0f", "क्षमा", "है", "।", "1", "a", "{", "}", "--"]
)


@given(st.lists(PARTS, max_size=30).map("".join), st.data())
def test_it_does_not_matter_how_the_text_was_cut(text, data):
    """Any chunking gives the same text."""
    cleaner = Speakable()
    out, rest = "", text
    while rest:
        size = data.draw(st.integers(1, len(rest)))
        out += cleaner.feed(rest[:size])
        rest = rest[size:]
    assert out + cleaner.finish() == speakable(text)


@given(st.lists(PARTS, max_size=30).map("".join))
def test_what_is_said_is_clean(text):
    """None of the characters that voices choke on ever comes out."""
    said = speakable(text)
    assert not set(said) & set("*{}<>#`")
    assert said == said.strip()
    assert "  " not in said


@pytest.mark.parametrize("end", ["<", "*", " ", "\n", "</thin", "#", "😊"])
def test_no_word_is_held_back(end):
    """What comes before a doubtful end is given at once."""
    assert Speakable().feed("नमस्ते जी" + end) == "नमस्ते जी"


def test_a_doubtful_tag_is_given_as_soon_as_it_is_none():
    """`<` was only a sign: the text after it comes with the next character."""
    cleaner = Speakable()
    assert cleaner.feed("a<") == "a"
    assert cleaner.feed("b") == "b"
