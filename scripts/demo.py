"""
The demo: a softphone calls the bot, speaks recorded Hindi, interrupts it once, presses a key.

It prints the conversation with its timings and leaves `demo/call.wav` (caller left, bot right)
and `demo/call.html` (both voices on one time axis, transcript and marks of every turn).
"""

import argparse
import asyncio
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.core.errors import BotError
from bot.sip.phone_call import PhoneCall
from bot.sip.softphone import Account, Softphone
from bot.sip.wavs import spoken, write_stereo
from scripts import call_picture
from scripts.asterisk_program import AsteriskError
from scripts.house import House, HouseError, house

ROOT = Path(__file__).resolve().parent.parent
SPEECH = ROOT / "tests/speech"
PAUSE = 0.5
"""Seconds without sound that the caller leaves after the bot's last word."""
LONGEST = 40.0


@dataclass
class Words:
    """Something the caller says: the file, and after how much of the bot's speech (seconds)."""

    file: str
    into: float | None = None
    """None: when the bot has finished. Else the caller interrupts it."""


CONVERSATION = (
    Words("kokoro-hf_beta_s01"),
    Words("kokoro-hf_beta_s11"),
    Words("kokoro-hf_beta_s02", into=1.0),
)
KEY = "1"


def main() -> int:
    """Parse the words, hold the call or serve; say what is wrong in one line."""
    options = _parser().parse_args()
    try:
        return asyncio.run(_serve(options) if options.serve else _demo(options))
    except (HouseError, AsteriskError, BotError, OSError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "demo", help="where the results go")
    parser.add_argument("--serve", action="store_true", help="keep all up; dial in yourself")
    parser.add_argument(
        "--bind", default="127.0.0.1", help="with --serve: the address that phones dial"
    )
    parser.add_argument("--sip-port", type=int, default=5060, help="with --serve: the SIP port")
    parser.add_argument(
        "--codec", default="PCMA", choices=("PCMA", "PCMU", "G722"), help="the softphone's codec"
    )
    return parser


async def _demo(options: argparse.Namespace) -> int:
    shutil.rmtree(options.out, ignore_errors=True)
    async with house(options.out / "logs", _step) as up:
        account = Account("6001", up.accounts["6001"], f"127.0.0.1:{up.sip_port}")
        async with Softphone(account, bind="127.0.0.1") as phone:
            call = await phone.dial("100", options.codec)
            _step(f"the softphone dialled 100 and was answered ({options.codec})")
            heard = await _converse(call, up)
            await call.hang_up()
        await up.bot.logs("call ended", 10.0)
        await _leave(options.out, call, up, heard)
    _how_to_dial()
    return 0


@dataclass
class Heard:
    """What the phone measured of one thing that the caller did, in seconds."""

    what: str
    answer: float
    """From the caller's last sound (or key) to the bot's first."""
    silenced: float | None = None
    """From the caller's first sound to the bot's silence, where it was interrupted."""


async def _converse(call: PhoneCall, up: House) -> list[Heard]:
    """Hold the conversation; return what the phone measured."""
    assert call.answered_at is not None
    first = await call.hears(LONGEST, after=call.answered_at)
    heard = [Heard("the call is answered", first - call.answered_at)]
    for words in CONVERSATION:
        sound = spoken(SPEECH / f"{words.file}.wav", call.rate)
        silenced = None
        if words.into is None:
            await _bot_finished(call, up, len(heard))
        else:
            await asyncio.sleep(words.into)
            await call.hears(LONGEST)
        start = asyncio.get_running_loop().time()
        await call.play(sound)
        begin = call.sent.first_sound_after(start)
        end = call.sent.last_sound_before(asyncio.get_running_loop().time() + 1)
        assert begin is not None and end is not None, f"{words.file} is silent"
        if words.into is not None:
            silenced = await call.hears_silence(0.3, LONGEST, after=begin) - begin
        heard.append(Heard(words.file, await call.hears(LONGEST, after=end) - end, silenced))
    await _bot_finished(call, up, len(heard))
    pressed = asyncio.get_running_loop().time()
    await call.press(KEY)
    heard.append(Heard(f"key {KEY}", await call.hears(LONGEST, after=pressed) - pressed))
    await _bot_finished(call, up, len(heard))
    return heard


async def _bot_finished(call: PhoneCall, up: House, turns: int) -> None:
    """Wait until the bot ended so many turns, and its last word was heard."""
    async with asyncio.timeout(LONGEST):
        while len(up.turns()) < turns:
            await asyncio.sleep(0.1)
    await call.hears_silence(PAUSE, LONGEST)


async def _leave(out: Path, call: PhoneCall, up: House, heard: list[Heard]) -> None:
    """Print the conversation; write call.wav and call.html."""
    turns = up.turns()
    print()
    for turn in turns:
        _print_turn(turn)
    print("\nAt the softphone, from the caller's last sound to the bot's first:")
    for one in heard:
        cut = f"; the bot fell silent {one.silenced:.2f} s after the interruption" if (
            one.silenced is not None) else ""  # fmt: skip
        print(f"  {one.answer:5.2f} s after {one.what}{cut}")
    assert call.answered_at is not None and call.ended_at is not None
    start, end = call.answered_at, call.ended_at
    caller, bot = call.sent.pcm(start, end), call.received.pcm(start, end)
    write_stereo(out / "call.wav", call.sent, call.received, start, end)
    page = call_picture.page(caller, bot, call.rate, turns, start)
    (out / "call.html").write_text(page, encoding="utf-8")
    print(f"\nThe sound of the call: {out / 'call.wav'}\nIts picture: {out / 'call.html'}")


def _print_turn(turn: dict[str, Any]) -> None:
    intervals = turn["intervals"]
    if turn["heard"]:
        print(f"  caller  {turn['heard']}")
    cut = "  [interrupted]" if turn["cut"] else ""
    print(f"  bot     {turn['said'] or '(nothing was heard)'}{cut}")
    times = ", ".join(f"{name} {value:.2f}" for name, value in intervals.items())
    if turn["heard"]:
        print(f"          seconds: {times}")


async def _serve(options: argparse.Namespace) -> int:
    folder = options.out / "logs"
    async with house(folder, _step, options.bind, options.sip_port) as up:
        print(f"""
Register a softphone (Linphone, Zoiper, baresip ...) and dial 100:
  server     {options.bind}:{up.sip_port} (UDP)
  account    6001, password {up.accounts["6001"]}
  extension  100 (the bot), 600 (an echo)

Logs: {folder}. Metrics: http://127.0.0.1:{up.http_port}/metrics. Stop with Ctrl-C.""")
        await up.bot.process.wait()
    raise HouseError(f"the bot stopped; see {folder / 'bot.log'}")


def _how_to_dial() -> None:
    print("""
To dial in with a softphone of your own:
  1. scripts/demo --serve            keeps everything up and prints an account with its password
  2. register that account at the printed server (from another machine: add --bind ADDRESS)
  3. dial 100""")


def _step(text: str) -> None:
    print(f"- {text}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
