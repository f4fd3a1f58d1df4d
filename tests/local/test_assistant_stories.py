"""Whole dialogs with the assistant, and what it does with any text at all."""

from dataclasses import dataclass, field

import openai
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.ports import Message
from bot.local.assistant import Answer, Assistant, load_assistant
from bot.local.assistant_server import MODEL, AssistantOptions, serve

ASSISTANT = load_assistant()
OTHER = load_assistant()


@dataclass
class Call:
    """A conversation as the bot keeps it: neighbours of one speaker are joined."""

    assistant: Assistant = ASSISTANT
    history: list[Message] = field(default_factory=list)

    def says(self, text: str) -> Answer:
        """The caller says this and hears the whole reply."""
        self._add("user", text)
        answer = self.assistant.answer(self.history)
        self._add("assistant", answer.text)
        return answer

    def interrupts(self, words: int) -> None:
        """The caller heard only this many words of the last reply."""
        last = self.history.pop().content.split()
        if words:
            self._add("assistant", " ".join(last[:words]))

    def hears(self, text: str) -> None:
        """The call itself said this, and no model."""
        self._add("assistant", text)

    def _add(self, role, text: str) -> None:
        if self.history and self.history[-1].role == role:
            text = f"{self.history.pop().content} {text}"
        self.history.append(Message(role, text))


@pytest.mark.real_time
async def test_a_dialog_over_the_wire():
    """A card is blocked after a yes, then the call ends: each request carries the whole history."""
    server = await serve(AssistantOptions())
    async with openai.AsyncOpenAI(base_url=server.url, api_key="none") as client:
        messages = [{"role": "system", "content": "Answer in English only."}]
        replies = []
        for said in ("मेरा कार्ड खो गया है", "हाँ", "नहीं"):
            messages.append({"role": "user", "content": said})
            done = await client.chat.completions.create(model=MODEL, messages=messages)
            replies.append(done.choices[0].message.content)
            messages.append({"role": "assistant", "content": replies[-1]})
    await server.stop()
    assert replies[0].endswith("क्या आपका कार्ड अभी बंद कर दिया जाए?")
    assert replies[1].startswith("ठीक है, आपका कार्ड बंद हो गया है।")
    assert replies[2].startswith("धन्यवाद।")


def test_a_card_stays_open_after_a_garbled_no():
    """A bare नहीं comes through as any short word with न: to a question it is a no."""
    call = Call()
    call.says("मेरा कार्ड ब्लॉक कर दीजिए")
    assert "चालू रहेगा" in call.says("निहाल").text


def test_the_wish_said_again_is_a_yes():
    """Asked whether to block the card, "block my card" means yes."""
    call = Call()
    call.says("मेरा कार्ड बंद कर दीजिए")
    assert call.says("कार्ड ब्लॉक कर दीजिए").intent == "yes"


def test_a_complaint_takes_any_words_and_gives_a_number():
    """The second step registers whatever was said; the number can be heard again."""
    call = Call()
    call.says("मुझे शिकायत दर्ज करानी है")
    registered = call.says("मीटर बहुत तेज़ चल रहा है")
    assert "शिकायत नंबर" in registered.text
    assert registered.text in call.says("दोबारा बोलिए").text
    assert registered.text in call.says("फिर से बताइए").text
    other = Call()
    other.says("मुझे शिकायत दर्ज करानी है")
    assert other.says("मीटर बहुत तेज़ चल रहा है").text == registered.text


def test_a_complaint_can_be_dropped_for_a_person():
    """Some wishes are understood even where any words would do."""
    call = Call()
    call.says("शिकायत करनी है")
    assert call.says("मुझे एजेंट से बात करनी है").tool == "transfer"


def test_an_address_needs_six_digits_and_a_yes():
    """Too few digits are asked for again; a no asks again; a yes ends it."""
    call = Call()
    assert call.says("मेरा पता बदल दीजिए").step == "pin_code"
    assert "छह अंक सुनाई नहीं दिए" in call.says("एक एक शून्य").text
    assert "एक एक शून्य शून्य शून्य एक" in call.says("एक एक शून्य शून्य शून्य एक").text
    assert call.says("नहीं ग़लत है").step == "pin_code"
    call.says("110002")
    assert call.says("हाँ सही है").step == "anything_else"


def test_digits_may_be_pressed_key_by_key():
    """Keys add up over turns, cut and joined as a fast thumb makes them."""
    call = Call()
    call.says("मेरा पता बदल दीजिए")
    call.interrupts(6)
    for key in "11000":
        assert call.says(f"[keys: {key}]").text == "जी, आगे दबाइए।"
        call.interrupts(int(key))
    assert "एक एक शून्य शून्य शून्य एक लिखा है" in call.says("[keys: 1]").text
    assert call.says("[keys: 1]").intent == "yes"


def test_wrong_digits_lead_to_a_person_in_the_end():
    """After two times, nobody is asked for the same number again."""
    call = Call()
    call.says("नया कनेक्शन चाहिए")
    call.says("एक दो")
    call.says("एक दो तीन")
    assert call.says("एक").step == "offer_person"
    assert call.says("हाँ").tool == "transfer"


def test_not_understood_escalates_from_asking_to_examples_to_a_person():
    """Three times in a row bring three different replies; understanding starts afresh."""
    call = Call()
    texts = [call.says(said).text for said in ("दाल में नमक", "गाना गाओ", "चुटकुला सुनाओ")]
    assert "एक बार फिर बोलिए" in texts[0]
    assert "आप कह सकते हैं" in texts[1]
    assert "साथी से जोड़ दिया जाए" in texts[2]
    call.says("मेरा बिल कितना है")
    assert "एक बार फिर बोलिए" in call.says("दाल में नमक").text


def test_a_question_stays_open_while_it_is_not_answered():
    """Noise, a wait and a repeat leave the question as it was."""
    call = Call()
    call.says("मेरा इंटरनेट काम नहीं कर रहा")
    assert call.says("दाल में नमक").text.endswith("क्या राउटर पर लाल बत्ती जल रही है?")
    assert "आराम से" in call.says("एक मिनट रुकिए").text
    call.interrupts(2)
    assert call.says("क्या कहा आपने").intent == "repeat"
    assert call.says("नहीं").step == "net_works"


def test_a_question_cut_by_the_caller_can_still_be_answered():
    """The reply that was cut is worked out again from the conversation before it."""
    call = Call()
    call.says("मेरा ऑर्डर रद्द कर दीजिए")
    call.interrupts(2)
    assert "रद्द हो गया" in call.says("हाँ").text


@pytest.mark.parametrize("filler", ["जी, एक क्षण।", "हम्म, एक सेकंड।"])
def test_a_filler_of_the_bot_before_a_reply_changes_nothing(filler):
    """A question that was cut after it stays open; the reply is said again without it."""
    call = Call()
    call.says("मेरा ऑर्डर रद्द कर दीजिए")
    call.interrupts(3)
    call.history[-1] = Message("assistant", f"{filler} {call.history[-1].content}")
    again = call.says("दोबारा बोलिए")
    assert again.text == "जी, दोबारा सुनिए। जी, यह हो जाएगा। क्या आपका ऑर्डर रद्द कर दिया जाए?"
    call.history[-1] = Message("assistant", f"{filler} {again.text}")
    assert "आराम से" in call.says("एक मिनट रुकिए").text
    call.history[-1] = Message("assistant", f"{filler} {call.history[-1].content}")
    assert "रद्द हो गया" in call.says("हाँ").text


def test_a_filler_does_not_hide_how_often_we_did_not_understand():
    """The third reply in a row still offers a person."""
    call = Call()
    for said in ("दाल में नमक", "गाना गाओ"):
        call.says(said)
        call.history[-1] = Message("assistant", f"जी, एक क्षण। {call.history[-1].content}")
    assert call.says("चुटकुला सुनाओ").step == "offer_person"


def test_a_prompt_of_the_bot_after_the_question_changes_nothing():
    """The bot may add its own words (a silence prompt) to the assistant's message."""
    call = Call()
    call.says("मेरा कार्ड खो गया है")
    call.history[-1] = Message("assistant", call.history[-1].content + " क्या आप लाइन पर हैं?")
    assert "बंद हो गया" in call.says("हाँ").text


@pytest.mark.parametrize(
    ("keys", "intent"),
    [("1", "bill_amount"), ("2", "order_status"), ("3", "complaint"), ("9", "person")],
)
def test_keys_are_a_menu(keys, intent):
    """Without a question that takes keys, a key chooses from the menu; the last one counts."""
    assert Call().says(f"[keys: {keys}]").intent == intent
    assert Call().says(f"[keys: 7] [keys: {keys}]").intent == intent
    assert Call().says(f"हेलो [keys: {keys}]").intent == intent


def test_an_unknown_key_tells_the_menu():
    """The caller hears which keys there are; zero is a person too."""
    assert "बिल के लिए एक" in Call().says("[keys: 5]").text
    assert Call().says("[keys: 0]").tool == "transfer"


def test_words_after_a_key_count():
    """What the caller did last is what is answered."""
    assert Call().says("[keys: 1] मेरा ऑर्डर कब आएगा").intent == "order_status"


def test_slots_are_said_back():
    """Names, amounts and numbers come back in words."""
    assert "राहुल जी" in Call().says("मेरा नाम राहुल शर्मा है").text
    assert "पाँच सौ रुपये" in Call().says("मैंने 500 रुपये का भुगतान कर दिया है").text
    assert "दो हज़ार पच्चीस" in Call().says("2025").text
    said = Call().says("मेरा मोबाइल नंबर 98765 43210 है").text
    assert "नौ आठ सात छह पाँच चार तीन दो एक शून्य" in said


def test_a_courtesy_gives_way_to_a_wish():
    """A greeting before a question does not hide it."""
    assert Call().says("नमस्ते मेरा बिल कितना है").intent == "bill_amount"
    assert Call().says("धन्यवाद और मेरा ऑर्डर कब आएगा").intent == "order_status"


def test_an_empty_conversation_is_greeted():
    """With no word of the caller, the assistant opens the conversation."""
    assert ASSISTANT.answer([]).intent == "greeting"
    assert ASSISTANT.answer([Message("system", "x")]).intent == "greeting"


ANY_TEXT = st.text() | st.text("हाँनहीं बिलकार्ड०१9 [keys: 1]#*\u200d\u093c", max_size=60)
CONVERSATIONS = st.lists(
    st.builds(Message, st.sampled_from(["system", "user", "assistant"]), ANY_TEXT), max_size=8
)


@settings(deadline=None)
@given(CONVERSATIONS)
def test_any_conversation_gets_a_reply_for_the_ear(history):
    """No text breaks the assistant; what it says has no digit, no slot and no markup left in it."""
    text = ASSISTANT.answer(history).text
    said = [m.content for m in history if m.role == "assistant"]
    assert text.strip()
    if not any(part and part in text for part in said):
        assert not set(text) & set("0123456789{}*#_[]<>")


@settings(deadline=None)
@given(st.lists(ANY_TEXT, min_size=1, max_size=5))
def test_the_same_words_get_the_same_replies(texts):
    """Nothing is remembered outside the conversation."""
    first, second = Call(), Call(assistant=OTHER)
    assert [first.says(text) for text in texts] == [second.says(text) for text in texts]
