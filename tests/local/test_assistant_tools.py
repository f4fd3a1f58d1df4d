"""The assistant asks for numbers and keys by tools, and understands what the call brings."""

import json

import pytest

from bot.call.tools import number_wanted
from bot.config import LlmSettings
from bot.core.numbers import NumberWanted
from bot.core.ports import Message, ToolCall
from bot.local.assistant import Assistant
from bot.local.assistant_chunks import tool_use
from bot.local.assistant_protocol import Function
from bot.local.assistant_script import load_script
from bot.local.assistant_server import MODEL, AssistantOptions, serve
from bot.nim.chat import NimChat
from tests.local.test_assistant_stories import Call

pytestmark = pytest.mark.timeout(60)

READ_BACK = "आपने एक एक शून्य शून्य शून्य एक बताया। क्या यह सही है?"


def wanted(answer) -> NumberWanted | None:
    """What the call understands of an answer's tool."""
    return number_wanted(ToolCall(answer.tool or "", dict(answer.arguments)))


async def streamed(text: str, tools: bool) -> tuple[str, list[ToolCall]]:
    """What the bot's own client of a model gets: what is said, what is called."""
    server = await serve(AssistantOptions())
    chat = NimChat(LlmSettings(base_url=server.url, model=MODEL, tools=tools))
    try:
        pieces = [piece async for piece in chat.reply([Message("user", text)])]
    finally:
        await chat.server.close()
        await server.stop()
    said = "".join(piece for piece in pieces if isinstance(piece, str))
    return said, [piece for piece in pieces if isinstance(piece, ToolCall)]


@pytest.mark.real_time
async def test_a_question_for_a_number_comes_with_the_tool_that_collects_it():
    """The stream has the question's words, then the tool call with its name and digits."""
    said, calls = await streamed("मेरा पता बदल दीजिए", tools=True)
    assert said == "जी, पता बदल दिया जाएगा। नए घर का छह अंकों का पिन कोड बताइए।"
    assert [number_wanted(call) for call in calls] == [NumberWanted("pin_code", 6, 6)]


@pytest.mark.real_time
async def test_without_the_tool_the_number_is_asked_for_in_words_alone():
    """Another client hears the same question, and nothing is called."""
    said, calls = await streamed("मेरा पता बदल दीजिए", tools=False)
    assert said.endswith("नए घर का छह अंकों का पिन कोड बताइए।")
    assert calls == []


def test_arguments_fit_the_types_of_a_strangers_schema():
    """Numbers and truths are written as the schema wants them; unknown ones are left out."""
    types = {"digits": {"type": "integer"}, "secret": {"type": "boolean"}, "name": {}}
    schema = {"type": "object", "properties": types, "required": ["name"]}
    values = {"name": "otp", "digits": "6", "secret": "false", "more": "x"}
    use = tool_use(Function(name="collect_number", parameters=schema), "c", values)
    assert json.loads(use.arguments) == {"name": "otp", "digits": 6, "secret": False}


@pytest.mark.parametrize("heard", [0, 8])
def test_a_collected_number_is_believed_without_asking_again(heard):
    """The call has read it back: the form is sent at once, however much of the question sounded."""
    call = Call()
    assert wanted(call.says("मेरा पता बदल दीजिए")) == NumberWanted("pin_code", 6, 6)
    call.interrupts(heard)
    answer = call.says("[pin_code: 110001]")
    assert answer.text.startswith("धन्यवाद। पता बदलने का फ़ॉर्म")
    assert answer.step == "anything_else"
    assert call.says("नहीं").tool == "hang_up"


def test_what_the_call_said_while_collecting_changes_nothing():
    """Its questions are joined to ours in the history."""
    call = Call()
    call.says("नया कनेक्शन चाहिए")
    call.hears(READ_BACK)
    assert call.says("[callback_number: 9876543210]").text.startswith("धन्यवाद, नंबर दर्ज")


def test_a_collected_number_without_a_step_that_confirms_gets_the_usual_reply():
    """Only what the call has already done is passed over."""
    call = Call(assistant=without_confirmation())
    call.says("मेरा पता बदल दीजिए")
    answer = call.says("[pin_code: 110001]")
    assert answer.text.startswith("जी, पिन कोड एक एक शून्य शून्य शून्य एक लिखा है।")


def without_confirmation():
    """The assistant, whose script asks once more whatever the call did."""
    script = load_script()
    steps = {n: step.model_copy(update={"confirms": False}) for n, step in script.steps.items()}
    return Assistant(script.model_copy(update={"steps": steps}))


@pytest.mark.parametrize("told", ["[pin_code: none]", "[pin_code: 11]"])
def test_no_number_is_asked_for_once_more_and_then_a_person_is_offered(told):
    """The call has asked several times already, each time."""
    call = Call()
    call.says("मेरा पता बदल दीजिए")
    again = call.says(told)
    assert again.text.startswith("माफ़ कीजिए, छह अंक सुनाई नहीं दिए।")
    assert wanted(again) == NumberWanted("pin_code", 6, 6)
    call.hears("कृपया छह अंक बताइए या दबाइए।")
    offer = call.says(told)
    assert (offer.step, offer.tool) == ("offer_person", None)
    assert call.says("[keys: 1]").tool == "transfer"


def test_a_number_that_comes_after_one_was_missed_is_taken():
    """Asked once more, the caller gave it."""
    call = Call()
    call.says("मेरा पता बदल दीजिए")
    call.says("[pin_code: none]")
    assert call.says("[pin_code: 560034]").step == "anything_else"


def test_other_words_of_a_caller_asked_for_a_number_are_answered():
    """A wish is served, a refusal accepted; a repeat asks by the tool again."""
    for said, step in (("मेरा बिल कितना है", "anything_else"), ("नहीं रहने दीजिए", "what_help")):
        call = Call()
        call.says("मेरा पता बदल दीजिए")
        answer = call.says(said)
        assert (answer.step, answer.tool) == (step, None)
    call = Call()
    call.says("मेरा पता बदल दीजिए")
    assert wanted(call.says("दोबारा बोलिए")) == NumberWanted("pin_code", 6, 6)


def test_what_the_caller_says_after_a_collected_number_is_answered():
    """The reply to the number never sounded, and the caller went on."""
    call = Call()
    call.says("मेरा पता बदल दीजिए")
    assert call.says("[pin_code: 110001] मेरा बिल कितना है").intent == "bill_amount"


def test_a_number_of_a_stranger_is_no_number_of_ours():
    """A name that no step has, or that wants no digits, means nothing."""
    for told in ("[otp: 123456]", "[confirm_address: 123456]", "[menu: none]"):
        assert Call().says(told).intent == ""


def test_the_menu_takes_one_key():
    """An unknown key offers the menu; what the call brings from it is a key like any other."""
    call = Call()
    assert wanted(call.says("[keys: 5]")).choices == ("0", "1", "2", "3", "9")
    assert call.says("[menu: 2]").intent == "order_status"
    call = Call()
    call.says("[keys: 5]")
    assert call.says("[menu: none]").step == "offer_person"


@pytest.mark.parametrize(
    ("keys", "intent"),
    [("9876543210#", "mobile_number"), ("9876543210", "mobile_number"), ("1#", "bill_amount"),
     ("42#", "order_status"), ("#", "")],
)  # fmt: skip
def test_keys_that_nobody_asked_for_come_together(keys, intent):
    """Six digits and more are a number; of fewer, the last is a choice; # only ends them."""
    assert Call().says(f"[keys: {keys}]").intent == intent


@pytest.mark.parametrize("keys", ["110001", "110001#"])
def test_all_digits_in_one_message_are_the_number_asked_for_in_words(keys):
    """Without the tool, keys come together as well; too few with # are too few."""
    call = Call()
    call.says("मेरा पता बदल दीजिए")
    assert call.says(f"[keys: {keys}]").step == "confirm_address"
    assert call.says("[keys: 2#]").step == "pin_code"
    assert "छह अंक सुनाई नहीं दिए" in call.says("[keys: 110#]").text
