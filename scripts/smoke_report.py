#!/usr/bin/env python3
"""
Decides whether a test call was a conversation: what the phone recorded, what the bots logged of it.

    python3 scripts/smoke_report.py --record call.wav [--log bot.log --user 6001] [--spoken]

Leaves with 1 and one line when the bot did not greet, or did not answer what was said. Needs
nothing but Python's standard library. A recording alone cannot tell the bot's voice from an
apology of Asterisk's: the log can.
"""

import argparse
import array
import json
import sys
import wave
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FRAME = 0.02
"""Seconds that are judged as sound or silence together."""
LOUD = 300
"""The mean of a frame's absolute samples (16 bits) from which on it is sound."""


class NoConversation(Exception):
    """The call failed the test; the message says in what, and what to look at."""


@dataclass(frozen=True)
class Heard:
    """When each side was loud, in seconds since the answer: one entry for each frame of 20 ms."""

    caller: list[float]
    bot: list[float]

    def greeting(self) -> float | None:
        """When the bot was first heard."""
        return self.bot[0] if self.bot else None

    def answer(self) -> float | None:
        """From the caller's last sound to the bot's next one; None: neither was, or no answer."""
        if not self.caller:
            return None
        last = self.caller[-1]
        return next((when - last for when in self.bot if when > last), None)


def heard(recording: Path) -> Heard:
    """Listen to a stereo recording of `voicebot dial` (16 bits; the caller left, the bot right)."""
    with wave.open(str(recording)) as file:
        if (file.getnchannels(), file.getsampwidth()) != (2, 2):
            raise NoConversation(f"{recording} is no recording of voicebot dial (stereo, 16 bits)")
        size = int(file.getframerate() * FRAME)
        samples = array.array("h", file.readframes(file.getnframes()))
    if sys.byteorder == "big":
        samples.byteswap()
    return Heard(_loud(samples[0::2], size), _loud(samples[1::2], size))


def _loud(side: "array.array[int]", size: int) -> list[float]:
    return [
        begin / size * FRAME
        for begin in range(0, len(side) - size + 1, size)
        if sum(map(abs, side[begin : begin + size])) > LOUD * size
    ]


def turns(log: Iterable[str], user: str) -> list[dict[str, Any]]:
    """The turns of the newest call from `user` in the bots' JSON log. Raise when there is none."""
    rows = [row for line in log if (row := _row(line)) is not None]
    ours = [row for row in rows if row.get("event") == "call began" and row.get("caller") == user]
    if not ours:
        raise NoConversation(
            f"no bot logged a call from {user}: Asterisk did not reach one, and its apology may be"
            " what was heard. Look at the bots (readyz), and at Asterisk's log for the reason"
        )
    newest = max(ours, key=lambda row: str(row.get("timestamp")))["call"]
    return [row for row in rows if row.get("event") == "turn" and row.get("call") == newest]


def _row(line: str) -> dict[str, Any] | None:
    """The JSON object in a line; a pod's name before it is passed over."""
    begin = line.find("{")
    try:
        row = json.loads(line[begin:]) if begin >= 0 else None
    except ValueError:
        return None
    return row if isinstance(row, dict) else None


def judge_sound(sound: Heard, spoken: bool, within: float) -> list[str]:
    """Lines for the user. Raise when the bot was not heard, or not within so many seconds."""
    greeting, answer = sound.greeting(), sound.answer()
    if greeting is None:
        raise NoConversation(
            "the call was answered and nothing was heard: are the RTP ports open, is the address"
            " that Asterisk gives phones (its external address) one they reach?"
        )
    lines = [f"the bot was heard {greeting:.2f} s after the answer"]
    if not spoken:
        return lines
    if answer is None:
        raise NoConversation("nobody answered what was said: look at the bot's log for this call")
    if answer > within:
        raise NoConversation(f"the answer came after {answer:.2f} s, and {within:g} are allowed")
    return [*lines, f"it answered {answer:.2f} s after the caller's last sound"]


def judge_turns(said: list[dict[str, Any]], spoken: bool) -> list[str]:
    """Lines for the user. Raise when the bot only played phrases, such as its apology."""
    answers = [turn for turn in said if "turnaround" in turn.get("intervals", {})]
    if spoken and not answers:
        phrases = ", ".join(turn.get("phrase") or "an answer that failed" for turn in said)
        phrases = phrases or "nothing"
        raise NoConversation(
            f"the bot said no answer of the language model, but: {phrases}. `service failed` in its"
            " log says which service, and `voicebot doctor` in its pod checks them all"
        )
    return [f"turn {turn.get('turn')}: {_intervals(turn)}" for turn in answers]


def _intervals(turn: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value:.2f} s" for name, value in turn.get("intervals", {}).items())


def main() -> int:
    """Judge one call; print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--record", type=Path, required=True, help="what `voicebot dial` recorded")
    parser.add_argument("--log", type=Path, help="the bots' log of that time, JSON lines")
    parser.add_argument("--user", default="6001", help="the account that called")
    parser.add_argument("--spoken", action="store_true", help="the caller spoke: expect an answer")
    parser.add_argument("--within", type=float, default=5.0, help="seconds the answer may take")
    options = parser.parse_args()
    try:
        lines = judge_sound(heard(options.record), options.spoken, options.within)
        if options.log is not None:
            with options.log.open(encoding="utf-8", errors="replace") as log:
                lines += judge_turns(turns(log, options.user), options.spoken)
    except (NoConversation, OSError, EOFError, wave.Error) as error:
        print(f"smoke test: {error}", file=sys.stderr)
        return 1
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
