"""Where a stream of text is cut into sentences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.call.sentences import sentences
from bot.hindi.cut import LONGEST

CUTS = [
    ("नमस्ते। आप कैसे हैं? ठीक!", ["नमस्ते।", "आप कैसे हैं?", "ठीक!"]),
    ("पहली पंक्ति\nदूसरी\n\n तीसरी", ["पहली पंक्ति", "दूसरी", "तीसरी"]),
    ("It is done. Thank you.", ["It is done.", "Thank you."]),
    ("आपका बिल रु. 500 है। डॉ. शर्मा से मिलिए।", ["आपका बिल रु. 500 है।", "डॉ. शर्मा से मिलिए।"]),
    ("Rs. 20 only. Mr. Rao called.", ["Rs. 20 only.", "Mr. Rao called."]),
    ("पी.एम. ने कहा। ए. के. सिंह आए।", ["पी.एम. ने कहा।", "ए. के. सिंह आए।"]),
    ("वह 1.5 किलो है। फिर 2.25 लीटर।", ["वह 1.5 किलो है।", "फिर 2.25 लीटर।"]),
    ("1. नाम बताइए। 2. पता बताइए।", ["1. नाम बताइए।", "2. पता बताइए।"]),
    ("एक पल… हाँ। रुकिए... देखती हूँ।", ["एक पल…", "हाँ।", "रुकिए...", "देखती हूँ।"]),
    ("सच?! “जी हाँ।” फिर (ठीक है।) चलिए", ["सच?", "“जी हाँ।”", "फिर (ठीक है।)", "चलिए"]),
    ("जी हाँ, आपका बिल, यानी फ़ोन का, भर गया। ठीक है, और?",
     ["जी हाँ,", "आपका बिल, यानी फ़ोन का, भर गया।", "ठीक है, और?"]),
    ("जी, आपका बिल भर गया।", ["जी, आपका बिल भर गया।"]),
    ("आपके 1,25,000 रुपये आ गए।", ["आपके 1,25,000 रुपये आ गए।"]),
    ("बस।।। ॥ !!", ["बस।"]),
    ("अंत बिना विराम", ["अंत बिना विराम"]),
    (" \n ।!? ...", []),
    ("", []),
]  # fmt: skip


async def cut(text, size=None):
    """The sentences of a text that is streamed `size` letters at a time."""

    async def pieces():
        for at in range(0, len(text), size or max(1, len(text))):
            yield text[at : at + (size or len(text))]

    return [sentence async for sentence in sentences(pieces())]


def now(coroutine):
    """The result of a coroutine that waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("it waits")


@pytest.mark.parametrize(("text", "expected"), CUTS)
def test_a_text_is_cut_the_same_however_it_is_streamed(text, expected):
    """Whole, and one to five letters at a time."""
    assert now(cut(text)) == expected
    for size in range(1, 6):
        assert now(cut(text, size)) == expected


texts = st.text(st.sampled_from(list('कखग़ािए  .,।?!…\n"”()12AbRs')), max_size=700)


@given(texts, st.integers(1, 40))
def test_nothing_but_white_space_and_punctuation_is_lost(text, size):
    """Every letter and digit comes out, once, in order, whatever the stream's pieces."""
    found = now(cut(text, size))
    assert "".join(filter(str.isalnum, "".join(found))) == "".join(filter(str.isalnum, text))
    assert found == now(cut(text))
    assert all(len(sentence) <= LONGEST for sentence in found)


def test_a_sentence_without_an_end_is_cut_at_a_comma():
    """A model that never stops does not keep the caller waiting."""
    clause, long, *_ = now(cut("यह एक लंबा वाक्य है, " * 40))
    assert clause == "यह एक लंबा वाक्य है,"
    assert LONGEST - 30 < len(long) <= LONGEST
    assert long.endswith("है,")


def test_a_danda_is_not_waited_for_and_a_full_stop_is():
    """A danda ends its sentence in the piece that brings it; a stop needs the letter after it."""

    async def first_of(*given):
        taken = []

        async def pieces():
            for piece in given:
                taken.append(piece)
                yield piece

        stream = sentences(pieces())
        await anext(stream)
        return taken

    assert now(first_of("जी", "।", " अब")) == ["जी", "।"]
    assert now(first_of("Yes", ".", " Now")) == ["Yes", ".", " Now"]
