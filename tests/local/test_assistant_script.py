"""The assistant's script: what is refused, with the line and the field at fault."""

from pathlib import Path

import pytest
import yaml

from bot.core.errors import ConfigError
from bot.core.ports import Message
from bot.local.assistant import load_assistant
from bot.local.assistant_script import DEFAULT_SCRIPT, load_script

SCRIPT = DEFAULT_SCRIPT.read_text(encoding="utf-8")


def line_of(text: str, part: str) -> int:
    """The line of the file where this text is."""
    return text[: text.index(part)].count("\n") + 1


@pytest.mark.parametrize(
    ("good", "bad", "reason"),
    [
        ("say: जी, पता बदल दिया जाएगा।", "says: जी", "intents.address_change.say"),
        ("    then: pin_code\n", "    then: pin\n", "there is no step 'pin'"),
        ("{bill_due}", "{bill_date}", "{bill_date} is no fact"),
        ("रोज़ {open}", "रोज़ 10 बजे", "write '10' as it is spoken"),
        ("about: [card_block]", "about: [cards]", "there is no intent 'cards'"),
        ("    length: 6\n", "", "needs 'length'"),
        ("    length: 6\n", "    length: 6\n    confirms: true\n", "has to expect yes_no"),
        ("  loan_kind:\n", "  Loan kind:\n", "steps.Loan kind"),
        ("tool: offer_menu", "tool: offer_choice", "wrong_key.tool"),
        ("    missing: धन्यवाद।\n", "", "slot and missing belong together"),
        ('key: "3"', 'key: "33"', "intents.complaint.key"),
        ("ask: क्या अब इंटरनेट चल रहा है?", "ask: क्या यह नंबर सही है?", "the same question"),
        ("  repeat:\n    always", "  again:\n    always", "the intent 'repeat' is needed"),
        ("  loan:\n", "  balance:\n", "given twice"),
        ("  balance: तीन", "  balance: 3", "facts.balance"),
    ],
)
def test_a_wrong_script_stops_the_start_with_its_place(tmp_path, good, bad, reason):
    """The error names the file, a line and what to change."""
    assert good in SCRIPT
    path = tmp_path / "mine.yaml"
    path.write_text(SCRIPT.replace(good, bad, 1), encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        load_script(path)
    assert reason in str(error.value)
    assert f"{path}, line " in str(error.value)


def test_the_line_at_fault_is_the_right_one(tmp_path):
    """The number is that of the field, as an editor counts."""
    text = SCRIPT.replace("    then: pin_code\n", "    then: pin\n", 1)
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=f"line {line_of(text, 'then: pin')}: intents.address"):
        load_script(path)


@pytest.mark.parametrize("text", ["a: [", "", "- x", "7", "intents: !!python/object:os.system {}"])
def test_a_file_that_is_no_script_is_refused(tmp_path, text):
    """Broken, empty or dangerous YAML is a ConfigError, and nothing of it is run."""
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"mine\.yaml"):
        load_script(path)


def test_a_missing_file_is_refused_by_name():
    """The path that is not there is named."""
    with pytest.raises(ConfigError, match=r"nowhere\.yaml"):
        load_script(Path("nowhere.yaml"))


def test_another_script_changes_what_is_said(tmp_path):
    """A company puts in its own facts."""
    data = yaml.safe_load(SCRIPT)
    data["facts"]["bill_amount"] = "सात रुपये"
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    answer = load_assistant(path).answer([Message("user", "मेरा बिल कितना है")])
    assert "सात रुपये" in answer.text


def test_every_phrase_of_the_script_means_its_own_intent():
    """No phrase is nearer to another intent than to its own."""
    assistant = load_assistant()
    question = Message("assistant", "क्या और कोई मदद चाहिए?")
    for name, intent in load_script().intents.items():
        for phrase in intent.phrases:
            heard = assistant.answer([question, Message("user", phrase)]).intent
            assert heard == name, phrase
