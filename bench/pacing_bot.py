"""
The bot of bench/pacing.py: real server, lines, calls, voice activity and metrics in one process.

Only the services are scripted: a recogniser that takes all sound and knows one sentence, a model
with one answer, a synthesizer whose tone never ends. Run by bench/pacing.py; prints its port, ends
when standard input does.
"""

import argparse
import asyncio
import gc
import os
import sys
from uuid import UUID

from bot.app.journal import Journal
from bot.asterisk.line import Line
from bot.asterisk.pbx import Reception, Ticket
from bot.asterisk.server import LineServer
from bot.call.call import Call
from bot.call.hearing import Hearing
from bot.call.phrasebook import Phrase, Phrasebook
from bot.call.tongue import Tongue
from bot.call.turnstile import Turnstile
from bot.config import (
    AudioSocketSettings,
    FillerSettings,
    LogSettings,
    PbxSettings,
    PhraseSettings,
    TurnSettings,
)
from bot.core.events import Transcript
from bot.core.ports import Speech
from bot.ops import health, logs
from bot.ops.metrics import Metrics
from bot.signal.echo import EchoGuard
from bot.signal.silero import silero
from bot.signal.tones import Tones
from bot.signal.voice import VoiceActivity

TEXTS = {phrase: getattr(PhraseSettings(), phrase.value) for phrase in Phrase}
WORDS = ("जी,", "आपका", "बिल", "पाँच", "सौ", "रुपये", "है।", "और", "कुछ", "बताऊँ?")


class OneSentence:
    """A recogniser that hears the same words in every utterance."""

    async def transcripts(self, sound):
        """A final at each end of an utterance."""
        async for heard in sound:
            if heard.end_of_utterance:
                yield Transcript("मेरा बिल कितना है", True)


class OneAnswer:
    """A model that always says the same."""

    def warm(self):
        """There is nothing to connect."""

    async def reply(self, history, tools=True):
        """Two sentences, a word at a time."""
        for word in WORDS:
            await asyncio.sleep(0.02)
            yield word + " "


class EndlessTone:
    """A synthesizer that speaks for ever, 0.1 s at a time."""

    def warm(self):
        """Nothing to prepare."""

    async def speech(self, sentence):
        """Sound until somebody closes the stream; the playout's back-pressure is its pace."""
        while True:
            yield Speech(b"\1\2" * 800)


SETTINGS = TurnSettings(filler=FillerSettings(texts=()))
"""A tone without an end makes no filler."""


class Desk:
    """Answers every call, as bot.app does."""

    def __init__(self, calls: int) -> None:
        settings = AudioSocketSettings(
            port=0, admission="open", max_calls=calls + 1, max_pending=calls + 1
        )
        now = asyncio.get_running_loop().time
        self.reception = Reception(settings, PbxSettings(), now, "")
        self.server = LineServer(settings, self)
        self.metrics = Metrics()
        self.turnstile = Turnstile()
        self.tasks: set[asyncio.Task[None]] = set()

    def admit(self, uuid: UUID) -> Ticket:
        """Everybody may come."""
        return self.reception.admit(uuid)

    def answer(self, line: Line) -> None:
        """Begin the conversation."""
        task = asyncio.get_running_loop().create_task(self._hold(line))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def refuse(self, reason: str, detail: str, peer: str) -> None:
        """Nobody is refused in this bench."""
        raise AssertionError(f"{reason}: {detail}")

    async def _hold(self, line: Line) -> None:
        journal = Journal(line.ticket.caller, self.metrics, transcripts=False)
        journal.began(line.rate)
        rate = line.rate
        hearing = Hearing(rate, VoiceActivity(rate, silero()), EchoGuard(rate), Tones(rate))
        hindi = Tongue(OneSentence(), EndlessTone(), Phrasebook(TEXTS), SETTINGS)
        call = Call(line, OneAnswer(), hearing, hindi, journal.watch, self.turnstile)
        ending = await call.run()
        self.reception.ended(line.ticket.uuid, ending)
        await line.close()
        journal.ended(ending, 0.0, line.dropped_in, line.dropped_out)


async def bot(calls: int) -> None:
    """Serve until standard input ends."""
    logs.configure(LogSettings())
    desk = Desk(calls)
    silero()
    await desk.server.start()
    gc.collect()
    gc.freeze()
    lag = asyncio.create_task(health.watch_loop(desk.metrics.loop_lag))
    print(desk.server.port, flush=True)
    await asyncio.to_thread(sys.stdin.read)
    lag.cancel()
    await desk.server.stop()
    for task in list(desk.tasks):
        task.cancel()


def main() -> None:
    """Pin this process to its core, then serve."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, required=True)
    parser.add_argument("--core", type=int, required=True)
    parser.add_argument("--uvloop", action="store_true")
    options = parser.parse_args()
    os.sched_setaffinity(0, {options.core})
    factory = None
    if options.uvloop:
        import uvloop

        factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(bot(options.calls))


if __name__ == "__main__":
    main()
