"""The bench's synthesizer: one recording, however its text is cut."""

import pytest

from bench.turn_taking.services import PreparedSynthesizer
from bot.core.errors import ServiceUnavailable
from tests.bench.script import source

REPLY = source("एक, दो तीन। एक, दो चार।")


async def said(synthesizer, text):
    """The sound of a sentence, and its words' ends."""
    pieces = [piece async for piece in synthesizer.speech(text)]
    return b"".join(piece.pcm for piece in pieces), [word.end for word in pieces[0].words]


async def test_sentences_join_to_the_whole_reply():
    """Also where the second begins with the words of the first."""
    synthesizer = PreparedSynthesizer([REPLY])
    cut = [(await said(synthesizer, text))[0] for text in ("एक,", "दो तीन।", "एक, दो चार।")]
    assert b"".join(cut) == REPLY.pcm


async def test_words_are_timed_from_the_sentence_on():
    """The end of the last word is the end of the sound."""
    pcm, ends = await said(PreparedSynthesizer([REPLY]), "दो चार।")
    assert ends[-1] == pytest.approx(len(pcm) / 16_000, abs=0.02)


async def test_a_text_without_sound_is_an_error():
    """Rather than a silent bot, whose figures would be wrong."""
    with pytest.raises(ServiceUnavailable, match="no sound"):
        await said(PreparedSynthesizer([REPLY]), "पाँच")
