"""
What the embedded recogniser hears and the embedded assistant answers, through the whole call.

Each of 24 contact-centre sentences in four synthetic voices is said by a real softphone over
G.711 A-law, in a call of its own through Asterisk and the bot. A yes or no is said after the
bot's question "क्या और कोई मदद चाहिए?". `--out` gets a row per sentence: what was recognised,
its character error rate, which intent was answered. A summary goes to standard output.
"""

import argparse
import asyncio
import csv
import re
import sys
import tempfile
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rapidfuzz.distance import Levenshtein

from bot.core.ports import Message
from bot.local.assistant import load_assistant
from bot.sip.errors import CallFailed
from bot.sip.phone_call import PhoneCall
from bot.sip.softphone import Account, Softphone
from bot.sip.wavs import spoken
from scripts.house import House, house

ROOT = Path(__file__).resolve().parent.parent
SPEECH = ROOT / "tests/speech"
IN_ORDER = """
bill_amount order_status person yes no yes no mobile_number balance complaint internet_down
address_change cancel_order shop_hours bill_due payment_done new_connection language card_block
goodbye number wait name loan
"""
INTENTS = {f"s{number:02}": intent for number, intent in enumerate(IN_ORDER.split(), 1)}
"""The intent of each sentence."""
BEFORE = "s14"
"""Said before a yes or no, so that there is a question to answer: the shop's hours."""
QUESTION = Message("assistant", "क्या और कोई मदद चाहिए?")
LONGEST = 12.0
"""Seconds to wait for an answer."""
OPENING = 1.5
"""Seconds of the answer that are heard; its words tell which one it is."""


@dataclass(frozen=True)
class Row:
    """One sentence: what was said, heard and answered."""

    voice: str
    id: str
    text: str
    heard: str
    cer: float
    intent: str
    right: bool
    said: str
    turnaround: float
    """Seconds from the caller's last sound to the bot's first, by the bot's clock."""


def main() -> int:
    """Hold the calls, write the table, print the summary."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "docs/figures/intents.tsv")
    parser.add_argument("--only", default="", help="sentences with this in voice_id, such as s01")
    options = parser.parse_args()
    rows = asyncio.run(_calls(options.only))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    with options.out.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, delimiter="\t", lineterminator="\n")
        table.writerow(Row.__dataclass_fields__)
        table.writerows([getattr(row, name) for name in Row.__dataclass_fields__] for row in rows)
    _summary(rows)
    return 0


async def _calls(only: str) -> list[Row]:
    texts = (SPEECH / "texts.tsv").read_text(encoding="utf-8").splitlines()[1:]
    wanted = [line.split("\t") for line in texts if only in "_".join(line.split("\t")[:2])]
    rows = []
    with tempfile.TemporaryDirectory(prefix="intents-") as folder:
        plain = {"BOT_PHRASES__GREETING": "नमस्ते।", "BOT_TURNS__FILLER__TEXTS": "[]"}
        async with house(Path(folder), _tell, bot=plain) as up:
            for voice, name, text in wanted:
                rows.append(await _row(up, voice, name, text))
                mark = "right" if rows[-1].right else "WRONG"
                _tell(f"{voice} {name} {mark} {rows[-1].intent}: {rows[-1].heard}")
    return rows


async def _row(up: House, voice: str, name: str, text: str) -> Row:
    before = len(up.turns())
    sentences = [BEFORE, name] if INTENTS[name] in ("yes", "no") else [name]
    account = Account("6001", up.accounts["6001"], f"127.0.0.1:{up.sip_port}")
    async with Softphone(account, bind="127.0.0.1") as phone:
        call = await phone.dial("100")
        for number, sentence in enumerate(sentences, start=1):
            await _turns(up, before + number)
            await call.play(spoken(SPEECH / f"{voice}_{sentence}.wav", call.rate))
        await _opening(call)
        await call.hang_up()
    await _turns(up, before + 1 + len(sentences))
    turn = up.turns()[before + len(sentences)]
    return _judged(voice, name, text, turn)


async def _opening(call: PhoneCall) -> None:
    """Hear how the answer begins; no answer is an answer, too."""
    try:
        await call.hears(LONGEST)
        await asyncio.sleep(OPENING)
    except CallFailed:
        return


async def _turns(up: House, count: int) -> None:
    """Wait until the bot ended so many turns; where it does not, go on without."""
    for _ in range(int(LONGEST / 0.05)):
        if len(up.turns()) >= count:
            return
        await asyncio.sleep(0.05)


def _judged(voice: str, name: str, text: str, turn: dict) -> Row:  # type: ignore[type-arg]
    heard, wanted = turn["heard"], INTENTS[name]
    history = [QUESTION] if wanted in ("yes", "no") else []
    answer = load_assistant().answer([*history, Message("user", heard)])
    intent = answer.intent or "unknown"
    said = turn["said"]
    right = intent == wanted and bool(said) and answer.text.startswith(said)
    waited = turn["intervals"].get("turnaround", 0.0)
    return Row(voice, name, text, heard, cer(text, heard), intent, right, said, waited)


def cer(wanted: str, heard: str) -> float:
    """Character error rate, spelling variants folded."""
    right, got = fold(wanted), fold(heard)
    return round(Levenshtein.distance(right, got) / max(1, len(right)), 3)


def fold(text: str) -> str:
    """Without punctuation, nukta and nasal variants, as one spelling."""
    plain = unicodedata.normalize("NFD", text).replace("\u093c", "").replace("ँ", "ं")
    plain = re.sub(r"न्(?=[क-ह])", "ं", plain).replace("चाहिये", "चाहिए")
    return " ".join(re.findall(r"[\u0900-\u0963\w]+", plain))


def _summary(rows: Sequence[Row]) -> None:
    if not rows:
        return
    print("| voice | sentences | right intent | mean CER | median turnaround |")
    print("|---|---|---|---|---|")
    for voice in [*sorted({row.voice for row in rows}), "all"]:
        some = [row for row in rows if voice in (row.voice, "all")]
        right = sum(row.right for row in some) / len(some)
        waits = sorted(row.turnaround for row in some if row.turnaround)
        error = sum(row.cer for row in some) / len(some)
        median = waits[len(waits) // 2] if waits else 0.0
        print(f"| {voice} | {len(some)} | {right:.0%} | {error:.1%} | {median:.2f} s |")


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
