"""
How many words of a cut sentence we get wrong when the synthesizer tells no word times.

    python -m bench.heard_words            from tests/hindi/word_times.tsv, in a few seconds
    python -m bench.heard_words --measure  makes that file anew with the embedded voice

The truth is when the embedded voice (Kokoro) ends each word, by its own predicted durations, pauses
between clauses included. Sentences where it speaks other words than are written (joined ones) are
left out. Each sentence is cut every 20 ms, as a playout is; the error is how many words more or
fewer than really left are called heard.
"""

import argparse
import csv
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.core.ports import Word
from bot.hindi.length import expected_seconds, word_ends

TESTS = Path(__file__).parent.parent / "tests"
TIMES = TESTS / "hindi" / "word_times.tsv"
STEP = 0.02
"""Seconds between two cuts: a frame."""
SECONDS_PER_LETTER = 0.075
SAYING_REPLIES = ("hf_alpha", "hf_beta")
"""Voices that also say the bot's replies; the others say only the callers' sentences."""
FITTED_ON = ("hf_alpha", "hm_psi")
"""Voices whose times the weights of bot/hindi/length.py were fitted to."""
REPLIES = (
    "नमस्ते! मैं आपकी क्या सहायता कर सकती हूँ?",
    "जी, आपका इस महीने का बिल एक हज़ार दो सौ चालीस रुपये है।",
    "जी, बिल भरने की आखिरी तारीख इस महीने की पच्चीस तारीख है।",
    "जी, आपका टेबल पंखा रास्ते में है, और वह परसों शाम तक पहुँच जाएगा।",
    "क्या आपका ऑर्डर रद्द कर दिया जाए?",
    "माफ़ कीजिए, मैं समझ नहीं पाई। क्या आप दोबारा कहेंगे?",
    "आपकी शिकायत दर्ज हो गई है, हमारे साथी चौबीस घंटे में आपसे संपर्क करेंगे।",
    "कृपया राउटर को बंद करके एक मिनट बाद फिर से चालू कीजिए।",
    "अपना दस अंकों का मोबाइल नंबर बताइए।",
    "आपने नौ आठ सात छह पाँच बताया। क्या यह सही है?",
    "हमारी दुकान सुबह दस बजे से रात आठ बजे तक खुली रहती है।",
    "जी, पाँच सौ रुपये का भुगतान हमें मिल गया है, धन्यवाद।",
    "आपके खाते में तीन हज़ार पाँच सौ रुपये हैं।",
    "मैं आपको हमारे प्रतिनिधि से जोड़ रही हूँ, कृपया लाइन पर बने रहिए।",
    "क्षमा कीजिए, अभी कुछ तकनीकी समस्या है। कृपया एक बार फिर से कहिए।",
    "लोन घर के लिए चाहिए, गाड़ी के लिए, या अपने किसी और काम के लिए?",
    "आपका कार्ड बंद कर दिया गया है, नया कार्ड सात दिन में आपके पते पर पहुँच जाएगा।",
    "नया कनेक्शन लेने के लिए आपको पहचान पत्र और पते का प्रमाण देना होगा।",
    "बिजली की खराबी ठीक होने में लगभग दो घंटे लगेंगे।",
    "आपकी आवाज़ नहीं आ रही है, इसलिए मैं फ़ोन रख रही हूँ। धन्यवाद, नमस्ते।",
    "आपका रिफंड तीन से पाँच कार्य दिवसों में आपके बैंक खाते में आ जाएगा।",
    "हाँ जी, बिल्कुल।",
)

Estimate = Callable[[str, float], Sequence[Word]]
"""From a text and its real length in seconds to its words and their ends."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence as a voice said it: its whole length and the ends of its words, in seconds."""

    voice: str
    text: str
    length: float
    ends: tuple[float, ...]


def by_letters(text: str, length: float) -> list[Word]:
    """What share of the letters was said: the estimate that syllables replaced."""
    words, letters = [], 0
    for word in text.split():
        letters += len(word) + 1
        words.append(Word(word, (letters - 1) * length / len(text)))
    return words


def by_letters_unknown(text: str, length: float) -> list[Word]:
    """The same with a usual length instead of the real one."""
    return by_letters(text, len(text) * SECONDS_PER_LETTER)


def by_syllables_unknown(text: str, length: float) -> Sequence[Word]:
    """Ours without the real length."""
    return word_ends(text, expected_seconds(text))


ESTIMATES: dict[str, Estimate] = {
    "letters, length known": by_letters,
    "letters, length unknown": by_letters_unknown,
    "syllables, length known": word_ends,
    "syllables, length unknown": by_syllables_unknown,
}


def read() -> list[Sentence]:
    """The measured sentences."""
    with TIMES.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [
            Sentence(
                row["voice"],
                row["text"],
                int(row["length_ms"]) / 1000,
                tuple(int(end) / 1000 for end in row["ends_ms"].split()),
            )
            for row in rows
        ]


def words_off(sentence: Sentence, guess: Sequence[Word]) -> list[int]:
    """At each cut of a sentence, how many words too many (or too few) are called heard."""
    cuts = [STEP * number for number in range(1, int(sentence.length / STEP))]
    return [
        sum(word.end <= cut for word in guess) - sum(end <= cut for end in sentence.ends)
        for cut in cuts
    ]


def late_by(sentence: Sentence, guess: Sequence[Word]) -> list[float]:
    """How far off each word's end is, in seconds; the last one, which needs no guess, left out."""
    pairs = zip(guess, sentence.ends, strict=True)
    return [abs(word.end - end) for word, end in pairs][:-1]


def spoken_as(estimate: Estimate) -> Callable[[Sentence], Sequence[Word]]:
    """An estimate of a measured sentence."""
    return lambda one: estimate(one.text, one.length)


def paces(sentences: Iterable[Sentence]) -> dict[str, float]:
    """How much slower each voice is than expected, as a bot learns that from its own replies."""
    ratios: dict[str, list[float]] = {}
    for one in sentences:
        ratios.setdefault(one.voice, []).append(one.length / expected_seconds(one.text))
    return {voice: statistics.fmean(of_voice) for voice, of_voice in ratios.items()}


def at_pace(pace: Mapping[str, float]) -> Callable[[Sentence], Sequence[Word]]:
    """Ours without the real length, at the voice's usual pace."""
    return lambda one: word_ends(one.text, expected_seconds(one.text) * pace[one.voice])


def report(
    name: str, sentences: Iterable[Sentence], estimate: Callable[[Sentence], Sequence[Word]]
) -> str:
    """One line: words off at a cut, and milliseconds off at a word's end."""
    off: list[int] = []
    late: list[float] = []
    for sentence in sentences:
        guess = estimate(sentence)
        off += words_off(sentence, guess)
        late += late_by(sentence, guess)
    exact = sum(not one for one in off) / len(off)
    near = sum(abs(one) <= 1 for one in off) / len(off)
    mean = statistics.fmean(map(abs, off))
    return (
        f"{name:28} {mean:6.3f} {exact:7.1%} {near:7.1%} {max(map(abs, off)):4d}"
        f" {statistics.fmean(late) * 1000:7.0f} {sorted(late)[int(len(late) * 0.95)] * 1000:7.0f}"
    )


def measure() -> None:
    """Let the embedded voice say everything, and write down when each word ends."""
    from bot.local.espeak import Espeak
    from bot.local.models import KOKORO_FILES, require
    from bot.local.tts import KOKORO_VOICES, Kokoro

    kokoro = Kokoro(require(KOKORO_FILES) / "kokoro", Espeak(), threads=2)
    with (TESTS / "speech" / "texts.tsv").open(encoding="utf-8", newline="") as file:
        callers = {row["text"] for row in csv.DictReader(file, delimiter="\t")}
    left_out = 0
    with TIMES.open("w", encoding="utf-8", newline="") as file:
        file.write("voice\ttext\tlength_ms\tends_ms\n")
        for voice in KOKORO_VOICES:
            for text in [*sorted(callers), *(REPLIES if voice in SAYING_REPLIES else ())]:
                row = _measured(kokoro, voice, text)
                left_out += row is None
                file.write(row or "")
    print(f"{left_out} sentences left out: spoken in other words than written")


def _measured(kokoro: object, voice: str, text: str) -> str | None:
    """A row of the table; None where the voice's words are not the written ones."""
    from bot.local.clauses import clauses, spoken
    from bot.local.tts import Kokoro, Stop, written_words

    assert isinstance(kokoro, Kokoro)
    at, ends = 0.0, []
    for clause in clauses(spoken(text)):
        sound = kokoro.speak(clause, voice, 1.0, Stop())
        if sound.phonemes.count(" ") + 1 != len(written_words(clause.text)):
            return None
        ends += [round(1000 * (at + word.end)) for word in sound.words]
        at += len(sound.pcm) / 2 / sound.rate + clause.pause
    length = round(1000 * (at - clause.pause))
    return f"{voice}\t{text}\t{length}\t{' '.join(map(str, ends))}\n"


def main() -> None:
    """Print the table, for the voices that the weights were fitted to and for the others."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--measure", action="store_true", help="make word_times.tsv anew")
    if parser.parse_args().measure:
        measure()
    sentences = read()
    groups = {
        "Voices fitted on": [one for one in sentences if one.voice in FITTED_ON],
        "Voices not fitted on": [one for one in sentences if one.voice not in FITTED_ON],
        "All, the bot's replies": [one for one in sentences if one.text in REPLIES],
    }
    for title, some in groups.items():
        print(f"\n{title}: {len(some)} sentences, {sum(len(s.ends) for s in some)} words")
        print(f"{'':26} words off   exact within1 most  ms off    p95")
        for name, estimate in ESTIMATES.items():
            print(report(name, some, spoken_as(estimate)))
        print(report("syllables, pace known", some, at_pace(paces(sentences))))


if __name__ == "__main__":
    main()
