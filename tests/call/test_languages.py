"""Whole calls in two languages, and what the model is told of the caller's mix."""

from bot.call.actions import Answer, Speak, Tell
from bot.call.phrasebook import Phrase, Phrasebook
from bot.call.tongue import Tongue
from bot.call.turns import Opening
from bot.config import EnglishSettings, FillerSettings
from bot.core.events import Transcript
from bot.core.ports import Message, ToolCall
from bot.hindi.language import Language
from bot.hindi.mix import Mix
from tests.fakes import (
    PHRASES,
    PLAIN,
    FakeLine,
    ScriptedModel,
    ScriptedRecognizer,
    Story,
    ToneSynthesizer,
)

ENGLISH = EnglishSettings()
TEXTS = {phrase: getattr(ENGLISH.phrases, phrase.value) for phrase in Phrase}
STEP = 4.0


def turns(texts):
    """A caller's turns, each one second long: when they begin, and when they are heard."""
    starts = [2.0 + STEP * place for place in range(len(texts))]
    script = [(at + 1.4, Transcript(text, True)) for at, text in zip(starts, texts, strict=True)]
    return starts, script


def english(script):
    """English as a call has it, heard by a recogniser with this script."""
    filler = FillerSettings(texts=ENGLISH.filler, after=PLAIN.filler.after)
    field = PLAIN.field.model_copy(update=ENGLISH.field.model_dump())
    settings = PLAIN.model_copy(update={"filler": filler, "field": field})
    book = Phrasebook(TEXTS, lexicon=None)
    return Tongue(ScriptedRecognizer(script), ToneSynthesizer(), book, settings, ENGLISH.note)


async def call(texts, model, possible=True, **more):
    """A call with these turns; after the first they are heard in English, where that can be."""
    starts, script = turns(texts)
    tongue = english(script[1:]) if possible else None
    story = Story(
        FakeLine(2.0 + STEP * len(texts), voice=[(at, at + 1.0) for at in starts]),
        ScriptedRecognizer(script[:1] if possible else script),
        model,
        settings=PLAIN,
        english=tongue,
        **more,
    )
    return await story.run(), tongue


async def test_english_please_changes_ear_voice_and_phrases():
    """The recogniser is another, the voice too, and the model is told."""
    model = ScriptedModel(["Your bill is due."])
    story, tongue = await call(["English please", "what is my bill"], model)
    assert story.when(Speak)[0] < story.when(Answer)[0]
    assert story.recognizer.closed
    assert story.synthesizer.spoken == [PHRASES[Phrase.GREETING]]
    assert tongue.synthesizer.spoken == [TEXTS[Phrase.SWITCHED], "Your bill is due."]
    assert model.asked[0][-2:] == [
        Message("user", "what is my bill"), Message("system", ENGLISH.note),
    ]  # fmt: skip


async def test_who_comes_back_from_a_transfer_is_spoken_to_in_english_again():
    """From the first words on; where the call can be held in it."""
    model = ScriptedModel(["Your bill is due."])
    back = Opening(Phrase.UNANSWERED, notice=False, language=Language.ENGLISH)
    starts, script = turns(["what is my bill"])
    for possible in (True, False):
        tongue = english(script) if possible else None
        story = Story(
            FakeLine(7.0, voice=[(starts[0], starts[0] + 1.0)]),
            ScriptedRecognizer(script),
            model,
            settings=PLAIN,
            english=tongue,
            opening=back,
        )
        await story.run()
        assert story.language is (Language.ENGLISH if possible else Language.HINDI)
        if tongue:
            assert tongue.synthesizer.spoken == [TEXTS[Phrase.UNANSWERED], "Your bill is due."]
            assert story.synthesizer.spoken == []
        else:
            assert story.synthesizer.spoken[0] == PHRASES[Phrase.UNANSWERED]


async def test_a_wish_with_a_question_is_answered_at_once():
    """In English already."""
    model = ScriptedModel(["Your bill is due."])
    _, tongue = await call(["English में बताइए मेरा बिल कितना है"], model)
    assert tongue.synthesizer.spoken == ["Your bill is due."]


class Twice(ScriptedRecognizer):
    """A recogniser whose second stream has a script of its own."""

    def __init__(self, first, second):
        super().__init__(first)
        self._second = second

    async def transcripts(self, sound):
        """The scripts, one for each stream."""
        stream = super().transcripts(sound)
        try:
            async for transcript in stream:
                yield transcript
        finally:
            await stream.aclose()
            self.script = self._second


async def test_a_caller_can_go_back_to_hindi():
    """The first voice speaks again; no note is left."""
    model = ScriptedModel(["जी।"])
    starts, script = turns(["English please", "please speak Hindi", "मेरा बिल"])
    story = Story(
        FakeLine(14.0, voice=[(at, at + 1.0) for at in starts]),
        Twice(script[:1], script[2:]),
        model,
        settings=PLAIN,
        english=english(script[1:2]),
    )
    await story.run()
    assert story.synthesizer.spoken[1:] == [PHRASES[Phrase.SWITCHED], "जी।"]
    languages = [action.language for _, action in story.actions if isinstance(action, Speak)]
    assert languages == [Language.ENGLISH, Language.HINDI]
    assert model.asked[0][-1].role == "user"


async def test_where_there_is_no_english_the_caller_is_told_and_the_call_goes_on():
    """In Hindi."""
    model = ScriptedModel(["जी, आपका बिल।"])
    story, _ = await call(["English please", "मेरा बिल"], model, possible=False)
    assert story.synthesizer.spoken[1:] == [PHRASES[Phrase.ONE_LANGUAGE], "जी, आपका बिल।"]
    assert not story.when(Speak)


async def test_a_number_is_asked_for_in_english():
    """The questions of the call itself, with figures for an English voice."""
    wants = ToolCall("collect_number", {"name": "pin", "digits": "6", "secret": "false"})
    model = ScriptedModel([["Your PIN code, please.", wants], "Thank you."])
    texts = ["English please", "my address is wrong", "one two three four", "hmm"]
    story, _ = await call(texts, model)
    told = [action.text for _, action in story.actions if isinstance(action, Tell)]
    assert told[:1] == ["I have 1 2 3 4. 2 more digits are needed, please say the rest."]


async def test_fillers_are_english_as_well():
    """A late answer is covered in the language that is spoken."""
    model = ScriptedModel(["Yes."], first_token=1.8)
    _, tongue = await call(["English please", "what is my bill"], model)
    assert ENGLISH.filler[0] in tongue.synthesizer.spoken


async def test_the_model_is_told_how_the_caller_mixes():
    """By the last turns, anew for each answer."""
    model = ScriptedModel(["जी।"])
    texts = ["मेरी बिजली कब आएगी", "मेरा order cancel करके refund status check कर दीजिए"]
    mixes = {Mix.HINDI: "शुद्ध", Mix.MIXED: "मिली-जुली"}
    await call(texts, model, possible=False, mixes=mixes)
    assert [asked[-1] for asked in model.asked] == [
        Message("system", "शुद्ध"),
        Message("system", "मिली-जुली"),
    ]


async def test_too_few_words_tell_nothing_of_a_mix():
    """The model is told nothing."""
    model = ScriptedModel(["जी।"])
    await call(["हाँ जी"], model, possible=False, mixes={Mix.HINDI: "शुद्ध"})
    assert [message.role for message in model.asked[0]] == ["assistant", "user"]
