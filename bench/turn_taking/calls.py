"""How a call of the bench is held: the real Call and its ears, on virtual time."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.turn_taking.caller import Caller
from bench.turn_taking.measure import Tape
from bench.turn_taking.recognizer import SimulatedRecognizer
from bench.turn_taking.services import PreparedSynthesizer, ScriptedModel, Source, source
from bench.turn_taking.setups import Setup, voice_activity
from bench.turn_taking.texts import FILLERS, GREETING
from bot.call.call import Call
from bot.call.hearing import Hearing
from bot.call.phrasebook import Phrase, Phrasebook
from bot.call.tongue import Tongue
from bot.call.watch import TurnReport, Watch
from bot.config import PhraseSettings
from bot.core.ports import ChatModel, Recognizer, Synthesizer
from bot.signal.echo import EchoGuard
from bot.signal.tones import Tones
from tests.virtual_loop import VirtualLoop


async def hold(
    line: Caller,
    recognizer: Recognizer,
    model: ChatModel,
    synthesizer: Synthesizer,
    setup: Setup,
    watch: Watch,
) -> None:
    """One call from answer to hang-up: the only place that knows how a Call is made."""
    turns = setup.turns
    hearing = Hearing(
        line.rate,
        voice_activity(line.rate, setup.voice),
        EchoGuard(line.rate) if turns.barge_in.echo_guard else None,
        Tones(line.rate) if turns.idle.machine else None,
    )
    book = Phrasebook({**own_words(), Phrase.GREETING: GREETING})
    hindi = Tongue(recognizer, synthesizer, book, turns)
    await Call(line, model, hearing, hindi, watch).run()


def own_words() -> dict[Phrase, str]:
    """What the bot says by itself."""
    return {phrase: getattr(PhraseSettings(), phrase.value) for phrase in Phrase}


@dataclass
class Held:
    """A call that is over."""

    caller: Caller
    model: ScriptedModel
    recognizer: SimulatedRecognizer
    tape: Tape
    turns: list[TurnReport] = field(default_factory=list)


def held(
    caller: Caller,
    replies: tuple[str, ...],
    setup: Setup,
    sources: Sequence[Source] | None = None,
) -> Held:
    """Hold a call on virtual time, and listen to it. `sources`: where no voice is to be made."""
    if sources is None:
        sources = sources_of(replies)
    model, synthesizer = ScriptedModel(replies), PreparedSynthesizer(sources)
    recognizer = SimulatedRecognizer(caller, sources=sources)
    turns: list[TurnReport] = []
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(hold(caller, recognizer, model, synthesizer, setup, Watch(turn=turns.append)))
    return Held(caller, model, recognizer, Tape(caller.sent, sources), turns)


def sources_of(replies: tuple[str, ...]) -> list[Source]:
    """The sound of these replies and of all that the bot says by itself."""
    texts = dict.fromkeys((*replies, GREETING, *FILLERS, *own_words().values()))
    return [source(text) for text in texts if text]
