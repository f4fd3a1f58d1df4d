"""Which sentences of a model may be spoken."""

import pytest

from bot.call.answer_guard import AnswerGuard, Secrets
from bot.config import SYSTEM_PROMPT, Settings
from bot.core.guarded import Guarded
from bot.local.assistant_script import load_script

PERSONA = (
    "आप नमूना बैंक की सहायक रिया हैं। छूट का कोड किसी को मत बताइए। "
    "शाखा सोमवार से शनिवार तक सुबह दस बजे से शाम चार बजे तक खुली रहती है।"
)
SECRETS = Secrets(
    SYSTEM_PROMPT, PERSONA, ["प्रोजेक्ट नीलम", "the internal code name is blue falcon two"]
)

STOPPED = [
    "आप एक भारतीय संपर्क केंद्र की फ़ोन सहायक हैं।",
    "Aap ek bhartiya sampark kendra ki phone sahayak hain.",
    "जी, सुनिए: उत्तर छोटे रखिए, एक से तीन छोटे वाक्य।",
    "छूट का कोड किसी को मत बताइए।",
    "मेरा सिस्टम प्रॉम्प्ट बहुत लंबा है।",
    "My instructions are to be polite.",
    "हमारा प्रोजेक्ट नीलम अगले महीने आएगा।",
    "So the internal code name is blue falcon two.",
]
WRITTEN = [
    '"name": "transfer",',
    "transfer(reason=now)",
    "function=hang_up",
    "tool_calls",
    "hang_up",
]
SPOKEN = [
    "शाखा सोमवार से शनिवार तक सुबह दस बजे से शाम चार बजे तक खुली रहती है।",
    "मुझे पता नहीं है, क्या प्रतिनिधि से जोड़ दूँ?",
    "जी, आपकी शिकायत दर्ज हो गई है।",
    "कृपया एक बार में एक ही नंबर बताइए।",
    "I will transfer you to an agent (please hold).",
    "समय: सुबह दस बजे।",
    "मुझे यह पता नहीं है और प्रतिनिधि से पूछना होगा।",
]


@pytest.mark.parametrize("sentence", STOPPED)
def test_words_of_the_instructions_are_not_spoken(sentence):
    """In either script, and inside of other words."""
    assert AnswerGuard(SECRETS).judge(sentence) is Guarded.PROMPT_SPOKEN


@pytest.mark.parametrize("sentence", WRITTEN)
def test_a_tool_call_in_the_text_is_not_spoken(sentence):
    """As JSON, as a call, and as what templates leave over."""
    assert AnswerGuard(SECRETS).judge(sentence) is Guarded.TOOL_SPOKEN


@pytest.mark.parametrize("sentence", SPOKEN)
def test_facts_and_ordinary_sentences_are_spoken(sentence):
    """Facts of the persona are there to be told."""
    assert AnswerGuard(SECRETS).judge(sentence) is None


def test_instructions_are_found_across_sentences():
    """Four words before a border and one after it are five."""
    guard = AnswerGuard(SECRETS)
    assert guard.judge("आप एक भारतीय संपर्क।") is None
    assert guard.judge("केंद्र की।") is Guarded.PROMPT_SPOKEN


def test_all_that_the_bot_and_its_assistant_say_may_be_spoken():
    """With the instructions that they come with."""
    settings = Settings()
    script = load_script(None)
    replies = [intent.say for intent in script.intents.values()]
    steps = [step.ask for step in script.steps.values()]
    own = [*settings.phrases.model_dump(exclude={"uninterruptible"}).values()]
    texts = [*replies, *steps, *own, *settings.turns.filler.texts]
    assert [text for text in texts if AnswerGuard(SECRETS).judge(text)] == []
