"""
How often the assistant understands: sentences as a recogniser heard them, and paraphrases.

`heard.tsv`: 24 sentences in four synthetic voices through a telephone band (8 kHz, A-law), as
the embedded recogniser heard them. Two voices were used to tune the assistant, two were not.
`paraphrases.tsv`: other ways to say the same, never used for tuning, and what is none of its
business. `heard_paraphrases.tsv`: those in Devanagari, spoken and heard in the same way.
"""

import csv
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest

from bot.core.ports import Message
from bot.local.assistant import Assistant, load_assistant

HERE = Path(__file__).parent
TUNED = ("kokoro-hf_alpha", "kokoro-hm_psi")
UNSEEN = ("kokoro-hf_beta", "kokoro-hm_omega")
IN_ORDER = """
bill_amount order_status person yes no yes no mobile_number balance complaint internet_down
address_change cancel_order shop_hours bill_due payment_done new_connection language card_block
goodbye number wait name loan
"""
INTENTS = {f"s{number:02}": intent for number, intent in enumerate(IN_ORDER.split(), 1)}
QUESTION = Message("assistant", "जी ज़रूर। क्या और कोई मदद चाहिए?")


@cache
def assistant() -> Assistant:
    """One assistant for all tests: it keeps nothing."""
    return load_assistant()


def table(name: str) -> list[dict[str, str]]:
    """The rows of a table beside this file."""
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def understood(text: str, wanted: str) -> bool:
    """Whether the reply to a caller's words is that of the intent; a yes or no has its question."""
    history = [QUESTION] if wanted in ("yes", "no") else []
    answer = assistant().answer([*history, Message("user", text)])
    return (answer.intent or "unknown") == wanted


def share(results: Iterable[bool]) -> float:
    """The part of them that are right."""
    right = list(results)
    return sum(right) / len(right)


@pytest.mark.parametrize("voices", [TUNED, UNSEEN], ids=["tuned", "unseen"])
def test_nine_of_ten_heard_sentences_are_understood(voices):
    """The right intent for at least 90 % of what was heard, for tuned and unseen voices alike."""
    rows = [row for row in table("heard.tsv") if row["voice"] in voices]
    assert len(rows) == 48
    assert share(understood(row["heard"], INTENTS[row["id"]]) for row in rows) >= 0.95


def test_paraphrases_are_understood():
    """The right intent for other ways to say it."""
    rows = [row for row in table("paraphrases.tsv") if row["intent"] != "unknown"]
    assert len(rows) >= 60
    assert share(understood(row["text"], row["intent"]) for row in rows) >= 0.9


def test_spoken_paraphrases_are_mostly_understood_and_seldom_mistaken():
    """Unseen words through the recogniser: most are understood, and few for something else."""
    rows = [row for row in table("heard_paraphrases.tsv") if row["intent"] != "unknown"]
    assert len(rows) >= 120
    right = [understood(row["heard"], row["intent"]) for row in rows]
    unclear = [understood(row["heard"], "unknown") for row in rows]
    assert share(right) >= 0.7
    assert share(right) + share(unclear) >= 0.9


def test_what_is_none_of_its_business_is_not_understood():
    """The assistant does not guess."""
    typed = [row["text"] for row in table("paraphrases.tsv") if row["intent"] == "unknown"]
    spoken = [row["heard"] for row in table("heard_paraphrases.tsv") if row["intent"] == "unknown"]
    assert share(understood(text, "unknown") for text in typed + spoken) >= 0.8
