"""What of a real call is kept: held on virtual time, with its services scripted."""

import asyncio
import json

from bot.app.witness import Witness
from bot.core.events import Ending, Transcript
from bot.core.ports import ToolCall
from tests.call.test_turn_taking import ASK, OURS
from tests.fakes import FakeLine, ScriptedModel, ScriptedRecognizer, Story
from tests.records.stories import Rows, record, turn

PIN = ToolCall("collect_number", {"name": "pin", "digits": "4", "secret": "true"})
ACCOUNT = ToolCall("collect_number", {"name": "account", "digits": "4", "confirm": "false"})


async def story(rows, answers, keys=(), more=(), **settings):
    """A caller who asks, is asked for a number, keys it in, says yes and leaves; its record."""
    made = record(rows.put, **settings)
    held = await Story(
        FakeLine(30.0, voice=[(2.0, 3.0), (14.0, 14.5)], keys=list(keys)),
        ScriptedRecognizer([ASK, (14.8, Transcript("हाँ जी सही है", True)), *more]),
        ScriptedModel(answers),
        settings=OURS,
        also=Witness(made).watch,
    ).run()
    made.ended(held.ending, 30.0, 0, 0)
    return made


async def test_turns_words_and_fields_of_a_call_are_kept():
    """What the caller said is there before our answer to it is over."""
    rows = Rows()
    keys = [(6.0 + n / 4, "1234"[n]) for n in range(4)]
    await story(rows, [["अपना खाता नंबर बताइए।", ACCOUNT], "मिल गया।"], keys)
    assert [row["value"] for row in rows.of("fields")] == ["1234"]
    said = [row["said"] for row in rows.of("turns")]
    assert said[0].startswith("नमस्ते") and "अपना खाता नंबर बताइए।" in said and "मिल गया।" in said
    kinds = [row["kind"] for row in rows.of("events")]
    assert kinds.count("key") == 4 and "number_asked" in kinds
    heard = next(row for row in rows.of("events") if row["kind"] == "heard")
    answer = next(row for row in rows.of("turns") if row["said"] == "अपना खाता नंबर बताइए।")
    assert heard["detail"] == ASK[1].text and heard["at"] < answer["at"]
    assert {"response", "turnaround"} <= {row["name"] for row in rows.of("intervals")}
    [end] = [row for row in rows.of("calls") if "outcome" in row]
    assert end["outcome"] == "caller_left" and "account: 1234" in end["summary"]


async def test_a_secret_is_in_no_row_even_where_the_model_repeats_it():
    """Not as keys, words, field, event or webhook; in figures, in Devanagari or in words."""
    rows = Rows()
    keys = [(6.0 + n / 4, "7391"[n]) for n in range(4)]
    leaks = ["आपका पिन 7391 है।", "यानी ७ ३ ९ १।", "सात तीन नौ एक, मिल गया।"]
    made = await story(rows, [["अपना पिन दबाइए।", PIN], [" ".join(leaks)]], keys)
    made.note("saying", leaks[0])
    everything = json.dumps([str(each) for group in rows.groups for each in group])
    assert "7391" not in everything and "७ ३ ९ १" not in json.loads(everything)
    assert not [text for text in json.loads(everything) if "सात तीन नौ" in text]
    [field] = rows.of("fields")
    assert (field["value"], field["secret"]) == ("****", True)


async def test_without_transcripts_no_word_is_kept():
    """Times, numbers of turns and names of phrases are; webhooks hold no words either."""
    rows = Rows()
    await story(rows, ["आपका खाता चालू है।"], transcripts=False)
    everything = "".join(str(each) for group in rows.groups for each in group)
    assert "खाता" not in everything and "नमस्ते" not in everything
    assert [row["phrase"] for row in rows.of("turns")][0] == "greeting"


async def test_numbers_that_identify_somebody_are_masked():
    """As in the logs."""
    rows = Rows()
    made = record(rows.put)
    made.heard("मेरा फ़ोन नंबर 9812345678 है")
    made.turn(turn(heard="मेरा फ़ोन नंबर 9812345678 है", said="जी 9812345678।"))
    made.ended(Ending.HANG_UP, 3.0, 0, 0)
    texts = [str(row) for table in ("turns", "events") for row in rows.of(table)]
    assert "9812345678" not in "".join(texts)
    [end] = [row for row in rows.of("calls") if "outcome" in row]
    assert "9812345678" not in end["summary"]


async def test_bare_digits_are_masked_as_what_was_asked_for():
    """After our question for an OTP, four digits without a word are one, wherever they are kept."""
    rows = Rows()
    made = record(rows.put)
    made.turn(turn(1, said="कृपया अपना ओटीपी बताइए।"))
    made.heard("चार पाँच छह सात")
    made.turn(turn(2, heard="चार पाँच छह सात", said="धन्यवाद।"))
    [event] = rows.of("events")
    assert event["detail"] == "[OTP]"
    assert [row["heard"] for row in rows.of("turns")][1] == "[OTP]"


async def test_the_events_of_one_call_are_bounded():
    """However long somebody presses keys."""
    rows = Rows()
    made = record(rows.put)
    for _ in range(6000):
        made.note("key")
    assert len(rows.of("events")) == 5000


async def test_times_count_from_the_answer():
    """In seconds of the call."""
    rows = Rows()
    made = record(rows.put)
    await asyncio.sleep(7.5)
    made.note("key")
    assert rows.of("events")[0]["at"] == 7.5
